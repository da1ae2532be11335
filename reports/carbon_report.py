"""The carbon report: scopes by carrier, month and branch, memo items, progress to the target."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import sqlalchemy as sa

from device_configs.carriers import Carrier
from device_configs.factors import Taken
from device_configs.quantities import Label
from ingest.counters import COUNTS_PER_UNIT
from ingest.interval_tables import Series
from ingest.rollup import Amounts
from records.engine import reading
from reports.asked import Asked
from reports.branches import branches
from reports.carbon import by_version, source_id
from reports.carbon_data import CarbonData, SiteData
from reports.carbon_sheets import (
    KIND,
    BranchFigures,
    branches_sheet,
    carriers_sheet,
    comparable,
    memo_sheet,
    months_sheet,
    targets_sheet,
)
from reports.carriers import QUANTITY
from reports.document import Chart, ChartKind, Note, Report, Source, SourceKind
from reports.drawn import divided
from reports.errors import UnreadableDatabaseError
from reports.meter_sources import meter_sources
from reports.meter_tree import meter_tree
from reports.periods import Period, Step, steps_of
from reports.report_texts import report_texts
from reports.sizes import floor_area, people, size_notes
from reports.stretches import summed


def make(asked: Asked) -> Report:
    """Make the carbon report of a site and everything below it; blocks.

    Raises:
        InvalidConfigError: factors, targets or entered consumption are wrong.
        UnreadableDatabaseError: the database cannot be read.
    """
    data = CarbonData.load(asked)
    below = [one.id for one in branches(asked.estate, asked.site, asked.places)]
    now, figures = _figures(data, list(dict.fromkeys([asked.site, *below])))
    own, whole = now[asked.site], figures[asked.site]
    months = [(cut, data.emitted(own, cut)) for cut in _months(asked)]
    others = [figures[one] for one in below]
    grid = data.grid_factor(asked.period)
    first, after = asked.period.start.date(), asked.period.end.date()
    a_year = first == dt.date(first.year, 1, 1) and after == dt.date(first.year + 1, 1, 1)
    ended = asked.period.span.end <= asked.now_ms
    comparable_year = a_year and ended and comparable(whole.now)
    per_m2 = divided(whole.now.total, whole.area) if comparable_year else None
    sheets = [
        carriers_sheet(whole.now),
        months_sheet(months, whole.now),
        branches_sheet(others, whole),
        memo_sheet(*_pv(asked), grid),
    ]
    if data.plan is not None:
        sheets.append(targets_sheet(data.plan, per_m2))
    made_with = by_version([whole.now, *(each for _, each in months), *(one.now for one in others)])
    taken = {**made_with, **({} if grid is None else {source_id(grid): grid})}
    return Report(
        KIND,
        asked.site,
        asked.estate.sites[asked.site].name,
        asked.period,
        asked.estate.timezone.key,
        asked.revision,
        asked.now_ms,
        sheets,
        [Chart(ChartKind.STACKED, "months", "month", ["scope_1", "scope_2"])],
        _notes(asked, data, whole, taken.values()),
        _sources(asked, data, own, taken),
    )


def _months(asked: Asked) -> Sequence[Period]:
    period = asked.period
    cuts = steps_of(period, Step.MONTH) if period.of_whole_months else (period,)
    return [cut for cut in cuts if cut.span.start < asked.now_ms]


def _figures(
    data: CarbonData, sites: Sequence[str]
) -> tuple[Mapping[str, SiteData], Mapping[str, BranchFigures]]:
    """What each site took in, and what it emitted in the period and the year before."""
    asked = data.asked
    before = asked.period.year_before()
    # A period that runs is compared with the same days of the year before.
    passed = min(asked.now_ms, asked.period.span.end) - asked.period.span.start
    now = data.of(sites, asked.period, asked.now_ms)
    earlier = data.of(sites, before, before.span.start + passed)
    return now, {
        site: BranchFigures(
            asked.estate.sites[site],
            data.emitted(now[site], asked.period),
            data.emitted(earlier[site], before),
            floor_area(asked.estate, site, asked.period),
            people(asked.estate, site, asked.period),
        )
        for site in sites
    }


def _pv(asked: Asked) -> tuple[Fraction | None, Fraction | None]:
    """PV used on site and fed in [Wh]."""
    tree = meter_tree(asked.estate, asked.site)
    try:
        with reading(asked.engine) as connection:
            amounts = summed(
                connection, asked.estate, [*tree.pv, *tree.grid_export], asked.period, asked.now_ms
            )
    except sa.exc.SQLAlchemyError as error:
        raise UnreadableDatabaseError(f"the intervals cannot be read: {error}") from error
    made, export = _wh(tree.pv, amounts), _wh(tree.grid_export, amounts)
    return (None if made is None or export is None else made - export), export


def _wh(series: Sequence[Series], amounts: Mapping[Series, Amounts]) -> Fraction | None:
    known = [amounts[one] for one in series if one in amounts and amounts[one].known_ms > 0]
    scale = COUNTS_PER_UNIT[QUANTITY[Carrier.ELECTRICITY]]
    return Fraction(sum(one.amount for one in known), scale) if known else None


def _notes(
    asked: Asked, data: CarbonData, whole: BranchFigures, taken: Iterable[Taken]
) -> list[Note]:
    notes = [Note("boundary")]
    years = range(asked.period.start.year, (asked.period.end - dt.timedelta(days=1)).year + 1)
    for one in sorted(taken, key=source_id):
        year = one.version.year
        if year is not None and year != years[-1]:
            values = {"factor": one.factor.label.en, "name": one.factor.label.zh}
            notes.append(
                Note("factor_of_year", {**values, "data": str(year), "year": str(years[-1])})
            )
    if whole.now.unknown:
        words = report_texts(KIND).rows
        every = sorted(whole.now.unknown)
        notes.append(
            Note(
                "unknown_carriers",
                {
                    "zh": "、".join(words[one.value].zh for one in every),
                    "en": ", ".join(words[one.value].en for one in every),
                },
            )
        )
    notes += size_notes(whole.area, whole.people)
    if asked.is_running:
        notes.append(Note("period_running"))
    notes += [] if comparable(whole.now) else [Note("not_comparable")]
    notes.append(Note("no_target") if data.plan is None else Note("target_of_a_year"))
    return notes


def _sources(
    asked: Asked, data: CarbonData, own: SiteData, taken: dict[str, Taken]
) -> list[Source]:
    found = [
        Source(
            name, SourceKind.FACTOR, one.factor.label, one.version.source,
            one.version.name, one.version.confidence,
        )
        for name, one in sorted(taken.items())
    ]  # fmt: skip
    if data.plan is not None:
        target = data.plan.target
        found.append(
            Source(
                data.plan.id, SourceKind.RULE, target.label, target.source,
                str(target.base_year), target.confidence,
            )
        )  # fmt: skip
    found += meter_sources(asked.estate, own.devices, asked.revision)
    for number, one in enumerate(own.entered, 1):
        text = f"{one.month} {one.carrier} {one.by}"
        label = Label(zh=text, en=text)
        found.append(Source(f"entered {number}", SourceKind.PERSON, label, one.document, one.month))
    return found
