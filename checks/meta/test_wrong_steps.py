"""Classic wrong steps: told in the derivation's symbols, refuted in one of its worlds, none lost unnoticed."""

from collections import Counter

import pytest

import derivations
from checks.exercises.slips import Falsified, instead
from checks.wrong_steps import falsified_results, told_back, where_it_fails, wrong_steps
from derivations.rnn import U, delta, t
from derivations.verification import Verdict, check

RESTING = Counter(falsified.derivation for _, falsified in falsified_results())
# Exercises that tell a part of a result, which is no line of the chain.
TELL_A_PART = {"normalizing_flow.log_density", "bump_flow.grad_v", "gaussian_process.one_point_variance"}


def test_every_derivation_that_exercises_rest_on_has_wrong_steps():
    assert {name for name in RESTING if not wrong_steps(name)} == TELL_A_PART


@pytest.mark.parametrize("name", sorted(RESTING.keys() - TELL_A_PART))
def test_wrong_steps_are_wrong_and_each_is_there_once(name):
    steps = wrong_steps(name)
    assert len({step.equation for step in steps}) == len(steps)
    for step in steps:
        assert step.name and step.explanation and r"\overset{?}" in step.equation
        assert any(sign in step.counterexample for sign in ("≠", ">", "<", "no value")), step
    right = derivations.get(name)
    assert all(line.verdict is not Verdict.REFUTED for part in check(right).values() for line in part)


def test_a_right_result_is_not_refuted():
    derivation = derivations.get("rnn.adjoint")
    _, chain = derivation.parts[-1]
    right = Falsified("rnn.adjoint", lambda formula: formula)
    assert where_it_fails(chain, derivation, right, derivation.result()) is None


def test_a_slip_is_told_in_the_symbols_of_the_derivation():
    steps = {step.name: step for step in wrong_steps("rnn.adjoint")}
    assert steps["no transpose"].equation.startswith(r"\delta_{t} \overset{?}{=} \nabla")
    assert "n = 2" in steps["no transpose"].counterexample, "for one unit one sees no difference"
    assert "n = 1" in steps["a sign"].counterexample


def test_slips_in_own_symbols_need_no_reading():
    slip = Falsified("rnn.adjoint", instead(delta[t + 1], delta[t]))
    assert told_back(slip) == slip.formula and told_back(slip).has(U)


def test_no_wrong_step_is_known_of_other_derivations():
    assert wrong_steps("rnn.last_adjoint") == () == wrong_steps("no such derivation")
