"""What a page asks of Python: numbers as readers type them, and functions that are called with lists for arrays."""

import json

import pytest

from checks import page
from checks.answers import of_chapter

PREDICT = """
import copy, math
def bayesian_network_predict(w1, w2, x):
    {first}
    means, variances = [], []
    for at in x:
        f = [b * max(a * at, 0.0) for a, b in zip(w1, w2)]
        m = sum(f) / len(f)
        means.append(m)
        variances.append(1 + sum((v - m) ** 2 for v in f) / len(f))
    return means, variances
"""


def asked(name: str, answer) -> dict:
    return json.loads(page.ask(json.dumps({"do": "check", "name": name, "answer": answer})))


def predicted(first: str) -> dict:
    return asked("bayesian_network.predict", PREDICT.format(first=first))


AS_WITH_ARRAYS = ["pass", "w1 = w1[:]", "w1 = w1.copy()", "w1 = copy.deepcopy(w1)", "x[0] = float(x[0])", "w1 = [*w1]"]


@pytest.mark.parametrize("first", AS_WITH_ARRAYS)
def test_what_lists_do_like_arrays_is_judged(first):
    assert predicted(first)["outcome"] == "right"


OF_ARRAYS = [
    "w1 * 2", "w1.copy() * 2", "w1.max()", "w1.T", "2 // w1", "2 % w1", "w1 == w2", "w1 != w2", "not w1", "w1[[0]]",
    "w1[...]", "w1[0,] = 1.0", "w1[:] = 0", "~w1", "raise ImportError(name='numpy')",
]  # fmt: skip


@pytest.mark.parametrize("first", OF_ARRAYS)
def test_what_only_arrays_do_is_not_judged(first):
    told = predicted(first)
    assert (told["outcome"], told["failure"]["reason"]) == ("not run", "needs_numpy")


@pytest.mark.parametrize("first", ["w1.append(0.0)", "w1.pop()", "w1.reverse()"])
def test_what_only_lists_have_is_no_array_s(first):
    told = predicted(first)
    assert told["outcome"] == "wrong" and "arrays have no" in told["failure"]["message"]


def test_a_division_by_zero_is_not_judged():
    """NumPy's numbers give inf there, and this answer is right with them."""
    plain = of_chapter("rnn_remedies")[0]["rnn_remedies.clip_norm"]["no arrays"]
    assert asked("rnn_remedies.clip_norm", plain)["outcome"] == "right"
    body = "    f = min(1.0, most[0] / sum(v * v for v in [*d, *(u for row in G for u in row)]) ** 0.5)\n"
    body += "    return [[f * u for u in row] for row in G], [f * v for v in d]\n"
    assert asked("rnn_remedies.clip_norm", f"def rnn_remedies_clip_norm(G, d, most):\n{body}")["outcome"] == "not run"


def test_a_wrong_result_is_told_though_another_input_would_need_numpy():
    told = predicted("if len(w1) > 1: w1 * 2\n    w2 = [b + 1 for b in w2]")
    assert (told["outcome"], told["failure"]["reason"]) == ("wrong", "counterexample")


@pytest.mark.parametrize("text", ["[1000, 1]", "1000, 1", "1000 1", "2000/2 1", "2000 / 2, 3 /3", "−1000; −1"])
def test_numbers_as_they_are_typed(text):
    """All of them two numbers: what is said of them is what is wrong with two."""
    failure = asked("rnn_remedies.turning", {"g": text})["failure"]
    assert failure["reason"] == "requirement" and [abs(v) for v in failure["inputs"]["g"]] == [1000, 1]


@pytest.mark.parametrize("text", ["1 x", "[1, ", "1/0", "__import__('os')", "[" * 5000])
def test_what_is_no_number_is_said(text):
    assert asked("rnn_remedies.turning", {"g": text})["failure"]["reason"] == "not_text"
