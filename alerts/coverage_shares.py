"""Coverage rolled up: what share of the places of a branch is protected, and proven. Pure."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from alerts.coverage import PlaceCoverage, Protection


@dataclass(frozen=True)
class BranchCoverage:
    """One system of one branch."""

    community: str | None
    """None for what belongs to the whole estate."""
    system: str
    protected: int
    degraded: int
    unprotected: int
    """Places."""
    units: int
    """Devices and parts that protect these places."""
    proven: int
    """Of these, those that were tested in time."""
    never_tested: int
    """Of these, those of which no test is known."""
    oldest_proof: dt.date | None
    """The day of the oldest of their newest tests; None where no test is known."""

    @property
    def places(self) -> int:
        """Places in all."""
        return self.protected + self.degraded + self.unprotected

    @property
    def proven_share(self) -> float | None:
        """Share of the devices and parts that were tested in time; None where no test is known."""
        if self.units == self.never_tested:
            return None
        return self.proven / self.units


def covered_share(items: Collection[PlaceCoverage]) -> float | None:
    """Share of places that are protected; degraded ones are not. None where there is none."""
    if not items:
        return None
    return sum(item.state is Protection.PROTECTED for item in items) / len(items)


def branches(items: Iterable[PlaceCoverage]) -> tuple[BranchCoverage, ...]:
    """Every branch and system that has something to protect a place, by name."""
    found: dict[tuple[str, str], list[PlaceCoverage]] = {}
    for item in items:
        found.setdefault((item.community or "", item.system), []).append(item)
    return tuple(_branch(group) for _, group in sorted(found.items()))


def _branch(items: list[PlaceCoverage]) -> BranchCoverage:
    states = [item.state for item in items]
    tested = [item.oldest_proof for item in items if item.oldest_proof is not None]
    return BranchCoverage(
        items[0].community,
        items[0].system,
        states.count(Protection.PROTECTED),
        states.count(Protection.DEGRADED),
        states.count(Protection.UNPROTECTED),
        sum(item.units for item in items),
        sum(item.proven for item in items),
        sum(item.never_tested for item in items),
        min(tested, default=None),
    )
