"""The energy report: what a site drew, made, fed in and charged, by day or month.

Sums are of whole counts and exact; they become Wh at the very end. A figure without any data is
None, and how much data is missing or was bridged stands on every row (`docs/energy.md`).
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from device_configs.estate import Estate
from ingest.counters import StepKind, from_count
from ingest.interval_tables import Series
from ingest.rollup import Amounts, Span, steps_in
from ingest.virtual_meters import amounts_with_virtual
from records.engine import reading
from reports.errors import UnreadableDatabaseError
from reports.meter_tree import Balance, MeterTree, meter_tree
from reports.periods import Period, Step, parse_period, steps_of

PARTLY_UNKNOWN = "partly_unknown"
RUNNING = "period_running"
INTEGRATED = "power_integrated"
STEP_NOTES = {
    StepKind.RESET: "counter_reset",
    StepKind.JUMP: "counter_jump",
    StepKind.ROLLOVER: "counter_rollover",
    StepKind.EXCHANGE: "meter_changed",
}
"""Catalogue keys of what a reader must know beside those of the meter tree."""


@dataclass(frozen=True)
class EnergyRow:
    """One period; the energies in Wh, None where nothing is known."""

    period: str
    """`2026-11-23` or `2026-11`; that of the whole report in its total."""
    start: dt.datetime
    end: dt.datetime
    consumption_wh: float | None
    """Grid import plus PV minus export; without a grid meter what the sub-meters drew."""
    grid_import_wh: float | None
    grid_export_wh: float | None
    pv_wh: float | None
    charging_wh: float | None
    missing_share: float
    """Share of the meters' time until now for which nothing is known, 0 to 1."""
    recovered_share: float
    """Share of the energy whose total is exact and whose time was bridged, 0 to 1."""


@dataclass(frozen=True)
class EnergyReportData:
    """The report of one site and period."""

    site: str
    site_name: Mapping[str, str]
    """By language."""
    period: str
    step: str
    timezone: str
    revision: str
    """The revision of the estate that the meter tree is from."""
    meters: tuple[str, ...]
    """The devices or parts that the figures come from."""
    rows: tuple[EnergyRow, ...]
    """Periods that have not begun have no row."""
    total: EnergyRow
    notes: tuple[str, ...]
    """Catalogue keys of `text.yaml`."""


def energy_report(
    engine: sa.Engine,
    estate: Estate,
    site: str,
    period: str,
    step: str,
    *,
    now_ms: int,
    revision: str,
) -> EnergyReportData:
    """Make the energy report of a site and everything below it; blocks.

    Args:
        engine: the database with the intervals; it is only read.
        estate: what the meter tree is from.
        site: the estate, a community, a building or a place.
        period: `2026`, `2026-11` or `2026-11-23`, in the estate's time zone.
        step: `day` or `month`.
        now_ms: the moment of the report; what lies after it is not missing. [ms, UTC]
        revision: the estate's revision, as it is to stand on the report.

    Raises:
        UnknownSiteError: there is no such site.
        InvalidPeriodError: period or step cannot be read or do not fit.
        UnreadableDatabaseError: the database cannot be read.
    """
    tree = meter_tree(estate, site)
    asked = parse_period(period, estate.timezone)
    cuts = [one for one in steps_of(asked, Step.read(step)) if one.span.start < now_ms]
    days = [one.span for one in steps_of(asked, Step.DAY) if one.span.start < now_ms]
    try:
        with reading(engine) as connection:
            found = amounts_with_virtual(connection, estate, tree.series, days)
            recorded = steps_in(connection, tree.series, asked.span)
    except sa.exc.SQLAlchemyError as error:
        raise UnreadableDatabaseError(f"the energy intervals cannot be read: {error}") from error
    figures = [
        (day, figures_of_day(tree, amounts)) for day, amounts in zip(days, found, strict=True)
    ]
    total = sum((figure for _, figure in figures), Figures())
    notes = {*tree.notes, *(STEP_NOTES[one.kind] for one in recorded if one.kind in STEP_NOTES)}
    notes |= {PARTLY_UNKNOWN} if total.partly_unknown else set()
    if any(one.integrated_ms for one in total.amounts.values()):
        notes.add(INTEGRATED)
    notes |= {RUNNING} if asked.span.start < now_ms < asked.span.end else set()
    name = estate.sites[site].name
    return EnergyReportData(
        site,
        {"zh": name.zh, "en": name.en},
        period,
        step,
        estate.timezone.key,
        revision,
        tree.devices,
        tuple(_row(tree, cut, _within(cut.span, figures), now_ms) for cut in cuts),
        _row(tree, asked, total, now_ms),
        tuple(sorted(notes)),
    )


@dataclass(frozen=True)
class Figures:
    """What was counted in one or more days; these add up, whatever the step."""

    amounts: Mapping[Series, Amounts] = field(default_factory=dict)
    consumption: int | None = None
    """Over the days and balances for which every side of the balance is known. [counts]"""
    partly_unknown: bool = False

    def __add__(self, other: "Figures") -> "Figures":
        sums = dict(self.amounts)
        for series, amount in other.amounts.items():
            sums[series] = sums.get(series, Amounts()) + amount
        known = [one for one in (self.consumption, other.consumption) if one is not None]
        return Figures(
            sums,
            sum(known) if known else None,
            self.partly_unknown or other.partly_unknown,
        )


def _within(span: Span, figures: Iterable[tuple[Span, Figures]]) -> Figures:
    inside = (figure for day, figure in figures if span.start <= day.start < span.end)
    return sum(inside, Figures())


def figures_of_day(tree: MeterTree, amounts: Mapping[Series, Amounts]) -> Figures:
    """What one day's amounts come to; a balance of which a side is unknown adds no consumption."""
    consumed = [_consumption(balance, amounts) for balance in tree.balances]
    known = [count for count in consumed if count is not None]
    # Nothing at all of a balance is missing data; one side without the other is a wrong balance.
    torn = any(
        count is None and any(one in amounts for one in balance.series)
        for count, balance in zip(consumed, tree.balances, strict=True)
    )
    return Figures(amounts, sum(known) if known else None, torn)


def _row(tree: MeterTree, period: Period, figures: Figures, now_ms: int) -> EnergyRow:
    amounts = figures.amounts
    return EnergyRow(
        period.name,
        period.start,
        period.end,
        _wh(figures.consumption),
        _wh(_sum(tree.grid_import, amounts)),
        _wh(_sum(tree.grid_export, amounts)),
        _wh(_sum(tree.pv, amounts)),
        _wh(_sum(tree.charging, amounts)),
        _missing_share(tree.series, amounts, period.span, now_ms),
        _recovered_share(tree, amounts),
    )


def _consumption(balance: Balance, amounts: Mapping[Series, Amounts]) -> int | None:
    """What one balance drew [counts]; None while a whole side of it is unknown."""
    drawn = _sum(balance.imports, amounts)
    made = _sum(balance.sources, amounts) if balance.sources else 0
    fed_in = _sum(balance.exports, amounts)
    if fed_in is None and not (balance.exports and balance.sources):
        # Nothing counts it, or there is no PV that could be fed in.
        fed_in = 0
    if drawn is None or made is None or fed_in is None:
        return None
    return drawn + made - fed_in


def _sum(series: Iterable[Series], amounts: Mapping[Series, Amounts]) -> int | None:
    known = [amounts[one].amount for one in series if one in amounts and amounts[one].known_ms > 0]
    return sum(known) if known else None


def _wh(count: int | None) -> float | None:
    return None if count is None else from_count(count, "active_energy")


def _missing_share(
    series: Sequence[Series], amounts: Mapping[Series, Amounts], span: Span, now_ms: int
) -> float:
    passed = min(span.end, now_ms) - span.start
    if not series or passed <= 0:
        return 1.0 if passed > 0 else 0.0
    known = sum(min(amounts[one].known_ms, passed) for one in series if one in amounts)
    return 1.0 - known / (passed * len(series))


def _recovered_share(tree: MeterTree, amounts: Mapping[Series, Amounts]) -> float:
    found = [amounts[one] for one in tree.series if one in amounts]
    every = sum(one.amount for one in found)
    return sum(one.recovered_amount for one in found) / every if every else 0.0
