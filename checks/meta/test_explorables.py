"""What the explorables draw, at several positions of their sliders, against the oracles, which know no derivation.

The drawn numbers are read from the CSV that each offers; it is written by the script that runs in the browser, in Node.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from checks.oracles import bayesian_network, bump_flow, gaussian_process, relu_extrapolation, rnn, rnn_long_range

BOOK = Path(__file__).resolve().parents[2] / "book"
sys.path.append(str(BOOK / "_ext"))

import explorables  # noqa: E402
from explorables import EXPLORABLES, drawn, recurrent_data, regression_data, script  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("explorables")


def table(text: str) -> dict[str, np.ndarray]:
    """Columns of a CSV, the empty cells at their ends left out."""
    head, *rows = csv.reader(io.StringIO(text))
    assert all(len(row) == len(head) for row in rows)
    columns = {}
    for name, *cells in zip(head, *rows, strict=True):
        numbers = [float(cell) if cell else np.nan for cell in cells]
        while numbers and np.isnan(numbers[-1]):
            numbers.pop()
        columns[name] = np.array(numbers)
    assert len(columns) == len(head), "every column has a name of its own"
    return columns


def drawn_columns(name: str, folder: Path, **state) -> tuple[dict, dict]:
    (pieces,) = drawn(name, [EXPLORABLES[name].start() | state], folder)
    return table(pieces["csv"]), pieces


def column(columns: dict, *parts: str) -> np.ndarray:
    """The one column whose name holds all the parts, the last at its end."""
    found = [n for n in columns if all(part in n for part in parts) and n.endswith(parts[-1])]
    assert len(found) == 1, (parts, list(columns))
    return columns[found[0]]


# --- gradient against lag -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "scale", "slope"),
    [("orthogonal", 1.2, 0.5), ("orthogonal", 2.0, 1.0), ("definite", 0.6, 0.3), ("nilpotent", 4.0, 0.9)],
)
def test_gradient_norm(folder, kind, scale, slope):
    columns, _ = drawn_columns("gradient_norm", folder, kind=kind, scale=scale, slope=slope)
    data = recurrent_data()
    U, inputs = scale * np.array(data["kinds"][kind]["matrix"]), np.array(data["inputs"])

    def leaky(z):
        return np.where(z > 0, z, slope * z)

    h = rnn.states(U, np.array(data["W"]), inputs, np.zeros(2), leaky)
    z = rnn.preactivations(U, np.array(data["W"]), inputs, h)
    slopes = np.where(z[1:] > 0, 1.0, slope)
    lag = np.arange(data["lags"] + 1)
    largest, least = rnn_long_range.singular_values(U)
    measured = rnn_long_range.log_stretches(U, slopes)[:, 0]
    np.testing.assert_allclose(column(columns, "factor, norm of the product"), measured, atol=1e-6)
    np.testing.assert_allclose(column(columns, "factor, bound from above", "lag"), lag * np.log10(largest), atol=1e-6)
    below = column(columns, "factor, bound from below", "lag")
    np.testing.assert_allclose(below, lag * np.log10(slope * least), atol=1e-5)


# --- bumps --------------------------------------------------------------------------------------

FLOWS = [
    {},
    {"v2": 0, "s1": 1.5, "m1": 0.5},
    {"v1": 2, "v2": -2, "m1": -1.5, "m2": 0.4, "s1": 0.6, "s2": 2},
    {"v1": 1, "v2": 0.5, "m1": -2, "m2": 2, "s1": 0.3, "s2": 0.35, "level": 0.2},
]


@pytest.mark.parametrize("changes", FLOWS)
def test_bumps_have_the_density_of_all_preimages(folder, changes):
    state = EXPLORABLES["bump_flow"].start() | changes
    columns, pieces = drawn_columns("bump_flow", folder, **changes)
    flow = bump_flow.Bumps(*([state[f"{letter}{k}"] for k in (1, 2)] for letter in "vms"))
    name = "density: the sum over all preimages"
    y, q = column(columns, "y = t(z)", name), column(columns, "density, cut at 4 of", name)
    np.testing.assert_allclose(q, bump_flow.density(flow, y), rtol=1e-3, atol=1e-9)
    turns = column(columns, "z of turning points")
    expected = flow.turning_points()
    np.testing.assert_allclose(turns, expected[np.abs(expected) < 8], atol=1e-7)
    summands = [column(columns, "density, cut at 4", f"formula of (b) on branch {k}") for k in range(1, len(turns) + 2)]
    padded = [np.pad(w, (0, len(y) - len(w)), constant_values=np.nan) for w in summands]
    np.testing.assert_allclose(np.nansum(padded, axis=0), q, rtol=1e-6, err_msg="the sum of the formula's values")
    level = column(columns, "The map: y", "the value y")[0]
    reached = column(columns, "z of its preimages")
    np.testing.assert_allclose(reached, flow.preimages(level), atol=1e-6)
    assert f"has {len(reached)} preimages" in pieces["says"]


# --- far away -----------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [0.3, 4.0, -60.0])
def test_process_and_network_far_away(folder, at):
    columns, _ = drawn_columns("far_away", folder, at=at)
    data = regression_data()
    x = column(columns, "input of ReLU network")
    mean, variance = gaussian_process.predict_marginals(np.array(data["x"])[:, None], np.array(data["y"]), x[:, None])
    np.testing.assert_allclose(column(columns, "prediction, process, mean"), mean, atol=1e-7)
    spread = 2 * np.sqrt(np.maximum(variance, 0))
    lower, upper = (column(columns, "standard deviations", end) for end in ("lower", "upper"))
    np.testing.assert_allclose((upper - lower) / 2, spread, atol=1e-6)
    np.testing.assert_allclose((upper + lower) / 2, mean, atol=1e-6)
    W, b, V, c = (np.array(data["network"][key]) for key in "WbVc")
    network = relu_extrapolation.Network(((W[None], b[None]), (V[None], c[None])), "relu")
    np.testing.assert_allclose(column(columns, "prediction, ReLU network"), network(x[:, None])[0, :, 0], atol=1e-6)


def test_network_was_trained_on_the_observations():
    data = regression_data()
    W, b, V, c = (np.array(data["network"][key]) for key in "WbVc")
    network = relu_extrapolation.Network(((W[None], b[None]), (V[None], c[None])), "relu")
    assert np.abs(network(np.array(data["x"])[:, None])[0, :, 0] - data["y"]).max() < 0.2


# --- the posterior ------------------------------------------------------------------------------


@pytest.mark.parametrize(("power", "c"), [(0, 3), (1, 0.5), (2, 3), (6, 20), (12, 3), (12, 0.5)])
def test_posterior_as_data_grow_in_number(folder, power, c):
    columns, _ = drawn_columns("posterior", folder, power=power, c=c)
    relu, one = bayesian_network.RELU, np.array([1.0])
    data = bayesian_network.Data(one, 10.0**power * one, c * one)
    exact = bayesian_network.posterior(relu, data, bayesian_network.centres(relu, (1.0, c)))
    (at_one,) = np.flatnonzero(np.isclose(column(columns, "x of predictive mean"), 1))
    assert column(columns, "f(x), predictive mean")[at_one] == pytest.approx(exact.predict(1.0), rel=2e-3)
    plug_in = column(columns, "f(x), plug-in: the network at the mean weights")[at_one]
    assert plug_in == pytest.approx(exact.plug_in(1.0), rel=4e-3)
    weights = [column(columns, part, "posterior mean of the weights")[0] for part in ("w₁ of", "w₂,")]
    np.testing.assert_allclose(weights, exact.weights(), rtol=2e-3)
    upper = column(columns, "f(x), posterior", "upper")[at_one]
    sd = (upper - column(columns, "f(x), predictive mean")[at_one]) / 2
    assert sd == pytest.approx(np.sqrt(max(exact.variance(1.0) - 1, 0)), rel=5e-2, abs=1e-6)


# --- how they are made --------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXPLORABLES)
def test_what_is_computed_is_what_is_exported(name):
    """Every function of the table is used by the drawing, and none is written there by hand."""
    drawing = (BOOK / "_explorables" / f"{name}.js").read_text(encoding="utf-8")
    for constant, exported in EXPLORABLES[name].functions.items():
        assert re.search(rf"\b{constant}\(", drawing), f"{constant} is exported for nothing"
        assert not re.search(rf"(function|const|let) {constant}\b", drawing)
        assert exported.javascript(constant) in script(name)
    assert not re.search(r"\b(import|export|fetch)\b[ (]", script(name)), "a classic script works from a disk"


@pytest.mark.parametrize("name", EXPLORABLES)
def test_every_slider_moves_something(folder, name):
    start, controls = EXPLORABLES[name].start(), EXPLORABLES[name].controls
    ends = [list(c.options)[-1] if hasattr(c, "options") else c.most for c in controls]
    moved = [start | {c.name: end} for c, end in zip(controls, ends, strict=True)]
    first, *others = drawn(name, [start, *moved], folder)
    assert [c.name for c, other in zip(controls, others, strict=True) if other["csv"] == first["csv"]] == []


@pytest.mark.parametrize("name", EXPLORABLES)
def test_ends_of_the_sliders_can_be_drawn(folder, name):
    """Each at its least and its largest, all together: nothing is missing, and numbers are numbers."""
    controls = [c for c in EXPLORABLES[name].controls if hasattr(c, "most")]
    corners = [{c.name: getattr(c, end) for c in controls} for end in ("least", "most")]
    for pieces in drawn(name, [EXPLORABLES[name].start() | corner for corner in corners], folder):
        assert not re.search(r"NaN|Infinity|undefined", json.dumps(pieces)), pieces["says"]
        assert table(pieces["csv"])


@pytest.mark.parametrize("name", EXPLORABLES)
def test_controls_have_names_and_the_drawing_is_described(folder, name):
    page = explorables.html(name, *drawn(name, [EXPLORABLES[name].start()], folder))
    labelled = re.findall(r'<label for="([^"]+)">', page)
    assert re.findall(r'<(?:input|select)[^>]* id="([^"]+)"', page) == labelled and labelled
    assert all(len(text) > 60 for text in re.findall(r'role="img" aria-label="([^"]*)"', page))
    assert page.count("aria-live=") == 1 and 'class="data"' in page


def test_drawing_that_fails_says_which(folder, monkeypatch):
    monkeypatch.setattr(explorables, "script", lambda name: "throw new Error('no such bump');")
    with pytest.raises(RuntimeError, match=r"bump_flow does not draw(.|\n)*no such bump"):
        drawn("bump_flow", [{}], folder / "broken")
