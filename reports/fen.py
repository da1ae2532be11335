"""Money rounded once to the fen, and divided so that the parts are the whole."""

from collections.abc import Mapping
from fractions import Fraction
from typing import TypeVar

Key = TypeVar("Key")
_COUNTS_PER_KWH = 1_000_000
"""A counter of energy is kept in mWh (`ingest.counters`)."""


def fen_of(counts: int, yuan_per_kwh: Fraction) -> Fraction:
    """What an energy costs, exactly [fen]."""
    return yuan_per_kwh * counts * 100 / _COUNTS_PER_KWH


def rounded(fen: Fraction) -> int:
    """To the nearest fen, halves away from zero, as bills are."""
    below = abs(fen).numerator // abs(fen).denominator
    nearest = below + (abs(fen) - below >= Fraction(1, 2))
    return nearest if fen >= 0 else -nearest


def settled(exact: Mapping[Key, Fraction]) -> dict[Key, int]:
    """Amounts of fen so that they add up to their sum rounded once, each less than a fen away."""
    return _by_remainder(exact, rounded(sum(exact.values(), Fraction(0))))


def divided(whole: int, shares: Mapping[Key, Fraction]) -> dict[Key, int]:
    """A whole in proportion to shares of 0 and more; the parts add up to it.

    Where all shares are 0 the first takes the whole; nobody to share with leaves nothing.
    """
    total = sum(shares.values(), Fraction(0))
    if not total:
        return {key: 0 if number else whole for number, key in enumerate(shares)}
    return _by_remainder({key: whole * share / total for key, share in shares.items()}, whole)


def _by_remainder(exact: Mapping[Key, Fraction], whole: int) -> dict[Key, int]:
    """Round down, and give what is left to the largest remainders; equal ones in order."""
    parts = {key: fen.numerator // fen.denominator for key, fen in exact.items()}
    left = whole - sum(parts.values())
    for key in sorted(exact, key=lambda one: parts[one] - exact[one])[:left]:
        parts[key] += 1
    return parts
