"""Question 3 (a): prediction with a Gaussian process, exact data, and what happens far from them.

    y ~ N(0, K),  K_ij = k(x_i, x_j),  k(a, b) = exp(-‖a - b‖²/2)

Symbols follow Rasmussen & Williams, Gaussian Processes for Machine Learning, 2006, chapter 2:
K, K_*, K_** for training, cross and test covariances.  The prediction is derived for any joint
covariance that is positive definite; the limits are for this kernel.
"""

from __future__ import annotations

from sympy import Abs, Lambda, Symbol
from sympy.matrices.expressions import FunctionMatrix, Identity, MatrixSymbol, Trace, ZeroMatrix

from .chain import Derivation, Line, Step
from .domain import Declaration, Domain, Equation
from .expressions import Blocks, Family, SymmetricSymbol, inverse, product, substitute, subtract, transpose
from .gaussian import (
    across_inner,
    cauchy_schwarz,
    determinant_of_blocks,
    determinant_of_product,
    entries_bound,
    inner_of_blocks,
    inverse_of_blocks,
    kernel_formula,
    kernel_of_itself,
    largest_kernel_value,
    limit_at_infinity,
    log_of_product,
    multiply_blocks,
    nonnegative_form,
    norm_of_zero,
    normal_density,
    one_by_one,
    one_entry,
    rayleigh_bound,
    recognise_normal,
    symmetric_kernel,
    two_entries,
)
from .identities import fold, inverse_of_product, unfold
from .quadratic_forms import cauchy_schwarz_by_inverse
from .quantities import Kernel, LogNormalDensity, Norm, SmallestValue

n, m, p = (Symbol(name, integer=True, positive=True) for name in ("n", "m", "p"))
i, j = Symbol("i", integer=True), Symbol("j", integer=True)
K, K_ss = SymmetricSymbol("K", n), SymmetricSymbol("K_**", m)
K_s = MatrixSymbol("K_*", n, m)
y, y_s = MatrixSymbol("y", n, 1), MatrixSymbol("y_*", m, 1)
log_density = Symbol("log p(y_*|y)", real=True)

JOINT = Blocks((K, K_s), (transpose(K_s), K_ss))
STACKED = Blocks((y,), (y_s,))
REGRESSION = product(transpose(K_s), inverse(K))
SCHUR_COMPLEMENT = subtract(K_ss, product(REGRESSION, K_s))
S = SymmetricSymbol("S", m)
LOWER = Blocks((Identity(n), ZeroMatrix(n, m)), (REGRESSION, Identity(m)))
MIDDLE = Blocks((K, ZeroMatrix(n, m)), (ZeroMatrix(m, n), S))

CONDITIONAL = Equation(
    "conditional density",
    log_density,
    LogNormalDensity(STACKED, ZeroMatrix(n + m, 1), JOINT) - LogNormalDensity(y, ZeroMatrix(n, 1), K),
    meaning="log density of the values to predict, given the data",
)
SCHUR = Equation("Schur complement", S, SCHUR_COMPLEMENT, meaning="Schur complement of $K$")
JOINT_DOMAIN = Domain(
    (
        Declaration(n, "size", "number of training points", 1, 3),
        Declaration(m, "size", "number of test points", 1, 2),
        Declaration((K, K_s, K_ss), "joint covariance", "covariances: training, cross, test"),
        Declaration(y, "matrix", "training values"),
        Declaration(y_s, "matrix", "values to predict"),
    ),
    (CONDITIONAL, SCHUR),
    positive_definite={
        K: "a diagonal block of the joint covariance",
        S: "the Schur complement in the joint covariance",
    },
)

schur_complement = unfold(
    "Schur complement", "Schur complement", r"$S=K_{**}-K_*^\top K^{-1}K_*$", "Horn & Johnson 2013, 0.8.5"
)

FACTORISATION = Derivation(
    "gaussian_process.block_factorisation",
    "The joint covariance, factored by blocks",
    "Q3a",
    JOINT_DOMAIN,
    Line(product(LOWER, MIDDLE, transpose(LOWER)), product(LOWER, MIDDLE, transpose(LOWER))),
    (Step(multiply_blocks), Step(multiply_blocks), Step(schur_complement, stated=JOINT)),
    "One step of block Gaussian elimination; the block that is left over is the Schur complement $S$ of $K$.",
)

PREDICT = Derivation(
    "gaussian_process.predict",
    "The predictive distribution",
    "Q3a",
    JOINT_DOMAIN,
    Line(log_density, log_density),
    (
        Step(
            unfold(
                "conditional density",
                "conditional density",
                r"$p(y_*\mid y)=p(y,y_*)/p(y)$, both Gaussian with mean $0$",
                "product rule of probability",
            )
        ),
        Step(normal_density),
        Step(
            fold(
                FACTORISATION.name,
                "block factorisation",
                "One step of block elimination; the block left over is the Schur complement.",
                FACTORISATION.name,
                everywhere=True,
            )
        ),
        Step(determinant_of_product),
        Step(determinant_of_blocks),
        Step(log_of_product),
        Step(inverse_of_product),
        Step(inverse_of_blocks),
        Step(across_inner),
        Step(multiply_blocks),
        Step(multiply_blocks),
        Step(inner_of_blocks),
        Step(recognise_normal),
        Step(schur_complement),
    ),
    "Condition the joint Gaussian of training and test values on the training values.",
    variable=y_s,
    uses=(FACTORISATION,),
    assumptions=(
        "The joint covariance is positive definite: no input occurs twice, and no $x_*$ equals an $x_i$. "
        "At $x_*=x_i$ there is no joint density; there the formulas extend by continuity of the mean and the "
        "covariance. They need $K$ to be invertible.",
    ),
    results={"mean": lambda density: density.mean, "covariance": lambda density: density.covariance},
)


# --- one test point -----------------------------------------------------------------------------


def at_one_point(expression, size):
    """A prediction of `PREDICT` for one test point and `size` training points, as a number."""
    one = {n: size, m: 1, **_renamed(size)}
    return Trace(substitute(expression, one))


def _renamed(size) -> dict:
    return {
        K: SymmetricSymbol("K", size),
        K_s: MatrixSymbol("k_*", size, 1),
        K_ss: SymmetricSymbol("k_**", 1),
        y: MatrixSymbol("y", size, 1),
    }


x, x_s = Family("x", p), MatrixSymbol("x_*", p, 1)
mean, variance, distance = Symbol("m_*", real=True), Symbol("v_*", real=True), Symbol("d", positive=True)


DISTINCT = "assumed, as the training inputs are distinct"


def point_domain(size) -> Domain:
    """One test point x_*, `size` training points, the kernel matrices defined by the kernel."""
    gram, cross, own, values = (_renamed(size)[s] for s in (K, K_s, K_ss, y))
    declarations = (
        *((Declaration(n, "size", "number of training points", 1, 3),) if size == n else ()),
        Declaration(p, "size", "dimension of the inputs", 1, 2),
        Declaration(x, "family", "training inputs", 1, size),
        Declaration(x_s, "matrix", "test input"),
        Declaration(values, "matrix", "training values"),
    )
    separation = Norm(subtract(x[i], x_s))
    definitions = (
        Equation(
            "K", gram, FunctionMatrix(size, size, Lambda((i, j), Kernel(x[i], x[j]))), meaning="kernel matrix"
        ),
        Equation(
            "k", cross, FunctionMatrix(size, 1, Lambda((i, j), Kernel(x[i], x_s))), meaning="kernel vector"
        ),
        Equation(
            "k own", own, FunctionMatrix(1, 1, Lambda((i, j), Kernel(x_s, x_s))), meaning="prior variance"
        ),
        Equation(
            "distance", distance, SmallestValue(Lambda(i, separation), size), meaning="distance to the data"
        ),
        Equation(
            "mean",
            mean,
            at_one_point(PREDICT.result("mean"), size),
            meaning="predictive mean",
            rests_on=PREDICT.name,
        ),
        Equation(
            "variance",
            variance,
            at_one_point(PREDICT.result("covariance"), size),
            meaning="predictive variance",
            rests_on=PREDICT.name,
        ),
    )
    return Domain(
        declarations, definitions, positive_definite={gram: DISTINCT}, defined_where=(inverse(gram),)
    )


def predicted(label: str):
    return unfold(
        label, "the prediction at one point", "The predictive distribution, at one test point.", PREDICT.name
    )


largest_value = largest_kernel_value("distance", "k")
norm_by_largest = entries_bound("k")
far_away = limit_at_infinity(
    "distance",
    "the test point leaves the data",
    r"$K$ and $y$ do not change while $x_*$ moves away: only $d\to\infty$.",
)


def bound_of(chain: Derivation) -> Line:
    """What a chain that ends in a limit shows before it: its left side is at most the last bound."""
    return Line(chain.lines[0].left, chain.lines[-2].right, "<=")


ONE_MEAN = Derivation(
    "gaussian_process.one_point_mean",
    "One training point: the mean",
    "Q3a",
    point_domain(1),
    Line(mean, mean),
    (Step(predicted("mean")), Step(one_by_one), Step(one_entry), Step(kernel_formula), Step(norm_of_zero)),
    "With one training point the formulas can be read at a glance.",
    uses=(PREDICT,),
)
ONE_VARIANCE = Derivation(
    "gaussian_process.one_point_variance",
    "One training point: the variance",
    "Q3a",
    point_domain(1),
    Line(variance, variance),
    (
        Step(predicted("variance")),
        Step(one_by_one),
        Step(one_entry),
        Step(kernel_formula),
        Step(norm_of_zero),
    ),
    uses=(PREDICT,),
)
TWO_MEAN = Derivation(
    "gaussian_process.two_point_mean",
    "Two training points: the mean",
    "Q3a",
    point_domain(2),
    Line(mean, mean),
    (
        Step(predicted("mean")),
        Step(one_by_one),
        Step(two_entries),
        Step(kernel_of_itself),
        Step(symmetric_kernel),
    ),
    "With two the kernel matrix has an inverse that one can still write down.",
    uses=(PREDICT,),
    assumptions=("$x_1\\ne x_2$, so that $k(x_1,x_2)<1$.",),
)
TWO_VARIANCE = Derivation(
    "gaussian_process.two_point_variance",
    "Two training points: the variance",
    "Q3a",
    point_domain(2),
    Line(variance, variance),
    (
        Step(predicted("variance")),
        Step(one_by_one),
        Step(two_entries),
        Step(kernel_of_itself),
        Step(symmetric_kernel),
    ),
    uses=(PREDICT,),
    assumptions=("$x_1\\ne x_2$, so that $k(x_1,x_2)<1$.",),
)
MEAN_BOUND = Derivation(
    "gaussian_process.mean_far_away",
    "Far from the data the mean returns to 0",
    "Q3a",
    point_domain(n),
    Line(Abs(mean), Abs(mean)),
    (
        Step(predicted("mean")),
        Step(one_by_one),
        Step(cauchy_schwarz),
        Step(norm_by_largest),
        Step(largest_value),
        Step(far_away),
    ),
    "An explicit bound first, then the limit.",
    variable=x_s,
    uses=(PREDICT,),
    assumptions=("The training inputs are distinct, so that $K$ is invertible.",),
    results={"bound": lambda last: bound_of(MEAN_BOUND)},
)
VARIANCE_BOUND = Derivation(
    "gaussian_process.variance_far_away",
    "Far from the data the variance returns to 1",
    "Q3a",
    point_domain(n),
    Line(Abs(1 - variance), Abs(1 - variance)),
    (
        Step(predicted("variance")),
        Step(one_by_one),
        Step(kernel_formula),
        Step(norm_of_zero),
        Step(nonnegative_form),
        Step(rayleigh_bound),
        Step(norm_by_largest),
        Step(largest_value),
        Step(far_away),
    ),
    "How much the data reduce the variance, bounded, then the limit.",
    variable=x_s,
    uses=(PREDICT,),
    assumptions=("The training inputs are distinct, so that $K$ is invertible.",),
    results={"bound": lambda last: bound_of(VARIANCE_BOUND)},
)

# --- how much the mean may say where the variance has not fallen --------------------------------------

TAKEN = Derivation(
    "gaussian_process.taken",
    "What the data take from the variance",
    "Q3a",
    point_domain(n),
    Line(1 - variance, 1 - variance),
    (Step(predicted("variance")), Step(one_by_one), Step(kernel_formula), Step(norm_of_zero)),
    uses=(PREDICT,),
    assumptions=("The training inputs are distinct, so that $K$ is invertible.",),
)
MEAN_BY_VARIANCE = Derivation(
    "gaussian_process.mean_by_variance",
    "The mean leaves 0 only where the variance has left 1",
    "Q3a",
    point_domain(n),
    Line(Abs(mean), Abs(mean)),
    (
        Step(predicted("mean")),
        Step(one_by_one),
        Step(cauchy_schwarz_by_inverse),
        Step(fold(TAKEN.name, "what the data take away", "The derivation before.", TAKEN.name)),
    ),
    "A bound without distances: mean and variance at one point, held against each other.",
    uses=(PREDICT, TAKEN),
    assumptions=("The training inputs are distinct, so that $K$ is invertible.",),
)

DERIVATIONS = (
    FACTORISATION,
    PREDICT,
    ONE_MEAN,
    ONE_VARIANCE,
    TWO_MEAN,
    TWO_VARIANCE,
    MEAN_BOUND,
    VARIANCE_BOUND,
    TAKEN,
    MEAN_BY_VARIANCE,
)
