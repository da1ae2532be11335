"""The sheets of the PV report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from zoneinfo import ZoneInfo

from analysis.peers import expected_of_peers
from ingest.rollup import Amounts, Span
from reports.asked import Asked
from reports.charging_data import wh
from reports.document import Cell, Column, Row, Shares, Sheet, Weight
from reports.energy_flows import Flows, SiteFlows, together
from reports.flow_sums import by_cut, by_hour_of_day
from reports.forms import Form
from reports.periods import Period
from reports.pv import (
    ByHour,
    Deviation,
    Ratio,
    Uptime,
    YearOnYear,
    performance,
    summed,
)
from reports.pv_data import Hourly, Inverter, PvSite
from reports.report_texts import report_texts

KIND = "pv"
_KNOWN = 0.95
"""Share of the hours that must be known of an inverter to be compared with others. [P]"""


@dataclass(frozen=True)
class Found:
    """What the sheets are made of."""

    sites: Sequence[PvSite]
    inverters: Sequence[Inverter]
    hourly: Hourly
    light: Mapping[str, ByHour]
    """Community to its irradiance, where it is measured."""
    uptimes: Mapping[str, Uptime]
    faults: Mapping[str, int | None]
    """Inverter to the hours of its downtime in which it said fault."""
    strings: Mapping[str, Sequence[Deviation]]
    years: Mapping[str, YearOnYear | None]
    """Community to its last year against the one before."""
    passed: Span


def source_ids(site: PvSite) -> list[str]:
    """The meters that a site's figures come from."""
    return [f"meter {name}" for name in dict.fromkeys(one.device for one in site.balance.series)]


def share(part: int, whole: int) -> Fraction | None:
    """A share; None of nothing."""
    return Fraction(part, whole) if whole else None


def specific(amounts: Amounts | None, rating_w: float | None) -> Fraction | None:
    """Yield for each kW of rating [kWh/kW]."""
    energy = wh(None if amounts is None else amounts.amount)
    return None if energy is None or not rating_w else energy / Fraction(str(rating_w))


def inverters_at(found: Found, site: str) -> list[Inverter]:
    """The inverters of a community."""
    return [one for one in found.inverters if one.site == site]


def rating_at(found: Found, site: str) -> float | None:
    """The ratings of a community's inverters together; None where one is not given."""
    every = [one.rating_w for one in inverters_at(found, site)]
    known = [one for one in every if one]
    return sum(known) if known and len(known) == len(every) else None


def ratio_at(found: Found, site: str) -> Ratio | None:
    """The performance ratio of a community, over the hours known of all its inverters."""
    rating, light = rating_at(found, site), found.light.get(site)
    if rating is None or light is None:
        return None
    each = [found.hourly.of(one) for one in inverters_at(found, site)]
    return performance(summed(each), light, rating)


def sites_sheet(asked: Asked, found: Found) -> Sheet:
    """Yield, use, worth and performance by site."""
    columns = (
        Column("site", Form.TEXT), Column("rating", Form.POWER), Column("yield", Form.ENERGY),
        Column("specific", Form.SPECIFIC_YIELD), Column("used", Form.ENERGY),
        Column("fed_in", Form.ENERGY), Column("self_consumption", Form.SHARE),
        Column("self_sufficiency", Form.SHARE), Column("irradiation", Form.IRRADIATION),
        Column("ratio", Form.SHARE), Column("saved", Form.MONEY), Column("earned", Form.MONEY),
        Column("carbon", Form.CARBON),
    )  # fmt: skip
    rows, total, whole = [], Flows(), 0
    for one in found.sites:
        site = one.balance.site
        amounts = found.hourly.amounts(one.balance.sources)
        rating, ratio = rating_at(found, site), ratio_at(found, site)
        flows = one.flows.total if one.flows is not None and one.flows.each else None
        total += flows or Flows()
        whole += amounts.amount if amounts is not None else 0
        cells: list[Cell] = [
            asked.estate.sites[site].name, rating, wh(None if amounts is None else amounts.amount),
            specific(amounts, rating), *_use(flows),
            None if ratio is None else ratio.irradiation, None if ratio is None else ratio.value,
            one.money.saved, one.money.earned, one.money.carbon,
        ]  # fmt: skip
        rows.append(Row(cells, shares_of(found, one), source_ids(one)))
    known = any(row.cells[2] is not None for row in rows)
    cells = [report_texts(KIND).rows["total"], None, wh(whole) if known else None, None,
             *_use(total if total.steps else None), None, None,
             *(_added(rows, place) for place in (10, 11, 12))]  # fmt: skip
    rows.append(Row(cells, weight=Weight.TOTAL))
    return Sheet("sites", columns, rows)


def _added(rows: Sequence[Row], place: int) -> int | Fraction | None:
    """A column's sum; None while one of it is unknown."""
    values = [row.cells[place] for row in rows]
    known = [one for one in values if isinstance(one, int | Fraction)]
    return sum(known) if known and len(known) == len(values) else None


def _use(flows: Flows | None) -> list[Cell]:
    if flows is None:
        return [None] * 4
    return [
        wh(flows.pv_used),
        wh(flows.pv_to_grid),
        share(flows.pv_used, flows.pv),
        share(flows.pv_used, flows.supply),
    ]


def shares_of(found: Found, site: PvSite) -> Shares:
    """How much is missing of the counters of a site's PV, bridged and made of power."""
    series = site.balance.sources
    known = sum((found.hourly.whole.get(one, Amounts()) for one in series), Amounts())
    due = found.passed.length * len(series)
    missing = max(0.0, 1.0 - known.known_ms / due) if due else 0.0
    if not known.amount:
        return Shares(missing)
    return Shares(
        missing, known.recovered_amount / known.amount, known.integrated_amount / known.amount
    )


def _flows(found: Found) -> list[SiteFlows]:
    return [one.flows for one in found.sites if one.flows is not None]


def steps_sheet(found: Found, cuts: Sequence[Period]) -> Sheet:
    """Where the PV went, by month or day, in the steps of which all is known."""
    columns = (
        Column("period", Form.TEXT), Column("yield", Form.ENERGY), Column("used", Form.ENERGY),
        Column("fed_in", Form.ENERGY), Column("imported", Form.ENERGY),
        Column("self_consumption", Form.SHARE), Column("self_sufficiency", Form.SHARE),
    )  # fmt: skip
    sums = by_cut(_flows(found), cuts)
    rows = [Row([cut.name, *_step(one)]) for cut, one in zip(cuts, sums, strict=True)]
    whole = together(sums)
    total = Row([report_texts(KIND).rows["total"], *_step(whole)], weight=Weight.TOTAL)
    return Sheet("steps", columns, [*rows, total])


def _step(flows: Flows) -> list[Cell]:
    if not flows.steps:
        return [None] * 6
    used, fed_in, consumption, sufficiency = _use(flows)
    return [wh(flows.pv), used, fed_in, wh(flows.imported), consumption, sufficiency]


def hours_sheet(found: Found, zone: ZoneInfo) -> Sheet:
    """The same by the local hour of the day."""
    columns = (
        Column("hour", Form.TEXT), Column("yield", Form.ENERGY), Column("used", Form.ENERGY),
        Column("fed_in", Form.ENERGY), Column("imported", Form.ENERGY),
        Column("self_consumption", Form.SHARE), Column("self_sufficiency", Form.SHARE),
    )  # fmt: skip
    sums = by_hour_of_day(_flows(found), zone)
    return Sheet(
        "hours", columns, [Row([f"{hour:02d}:00", *_step(one)]) for hour, one in sums.items()]
    )


def inverters_sheet(asked: Asked, found: Found) -> Sheet:
    """Each inverter: yield, performance, against its peers, availability and what faults cost."""
    columns = (
        Column("device", Form.TEXT), Column("name", Form.TEXT), Column("site", Form.TEXT),
        Column("rating", Form.POWER), Column("yield", Form.ENERGY),
        Column("specific", Form.SPECIFIC_YIELD), Column("ratio", Form.SHARE),
        Column("against_peers", Form.CHANGE), Column("availability", Form.SHARE),
        Column("down", Form.HOURS), Column("fault", Form.HOURS), Column("lost", Form.ENERGY),
    )  # fmt: skip
    return Sheet("inverters", columns, [_inverter(asked, found, one) for one in found.inverters])


def _inverter(asked: Asked, found: Found, one: Inverter) -> Row:
    name = one.device.id
    amounts = found.hourly.amounts(one.series)
    uptime = found.uptimes.get(name, Uptime())
    light, ratio = found.light.get(one.site), None
    if light is not None and one.rating_w:
        ratio = performance(found.hourly.of(one), light, one.rating_w)
    faults = found.faults.get(name)
    is_judged = uptime.expected > 0
    cells: list[Cell] = [
        name, one.device.name, asked.estate.sites[one.site].name, one.rating_w,
        wh(None if amounts is None else amounts.amount), specific(amounts, one.rating_w),
        None if ratio is None else ratio.value, _against_peers(found, one), uptime.availability,
        len(uptime.down) * 3600 if is_judged else None,
        faults * 3600 if is_judged and faults is not None else None,
        uptime.lost_wh if is_judged else None,
    ]  # fmt: skip
    due = found.passed.length * max(1, len(one.series))
    missing = 1.0 if amounts is None else max(0.0, 1.0 - amounts.known_ms / due) if due else 0.0
    return Row(cells, Shares(missing), [f"meter {name}"])


def _against_peers(found: Found, one: Inverter) -> float | None:
    hours = found.passed.length / 3_600_000 * _KNOWN
    peers = inverters_at(found, one.site)
    given: dict[str, float | None] = {}
    for peer in peers:
        energy = found.hourly.of(peer)
        given[peer.device.id] = sum(energy.values()) if len(energy) >= hours else None
    ratings = {peer.device.id: peer.rating_w for peer in peers if peer.rating_w}
    expected = expected_of_peers(given, ratings, one.device.id)
    own = given[one.device.id]
    if expected is None or own is None or expected.amount <= 0:
        return None
    return own / expected.amount - 1


def strings_sheet(found: Found) -> Sheet:
    """The strings (or MPPT inputs) of each inverter against each other."""
    columns = (
        Column("device", Form.TEXT), Column("string", Form.TEXT), Column("current", Form.NUMBER),
        Column("deviation", Form.CHANGE), Column("verdict", Form.TEXT),
    )  # fmt: skip
    words = report_texts(KIND).rows
    rows = []
    for name, each in found.strings.items():
        for one in each:
            verdict: Cell = None
            if one.is_off is not None:
                verdict = words["string_off" if one.is_off else "string_fine"]
            cells: list[Cell] = [name, one.name, one.amperes, one.deviation, verdict]
            rows.append(Row(cells, sources=[f"meter {name}"]))
    return Sheet("strings", columns, rows)


def years_sheet(asked: Asked, found: Found) -> Sheet:
    """The last twelve whole months against the twelve before."""
    columns = (
        Column("site", Form.TEXT), Column("measure", Form.TEXT), Column("before", Form.NUMBER),
        Column("now", Form.NUMBER), Column("change", Form.CHANGE),
        Column("uncertainty", Form.SHARE),
    )  # fmt: skip
    words = report_texts(KIND).rows
    rows = []
    for site, one in found.years.items():
        name = asked.estate.sites[site].name
        if one is None:
            rows.append(Row([name, words["two_years"], None, None, None, None]))
            continue
        measure = words["by_ratio" if one.by_ratio else "by_yield"]
        rows.append(Row([name, measure, one.before, one.now, one.change, one.uncertainty]))
    return Sheet("years", columns, rows)
