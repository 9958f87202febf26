"""``{explorable} NAME``: a figure with sliders, computed in the browser by what the derivations export.

A row of `EXPLORABLES` says which functions are exported, which numbers the drawing starts from, and which sliders there
are; ``book/_explorables/NAME.js`` draws.  The same script draws the first state while the book is built, so the page
says something without JavaScript and in print.  Scripts are classic ones, loaded only where they are used: they work
from a disk, too.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path

import numpy as np
from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sympy import Dummy, Lambda, MatrixSymbol, Symbol
from sympy.matrices.expressions import FunctionMatrix

import derivations
from audience import is_for_students
from checks.oracles import relu_extrapolation as networks
from derivations import bayesian_network, bump_flow, relu_extrapolation, rnn
from derivations.export import export
from derivations.expressions import add, product
from derivations.quantities import Kernel
from drawn import data_link
from prerender import find_node
from reports import nearest

log = logging.getLogger(__name__)
DRAWINGS = Path(__file__).resolve().parents[1] / "_explorables"
SHARED = ("plot.js", "explorable.js")


@dataclass(frozen=True)
class Exported:
    """A function of the drawing: what `export` makes of a derivation (or of an expression in its symbols)."""

    derivation: str | None
    options: Mapping = field(default_factory=dict)
    source: Callable | None = None

    def javascript(self, name: str) -> str:
        """A constant of this name; what the function needs stays inside."""
        options = {key: value() if callable(value) else value for key, value in self.options.items()}
        source = self.source() if self.derivation is None else derivations.get(self.derivation)
        body = export(source, "javascript", name=name, **options).replace("export function", "function", 1)
        return f"const {name} = (() => {{\n{body}\nreturn {name};\n}})();\n"


@dataclass(frozen=True)
class Slider:
    """A range input; `label` says in words what it moves, with `<sub>` where a symbol needs it."""

    name: str
    label: str
    least: float
    most: float
    step: float
    start: float

    def html(self, prefix: str, shown: str) -> str:
        id_ = f"{prefix}-{self.name}"
        limits = f'min="{self.least}" max="{self.most}" step="{self.step}" value="{self.start}"'
        return (
            f'<div class="control"><label for="{id_}">{self.label}</label> '
            f'<output for="{id_}" data-of="{self.name}">{escape(shown)}</output>'
            f'<input type="range" id="{id_}" name="{self.name}" {limits} aria-valuetext="{escape(shown)}" '
            f'autocomplete="off"></div>'
        )


@dataclass(frozen=True)
class Choice:
    """A select box; `options`: value -> what the reader sees."""

    name: str
    label: str
    options: Mapping[str, str]
    start: str

    def html(self, prefix: str, shown: str) -> str:
        id_ = f"{prefix}-{self.name}"
        listed = "".join(
            f'<option value="{value}"{" selected" * (value == self.start)}>{escape(text)}</option>'
            for value, text in self.options.items()
        )
        return (
            f'<div class="control"><label for="{id_}">{self.label}</label>'
            f'<select id="{id_}" name="{self.name}" autocomplete="off">{listed}</select></div>'
        )


@dataclass(frozen=True)
class Explorable:
    title: str
    functions: Mapping[str, Exported]
    controls: tuple[Slider | Choice, ...]
    data: Callable[[], Mapping] = dict

    def start(self) -> dict:
        return {control.name: control.start for control in self.controls}


# --- what the functions are made of -------------------------------------------------------------


def whole_posterior():
    """The posterior of every weight at once: the derived probability of one, as a table."""
    one = bayesian_network.POSTERIOR.result()
    which = next(s for s in one.free_symbols if s.name == "l")
    return FunctionMatrix(bayesian_network.m, 1, Lambda((which, Dummy("one", integer=True)), one))


def whole_network():
    """V relu(W(αv + x) + b) + c: kinks and all."""
    features = derivations.get("relu_extrapolation.features").lines[1].right
    return add(product(relu_extrapolation.V, features), relu_extrapolation.c)


def kernel():
    size = Symbol("p", integer=True, positive=True)
    return Kernel(MatrixSymbol("a", size, 1), MatrixSymbol("b", size, 1))


def preactivation():
    return rnn.z[Symbol("t", integer=True)]


# --- what the drawings start from ---------------------------------------------------------------

LAGS = 30
ANGLE = 0.7
TURN = np.array([[np.cos(ANGLE), -np.sin(ANGLE)], [np.sin(ANGLE), np.cos(ANGLE)]])
KINDS = {
    "orthogonal": ("a multiple of an orthogonal matrix", TURN),
    "definite": ("a symmetric positive definite matrix", TURN @ np.diag([1.0, 0.5]) @ TURN.T),
    "nilpotent": ("a nearly nilpotent matrix", np.array([[1.0, 0.98], [-0.98, -1.0]]) / 1.98),
}
"""Each with its largest singular value 1."""


def recurrent_data() -> dict:
    random = np.random.default_rng(3)
    kinds = {
        key: {"name": name, "matrix": U.tolist(), "modulus": float(np.abs(np.linalg.eigvals(U)).max())}
        for key, (name, U) in KINDS.items()
    }
    weights = random.normal(size=(2, 2)).round(3).tolist()
    return {"kinds": kinds, "W": weights, "inputs": random.normal(size=(LAGS + 1, 2)).round(3).tolist(), "lags": LAGS}


@cache
def regression_data() -> dict:
    """Five observations, and a network of eight units that was trained on them."""
    x, y = np.array([-2.0, -1.1, 0.0, 0.8, 1.9]), np.array([0.6, 1.4, 0.3, 0.9, 2.0])
    start = networks.initial((1, 8, 1), 1, "relu", np.random.default_rng(4))
    (W, b), (V, c) = networks.train(start, x[:, None], y, steps=2000).layers
    layers = {"W": W[0], "b": b[0], "V": V[0], "c": c[0]}
    return {"x": x.tolist(), "y": y.tolist(), "network": {k: v.round(4).tolist() for k, v in layers.items()}}


NETWORK = ("W", "b", "V", "c", "x", "v", "alpha")
"""Weights and biases, the start of a ray, its direction, and how far out."""

# --- the table ----------------------------------------------------------------------------------

EXPLORABLES = {
    "gradient_norm": Explorable(
        "Gradient against lag",
        {
            "preactivation": Exported("rnn.adjoint", {"expression": preactivation}),
            "stretch": Exported("rnn_long_range.largest_stretch", {"line": 1}),
            "upper": Exported("rnn_long_range.largest_stretch"),
            "lower": Exported("rnn_long_range.smallest_stretch"),
        },
        (
            Choice("kind", "kind of weights <i>U</i>", {key: said for key, (said, _) in KINDS.items()}, "orthogonal"),
            Slider("scale", "largest singular value of <i>U</i>", 0.2, 4, 0.05, 1.2),
            Slider("slope", "least slope of the activation (the largest is 1)", 0.05, 1, 0.05, 0.5),
        ),
        recurrent_data,
    ),
    "bump_flow": Explorable(
        "Bumps, branches and spikes",
        {
            "t": Exported("bump_flow.slope", {"expression": lambda: bump_flow.t}),
            "slope": Exported("bump_flow.slope"),
            "naiveLogDensity": Exported("bump_flow.naive_log_density"),
        },
        (
            Slider("v1", "height <i>v</i><sub>1</sub>", 0.2, 2, 0.05, 1.2),
            Slider("m1", "centre <i>μ</i><sub>1</sub>", -3, 3, 0.05, -0.8),
            Slider("s1", "width <i>σ</i><sub>1</sub>", 0.3, 3, 0.05, 1),
            Slider("v2", "height <i>v</i><sub>2</sub> (0: one bump)", -2, 2, 0.05, 0.7),
            Slider("m2", "centre <i>μ</i><sub>2</sub>", -3, 3, 0.05, 1.2),
            Slider("s2", "width <i>σ</i><sub>2</sub>", 0.3, 3, 0.05, 0.8),
            Slider("level", "the value <i>y</i>, from the least to the largest", 0.01, 0.99, 0.01, 0.4),
        ),
    ),
    "far_away": Explorable(
        "A new input walks away",
        {
            "kernel": Exported(None, source=kernel),
            "mean": Exported("gaussian_process.predict", {"result": "mean"}),
            "covariance": Exported("gaussian_process.predict", {"result": "covariance"}),
            "network": Exported("relu_extrapolation.features", {"expression": whole_network, "arguments": NETWORK}),
            "farOut": Exported("relu_extrapolation.one_layer", {"arguments": NETWORK}),
        },
        (Slider("at", "the new input", -60, 60, 0.1, 4),),
        regression_data,
    ),
    "posterior": Explorable(
        "A posterior as data grow in number",
        {
            "posterior": Exported("bayesian_network.posterior", {"expression": whole_posterior, "given": ("ybar",)}),
            "predictiveMean": Exported("bayesian_network.predictive_mean"),
            "predictiveVariance": Exported("bayesian_network.predictive_variance"),
            "ridgePlugIn": Exported("bayesian_network.ridge_plug_in"),
        },
        (
            Slider("power", "number of observations <i>n</i>, from 1 to 10<sup>12</sup>", 0, 12, 0.25, 2),
            Slider("c", "slope <i>c</i> of the truth", 0.5, 20, 0.5, 3),
        ),
        lambda: {"box": 10.0},
    ),
}


# --- scripts ------------------------------------------------------------------------------------


@cache
def script(name: str) -> str:
    """The script of an explorable: exported functions, the numbers it starts from, and the drawing."""
    explorable = EXPLORABLES[name]
    exported = "\n".join(e.javascript(constant) for constant, e in explorable.functions.items())
    drawing = (DRAWINGS / f"{name}.js").read_text(encoding="utf-8")
    data = json.dumps(explorable.data())
    inside = f"// Exported from derivations\n{exported}\nconst data = {data};\n\n{drawing}\nreturn draw;\n"
    return f'"use strict";\n(globalThis.explorables ??= {{}}).{name} = (() => {{\n{inside}}})();\n'


def drawn(name: str, states: Sequence[Mapping], folder: Path) -> list[dict]:
    """The pieces of an explorable in each of the states; `folder` takes its script."""
    path = folder / f"{name}.js"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(script(name), encoding="utf-8")
    order = {"scripts": [str(DRAWINGS / "plot.js"), str(path)], "name": name, "states": list(states)}
    command = [find_node(), str(DRAWINGS / "states.js")]
    run = subprocess.run(command, input=json.dumps(order), capture_output=True, encoding="utf-8", check=False)
    if run.returncode:
        raise RuntimeError(f"the explorable {name} does not draw: {run.stderr}")
    return json.loads(run.stdout)


# --- pages --------------------------------------------------------------------------------------


def html(name: str, pieces: Mapping) -> str:
    explorable, id_ = EXPLORABLES[name], f"explorable-{name.replace('_', '-')}"
    controls = "".join(c.html(id_, pieces["shown"].get(c.name, "")) for c in explorable.controls)
    return (
        f'<section class="explorable" id="{id_}" data-explorable="{name}" aria-labelledby="{id_}-title">'
        f'<p class="explorable-title" id="{id_}-title">{escape(explorable.title)}</p>'
        f'<div class="controls">{controls}</div>'
        f"<noscript><p>The sliders need JavaScript. This is the first state.</p></noscript>"
        f'<div class="panels">{pieces["panels"]}</div><p class="says" aria-live="polite">{escape(pieces["says"])}</p>'
        f'<dl class="facts">{pieces["facts"]}</dl>{data_link(id_, pieces["csv"])}</section>'
    )


class ExplorableDirective(SphinxDirective):
    required_arguments = 1

    def run(self):
        name = self.arguments[0]
        if name not in EXPLORABLES:
            message = "no explorable %r%s"
            log.warning(message, name, nearest(name, list(EXPLORABLES)), location=self.get_location())
            return []
        if is_for_students():  # they are computed by the results of derivations
            return []
        for path in self.files(name):
            self.env.note_dependency(str(path))
        self.env.metadata[self.env.docname].setdefault("explorables", []).append(name)
        (pieces,) = drawn(name, [EXPLORABLES[name].start()], served(self.env.app))
        return [nodes.raw("", html(name, pieces), format="html")]

    def files(self, name: str):
        """Everything that the drawing is made of."""
        yield from (Path(__file__), *DRAWINGS.glob("*.js"), *Path(derivations.__file__).parent.glob("exporters/*.py"))
        for exported in EXPLORABLES[name].functions.values():
            yield from derivations.modules(exported.derivation) if exported.derivation else ()


def served(app) -> Path:
    return Path(app.outdir) / "_static" / "explorables"


def serve(app, pagename, templatename, context, doctree):
    """The scripts of the explorables of a page, on this page alone."""
    names = app.env.metadata.get(pagename, {}).get("explorables", [])
    if not names:
        return
    folder = served(app)
    folder.mkdir(parents=True, exist_ok=True)
    for shared in SHARED:
        (folder / shared).write_text((DRAWINGS / shared).read_text(encoding="utf-8"), encoding="utf-8")
    for name in names:
        (folder / f"{name}.js").write_text(script(name), encoding="utf-8")
    for file in ("plot.js", *(f"{name}.js" for name in names), "explorable.js"):
        app.add_js_file(f"explorables/{file}", loading_method="defer")


def setup(app):
    app.add_directive("explorable", ExplorableDirective)
    app.connect("html-page-context", serve)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
