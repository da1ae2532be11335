"""Power at this moment from the meters: a sum is known only while everything in it is known."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

PowerOf = Callable[[str], float | None]
"""A device or part to its active power now [W]; None while it has no current good value."""


@dataclass(frozen=True)
class BalanceTerms:
    """One balance of power: consumption is what its meters draw plus what its sources make.

    A meter's power is net, negative while it feeds in, so that no export needs to be taken off.
    """

    meters: tuple[str, ...]
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class PowerTerms:
    """The devices or parts behind the figures of a site."""

    balances: tuple[BalanceTerms, ...] = ()
    grid: tuple[str, ...] = ()
    pv: tuple[str, ...] = ()
    charging: tuple[str, ...] = ()


@dataclass(frozen=True)
class Total:
    """A sum of powers, and how much of it is known."""

    known: float | None
    """Sum of what is known [W]; None when nothing is. Less than the whole while `unknown` > 0."""
    sources: int
    """How many terms the whole has."""
    unknown: int
    """How many of them have no current value."""

    @property
    def whole(self) -> float | None:
        """The sum [W]; None while a term is unknown, or when there is none."""
        return self.known if self.unknown == 0 else None


@dataclass(frozen=True)
class PowerNow:
    """The power figures of a site."""

    power: Total
    """Consumption; its terms are balances: one that lacks a meter is unknown as a whole."""
    grid: Total
    pv: Total
    charging: Total


def total(values: Iterable[float | None]) -> Total:
    """Add values of which some may be unknown."""
    known, terms, unknown = 0.0, 0, 0
    for value in values:
        terms += 1
        if value is None:
            unknown += 1
        else:
            known += value
    return Total(known if terms > unknown else None, terms, unknown)


def power_now(terms: PowerTerms, power_of: PowerOf) -> PowerNow:
    """The power figures of a site at this moment."""
    return PowerNow(
        total(_balance(balance, power_of) for balance in terms.balances),
        total(map(power_of, terms.grid)),
        total(map(power_of, terms.pv)),
        total(map(power_of, terms.charging)),
    )


def _balance(balance: BalanceTerms, power_of: PowerOf) -> float | None:
    terms: Sequence[str] = (*balance.meters, *balance.sources)
    return total(map(power_of, terms)).whole
