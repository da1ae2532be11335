"""What was drawn of a carrier in each of some periods, with how much of it is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sqlalchemy as sa

from device_configs.estate import Estate
from ingest.counters import COUNTS_PER_UNIT
from ingest.interval_tables import Series
from ingest.rollup import Amounts, Span
from ingest.virtual_meters import amounts_with_virtual
from reports.carriers import QUANTITY, Intake
from reports.document import Shares
from reports.periods import Period, Step, steps_of


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


def stored(drawn: Drawn, intake: Intake) -> Fraction | None:
    """An amount in the stored unit of its carrier (Wh or m3); None where nothing is known."""
    if not drawn.known:
        return None
    return Fraction(drawn.counts, COUNTS_PER_UNIT[QUANTITY[intake.carrier]])


def drawn_by_day(
    connection: sa.Connection,
    estate: Estate,
    intakes: Sequence[Intake],
    period: Period,
    now_ms: int,
) -> Sequence[tuple[Period, Sequence[Drawn]]]:
    """Each day of a period until now, with what each intake drew; one read for all."""
    days = [day for day in steps_of(period, Step.DAY) if day.span.start < now_ms]
    series = list(dict.fromkeys(one for each in intakes for one in each.series))
    found = amounts_with_virtual(connection, estate, series, [day.span for day in days])
    return [
        (day, [drawn_of(each, amounts, day.span, now_ms) for each in intakes])
        for day, amounts in zip(days, found, strict=True)
    ]


def within(days: Sequence[tuple[Period, Sequence[Drawn]]], cut: Period, number: int) -> Drawn:
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
