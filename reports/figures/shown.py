"""The edge: where figures are rounded, once. Halves go to the even neighbour, of the value as it is held in binary."""

from __future__ import annotations


def people(value: float | None) -> float | None:
    """People, person hours and seconds: 2 decimals."""
    return None if value is None else round(value, 2)


def share(value: float | None) -> float | None:
    """Shares of 1: 4 decimals."""
    return None if value is None else round(value, 4)


def whole(value: float | None) -> int | None:
    """Milliseconds: whole."""
    return None if value is None else round(value)


def coverage(covered_us: int, expected_us: int) -> float | None:
    """The covered part of the expected time, at most 1; None where nothing was expected.

    More than was expected can be covered only at this moment's edge, where the last samples hold a little on.
    """
    return min(1.0, covered_us / expected_us) if expected_us else None


def change(now: float | None, before: float | None) -> float | None:
    """(now − before) / before; None where either is missing or ``before`` is 0."""
    return (now - before) / before if now is not None and before else None
