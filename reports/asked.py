"""What a report is asked for, and what its maker may read."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

import sqlalchemy as sa

from alerts.coverage import PlaceCoverage
from device_configs.estate import Estate
from ingest.stores.store import Aggregate, Reading
from reports.document import Report
from reports.errors import InvalidOptionError, UnknownSiteError
from reports.periods import Period, parse_period


class Series(Protocol):
    """The part of the store that a report reads."""

    def series(
        self,
        device: str,
        points: Sequence[str],
        start: int,
        end: int,
        step_ms: int | None = None,
        aggregate: Aggregate = Aggregate.MEAN,
        limit: int = 100_000,
    ) -> Mapping[str, Sequence[Reading]]:
        """Readings of `start <= at < end` [ms, UTC], raw or one a step; empty steps are absent."""
        ...


Item = TypeVar("Item")
Progress = Callable[[float], None]
"""Takes the share of the work that is done, 0 to 1."""


Coverage = Callable[[], Sequence[PlaceCoverage]]
"""Says how each place is protected now; blocks."""


def _nothing(_share: float) -> None:
    pass


@dataclass(frozen=True)
class Asked:
    """One request for a report; makers are pure but for reading what is named here."""

    estate: Estate
    folder: Path | None
    """The estate's folder, with its tariffs, factors and quotas; None for the library's alone."""
    engine: sa.Engine
    """The database with intervals, alarms and people; it is only read."""
    site: str
    period: Period
    now_ms: int
    """The moment of the report; what lies after it is not missing. [ms, UTC]"""
    revision: str
    readings: Series | None = None
    """The time series, where the report needs more than counters; None when it cannot be read."""
    places: frozenset[str] | None = None
    """The sites whose rows the asker may see; None for all."""
    options: Mapping[str, str] = field(default_factory=dict)
    coverage: Coverage | None = None
    """Which places are protected now; None where nobody can say."""
    progress: Progress = _nothing
    """Told by makers that take long how far they are; what it raises ends the work."""

    @property
    def until_ms(self) -> int:
        """When the reported time ends [ms, UTC]: with the period, or now."""
        return min(self.period.span.end, max(self.now_ms, self.period.span.start) + 1)

    @property
    def is_running(self) -> bool:
        """Whether the period has begun and not ended: only then is `now` a part of it."""
        return self.period.span.start <= self.now_ms < self.period.span.end

    def through(self, items: Iterable[Item], begin: float, end: float) -> Iterator[Item]:
        """Some pieces of the work, which together take it from one share to another."""
        each = list(items)
        for number, item in enumerate(each):
            yield item
            self.progress(begin + (end - begin) * (number + 1) / len(each))

    def option(self, name: str, default: str, allowed: Sequence[str] = ()) -> str:
        """An option of the report.

        Raises:
            InvalidOptionError: it is not one of those allowed.
        """
        value = self.options.get(name, default)
        if allowed and value not in allowed:
            raise InvalidOptionError(f"{name} {value!r} is not one of {', '.join(allowed)}")
        return value


Maker = Callable[[Asked], Report]
"""Makes one kind of report; blocks."""


def asked_for(
    estate: Estate,
    folder: Path | None,
    engine: sa.Engine,
    site: str | None,
    period: str,
    *,
    now_ms: int,
    revision: str,
    readings: Series | None = None,
    places: frozenset[str] | None = None,
    options: Mapping[str, str] | None = None,
    coverage: Coverage | None = None,
    progress: Progress = _nothing,
) -> Asked:
    """Check and gather a request; the whole estate where no site is given.

    Raises:
        UnknownSiteError: there is no such site.
        InvalidPeriodError: the period cannot be read.
    """
    chosen = estate.id if site is None else site
    if chosen not in estate.sites:
        raise UnknownSiteError(f"the estate has no site {chosen!r}")
    asked = parse_period(period, estate.timezone)
    return Asked(
        estate, folder, engine, chosen, asked, now_ms, revision, readings, places, options or {},
        coverage, progress,
    )  # fmt: skip
