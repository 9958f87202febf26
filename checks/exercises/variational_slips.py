"""Question 2 (a): where the wrong roads lead."""

from __future__ import annotations

from .exercise import Misconception

COMMON = "variational#what-commonly-goes-wrong"


GAP_SLIPS = (
    Misconception(
        "the posterior's marginal variances",
        "A mean field with these variances is not the closest one in this direction of the divergence.",
        "rho**2/(1 - rho**2) + log(1 - rho**2)/2",
        COMMON,
    ),
    Misconception(
        "a divergence below zero",
        "A divergence is never negative; a sign was lost between the precision and the covariance.",
        "log(1 - rho**2)/2",
        COMMON,
    ),
    Misconception(
        "no one half",
        "The logarithm of a normal density has a factor one half before its log-determinant.",
        "-log(1 - rho**2)",
        COMMON,
    ),
    Misconception(
        "the correlation for its square",
        "The sign of the correlation cannot matter: turning one variable round changes it.",
        "-log(1 - rho)/2",
        COMMON,
    ),
    Misconception(
        "for small correlations only",
        "A series was broken off after its first term.",
        "rho**2/2",
        COMMON,
    ),
    Misconception(
        "a plus in the determinant",
        "The products of the two diagonals of a matrix enter its determinant with opposite signs.",
        "log(1 + rho**2)/2",
        COMMON,
    ),
)


MORE_EXPRESSIVE_SLIPS = (
    Misconception(
        "a network can express more",
        "A network makes the map from x to the parameters flexible, not the density that these describe.",
        "a",
        COMMON,
    ),
    Misconception(
        "a network with covariances is never behind",
        "A rich family is of no use at a point for which the encoder puts out the wrong mean.",
        "ad",
        COMMON,
    ),
    Misconception(
        "the mean field is always ahead",
        "It is free to choose for each point, but only among densities without correlations.",
        "bc",
        COMMON,
    ),
    Misconception(
        "more data close the gap",
        "The posterior of each point keeps its correlations, however many other points there are.",
        "bef",
        COMMON,
    ),
)

SLIPS = {
    "variational.gap": GAP_SLIPS,
    "variational.expressive": MORE_EXPRESSIVE_SLIPS,
}
