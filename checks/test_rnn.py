"""Laws of the gradients through time: the derived formulas, evaluated, against networks run forward.

A formula is evaluated as a reader would compute it: δ by the derived recurrence, states run forward.  Its
only errors are those of the slopes g' and ∇L, which are differences; `Network.tolerance` carries them
through the double sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer

from checks.oracles import rnn as oracle
from checks.strategies import LARGE, vectors, worlds
from derivations import rnn
from derivations.domain import NamedFunction
from derivations.evaluate import World, evaluate
from derivations.expressions import (
    elementwise,
    elementwise_derivative,
    hadamard,
    index_product,
    index_sum,
    transpose,
)
from derivations.fields import Numbers

#: Wide enough for large weights with squares for activation, where a state reaches 10**88.
FIELD = Numbers(digits=450)
UNIT = FIELD.context.mpf(10) ** -449
ORACLE_STEP = FIELD.context.mpf(10) ** -150
LARGEST_WEIGHT = max(LARGE)
LARGEST = {rnn.n: 3, rnn.m: 3, rnn.T: 4}
DERIVED = (
    rnn.LOSS,
    rnn.PREACTIVATION,
    rnn.STATE,
    rnn.ADJOINT_RECURRENCE.conclusion,
    rnn.LAST_ADJOINT.conclusion,
)

EDGES = {
    "any": {},
    "T = 1": {"sizes": {rnn.T: 1}},
    "n = 1": {"sizes": {rnn.n: 1}},
    "zero weights": {"regimes": {"U": "zero", "W": "zero"}},
    "zero loss": {"regimes": {"weight of L": "zero"}},
    "saturated": {"regimes": {"U": "large", "W": "large", "h0": "large"}},
}
RECURRENT = {"U": rnn.GRAD_U.result(), "W": rnn.GRAD_W.result()}
BY_BIAS = index_sum(
    hadamard(elementwise_derivative(elementwise(rnn.g, rnn.z[rnn.t - 1])), rnn.delta[rnn.t]), rnn.t, 1, rnn.T
)
UNROLLED = {"U": rnn.GRAD_U_UNROLLED.result(), "W": rnn.GRAD_W_UNROLLED.result()}

few = settings(max_examples=settings().max_examples // 4)


def networks(**options):
    return worlds(rnn.DOMAIN, largest=LARGEST, field=FIELD, **options).map(Network)


@dataclass(frozen=True)
class Network:
    """A drawn world as the arguments of the oracle, and the derived formulas in it."""

    world: World

    def value(self, formula) -> np.ndarray:
        """The value of an expression, with δ by the derived recurrence."""
        rows = evaluate(formula, World(self.world.values, DERIVED, field=FIELD))
        return np.array(rows, dtype=object)

    def changed(self, **values) -> Network:
        """The same network with other weights, first state, inputs or loss; arrays by their names."""
        known = dict(self.world.values)
        for name, value in values.items():
            known |= REPLACE[name](value)
        return Network(World(known, self.world.definitions, field=FIELD))

    # the oracle's arguments

    @property
    def sizes(self) -> tuple[int, int, int]:
        return tuple(self.world.values[size] for size in (rnn.n, rnn.m, rnn.T))

    @cached_property
    def arguments(self) -> dict:
        values, T = self.world.values, self.world.values[rnn.T]
        h0 = array(values[(rnn.h, 0)])[:, 0]
        x = np.array([array(values[(rnn.x, t)])[:, 0] for t in range(T)])
        return {"U": array(values[rnn.U]), "W": array(values[rnn.W]), "x": x, "h0": h0}

    def g(self, z: np.ndarray) -> np.ndarray:
        activation = self.world.values[rnn.g]
        return np.vectorize(lambda entry: activation(FIELD, entry), otypes=[object])(z)

    def losses(self, t: int, h: np.ndarray):
        return self.world.values[rnn.L](FIELD, t, [[entry] for entry in h])

    def loss(self, **changed):
        return oracle.loss(**{**self.arguments, **changed}, g=self.g, losses=self.losses)

    def gradient(self, name: str) -> np.ndarray:
        """The gradient of the loss by one of the arguments, by differences."""
        return oracle.derivative_by_differences(
            lambda value: self.loss(**{name: value}), self.arguments[name], ORACLE_STEP
        )

    @cached_property
    def states(self) -> np.ndarray:
        return oracle.states(**self.arguments, g=self.g)

    @cached_property
    def preactivations(self) -> np.ndarray:
        U, W, x = (self.arguments[name] for name in "UWx")
        return oracle.preactivations(U, W, x, self.states)

    @cached_property
    def slopes(self) -> np.ndarray:
        return oracle.slopes_by_differences(self.g, self.preactivations, ORACLE_STEP)

    @cached_property
    def loss_gradients(self) -> np.ndarray:
        def by_state(t):
            return oracle.derivative_by_differences(lambda h: self.losses(t, h), self.states[t], ORACLE_STEP)

        return np.array([by_state(t) for t in range(1, len(self.states))])

    # how far off a sound evaluation may be

    def tolerance(self, name: str) -> np.ndarray:
        """How far a derived gradient by U or W may be from the true one, entry by entry.

        The double sum with absolute values for its terms bounds the recurrence too.
        """
        factors = abs({"U": self.states, "W": self.arguments["x"]}[name])
        return self._spread(lambda U, slopes, grads: oracle.terms(U, slopes, factors, grads).sum((0, 1)))

    def adjoint_tolerance(self, t: int) -> np.ndarray:
        def later(U, slopes, gradients):
            products = (oracle.jacobian_product(U, slopes, t, s) for s in range(t, len(self.states)))
            return sum(J.T @ gradient for J, gradient in zip(products, gradients[t - 1 :], strict=True))

        return self._spread(later)

    def jacobian_tolerance(self, k: int, t: int) -> np.ndarray:
        return self._spread(lambda U, slopes, gradients: oracle.jacobian_product(U, slopes, k, t))

    def _spread(self, absolute) -> np.ndarray:
        """What the errors of the slopes and of ∇L, central differences with the core's step, add to a sum of
        absolute values, a function of |U|, |g'| and |∇L|; the rounding of that sum; the oracle's error.
        """
        U, slopes, gradients = abs(self.arguments["U"]), abs(self.slopes), abs(self.loss_gradients)
        values = abs(array([self.losses(t, h) for t, h in enumerate(self.states)][1:]))[:, None]
        steepest = FIELD.number(LARGEST_WEIGHT)
        slopes_off = slopes + difference_error(self.g(self.preactivations), 2, FIELD.step)
        off = absolute(U, slopes_off, gradients + difference_error(values, steepest, FIELD.step))
        answer = absolute(U, slopes_off, np.ones_like(gradients)).max()
        third = steepest * (1 + gradients.max()) * (1 + answer) ** 3
        largest = max(off.max(), abs(self.states).max(), values.max())
        oracle_error = difference_error(largest, third, ORACLE_STEP)
        return off - absolute(U, slopes, gradients) + rounding(off, self.sizes) + oracle_error


def difference_error(value, third, step):
    """Of a central difference of a function with this value and third derivative f''': s² |f'''|/6 + u |f|/s.

    Third derivatives of the activations are at most 2, of the losses the largest weight.  That of a whole
    network is of the order of the cube of what its states answer to a change, times what the loss does.
    """
    return step**2 * third / 6 + UNIT * (1 + abs(value)) / step


def rounding(sizes_of_terms: np.ndarray, sizes: tuple[int, int, int]) -> np.ndarray:
    """The rounding of a sum of T² terms of 2 T products of n numbers, each a sum of n or m, with slack 4."""
    n, m, T = sizes
    return 4 * UNIT * T**3 * (n + m) ** 2 * (1 + sizes_of_terms)


def array(rows) -> np.ndarray:
    return np.array(rows, dtype=object)


def rows(vector) -> list:
    return [[entry] for entry in vector]


REPLACE = {
    "U": lambda value: {rnn.U: value.tolist(), rnn.n: len(value)},
    "W": lambda value: {rnn.W: value.tolist(), rnn.m: value.shape[1]},
    # x_T, too, has a value in the domain; it belongs to z_T, on which no loss depends
    "x": lambda value: {(rnn.x, t): rows(x_t) for t, x_t in enumerate([*value, 0 * value[-1]])},
    "h0": lambda value: {(rnn.h, 0): rows(value)},
    "L": lambda value: {rnn.L: NamedFunction("another loss", value)},
}


def assert_close(got, demanded, tolerance, what: str):
    """Entry by entry; the message names the entry that is furthest off."""
    assert got.shape == demanded.shape, f"{what}: shape {got.shape}, not {demanded.shape}"
    excess = np.array(abs(got - demanded) - tolerance, dtype=object)
    worst = np.unravel_index(np.argmax(excess), excess.shape)
    show = [FIELD.context.nstr(a[worst], 8) for a in (got, demanded, tolerance + 0 * excess)]
    assert excess[worst] <= 0, "{}, entry {}: {} instead of {}, tolerance {}".format(what, worst, *show)


# --- against the oracle -------------------------------------------------------------------------


@pytest.mark.parametrize("edge", EDGES)
@few
@given(data=st.data())
def test_both_forms_are_the_gradient_of_the_loss(edge, data):
    network = data.draw(networks(**EDGES[edge]))
    for name in ("U", "W"):
        demanded, tolerance = network.gradient(name), network.tolerance(name)
        assert_close(network.value(RECURRENT[name]), demanded, tolerance, f"recurrent, by {name}")
        assert_close(network.value(UNROLLED[name]), demanded, tolerance, f"unrolled, by {name}")


@few
@given(networks())
def test_recurrent_and_unrolled_forms_agree(network):
    for name in ("U", "W"):
        a, b = network.value(RECURRENT[name]), network.value(UNROLLED[name])
        assert_close(a, b, network.tolerance(name), f"recurrent against unrolled, by {name}")


@few
@given(networks(), st.data())
def test_adjoint_is_the_gradient_of_the_later_losses(network, data):
    T = network.sizes[2]
    t = data.draw(st.integers(1, T), "t")
    arguments = {**network.arguments, "g": network.g, "losses": network.losses}
    del arguments["h0"]
    demanded = oracle.derivative_by_differences(
        lambda h: oracle.later_losses(h, t, **arguments), network.states[t], ORACLE_STEP
    )
    got = network.value(rnn.delta[Integer(t)])[:, 0]
    assert_close(got, demanded, network.adjoint_tolerance(t), f"δ_{t}")


@few
@given(networks())
def test_no_adjoint_after_the_last_state(network):
    assert not np.any(network.value(rnn.delta[rnn.T + 1]))


@few
@given(networks(), st.data())
def test_jacobian_product_carries_a_state_forward(network, data):
    """∂h_t/∂h_k from the derivation, transposed, against a network that is put into the state h_k."""
    T = network.sizes[2]
    k = data.draw(st.integers(1, T), "k")
    t = data.draw(st.integers(k, T), "t")
    formula = transpose(index_product(rnn.jacobian_transposed, rnn.j, k, t - 1))
    U, W, x = (network.arguments[name] for name in ("U", "W", "x"))
    by_row = oracle.derivative_by_differences(
        lambda h: oracle.states(U, W, x[k:t], h, network.g)[-1], network.states[k], ORACLE_STEP
    )
    assert_close(network.value(formula), by_row.T, network.jacobian_tolerance(k, t), f"∂h_{t}/∂h_{k}")


# --- laws of the gradient ------------------------------------------------------------------------


@few
@given(networks(), st.data())
def test_linear_in_the_loss(network, data):
    """The gradient of a ℒ + b ℒ' is a times that of ℒ plus b times that of ℒ'."""
    a, b = (FIELD.number(x) for x in data.draw(st.tuples(*[st.integers(-4, 4)] * 2), "a, b"))
    center = array(data.draw(vectors(network.sizes[0]), "center"))
    one, other = network.world.values[rnn.L], lambda f, t, h: squared_distance(h, center) * t

    def mixed(field, t, h):
        return a * one(field, t, h) + b * other(field, t, h)

    second, both = network.changed(L=other), network.changed(L=mixed)
    for name in ("U", "W"):
        demanded = a * network.value(RECURRENT[name]) + b * second.value(RECURRENT[name])
        tolerance = abs(a) * network.tolerance(name) + abs(b) * second.tolerance(name) + both.tolerance(name)
        assert_close(both.value(RECURRENT[name]), demanded, tolerance, f"by {name}")


def squared_distance(h, center):
    return sum((entry - c) ** 2 for (entry,), c in zip(h, center, strict=True))


@few
@given(networks(regimes={"U": "zero"}))
def test_without_recurrence_only_the_direct_terms_remain(network):
    """U = 0: Σ_t D_{t-1} ∇L_t h_{t-1}ᵀ, no Jacobian between different times."""
    at_z = network.slopes * network.loss_gradients
    for name, factors in (("U", network.states[:-1]), ("W", network.arguments["x"])):
        got = network.value(UNROLLED[name])
        assert_close(got, at_z.T @ factors, network.tolerance(name), f"by {name}")
        assert_close(network.value(RECURRENT[name]), got, network.tolerance(name), f"by {name}, recurrent")


@few
@given(networks(), st.data())
def test_renumbering_hidden_units_renumbers_the_gradient(network, data):
    """U → PUPᵀ, W → PW, h_0 → Ph_0, L_t → L_t∘Pᵀ turns ∂ℒ/∂U into P ∂ℒ/∂U Pᵀ, ∂ℒ/∂W into P ∂ℒ/∂W."""
    order = np.array(data.draw(st.permutations(range(network.sizes[0])), "order"))
    back = np.argsort(order)
    U, W, h0 = (network.arguments[name] for name in ("U", "W", "h0"))
    one = network.world.values[rnn.L]
    renumbered = network.changed(
        U=U[np.ix_(order, order)], W=W[order], h0=h0[order], L=lambda f, t, h: one(f, t, [h[i] for i in back])
    )
    for name, columns in (("U", order), ("W", np.arange(W.shape[1]))):
        where = np.ix_(order, columns)
        demanded, tolerance = network.value(RECURRENT[name])[where], 2 * network.tolerance(name)[where]
        assert_close(renumbered.value(RECURRENT[name]), demanded, tolerance, f"by {name}")


@few
@given(networks(), st.data())
def test_shifting_inputs_where_W_does_not_look(network, data):
    """x_t → x_t + ν with Wν = 0 leaves ∂ℒ/∂U and adds (Σ_t D_{t-1} δ_t) νᵀ to ∂ℒ/∂W.

    W gets a last column that makes it blind to ν = (v, 1).
    """
    n, m, T = network.sizes
    v = array(data.draw(vectors(m), "v"))
    W, x = network.arguments["W"], network.arguments["x"]
    nu = np.append(v, FIELD.number(1))
    blind = network.changed(W=np.column_stack([W, -W @ v]), x=np.column_stack([x, np.zeros(T, dtype=int)]))
    shifted = blind.changed(x=blind.arguments["x"] + nu)
    bias = blind.value(BY_BIAS)
    added = {"U": np.zeros((n, n)), "W": np.multiply.outer(bias[:, 0], nu)}
    for name in ("U", "W"):
        demanded = blind.value(RECURRENT[name]) + added[name]
        tolerance = blind.tolerance(name) + shifted.tolerance(name)
        assert_close(shifted.value(RECURRENT[name]), demanded, tolerance, f"by {name}")


@few
@given(networks())
def test_an_input_that_is_always_zero_gets_no_gradient(network):
    x = network.arguments["x"].copy()
    x[:, 0] = FIELD.number(0)
    assert not np.any(network.changed(x=x).value(RECURRENT["W"])[:, 0])


# --- the oracle's own two roads -------------------------------------------------------------------


@few
@given(st.integers(1, 5), st.integers(1, 3), st.integers(1, 8), st.data())
def test_the_oracles_double_sum_is_its_complex_step_derivative(n, m, T, data):
    """In float64, tanh and squares; the forward errors are carried through the absolute double sum."""
    U, W, x, y = (
        data.draw(vectors(rows * columns), name).reshape(rows, columns)
        for name, rows, columns in (("U", n, n), ("W", n, m), ("x", T, m), ("y", T, n))
    )
    h = oracle.states(U, W, x, np.zeros(n), np.tanh)
    slopes, residuals = 1 - h[1:] ** 2, h[1:] - y

    def loss(U):
        return oracle.loss(U, W, x, np.zeros(n), np.tanh, lambda t, h: np.sum((h - y[t - 1]) ** 2) / 2)

    got = oracle.terms(U, slopes, h, residuals).sum((0, 1))
    demanded = oracle.derivative_by_complex_step(loss, U)
    off = forward_error(abs(U), abs(W), abs(x))
    true = oracle.terms(abs(U), slopes, abs(h), abs(residuals)).sum((0, 1))
    bound = oracle.terms(abs(U), slopes + 2 * off[1:], abs(h) + off, abs(residuals) + off[1:]).sum((0, 1))
    tolerance = 2 * (bound - true + 4 * EPS * T**3 * (n + m) ** 2 * bound)
    excess = abs(got - demanded) - tolerance
    assert np.all(excess <= 0), f"{got} instead of {demanded}, tolerance {tolerance}"


EPS = 2.0**-52


def forward_error(U, W, x):
    """How far rounding may carry the states of a tanh network in float64, `(T + 1, n)`."""
    n, m = W.shape
    off = [np.zeros(n)]
    for x_t in x:
        off.append(U @ off[-1] + (n + m) * EPS * (W @ x_t + U.sum(axis=1)) + 2 * EPS)
    return np.array(off)
