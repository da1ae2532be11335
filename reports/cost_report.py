"""The cost report: what electricity, water, gas and heat cost, and what another tariff would have.

Options: `step` month or day; `by` site, building or device; `compare` a tariff.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from device_configs.carriers import Carrier
from device_configs.estate import Estate
from device_configs.holidays import load_holidays
from device_configs.suggest import did_you_mean
from device_configs.tariff import Confidence, Tariff
from device_configs.tariffs import Due, Tariffs, load_tariffs
from ingest.counters import INTERVAL_MS
from ingest.interval_tables import Series
from records.engine import reading
from reports.asked import Asked
from reports.bill import Bill, Bills, Frame, bills_of, meters_of_bill
from reports.carrier_cost import CarrierMonth, carrier_months, meters_of_carrier
from reports.cost import Payer, cost_of
from reports.cost_monthly_sheets import carriers_sheet, compare_sheet, demand_sheet, factor_sheet
from reports.cost_parts import part_costs
from reports.cost_sheets import (
    KIND,
    components_sheet,
    parts_sheet,
    periods_sheet,
    sites_sheet,
    steps_sheet,
)
from reports.cost_sources import meter_sources, tariff_sources
from reports.cost_units import units_of
from reports.demand import DemandCharge
from reports.document import Chart, ChartKind, Note, Report, Sheet
from reports.errors import InvalidOptionError, UnreadableDatabaseError
from reports.holiday_notes import holiday_notes
from reports.meter_tree import meter_tree
from reports.options import Option
from reports.periods import Period, Step, steps_of

_CARRIERS = (Carrier.WATER, Carrier.GAS, Carrier.HEAT)


BY = Option("by", ("site", "building", "device"), "site")
"""What a line of the cost is about."""
STEP = Option("step", tuple(one.value for one in Step))
"""What a row covers; months where the period is whole months."""


_COMPARE = "compare"
"""The option that names a tariff to try in the place of every site's own."""


def compare_option(estate: Estate, folder: Path | None) -> Option:
    """The tariffs of electricity that the cost can be compared with.

    Raises:
        InvalidConfigError: the tariffs of the estate are invalid.
    """
    names = {name: one.name for name, one in _electric(load_tariffs(folder, estate)).items()}
    return Option(_COMPARE, tuple(names), names=names)


def _electric(tariffs: Tariffs) -> Mapping[str, Tariff]:
    return {
        name: one
        for name, one in sorted(tariffs.tariffs.items())
        if one.carrier is Carrier.ELECTRICITY
    }


def make(asked: Asked) -> Report:
    """Make the report; blocks.

    Raises:
        UnknownSiteError: there is no such site.
        InvalidOptionError: an option is not one of those allowed.
        InvalidPeriodError: the period cannot be cut into the steps.
        UnreadableDatabaseError: the database cannot be read.
        InvalidConfigError: the tariffs or holidays of the estate are invalid.
    """
    payer = Payer(
        asked.estate, load_tariffs(asked.folder, asked.estate), load_holidays(asked.folder)
    )
    by = asked.option(BY.name, "site", BY.values)
    other = _other(asked, payer)
    step, cuts = _cuts(asked)
    frame = Frame(
        asked.estate, [_days(cut, asked) for cut in cuts], _months(asked), asked.now_ms,
        with_parts=by != "site",
    )  # fmt: skip
    units = units_of(asked.estate, meter_tree(asked.estate, asked.site), asked.places)
    try:
        with reading(asked.engine) as connection:
            made = bills_of(connection, payer, units, frame)
            instead = None
            if other is not None:
                tried = replace(frame, with_parts=False)
                instead = bills_of(connection, replace(payer, instead=other), units, tried)
            carriers = list(_carriers(connection, asked, payer, frame))
    except sa.exc.SQLAlchemyError as error:
        raise UnreadableDatabaseError(f"the energy intervals cannot be read: {error}") from error
    sheets = [steps_sheet(made.bills, [cut.name for cut in cuts],
                          [month.start.date() for month in frame.months],
                          by_month=step is Step.MONTH)]  # fmt: skip
    sheets += _sheets(asked, made, instead, cuts, by, frame)
    if (extra := carriers_sheet(asked.estate, carriers, asked.now_ms)) is not None:
        sheets.append(extra)
    return _report(asked, payer, made, instead, carriers, sheets)


def _other(asked: Asked, payer: Payer) -> str | None:
    name = asked.options.get(_COMPARE)
    if not name:
        return None
    known = _electric(payer.tariffs)
    if name not in known:
        hint = did_you_mean(name, known)
        raise InvalidOptionError(f"compare: there is no tariff of electricity {name!r}{hint}")
    return name


def _cuts(asked: Asked) -> tuple[Step, list[Period]]:
    """The rows of the report that have begun."""
    default = Step.MONTH if asked.period.of_whole_months else Step.DAY
    step = Step(asked.option(STEP.name, default.value, STEP.values))
    return step, [one for one in steps_of(asked.period, step) if one.span.start < asked.now_ms]


def _days(cut: Period, asked: Asked) -> tuple[dt.date, dt.date]:
    """The first day of a row and the day after its last that has begun."""
    now = dt.datetime.fromtimestamp(asked.now_ms / 1000, asked.estate.timezone)
    after = min(cut.end.date(), now.date() + dt.timedelta(days=1))
    return cut.start.date(), after


def _months(asked: Asked) -> list[Period]:
    """The whole months within the period that have begun; a part of one has no monthly charge."""
    first, after = asked.period.start.date(), asked.period.end.date()
    begin = first if first.day == 1 else (first + dt.timedelta(days=32)).replace(day=1)
    end = after.replace(day=1)
    if begin >= end:
        return []
    zone = asked.estate.timezone
    inner = Period(
        asked.period.name,
        dt.datetime(begin.year, begin.month, 1, tzinfo=zone),
        dt.datetime(end.year, end.month, 1, tzinfo=zone),
    )
    return [one for one in steps_of(inner, Step.MONTH) if one.span.start < asked.now_ms]


def _carriers(
    connection: sa.Connection, asked: Asked, payer: Payer, frame: Frame
) -> Iterator[CarrierMonth]:
    if not frame.steps:
        return
    first, after = frame.steps[0][0], frame.steps[-1][1]
    for carrier in _CARRIERS:
        heads = meters_of_carrier(asked.estate, asked.site, carrier, asked.places)
        if heads:
            yield from carrier_months(
                connection, asked.estate, payer.tariffs, heads, carrier, first, after
            )


def _sheets(
    asked: Asked, made: Bills, instead: Bills | None, cuts: Sequence[Period], by: str, frame: Frame
) -> list[Sheet]:
    bills = made.bills
    found = [periods_sheet(bills), components_sheet(bills), sites_sheet(asked.estate, bills)]
    if by != "site":
        parts = [
            part
            for bill in bills
            for part in part_costs(
                asked.estate, made, bill, by_building=by == "building", places=asked.places
            )
        ]
        found.append(parts_sheet(asked.estate, bills, parts))
    monthly = (demand_sheet(asked.estate, bills), factor_sheet(asked.estate, bills))
    found += [one for one in monthly if one is not None]
    if instead is not None:
        names, months = [cut.name for cut in cuts], [month.name for month in frame.months]
        found.append(compare_sheet(names, bills, instead.bills, months))
    return found


def _report(
    asked: Asked, payer: Payer, made: Bills, instead: Bills | None,
    carriers: Sequence[CarrierMonth], sheets: Sequence[Sheet],
) -> Report:  # fmt: skip
    bills = [*made.bills, *(instead.bills if instead is not None else ())]
    dues = [due for bill in bills for due in bill.dues]
    every = [*dues, *(due for one in carriers for due in one.dues)]
    meters: list[Series] = [one for bill in made.bills for one in meters_of_bill(bill.unit)]
    meters += [one for month in carriers for one in month.meters]
    return Report(
        KIND,
        asked.site,
        asked.estate.sites[asked.site].name,
        asked.period,
        asked.estate.timezone.key,
        asked.revision,
        asked.now_ms,
        sheets,
        (
            Chart(ChartKind.BAR, "steps", "period", ("energy_cost",)),
            Chart(ChartKind.BAR, "periods", "tariff_period", ("energy_cost",)),
        ),
        tuple(_notes(asked, payer, made, instead, every)),
        (*meter_sources(asked.estate, meters), *tariff_sources(every)),
    )


def _notes(
    asked: Asked, payer: Payer, made: Bills, instead: Bills | None, dues: Sequence[Due]
) -> Iterator[Note]:
    yield Note("rounding")
    if asked.is_running:
        yield Note("period_running")
    if not made.bills:
        yield Note("no_meter")
    yield from _bill_notes(made.bills, asked)
    if instead is not None:
        other = asked.options[_COMPARE]
        yield Note("compared", {"tariff": other})
        if any(cost_of(bill.cells) is None for bill in instead.bills):
            yield Note("other_unpriced", {"tariff": other})
    if any(due.prices and due.prices.confidence is Confidence.EXAMPLE for due in dues) or any(
        due.version.confidence is Confidence.EXAMPLE for due in dues
    ):
        yield Note("example_prices")
    if any(due.version.needs_holidays for due in dues):
        yield from holiday_notes(payer.holidays, asked.period)
    if asked.period.start.day != 1 or asked.period.end.day != 1:
        yield Note("whole_months")


def _bill_notes(bills: Sequence[Bill], asked: Asked) -> Iterator[Note]:
    passed = {
        one.start.date(): min(one.span.end, asked.now_ms) - one.span.start for one in _months(asked)
    }

    def named(key: str, chosen: Sequence[Bill]) -> Iterator[Note]:
        if chosen:
            yield Note(key, {"sites": ", ".join(bill.unit.site for bill in chosen)})

    yield from named("without_tariff", [
        bill for bill in bills if any(c.use.stretch.due is None for c in bill.cells)
    ])  # fmt: skip
    yield from named("without_price", [
        bill for bill in bills
        if any(c.use.stretch.due is not None and c.fen is None for c in bill.cells)
    ])  # fmt: skip
    yield from named("valued", [bill for bill in bills if not bill.unit.billed])
    yield from named("feed_in_unpriced", [
        bill for bill in bills
        if any(one.fen is None and one.amounts.known_ms for one in bill.feed_ins)
    ])  # fmt: skip
    yield from named("peak_of_the_known", [
        bill for bill in bills if any(_peak_may_be_higher(one, passed) for one in bill.demands)
    ])  # fmt: skip
    yield from named("reactive_unknown", [
        bill for bill in bills if any(one.reactive is None for one in bill.factors)
    ])  # fmt: skip


def _peak_may_be_higher(one: DemandCharge, passed: Mapping[dt.date, int]) -> bool:
    measured = 0 if one.peak is None else one.peak.measured_ms
    return measured < passed[one.month] - INTERVAL_MS
