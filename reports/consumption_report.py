"""The consumption report: every carrier of a site, its load, sub-items, branches and meters."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sqlalchemy as sa

from device_configs.carriers import Carrier
from device_configs.energy_codes import EnergyCodes, load_energy_codes
from device_configs.factors import Factors, Gives, load_factors
from device_configs.holidays import load_holidays
from device_configs.quotas import Quota, load_quotas
from ingest.interval_tables import Series
from ingest.rollup import Amounts
from records.engine import reading
from reports.asked import Asked
from reports.branches import branches
from reports.carbon import source_id
from reports.coal import Coal, standard_coal
from reports.consumption import (
    CARRIERS,
    SiteMeters,
    days_of,
    shown_by,
    shown_cuts,
    site_meters,
    sums_of,
    total,
)
from reports.consumption_sheets import (
    KIND,
    Branch,
    Three,
    branches_sheet,
    carriers_sheet,
    curve_sheet,
    items_sheet,
    load_sheet,
    meters_sheet,
    quota_sheet,
    steps_sheet,
)
from reports.document import Chart, ChartKind, Note, Report, Sheet, Source, SourceKind
from reports.drawn import Drawn, divided, stored
from reports.errors import UnreadableDatabaseError
from reports.holiday_notes import holiday_notes
from reports.load import Load, LoadStep, load_of
from reports.meter_sources import meter_sources
from reports.options import Option
from reports.periods import Step
from reports.report_texts import report_texts
from reports.sizes import floor_area, people, size_notes
from reports.sub_items import CodedMeter, coded_meters, own_counts, sub_items, top_counts

COAL = Option("coal", (Gives.CALORIFIC.value, Gives.EQUIVALENT.value), Gives.CALORIFIC.value)
"""By which value standard coal is worked out."""


def make(asked: Asked) -> Report:
    """Make the consumption report of a site and everything below it; blocks.

    Raises:
        InvalidConfigError: codes, quotas, holidays or coefficients are wrong.
        UnreadableDatabaseError: the database cannot be read.
    """
    try:
        with reading(asked.engine) as connection:
            read = _read(connection, asked)
    except sa.exc.SQLAlchemyError as error:
        raise UnreadableDatabaseError(f"the intervals cannot be read: {error}") from error
    asked.progress(0.9)
    factors, codes = load_factors(asked.folder), load_energy_codes(asked.folder)
    coal = _coal(asked, factors, read)
    quota = _quota(asked)
    sheets = _sheets(asked, read, codes, coal, quota)
    return Report(
        KIND,
        asked.site,
        asked.estate.sites[asked.site].name,
        asked.period,
        asked.estate.timezone.key,
        asked.revision,
        asked.now_ms,
        sheets,
        _charts(sheets),
        _notes(asked, read, coal, quota),
        _sources(asked, read, codes, coal, quota),
    )


@dataclass(frozen=True)
class _Read:
    """Everything that is read of the database."""

    own: SiteMeters
    days: Three
    below: Sequence[Branch]
    load: Load
    coded: Sequence[CodedMeter]
    counted: Mapping[Series, Amounts]


def _read(connection: sa.Connection, asked: Asked) -> _Read:
    estate, period = asked.estate, asked.period
    own = site_meters(estate, asked.site)
    below = branches(estate, asked.site, asked.places)
    sites = [own, *(site_meters(estate, one.id) for one in below)]
    coded = coded_meters(estate, asked.site)
    further = [one for meter in coded for one in meter.series]
    by_day = shown_by(period) is Step.DAY
    now = days_of(connection, estate, sites, period, asked.now_ms, by_day=by_day)
    asked.progress(0.3)
    counted = sums_of(connection, estate, further, period, asked.now_ms)
    # A period that runs is compared with as much of the others as has passed of it.
    passed = max(0, min(asked.now_ms, period.span.end) - period.span.start)
    earlier, last = period.year_before(), period.before()
    year = days_of(connection, estate, sites, earlier, earlier.span.start + passed)
    asked.progress(0.6)
    before = days_of(connection, estate, [own], last, last.span.start + passed)
    asked.progress(0.7)
    load = load_of(connection, estate, own.tree, period.span, asked.now_ms)
    return _Read(
        own,
        Three(now[asked.site], before[asked.site], year[asked.site]),
        [
            Branch(
                one,
                now[one.id],
                year[one.id],
                floor_area(estate, one.id, period),
                people(estate, one.id, period),
            )
            for one in below
        ],
        load,
        coded,
        counted,
    )


def _sheets(
    asked: Asked,
    read: _Read,
    codes: EnergyCodes,
    coal: Coal,
    quota: tuple[str, Quota] | None,
) -> list[Sheet]:
    estate, zone = asked.estate, asked.estate.timezone
    area = floor_area(estate, asked.site, asked.period)
    heads = people(estate, asked.site, asked.period)
    whole = stored(total(read.days.now, Carrier.ELECTRICITY), Carrier.ELECTRICITY)
    holidays = load_holidays(asked.folder)
    own = own_counts(read.coded, read.counted)
    metered = [carrier for carrier in CARRIERS if read.own.has(carrier)]
    taken = {carrier: [source_id(one)] for carrier, one in coal.taken.items()}
    found = [
        carriers_sheet(read.days, metered, area, heads, coal, taken),
        steps_sheet(read.days.now, shown_cuts(asked.period, asked.now_ms), asked.period),
        load_sheet(read.load, zone, holidays, area),
        curve_sheet(read.load, zone, holidays),
    ]
    if read.coded:
        at = {code: [f"meter {one.id}" for one in read.coded if one.code == code]
              for code in {one.code for one in read.coded}}  # fmt: skip
        items = sub_items(codes, read.coded, own)
        found.append(items_sheet(items, codes, top_counts(own), whole, at))
        found.append(meters_sheet(estate, _meters(read)))
    if read.below:
        site = estate.sites[asked.site]
        together = Branch(site, read.days.now, read.days.year_before, area, heads)
        found.append(branches_sheet(read.below, together))
    if quota is not None:
        found.append(quota_sheet(*quota, _of_a_year(asked, read, divided(whole, area))))
    return found


def _meters(read: _Read) -> Mapping[str, tuple[str, int | None]]:
    found: dict[str, tuple[str, int | None]] = {}
    for meter in read.coded:
        known = [
            read.counted[one] for one in meter.series
            if one in read.counted and read.counted[one].known_ms
        ]  # fmt: skip
        found[meter.id] = (meter.code, sum(one.amount for one in known) if known else None)
    return found


def _coal(asked: Asked, factors: Factors, read: _Read) -> Coal:
    """What was bought in standard coal; water is not energy."""
    last = asked.period.end.date() - dt.timedelta(days=1)
    known_on = dt.datetime.fromtimestamp(asked.now_ms / 1000, asked.estate.timezone).date()
    bought = sum((day.bought for day in read.days.now), Drawn())
    amounts: dict[Carrier, Fraction | None] = {
        carrier: stored(total(read.days.now, carrier), carrier)
        for carrier in CARRIERS
        if carrier is not Carrier.ELECTRICITY and read.own.has(carrier)
    }
    if read.own.has(Carrier.ELECTRICITY):
        amounts[Carrier.ELECTRICITY] = stored(bought, Carrier.ELECTRICITY)
    chosen = asked.option(COAL.name, Gives.CALORIFIC.value, COAL.values)
    return standard_coal(amounts, factors, Gives(chosen), last, known_on)


def _quota(asked: Asked) -> tuple[str, Quota] | None:
    """The quota of the site or of the nearest above it."""
    given = load_quotas(asked.folder, frozenset(asked.estate.sites))
    for node in reversed(asked.estate.path(asked.site)):
        if node.id in given:
            return given[node.id]
    return None


def _of_a_year(asked: Asked, read: _Read, per_m2: Fraction | None) -> Fraction | None:
    """A quota is of a year: anything else, or a year with holes, is not held against it."""
    first, after = asked.period.start.date(), asked.period.end.date()
    a_year = after == dt.date(first.year + 1, first.month, 1) and first.day == 1
    missing = total(read.days.now, Carrier.ELECTRICITY).shares.missing
    return per_m2 if a_year and asked.period.span.end <= asked.now_ms and missing <= 0.05 else None


def _charts(sheets: Sequence[Sheet]) -> list[Chart]:
    found = [
        Chart(ChartKind.BAR, "steps", "period", ["electricity", "pv"]),
        Chart(ChartKind.LINE, "curve", "time", ["workdays", "rest_days"]),
    ]
    if any(sheet.key == "branches" for sheet in sheets):
        found.append(Chart(ChartKind.BAR, "branches", "site", ["energy_per_m2"]))
    return found


def _notes(asked: Asked, read: _Read, coal: Coal, quota: tuple[str, Quota] | None) -> list[Note]:
    notes = [Note(f"coal_{asked.option(COAL.name, Gives.CALORIFIC.value, COAL.values)}")]
    notes.append(Note("load_by_hour" if read.load.step is LoadStep.HOUR else "load_by_quarter"))
    if read.load.left_out:
        names = [asked.estate.sites[one].name for one in read.load.left_out]
        zh, en = "、".join(one.zh for one in names), ", ".join(one.en for one in names)
        notes.append(Note("load_of_some", {"zh": zh, "en": en}))
    if coal.without:
        notes.append(Note("no_coefficient", {"carriers": ", ".join(sorted(coal.without))}))
    if quota is None:
        notes.append(Note("no_quota"))
    else:
        notes.append(Note("quota_of_a_year", {"confidence": quota[1].confidence}))
    notes += size_notes(
        floor_area(asked.estate, asked.site, asked.period),
        people(asked.estate, asked.site, asked.period),
    )
    notes += holiday_notes(load_holidays(asked.folder), asked.period)
    if asked.is_running:
        notes.append(Note("period_running"))
    return [*notes, *(Note(f"tree_{key}") for key in read.own.tree.notes)]


def _sources(
    asked: Asked,
    read: _Read,
    codes: EnergyCodes,
    coal: Coal,
    quota: tuple[str, Quota] | None,
) -> list[Source]:
    found = [
        Source(
            source_id(one), SourceKind.FACTOR, one.factor.label, one.version.source,
            one.version.name, one.version.confidence,
        )
        for one in coal.taken.values()
    ]  # fmt: skip
    if quota is not None:
        name, row = quota
        found.append(
            Source(f"quota {name}", SourceKind.QUOTA, row.label, row.source, "", row.confidence)
        )
    label = report_texts(KIND).rows["energy_codes"]
    found.append(Source("energy codes", SourceKind.RULE, label, codes.source, codes.version))
    devices = {one.device for one in read.own.series} | {one.id for one in read.coded}
    return found + meter_sources(asked.estate, sorted(devices), asked.revision)
