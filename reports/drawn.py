"""What was drawn of a carrier in each of some periods, with how much of it is known."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sqlalchemy as sa

from device_configs.carriers import Carrier
from device_configs.estate import Estate
from ingest.counters import COUNTS_PER_UNIT
from ingest.interval_tables import Series
from ingest.rollup import Amounts, Span
from reports.carriers import QUANTITY, Intake
from reports.document import Shares
from reports.periods import Period
from reports.stretches import any_month, counted


@dataclass(frozen=True)
class Drawn:
    """An amount of a carrier, with what it is made of; two add up to that of both periods."""

    counts: int = 0
    """Of what is known (`ingest.counters`)."""
    known_ms: int = 0
    """Time of counters for which something is known."""
    due_ms: int = 0
    """Time of counters that has passed."""
    recovered: int = 0
    integrated: int = 0

    def __add__(self, other: "Drawn") -> "Drawn":
        return Drawn(
            self.counts + other.counts,
            self.known_ms + other.known_ms,
            self.due_ms + other.due_ms,
            self.recovered + other.recovered,
            self.integrated + other.integrated,
        )

    @property
    def known(self) -> bool:
        """Whether there is any data; without, the amount is unknown and not 0."""
        return self.known_ms > 0

    @property
    def shares(self) -> Shares:
        """How much is missing, bridged and made of power."""
        missing = 1.0 - self.known_ms / self.due_ms if self.due_ms else 0.0
        whole = abs(self.counts)
        if not whole:
            return Shares(missing)
        return Shares(missing, min(1.0, self.recovered / whole), min(1.0, self.integrated / whole))


COMPARABLE = 0.05
"""Figures of which more is missing are not compared with those of another period or site."""


def stored(drawn: Drawn, carrier: Carrier) -> Fraction | None:
    """An amount in the stored unit of its carrier (Wh or m3); None where nothing is known."""
    if not drawn.known:
        return None
    return Fraction(drawn.counts, COUNTS_PER_UNIT[QUANTITY[carrier]])


def divided(amount: Fraction | None, by: Fraction | None) -> Fraction | None:
    """A quotient; None where one of the two is unknown or there is nothing to divide by."""
    return None if amount is None or not by else amount / by


DrawnDays = Sequence[tuple[Period, Sequence[Drawn]]]
"""Each day, or a month that is judged like each of its days, with what each intake drew."""


def drawn_of_sites(
    connection: sa.Connection,
    estate: Estate,
    sites: Sequence[Sequence[Intake]],
    period: Period,
    now_ms: int,
    may_be_whole: Callable[[Period], bool] = any_month,
) -> Sequence[DrawnDays]:
    """What the intakes of each site drew in a period until now; one read for all of them."""
    groups = [[one for each in intakes for one in each.series] for intakes in sites]
    found = counted(connection, estate, groups, period, now_ms, may_be_whole)
    return [
        [
            (day, [drawn_of(each, amounts, day.span, now_ms) for each in intakes])
            for day, amounts in every
        ]
        for intakes, every in zip(sites, found, strict=True)
    ]


def within(days: DrawnDays, cut: Period, number: int) -> Drawn:
    """The sum of one intake over the days that begin in a period."""
    return sum((each[number] for day, each in days if cut.start <= day.start < cut.end), Drawn())


def drawn_of(intake: Intake, amounts: Mapping[Series, Amounts], span: Span, now_ms: int) -> Drawn:
    """What one intake drew in the span of some amounts; unknown while what is taken off is."""
    passed = max(0, min(span.end, now_ms) - span.start)
    total = Drawn(due_ms=passed * len(intake.series))
    if any(one not in amounts or not amounts[one].known_ms for one in intake.outside):
        # What is to be taken off is unknown, so the rest of that day is, too.
        return total
    for sign, every in ((1, intake.counted), (-1, intake.outside)):
        for one in every:
            amount = amounts.get(one, Amounts())
            total += Drawn(
                sign * amount.amount,
                min(amount.known_ms, passed),
                0,
                amount.recovered_amount,
                amount.integrated_amount,
            )
    return total
