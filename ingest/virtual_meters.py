"""Amounts of meters and of formulas of meters, in any spans.

A formula is worked out for every interval by itself, and only where all of its meters are known
throughout: the difference of two times would be a wrong number. What it says of the rest is
nothing, which is missing and not 0.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import sqlalchemy as sa

from device_configs.estate import Estate
from device_configs.formula import Formula, Operand
from device_configs.virtual_meters import VirtualMeter
from ingest.counter_terms import integrated_points
from ingest.counters import INTERVAL_MS
from ingest.interval_tables import Series, intervals
from ingest.rollup import Amounts, Span, amounts_in
from ingest.rollup_tables import Grain, amounts_of, is_cut_in, rolled_up

Combination = Mapping[Series, Fraction]
"""Counters, each with its factor."""

DRAWN = ("active_energy_import", "active_energy_total", "heat_energy_total", "volume_total")
"""What an operand without a point means: the first of these that its device has."""


def operand_series(estate: Estate, operand: Operand) -> Series:
    """The counter that an operand of a formula means."""
    if operand.point is not None:
        return Series(operand.device, operand.point)
    root, _, part = operand.device.partition("/")
    device = estate.devices[root]
    parts = device.profile.parts
    points = set(parts.points if part and parts is not None else device.profile.points)
    points |= integrated_points(device, of_parts=bool(part))
    kind = parts.kind if part and parts is not None else device.profile.kind
    named = [point for point in DRAWN if point in points]
    return Series(operand.device, (named or [point for point in DRAWN if kind.has(point)])[0])


def versions(estate: Estate, meter: VirtualMeter, span: Span) -> Iterator[tuple[Span, Formula]]:
    """The stretches of a span with the formula that holds in each."""
    begins = [_midnight_ms(estate, day) for day in meter.since]
    ends = [*begins[1:], max(span.end, begins[-1])]
    for begin, end, formula in zip(begins, ends, meter.formulas, strict=True):
        inside = Span(max(begin, span.start), min(end, span.end))
        if inside.start < inside.end:
            yield inside, formula


def _midnight_ms(estate: Estate, day: dt.date) -> int:
    day = max(day, dt.date(1970, 1, 2))
    midnight = dt.datetime(day.year, day.month, day.day, tzinfo=estate.timezone)
    return int(midnight.timestamp()) * 1000


def combination_of(estate: Estate, formula: Formula) -> Combination:
    """A formula's counters with their factors."""
    found: dict[Series, Fraction] = defaultdict(Fraction)
    for operand, factor in formula.factors.items():
        found[operand_series(estate, operand)] += factor
    return found


def combined(
    connection: sa.Connection, combinations: Sequence[Combination], span: Span
) -> Mapping[int, Sequence[Amounts]]:
    """Each combination in each interval of a span in which all counters of all are known.

    Amounts are rounded down in every interval, so that the parts of a span add up to it. The marks
    are the worst of the counters': bridged where one is, made of power where one is.
    """
    series = list(dict.fromkeys(one for each in combinations for one in each))
    rows: dict[int, dict[Series, Amounts]] = defaultdict(dict)
    for one in series:
        columns = intervals.c
        query = sa.select(intervals).where(
            columns.device == one.device,
            columns.point == one.point,
            columns.start_ms >= span.start,
            columns.start_ms < span.end,
        )
        for row in connection.execute(query):
            rows[row.start_ms][one] = amounts_of(row)
    return {
        start: [_combined(found, each, series) for each in combinations]
        for start, found in sorted(rows.items())
        if len(found) == len(series) and all(one.known_ms == INTERVAL_MS for one in found.values())
    }


def combined_sums(
    connection: sa.Connection, combinations: Sequence[Combination], span: Span
) -> Sequence[Amounts]:
    """What `combined` comes to over a whole span, added up by the database where it can."""
    factors = [factor for each in combinations for factor in each.values()]
    if all(factor.denominator == 1 for factor in factors):
        return _summed(connection, combinations, span)
    each = combined(connection, combinations, span).values()
    return [sum(column, Amounts()) for column in zip(*each, strict=True)] or [
        Amounts() for _ in combinations
    ]


def _summed(
    connection: sa.Connection, combinations: Sequence[Combination], span: Span
) -> Sequence[Amounts]:
    """The sums of combinations with whole factors: nothing is rounded, so the order is free."""
    series = list(dict.fromkeys(one for each in combinations for one in each))
    if not series:
        return [Amounts() for _ in combinations]
    names = [f"sum_{number}" for number in range(len(combinations))]
    wanted = sa.values(
        sa.column("device", sa.String), sa.column("point", sa.String),
        *(sa.column(name, sa.BigInteger) for name in names), name="wanted",
    ).data(
        [(*one, *(int(each.get(one, 0)) for each in combinations)) for one in series]
    ).cte()  # fmt: skip
    columns = intervals.c
    known = columns.covered_ms + columns.recovered_ms + columns.integrated_ms
    whole = (
        sa.select(
            *(sa.func.sum(columns.amount * wanted.c[name]).label(name) for name in names),
            sa.func.max(columns.recovered_ms).label("recovered"),
            sa.func.max(columns.integrated_ms).label("integrated"),
        )
        .join_from(
            wanted,
            intervals,
            (columns.device == wanted.c.device) & (columns.point == wanted.c.point),
        )
        .where(columns.start_ms >= span.start, columns.start_ms < span.end)
        .group_by(columns.start_ms)
        .having(sa.func.count() == len(series), sa.func.min(known) == INTERVAL_MS)
        .subquery()
    )
    mark = sa.case(
        (whole.c.integrated > 0, "integrated"), (whole.c.recovered > 0, "recovered"), else_=""
    )
    query = sa.select(
        mark, sa.func.count(), *(sa.func.sum(whole.c[name]) for name in names)
    ).group_by(mark)
    totals = [Amounts() for _ in combinations]
    for how, count, *sums in connection.execute(query):
        for place, amount in enumerate(sums):
            totals[place] += _marked(how, int(amount), int(count) * INTERVAL_MS)
    return totals


def _marked(how: str, amount: int, length_ms: int) -> Amounts:
    if how == "integrated":
        return Amounts(amount, integrated_amount=amount, integrated_ms=length_ms)
    if how == "recovered":
        return Amounts(amount, recovered_amount=amount, recovered_ms=length_ms)
    return Amounts(amount, covered_ms=length_ms)


def _combined(
    found: Mapping[Series, Amounts], combination: Combination, series: Sequence[Series]
) -> Amounts:
    total = sum((found[one].amount * factor for one, factor in combination.items()), Fraction(0))
    amount = total.numerator // total.denominator
    if any(found[one].integrated_ms for one in series):
        return _marked("integrated", amount, INTERVAL_MS)
    if any(found[one].recovered_ms for one in series):
        return _marked("recovered", amount, INTERVAL_MS)
    return _marked("", amount, INTERVAL_MS)


def amounts_with_virtual(
    connection: sa.Connection, estate: Estate, series: Sequence[Series], spans: Sequence[Span]
) -> Sequence[Mapping[Series, Amounts]]:
    """What each meter, real or virtual, counted in each span; what is unknown is absent.

    Raises:
        UnalignedSpanError: a span cuts an interval.
    """
    real = [one for one in series if one.device not in estate.virtual_meters]
    found: list[dict[Series, Amounts]] = [
        dict(each) for each in _real(connection, estate, real, spans)
    ]
    for one in series:
        meter = estate.virtual_meters.get(one.device)
        if meter is None or one.point != meter.point:
            continue
        for place, span in enumerate(spans):
            total = Amounts()
            for inside, formula in versions(estate, meter, span):
                each = combined(connection, [combination_of(estate, formula)], inside)
                total = sum((amounts for (amounts,) in each.values()), total)
            if total.known_ms:
                found[place][one] = total
    return found


def _real(
    connection: sa.Connection, estate: Estate, series: Sequence[Series], spans: Sequence[Span]
) -> Sequence[Mapping[Series, Amounts]]:
    """The same of real counters: by roll-ups where every span is a day, or every one a month."""
    if not spans or not series or not is_cut_in(connection, estate.timezone):
        return amounts_in(connection, series, spans)
    grain = _grain_of(estate, spans)
    if grain is None:
        return amounts_in(connection, series, spans)
    begin, end = min(span.start for span in spans), max(span.end for span in spans)
    found = rolled_up(connection, series, grain, begin, end)
    return [
        {one: each[span.start] for one, each in found.items() if span.start in each}
        for span in spans
    ]


def _grain_of(estate: Estate, spans: Sequence[Span]) -> Grain | None:
    """Whether spans are all days or all months; None where they are neither."""
    for grain, is_one in ((Grain.DAY, _is_day), (Grain.MONTH, _is_month)):
        if all(is_one(estate, span) for span in spans):
            return grain
    return None


def _is_day(estate: Estate, span: Span) -> bool:
    day = _day_of(estate, span)
    after = day + dt.timedelta(days=1)
    return (span.start, span.end) == (_midnight_ms(estate, day), _midnight_ms(estate, after))


def _is_month(estate: Estate, span: Span) -> bool:
    day = _day_of(estate, span)
    after = (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    is_first = day.day == 1 and span.start == _midnight_ms(estate, day)
    return is_first and span.end == _midnight_ms(estate, after)


def _day_of(estate: Estate, span: Span) -> dt.date:
    return dt.datetime.fromtimestamp(span.start / 1000, estate.timezone).date()
