"""The reports of water, gas and heat: amounts per head and m2, and the flow that does not end."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sqlalchemy as sa

from analysis.leaks import LEARN_NIGHTS, Leak, Night, find_leak
from device_configs.carriers import METERED, Carrier
from ingest.counters import COUNTS_PER_UNIT
from ingest.interval_tables import Series
from ingest.rollup import Amounts
from records.engine import reading
from reports.asked import Asked, Maker
from reports.branches import branches
from reports.carriers import COUNTER, QUANTITY
from reports.consumption import (
    Day,
    SiteMeters,
    days_of,
    shown_by,
    shown_cuts,
    site_meters,
    sums_of,
    total,
)
from reports.consumption_sheets import change
from reports.document import (
    Cell,
    Chart,
    ChartKind,
    Column,
    Note,
    Report,
    Row,
    Sheet,
    Source,
    SourceKind,
    Weight,
)
from reports.drawn import divided, stored
from reports.errors import UnreadableDatabaseError
from reports.forms import Form
from reports.meter_tree import kind_of, node_of, nodes_in, series_of
from reports.night_flow import nights_of
from reports.periods import Period, Step, days_between, steps_of
from reports.report_texts import report_texts
from reports.sizes import floor_area, people, size_notes

AMOUNT = {Carrier.WATER: Form.VOLUME, Carrier.GAS: Form.VOLUME, Carrier.HEAT: Form.HEAT}
PER_HEAD = {
    Carrier.WATER: Form.VOLUME_PER_HEAD,
    Carrier.GAS: Form.VOLUME_PER_HEAD,
    Carrier.HEAT: Form.HEAT,
}
FLOWS = (Carrier.WATER, Carrier.GAS)
"""Carriers whose flow at night tells of a leak; heat flows at night because it is cold."""


def maker(carrier: Carrier) -> Maker:
    """The maker of the report of one carrier; its kind is the carrier's name."""

    def make(asked: Asked) -> Report:
        return _make(asked, carrier)

    return make


@dataclass(frozen=True)
class _Found:
    """What is read of the database."""

    own: SiteMeters
    now: Mapping[str, Sequence[Day]]
    year_before: Mapping[str, Sequence[Day]]
    meters: Mapping[Series, Amounts]
    nights: Mapping[Series, list[Night]]


def _make(asked: Asked, carrier: Carrier) -> Report:
    try:
        with reading(asked.engine) as connection:
            found = _read(connection, asked, carrier)
    except sa.exc.SQLAlchemyError as error:
        raise UnreadableDatabaseError(f"the intervals cannot be read: {error}") from error
    sheets = [_by_time(asked, carrier, found), _by_branch(asked, carrier, found)]
    if carrier in FLOWS:
        sheets += [_nights(asked, carrier, found), _leaks(asked, carrier, found)]
    return Report(
        carrier.value,
        asked.site,
        asked.estate.sites[asked.site].name,
        asked.period,
        asked.estate.timezone.key,
        asked.revision,
        asked.now_ms,
        sheets,
        [Chart(ChartKind.BAR, "steps", "period", ["amount"])],
        _notes(asked, carrier, found),
        [
            Source(
                f"meter {one.device}", SourceKind.METER,
                node_of(asked.estate, one.device).name, f"{one.device} {one.point}", asked.revision,
            )
            for one in found.meters
        ],
    )  # fmt: skip


def _read(connection: sa.Connection, asked: Asked, carrier: Carrier) -> _Found:
    estate, period = asked.estate, asked.period
    own = site_meters(estate, asked.site)
    sites = [own, *(site_meters(estate, one.id)
                    for one in branches(estate, asked.site, asked.places))]  # fmt: skip
    series = _meters(asked, carrier)
    by_day = shown_by(period) is Step.DAY
    now = days_of(connection, estate, sites, period, asked.now_ms, by_day=by_day)
    meters = sums_of(connection, estate, series, period, asked.now_ms)
    earlier = period.year_before()
    passed = max(0, min(asked.now_ms, period.span.end) - period.span.start)
    before = days_of(connection, estate, sites, earlier, earlier.span.start + passed)
    nights: Mapping[Series, list[Night]] = {}
    if carrier in FLOWS:
        # What is learnt from lies before the period.
        first = period.start.date() - dt.timedelta(days=LEARN_NIGHTS)
        last = period.end.date() - dt.timedelta(days=1)
        days = steps_of(days_between(first, last, estate.timezone), Step.DAY)
        real = [one for one in series if one.device not in estate.virtual_meters]
        quantity = QUANTITY[carrier]
        nights = nights_of(connection, estate, real, days, asked.now_ms, quantity)
    return _Found(own, now, before, meters, nights)


def _meters(asked: Asked, carrier: Carrier) -> list[Series]:
    """Every meter of the carrier, sub-meters included: a leak shows best on the nearest."""
    return [
        one
        for node in nodes_in(asked.estate, asked.site)
        if METERED.get(kind_of(node)) is carrier
        for one in series_of(node, COUNTER[carrier])
    ]


def _by_time(asked: Asked, carrier: Carrier, found: _Found) -> Sheet:
    columns = (Column("period", Form.TEXT), Column("amount", AMOUNT[carrier]))
    days = found.now[asked.site]
    cuts = shown_cuts(asked.period, asked.now_ms)
    rows = [_amount(cut.name, days, carrier, cut, Weight.NORMAL) for cut in cuts]
    name = report_texts(carrier.value).rows["total"]
    return Sheet(
        "steps", columns, [*rows, _amount(name, days, carrier, asked.period, Weight.TOTAL)]
    )


def _amount(name: Cell, days: Sequence[Day], carrier: Carrier, cut: Period, weight: Weight) -> Row:
    drawn = total(days, carrier, cut)
    return Row([name, stored(drawn, carrier)], drawn.shares, weight=weight)


def _by_branch(asked: Asked, carrier: Carrier, found: _Found) -> Sheet:
    form = AMOUNT[carrier]
    columns = (
        Column("site", Form.TEXT), Column("amount", form), Column("per_head", PER_HEAD[carrier]),
        Column("per_m2", Form.NUMBER), Column("year_before", form),
        Column("year_change", Form.CHANGE),
    )  # fmt: skip
    estate = asked.estate
    rows = []
    for site in (*branches(estate, asked.site, asked.places), estate.sites[asked.site]):
        own = site.id == asked.site
        now, before = total(found.now[site.id], carrier), total(found.year_before[site.id], carrier)
        amount = stored(now, carrier)
        cells: list[Cell] = [
            report_texts(carrier.value).rows["total"] if own else site.name,
            amount,
            divided(amount, people(estate, site.id, asked.period)),
            divided(amount, floor_area(estate, site.id, asked.period)),
            stored(before, carrier),
            change(now, before),
        ]
        weight = Weight.TOTAL if own else Weight.NORMAL
        rows.append(Row(cells, now.shares, weight=weight))
    return Sheet("branches", columns, rows)


def _nights(asked: Asked, carrier: Carrier, found: _Found) -> Sheet:
    """The flow at night of all that the site takes in, night by night."""
    columns = (Column("period", Form.TEXT), Column("night_flow", Form.FLOW),
               Column("least_flow", Form.FLOW))  # fmt: skip
    counted = found.own.intakes[carrier].counted
    each = [{night.day: night for night in found.nights.get(one, [])} for one in counted]
    first, rows = asked.period.start.date(), []
    for day in sorted(set().union(*each)) if each else []:
        if day < first:
            continue
        known = [nights[day] for nights in each if day in nights]
        if len(known) < len(counted):
            rows.append(Row([day.isoformat(), None, None]))
            continue
        flow, least = sum(one.flow for one in known), sum(one.least for one in known)
        rows.append(Row([day.isoformat(), flow, least]))
    return Sheet("nights", columns, rows)


def _leaks(asked: Asked, carrier: Carrier, found: _Found) -> Sheet:
    words = report_texts(carrier.value).rows
    columns = (
        Column("device", Form.TEXT), Column("name", Form.TEXT), Column("amount", AMOUNT[carrier]),
        Column("nights", Form.COUNT), Column("verdict", Form.TEXT), Column("since", Form.TEXT),
        Column("flow", Form.FLOW), Column("half_width", Form.FLOW), Column("a_day", Form.VOLUME),
    )  # fmt: skip
    rows = []
    for one, amounts in found.meters.items():
        nights = found.nights.get(one, [])
        leak = find_leak(nights)
        known = amounts.known_ms > 0
        scale = COUNTS_PER_UNIT[QUANTITY[carrier]]
        cells: list[Cell] = [
            one.device, node_of(asked.estate, one.device).name,
            Fraction(amounts.amount, scale) if known else None, len(nights),
            words[_verdict(nights, leak)],
            "" if leak is None else leak.since.isoformat(),
            None if leak is None else leak.flow,
            None if leak is None else leak.half_width,
            None if leak is None else leak.m3_a_day,
        ]  # fmt: skip
        rows.append(Row(cells, sources=[f"meter {one.device}"]))
    return Sheet("leaks", columns, rows)


def _verdict(nights: Sequence[Night], leak: Leak | None) -> str:
    if leak is not None:
        return f"leak_{leak.kind.value}"
    return "no_leak" if len(nights) >= LEARN_NIGHTS else "too_few_nights"


def _notes(asked: Asked, carrier: Carrier, found: _Found) -> list[Note]:
    notes = [Note("leak_method")] if carrier in FLOWS else []
    if not found.meters:
        notes.append(Note("no_meter_of_carrier"))
    notes += size_notes(
        floor_area(asked.estate, asked.site, asked.period),
        people(asked.estate, asked.site, asked.period),
    )
    if asked.is_running:
        notes.append(Note("period_running"))
    return notes


KINDS: Mapping[str, Callable[[Asked], Report]] = {
    carrier.value: maker(carrier) for carrier in AMOUNT
}
"""Kind of report to its maker."""
