"""The sheets of the carbon report."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from device_configs.carriers import STORED_IN, STORED_UNIT
from device_configs.estate import Site
from device_configs.factors import Taken
from device_configs.targets import Indicator, Plan
from reports.carbon import SCOPE, Emission, Emissions, source_id
from reports.document import Cell, Column, Row, Sheet, Weight
from reports.drawn import COMPARABLE, divided
from reports.forms import Form
from reports.periods import Period
from reports.report_texts import report_texts

KIND = "carbon"

CARRIERS = (
    Column("carrier", Form.TEXT),
    Column("how", Form.TEXT),
    Column("scope", Form.COUNT),
    Column("amount", Form.NUMBER),
    Column("unit", Form.TEXT),
    Column("factor", Form.TEXT),
    Column("value", Form.FACTOR),
    Column("carbon", Form.CARBON),
)
MONTHS = (
    Column("month", Form.TEXT),
    Column("scope_1", Form.CARBON),
    Column("scope_2", Form.CARBON),
    Column("carbon", Form.CARBON),
)
BRANCHES = (
    Column("site", Form.TEXT),
    Column("scope_1", Form.CARBON),
    Column("scope_2", Form.CARBON),
    Column("carbon", Form.CARBON),
    Column("area", Form.AREA),
    Column("carbon_per_m2", Form.CARBON_PER_M2),
    Column("occupants", Form.NUMBER),
    Column("carbon_per_head", Form.CARBON_PER_HEAD),
    Column("carbon_before", Form.CARBON),
    Column("change", Form.CHANGE),
)
MEMO = (Column("name", Form.TEXT), Column("energy", Form.ENERGY), Column("carbon", Form.CARBON))
TARGETS = (
    Column("indicator", Form.TEXT),
    Column("base_year", Form.TEXT),
    Column("base", Form.CARBON_PER_M2),
    Column("now", Form.CARBON_PER_M2),
    Column("change", Form.CHANGE),
    Column("wanted", Form.CHANGE),
)


@dataclass(frozen=True)
class BranchFigures:
    """One branch, this period and the same days of the year before."""

    site: Site
    now: Emissions
    before: Emissions
    area: Fraction | None
    """[m2]"""
    people: Fraction | None
    depth: int = 0


def carriers_sheet(whole: Emissions) -> Sheet:
    """Each carrier with its amount, its factor and what it came to."""
    words = report_texts(KIND).rows
    rows = [_carrier_row(one) for one in whole.each]
    for carrier in sorted(whole.unknown - {one.carrier for one in whole.each}):
        cells: list[Cell] = [words[carrier.value], words["metered"], SCOPE[carrier], None]
        rows.append(Row([*cells, STORED_UNIT[carrier], None, None, None]))
    total: list[Cell] = [words["total"], *[None] * 6, whole.total]
    return Sheet("carriers", CARRIERS, [*rows, Row(total, whole.drawn.shares, weight=Weight.TOTAL)])


def _carrier_row(one: Emission) -> Row:
    words = report_texts(KIND).rows
    unit = STORED_UNIT[one.carrier] if one.taken is None else one.taken.factor.per
    cells: list[Cell] = [
        words[one.carrier.value],
        words["entered" if one.entered else "metered"],
        SCOPE[one.carrier],
        one.amount / STORED_IN[unit][1],
        unit,
    ]
    if one.taken is None:
        return Row([*cells, None, None, None])
    factor = f"{one.taken.id} {one.taken.version.name}".strip()
    made = [*cells, factor, one.taken.version.value, one.carbon]
    return Row(made, sources=[source_id(one.taken)])


def months_sheet(months: Sequence[tuple[Period, Emissions]], whole: Emissions) -> Sheet:
    """The scopes of each month; the total is of the whole period."""
    rows = [_scopes(cut.name, each, Weight.NORMAL) for cut, each in months]
    total = _scopes(report_texts(KIND).rows["total"], whole, Weight.TOTAL)
    return Sheet("months", MONTHS, [*rows, total])


def _scopes(name: Cell, each: Emissions, weight: Weight) -> Row:
    cells = [name, each.scope(1), each.scope(2), each.total]
    return Row(cells, each.drawn.shares, versions(each), weight)


def versions(each: Emissions) -> list[str]:
    """The ids of the factors that some figures were made with."""
    return sorted({source_id(one.taken) for one in each.each if one.taken is not None})


def branches_sheet(every: Sequence[BranchFigures], whole: BranchFigures) -> Sheet:
    """Each branch with its intensity and the year before; the whole site below."""
    rows = [_branch(one, one.site.name, Weight.NORMAL) for one in every]
    total = _branch(whole, report_texts(KIND).rows["total"], Weight.TOTAL)
    return Sheet("branches", BRANCHES, [*rows, total])


def _branch(one: BranchFigures, name: Cell, weight: Weight) -> Row:
    now, before = one.now.total, one.before.total
    change = None
    if now is not None and before and comparable(one.now) and comparable(one.before):
        change = now / before - 1
    cells = [
        name, one.now.scope(1), one.now.scope(2), now,
        one.area, divided(now, one.area), one.people, divided(now, one.people),
        before, change,
    ]  # fmt: skip
    return Row(cells, one.now.drawn.shares, versions(one.now), weight, one.depth)


def comparable(each: Emissions) -> bool:
    """Whether enough is known of some figures to compare them with others."""
    return each.drawn.shares.missing <= COMPARABLE and not each.unknown


def memo_sheet(
    self_used_wh: Fraction | None, export_wh: Fraction | None, grid: Taken | None
) -> Sheet:
    """PV used on site and fed in, which are in no scope; what was avoided by the grid's factor."""
    words = report_texts(KIND).rows
    sources = [] if grid is None else [source_id(grid)]

    def row(key: str, energy: Fraction | None) -> Row:
        avoided = None
        if energy is not None and grid is not None:
            avoided = grid.factor.amount(energy, grid.version)
        return Row([words[key], energy, avoided], sources=sources, weight=Weight.MEMO)

    rows = [row("pv_self_use", self_used_wh), row("pv_export", export_wh)]
    return Sheet("memo", MEMO, rows)


def targets_sheet(plan: Plan, per_m2: Fraction | None) -> Sheet:
    """How far the carbon per m2 of a whole year is from the base year, and what is asked for.

    `per_m2` is None where the period is no whole year or too much of it is missing.
    """
    words = report_texts(KIND).rows
    wanted = plan.target.changes.get(Indicator.CARBON_PER_M2)
    base = plan.base.get(Indicator.CARBON_PER_M2)
    change = None if per_m2 is None or not base else per_m2 / Fraction(base) - 1
    cells: list[Cell] = [words["carbon_per_m2"], str(plan.target.base_year), base, per_m2, change]
    return Sheet("targets", TARGETS, [Row([*cells, wanted], sources=[plan.id])])
