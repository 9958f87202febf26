"""Networks of two units: exact linear algebra on 2x2 matrices, lists of rows of fractions."""

from __future__ import annotations

from fractions import Fraction


def exact(nested):
    return [exact(x) for x in nested] if isinstance(nested, list) else Fraction(nested)


def step(slopes, U):
    """diag(slopes) U."""
    return [[d * u for u in row] for d, row in zip(slopes, U, strict=True)]


def times(A, B):
    columns = list(zip(*B, strict=True))
    return [[sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in A]


def power(J, exponent: int):
    found = J
    for _ in range(exponent - 1):
        found = times(found, J)
    return found


def size(rows) -> float:
    return float(sum(x * x for row in rows for x in row)) ** 0.5


def invariants(U) -> tuple[Fraction, Fraction]:
    """Trace and determinant of a 2x2 matrix: the sum and the product of its eigenvalues."""
    return U[0][0] + U[1][1], U[0][0] * U[1][1] - U[0][1] * U[1][0]


def spectral_radius(U) -> float:
    trace, determinant = map(float, invariants(U))
    root = complex(trace * trace - 4 * determinant) ** 0.5
    return max(abs(trace + root), abs(trace - root)) / 2


def radius_below(U, bound: Fraction) -> bool:
    """Whether both eigenvalues have modulus < bound, exactly: Jury's criterion."""
    trace, determinant = invariants(U)
    return abs(determinant) < bound**2 and abs(trace) * bound < bound**2 + determinant


def eigenvalues(U) -> tuple[complex, complex]:
    trace, determinant = map(float, invariants(exact(U)))
    root = complex(trace * trace - 4 * determinant) ** 0.5
    return (trace - root) / 2, (trace + root) / 2
