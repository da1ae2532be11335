"""The sheets of the consumption report."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from zoneinfo import ZoneInfo

from device_configs.carriers import Carrier
from device_configs.energy_codes import EnergyCodes
from device_configs.estate import Estate, Site
from device_configs.holidays import Holidays
from device_configs.quantities import Label
from device_configs.quotas import Quota
from ingest.counters import COUNTS_PER_UNIT
from reports.coal import Coal
from reports.consumption import CARRIERS, Day, total
from reports.document import Cell, Column, Row, Shares, Sheet, Weight
from reports.drawn import COMPARABLE, Drawn, divided, stored
from reports.forms import Form
from reports.load import Load, is_night
from reports.meter_tree import node_of
from reports.periods import Period
from reports.report_texts import report_texts
from reports.sub_items import SubItem

KIND = "consumption"

_CARRIERS = (
    Column("carrier", Form.TEXT), Column("unit", Form.TEXT), Column("amount", Form.NUMBER),
    Column("before", Form.NUMBER), Column("change", Form.CHANGE),
    Column("year_before", Form.NUMBER), Column("year_change", Form.CHANGE),
    Column("per_m2", Form.NUMBER), Column("per_head", Form.NUMBER),
    Column("coal", Form.COAL), Column("share", Form.SHARE),
)  # fmt: skip
_STEPS = (
    Column("period", Form.TEXT), Column("electricity", Form.ENERGY), Column("pv", Form.ENERGY),
    Column("water", Form.VOLUME), Column("gas", Form.VOLUME), Column("heat", Form.HEAT),
)  # fmt: skip
_LOAD = (Column("figure", Form.TEXT), Column("value", Form.NUMBER), Column("unit", Form.TEXT),
         Column("at", Form.TEXT))  # fmt: skip
_CURVE = (Column("time", Form.TEXT), Column("workdays", Form.POWER),
          Column("rest_days", Form.POWER))  # fmt: skip
_ITEMS = (Column("code", Form.TEXT), Column("name", Form.TEXT), Column("energy", Form.ENERGY),
          Column("share", Form.SHARE))  # fmt: skip
_BRANCHES = (
    Column("rank", Form.COUNT), Column("site", Form.TEXT), Column("electricity", Form.ENERGY),
    Column("share", Form.SHARE), Column("area", Form.AREA),
    Column("energy_per_m2", Form.ENERGY_PER_M2), Column("occupants", Form.NUMBER),
    Column("energy_per_head", Form.ENERGY_PER_HEAD), Column("water", Form.VOLUME),
    Column("water_per_head", Form.VOLUME_PER_HEAD), Column("year_before", Form.ENERGY),
    Column("year_change", Form.CHANGE),
)  # fmt: skip
_METERS = (Column("device", Form.TEXT), Column("name", Form.TEXT), Column("code", Form.TEXT),
           Column("energy", Form.ENERGY))  # fmt: skip
_QUOTA = (Column("quota", Form.TEXT), Column("energy_per_m2", Form.ENERGY_PER_M2),
          Column("constraint", Form.NUMBER), Column("reference", Form.NUMBER),
          Column("guide", Form.NUMBER), Column("result", Form.TEXT))  # fmt: skip

SHOWN_UNIT: Mapping[Carrier, tuple[str, Fraction]] = {
    Carrier.ELECTRICITY: ("kWh", Fraction(1000)),
    Carrier.WATER: ("m3", Fraction(1)),
    Carrier.GAS: ("m3", Fraction(1)),
    Carrier.HEAT: ("GJ", Fraction(10**9, 3600)),
}
"""Carrier to the unit people read and how many stored units it is."""


def change(now: Drawn, before: Drawn) -> Fraction | None:
    """The relative change; None where too little of one of the two is known."""
    if not (now.known and before.known) or before.counts <= 0:
        return None
    if max(now.shares.missing, before.shares.missing) > COMPARABLE:
        return None
    return Fraction(now.counts, before.counts) - 1


@dataclass(frozen=True)
class Three:
    """The days of a period, of the period before it, and of the same a year before."""

    now: Sequence[Day]
    before: Sequence[Day]
    year_before: Sequence[Day]


def carriers_sheet(
    days: Three,
    metered: Sequence[Carrier],
    area: Fraction | None,
    people: Fraction | None,
    coal: Coal,
    sources: Mapping[Carrier, Sequence[str]],
) -> Sheet:
    """Each metered carrier beside the period before and the year before, and in standard coal."""
    words = report_texts(KIND).rows
    rows = []
    for carrier in metered:
        three = [total(each, carrier) for each in (days.now, days.before, days.year_before)]
        unit, scale = SHOWN_UNIT[carrier]
        now, before, earlier = (divided(stored(one, carrier), scale) for one in three)
        kgce = coal.each.get(carrier)
        cells: list[Cell] = [
            words[carrier.value], unit, now, before, change(three[0], three[1]),
            earlier, change(three[0], three[2]), divided(now, area), divided(now, people),
            kgce, divided(kgce, coal.total),
        ]  # fmt: skip
        rows.append(Row(cells, three[0].shares, sources.get(carrier, ())))
    if coal.each:
        cells = [words["coal_total"], *[None] * 8, coal.total, None]
        rows.append(Row(cells, weight=Weight.TOTAL))
    return Sheet("carriers", _CARRIERS, rows)


def steps_sheet(days: Sequence[Day], cuts: Sequence[Period], whole: Period) -> Sheet:
    """The carriers by day or month; the last row is the whole period."""
    name = report_texts(KIND).rows["total"]
    rows = [_step(cut.name, days, cut, Weight.NORMAL) for cut in cuts]
    return Sheet("steps", _STEPS, [*rows, _step(name, days, whole, Weight.TOTAL)])


def _step(name: Cell, days: Sequence[Day], cut: Period, weight: Weight) -> Row:
    pv = sum((day.pv for day in days if cut.start <= day.period.start < cut.end), Drawn())
    each = {carrier: total(days, carrier, cut) for carrier in CARRIERS}
    electricity, water, gas, heat = (stored(each[one], one) for one in CARRIERS)
    cells = [name, electricity, stored(pv, Carrier.ELECTRICITY), water, gas, heat]
    return Row(cells, each[Carrier.ELECTRICITY].shares, weight=weight)


def load_sheet(load: Load, zone: ZoneInfo, holidays: Holidays, area: Fraction | None) -> Sheet:
    """Peak, base, mean, and how much is drawn at night and on days of rest."""
    words = report_texts(KIND).rows
    known = 1 - Fraction(len(load.counts), load.due) if load.due else Fraction(0)
    shares = Shares(missing=float(known))
    rows = []

    def row(key: str, value: Fraction | None, unit: str, at: str = "") -> None:
        rows.append(Row([words[key], value, unit, at], shares))

    peak = load.peak
    moment = "" if peak is None else _moment(peak[0], zone)
    row("peak", None if peak is None else peak[1] / 1000, "kW", moment)
    row("base", divided(load.base_w, Fraction(1000)), "kW")
    row("mean", divided(load.mean_w, Fraction(1000)), "kW")
    row("load_factor", divided(load.mean_w, None if peak is None else peak[1]), "")
    row("base_per_m2", divided(load.base_w, area), "W/m²")
    row("night_share", _percent(load.share(zone, is_night)), "%")
    rest = load.share(zone, lambda moment: holidays.is_rest(moment.date()))
    row("rest_share", _percent(rest), "%")
    return Sheet("load", _LOAD, rows)


def _percent(share: Fraction | None) -> Fraction | None:
    return None if share is None else share * 100


def _moment(at_ms: int, zone: ZoneInfo) -> str:
    return f"{dt.datetime.fromtimestamp(at_ms / 1000, zone):%Y-%m-%d %H:%M}"


def curve_sheet(load: Load, zone: ZoneInfo, holidays: Holidays) -> Sheet:
    """Mean power by the time of day, on workdays and on days of rest."""
    work = load.curve(zone, lambda day: not holidays.is_rest(day))
    rest = load.curve(zone, holidays.is_rest)
    rows = [
        Row([f"{minute // 60:02d}:{minute % 60:02d}", work[minute], rest[minute]])
        for minute in work
    ]
    return Sheet("curve", _CURVE, rows)


def items_sheet(
    items: Sequence[SubItem],
    codes: EnergyCodes,
    coded: int | None,
    whole: Fraction | None,
    sources: Mapping[str, Sequence[str]],
) -> Sheet:
    """The tree of energy codes, and what no meter with a code counted; together the whole."""
    words = report_texts(KIND).rows
    scale = COUNTS_PER_UNIT["active_energy"]
    rows = []
    for one in items:
        energy = None if one.counts is None else Fraction(one.counts, scale)
        cells: list[Cell] = [
            one.code, codes.codes[one.code].label, energy, divided(energy, whole),
        ]  # fmt: skip
        weight = Weight.SUBTOTAL if not one.meters else Weight.NORMAL
        rows.append(Row(cells, None, sources.get(one.code, ()), weight, one.depth))
    metered = None if coded is None else Fraction(coded, scale)
    rest = None if whole is None or metered is None else whole - metered
    rows.append(Row(["", words["not_submetered"], rest, divided(rest, whole)]))
    rows.append(Row(["", words["total"], whole, divided(whole, whole)], weight=Weight.TOTAL))
    return Sheet("items", _ITEMS, rows)


@dataclass(frozen=True)
class Branch:
    """One branch and what is divided by."""

    site: Site
    now: Sequence[Day]
    year_before: Sequence[Day]
    area: Fraction | None
    people: Fraction | None


def branches_sheet(every: Sequence[Branch], whole: Branch) -> Sheet:
    """The branches by electricity per m2, the highest first; those with holes last, unranked."""
    all_of_it = stored(total(whole.now, Carrier.ELECTRICITY), Carrier.ELECTRICITY)
    per_m2 = {one.site.id: _per_m2(one) for one in every}
    ranked = sorted(
        every, key=lambda one: (per_m2[one.site.id] is None, -(per_m2[one.site.id] or 0))
    )
    rows = [
        _branch(one, number if per_m2[one.site.id] is not None else None, all_of_it)
        for number, one in enumerate(ranked, 1)
    ]
    name = report_texts(KIND).rows["total"]
    rows.append(_branch(whole, None, all_of_it, name, Weight.TOTAL))
    return Sheet("branches", _BRANCHES, rows)


def _per_m2(one: Branch) -> Fraction | None:
    """What a branch is ranked by; None where too much is missing to rank it."""
    drawn = total(one.now, Carrier.ELECTRICITY)
    if drawn.shares.missing > COMPARABLE:
        return None
    return divided(stored(drawn, Carrier.ELECTRICITY), one.area)


def _branch(
    one: Branch,
    rank: int | None,
    whole: Fraction | None,
    name: Label | None = None,
    weight: Weight = Weight.NORMAL,
) -> Row:
    now = total(one.now, Carrier.ELECTRICITY)
    before = total(one.year_before, Carrier.ELECTRICITY)
    energy = stored(now, Carrier.ELECTRICITY)
    water = stored(total(one.now, Carrier.WATER), Carrier.WATER)
    cells: list[Cell] = [
        rank, name or one.site.name, energy, divided(energy, whole), one.area,
        divided(energy, one.area), one.people, divided(energy, one.people), water,
        divided(water, one.people), stored(before, Carrier.ELECTRICITY),
        change(now, before),
    ]  # fmt: skip
    return Row(cells, now.shares, weight=weight)


def meters_sheet(estate: Estate, each: Mapping[str, tuple[str, int | None]]) -> Sheet:
    """Every meter with its code and what it counted."""
    rows = []
    for name, (code, counts) in each.items():
        energy = None if counts is None else Fraction(counts, COUNTS_PER_UNIT["active_energy"])
        rows.append(
            Row([name, node_of(estate, name).name, code, energy], sources=[f"meter {name}"])
        )
    return Sheet("meters", _METERS, rows)


def quota_sheet(name: str, quota: Quota, per_m2: Fraction | None) -> Sheet:
    """A year's electricity per m2 against a quota [kWh/m2]."""
    words = report_texts(KIND).rows
    result: Cell = None
    if per_m2 is not None:
        kwh = per_m2 / 1000
        if quota.constraint is not None and kwh > quota.constraint:
            result = words["above_constraint"]
        elif quota.guide is not None and kwh <= quota.guide:
            result = words["within_guide"]
        else:
            result = words["within_constraint"]
    cells = [quota.label, per_m2, quota.constraint, quota.reference, quota.guide, result]
    return Sheet("quota", _QUOTA, [Row(cells, sources=[f"quota {name}"])])
