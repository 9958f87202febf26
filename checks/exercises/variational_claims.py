"""Question 2 (a): mean field or encoder; every claim is tried on models whose posteriors are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product

import mpmath

from .choice import ChoiceExercise, Option

_mp = mpmath.MPContext()
_mp.dps = 40
CLOSE = _mp.mpf(10) ** -30

SEES: dict[str, Callable[[Fraction], Fraction]] = {
    "are the same whatever x is": lambda x: Fraction(0),
    "are an affine function of |x|": abs,
    "are an affine function of x": lambda x: x,
}


def divergence(shift, covariance, precision):
    """KL(N(m, V) ‖ N(μ, Λ⁻¹)) of two variables; shift = m − μ."""
    pairs = list(product(range(2), repeat=2))
    square = sum(shift[i] * precision[i][j] * shift[j] for i, j in pairs)
    trace = sum(precision[i][j] * covariance[j][i] for i, j in pairs)
    return number(square + trace - 2) / 2 - _mp.log(number(determinant(precision) * determinant(covariance))) / 2


def determinant(M) -> Fraction:
    return M[0][0] * M[1][1] - M[0][1] * M[1][0]


@dataclass(frozen=True)
class Fit:
    """x | z ~ N(a·z, noise) with z ~ N(0, I) of two variables, data, and what the encoder's means may be.

    Every posterior is N(μ_i, Λ⁻¹) with Λ = I + a aᵀ/noise and μ_i = a x_i/(a·a + noise). The properties
    say by how much the best ELBO of each kind falls short of the log evidence, all data together.
    """

    a: tuple[Fraction, Fraction]
    noise: Fraction
    data: tuple[Fraction, ...]
    sees: str

    @property
    def precision(self) -> list[list[Fraction]]:
        return [[(i == j) + p * q / self.noise for j, q in enumerate(self.a)] for i, p in enumerate(self.a)]

    @property
    def factorised(self) -> list[list[Fraction]]:
        """The covariance that comes closest without correlations: diag(1/Λ_jj)."""
        (p, _), (_, q) = self.precision
        return [[1 / p, Fraction(0)], [Fraction(0), 1 / q]]

    @property
    def full(self) -> list[list[Fraction]]:
        """Λ⁻¹"""
        (p, r), (_, q) = self.precision
        size = determinant(self.precision)
        return [[q / size, -r / size], [-r / size, p / size]]

    def posterior_means(self, data) -> list[list[Fraction]]:
        return [[p * x / (sum(v * v for v in self.a) + self.noise) for p in self.a] for x in data]

    @property
    def encoded_means(self) -> list[list[Fraction]]:
        """The best that the encoder can do: the posterior means of what it sees of the data, by least squares."""
        return self.posterior_means(fitted([SEES[self.sees](x) for x in self.data], self.data))

    def shortfall(self, means, covariance):
        """What the ELBO of all data falls short of the log evidence: the divergences from the posteriors."""
        pairs = zip(means, self.posterior_means(self.data), strict=True)
        shifts = [[m - mu for m, mu in zip(ours, theirs, strict=True)] for ours, theirs in pairs]
        return sum(divergence(shift, covariance, self.precision) for shift in shifts)

    @cached_property
    def mean_field(self):
        return self.shortfall(self.posterior_means(self.data), self.factorised)

    @cached_property
    def factorised_encoder(self):
        return self.shortfall(self.encoded_means, self.factorised)

    @cached_property
    def full_encoder(self):
        return self.shortfall(self.encoded_means, self.full)


def number(fraction: Fraction):
    return _mp.mpf(fraction.numerator) / fraction.denominator


def fitted(features, values) -> list[Fraction]:
    """The affine function of the features that comes closest to the values, exactly."""
    f, v = centred(features), centred(values)
    spread, shared = sum(p * p for p in f), sum(p * q for p, q in zip(f, v, strict=True))
    average = Fraction(sum(values), len(values))
    return [average + (shared / spread * p if spread else 0) for p in f]


def centred(numbers):
    average = Fraction(sum(numbers), len(numbers))
    return [x - average for x in numbers]


def fits() -> Iterator[Fit]:
    """Without correlation first; few data first."""
    data = ((-1, 1), (0, 2), (-1, 1, 2), (0, 1, 2, 5), (1,))
    loadings = ((1, 0), (1, 1), (3, 3), (2, -1))
    for a, noise, sees, x in product(loadings, (1, Fraction(1, 4)), SEES, data):
        yield Fit(tuple(map(Fraction, a)), Fraction(noise), tuple(map(Fraction, x)), sees)


def tell(kinds: tuple[str, ...]) -> Callable[[Fit], str]:
    """A sentence with how far the best ELBOs of these kinds fall short."""

    def sentence(fit: Fit) -> str:
        short = ", ".join(f"by the {kind.replace('_', ' ')} {float(getattr(fit, kind)):.4g}" for kind in kinds)
        return f"{model(fit)} The means that the encoder puts out {fit.sees}. Of the log evidence are missed: {short}."

    return sentence


def model(fit: Fit) -> str:
    loaded = f"{float(fit.a[0]):g} z_1 {float(fit.a[1]):+g} z_2".replace("+", "+ ").replace(" -", " - ")
    values = ", ".join(f"{float(x):g}" for x in fit.data)
    return f"Take x | z ~ N({loaded}, {float(fit.noise):g}), z ~ N(0, I), and the data {values}."


def more_data_help(fit: Fit) -> bool:
    """Fewer nats a point are missed with all data than with the first alone, if any were."""
    alone = Fit(fit.a, fit.noise, fit.data[:1], fit.sees)
    return alone.mean_field <= CLOSE or fit.mean_field / len(fit.data) < alone.mean_field - CLOSE


def tell_per_point(fit: Fit) -> str:
    alone = Fit(fit.a, fit.noise, fit.data[:1], fit.sees)
    return (
        f"{model(fit)} With the first point alone the best mean field falls short of the log evidence by "
        f"{float(alone.mean_field):.4g}, with all by {float(fit.mean_field) / len(fit.data):.4g} a point."
    )


more_expressive = ChoiceExercise(
    name="variational.expressive",
    question="Q2a",
    title="Mean field or encoder: which can express more?",
    statement=r"""
The posteriors of a model with several latent variables are approximated on given data, by the highest ELBO. The
*mean field* has a free mean and a free variance for each latent variable and each data point. An *encoder* is
one function for all data points, which puts out the parameters of $q$ from $x$; it is *factorised* if it puts
out means and variances only. Which of these claims are true for every model, all data and every class of encoders?
Name all that are.
""".strip(),
    points=2,
    domain="two latent variables with normal posteriors, one to four data points, three classes of encoders",
    hints=(
        "Which densities can each of them give to one data point? And to all of them at once?",
        "By how much the ELBO falls short has two causes: the family of densities, and one function for all points.",
    ),
    options=(
        Option(
            "A factorised encoder reaches at least the ELBO of the mean field.",
            lambda fit: fit.factorised_encoder <= fit.mean_field + CLOSE,
            tell(("mean_field", "factorised_encoder")),
        ),
        Option(
            "The mean field reaches at least the ELBO of a factorised encoder.",
            lambda fit: fit.mean_field <= fit.factorised_encoder + CLOSE,
            tell(("mean_field", "factorised_encoder")),
            explanation="Whatever such an encoder puts out for a point, the mean field may choose for that point too; "
            "no choice comes closer to a normal posterior than its best one.",
            proofs=("variational.mean_field_gap", "variational.best_mean_field"),
        ),
        Option(
            "The mean field reaches at least the ELBO of any encoder, whatever densities that puts out.",
            lambda fit: fit.mean_field <= fit.full_encoder + CLOSE,
            tell(("mean_field", "full_encoder")),
        ),
        Option(
            "An encoder that puts out a mean and a full covariance matrix reaches at least the ELBO of the mean field.",
            lambda fit: fit.full_encoder <= fit.mean_field + CLOSE,
            tell(("mean_field", "full_encoder")),
        ),
        Option(
            "If all posteriors are normal, an encoder that can put out the right mean and any covariance matrix for "
            "each point reaches the log evidence itself.",
            lambda fit: fit.encoded_means != fit.posterior_means(fit.data) or abs(fit.full_encoder) <= CLOSE,
            tell(("full_encoder",)),
            explanation="With the posterior's own mean and covariance the divergence is 0, and the ELBO is the log "
            "evidence less the divergence.",
            proofs=("variational.full_covariance", "variational.elbo"),
        ),
        Option(
            "The more data points there are, the less the best mean field misses for each of them.",
            more_data_help,
            tell_per_point,
            cases=lambda: (fit for fit in fits() if len(fit.data) > 1),
        ),
    ),
    cases=fits,
    several=True,
)
