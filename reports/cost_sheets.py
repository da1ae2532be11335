"""The sheets of the cost report, from bills."""

import datetime as dt
from collections.abc import Iterable, Sequence
from fractions import Fraction

from device_configs.estate import Estate
from device_configs.quantities import Label
from device_configs.tariff import Component
from device_configs.tariff_hours import TariffPeriod
from ingest.rollup import Amounts
from reports.bill import Bill, FeedIn, revenue_of
from reports.cost import Cell, cost_of, energy_of, together
from reports.cost_parts import REST, PartCost
from reports.cost_sources import sources_of_bill
from reports.document import Cell as TableCell
from reports.document import Column, Row, Shares, Sheet, Weight
from reports.forms import Form
from reports.report_texts import report_texts

KIND = "cost"
_BILL = (
    Column("energy", Form.ENERGY),
    Column("energy_cost", Form.MONEY),
    Column("demand", Form.MONEY),
    Column("power_factor", Form.MONEY),
    Column("total", Form.MONEY),
    Column("mean_price", Form.PRICE),
    Column("fed_in", Form.ENERGY),
    Column("feed_in", Form.MONEY),
    Column("net", Form.MONEY),
)


def word(key: str) -> Label:
    """A row's name from the catalogue."""
    return report_texts(KIND).rows[key]


def wh(amounts: Amounts) -> Fraction | None:
    """An energy [Wh]; None where nothing is known."""
    return Fraction(amounts.amount, 1000) if amounts.known_ms else None


def mean_price(fen: int | None, amounts: Amounts) -> Fraction | None:
    """What a kWh cost [yuan/kWh]; None where nothing was drawn or the cost is unknown."""
    if fen is None or amounts.amount <= 0:
        return None
    return Fraction(fen * 10_000, amounts.amount)


def shares_of(cells: Sequence[Cell]) -> Shares:
    """How much of what a row is made of is not measured."""
    amounts, expected = energy_of(cells), sum(cell.use.expected_ms for cell in cells)
    return Shares(
        min(1.0, max(0.0, 1.0 - amounts.known_ms / expected)) if expected else 0.0,
        *_estimated(amounts),
    )


def _estimated(amounts: Amounts) -> tuple[float, float]:
    if not amounts.amount:
        return 0.0, 0.0
    return (
        amounts.recovered_amount / amounts.amount,
        amounts.integrated_amount / amounts.amount,
    )


def _money(
    cells: Sequence[Cell],
    demands: Iterable[int | None],
    factors: Iterable[int | None],
    feed_ins: Sequence[FeedIn],
) -> tuple[TableCell, ...]:
    """The cells of `_BILL`."""
    energy, cost = energy_of(cells), cost_of(cells)
    listed, adjusted = list(demands), list(factors)
    total = together([cost, *listed, *adjusted])
    fed_in, revenue = sum((one.amounts for one in feed_ins), Amounts()), revenue_of(feed_ins)
    net = total
    if total is not None and fed_in.known_ms:
        net = None if revenue is None else total - revenue
    return (
        wh(energy), cost, together(listed), together(adjusted), total,
        mean_price(total, energy), wh(fed_in), revenue, net,
    )  # fmt: skip


def steps_sheet(
    bills: Sequence[Bill], names: Sequence[str], months: Sequence[dt.date], *, by_month: bool
) -> Sheet:
    """One row a month or day; the charges by the month stand below the days."""
    rows = []
    sources = _sources(bills)
    for step, name in enumerate(names):
        cells = [c for bill in bills for c in bill.cells if c.use.stretch.step == step]
        feed_ins = [f for bill in bills for f in bill.feed_ins if f.stretch.step == step]
        month = dt.date.fromisoformat(f"{name}-01") if by_month else None
        figures = _money(cells, *_monthly(bills, {month}), feed_ins)
        rows.append(Row((name, *figures), shares_of(cells), sources))
    if not by_month:
        for month in months:
            demands, factors = _monthly(bills, {month})
            if demands or factors:
                charged = together([*demands, *factors])
                figures = (None, None, together(demands), together(factors), charged)
                name = f"{month:%Y-%m}"
                rows.append(Row((name, *figures, None, None, None, charged), None, sources))
    rows.append(_total_row(bills, sources))
    return Sheet("steps", (Column("period", Form.TEXT), *_BILL), rows)


def _monthly(
    bills: Sequence[Bill], months: set[dt.date | None]
) -> tuple[list[int | None], list[int | None]]:
    return (
        [one.fen for bill in bills for one in bill.demands if one.month in months],
        [one.fen for bill in bills for one in bill.factors if one.month in months],
    )


def _total_row(bills: Sequence[Bill], sources: Sequence[str]) -> Row:
    return Row(
        (word("total"), *_bill_figures(bills)),
        shares_of([cell for bill in bills for cell in bill.cells]),
        sources,
        Weight.TOTAL,
    )


def _bill_figures(bills: Sequence[Bill]) -> tuple[TableCell, ...]:
    return _money(
        [cell for bill in bills for cell in bill.cells],
        [one.fen for bill in bills for one in bill.demands],
        [one.fen for bill in bills for one in bill.factors],
        [one for bill in bills for one in bill.feed_ins],
    )


def sites_sheet(estate: Estate, bills: Sequence[Bill]) -> Sheet:
    """One row a billed site."""
    rows = [
        Row(
            (estate.sites[bill.unit.site].name, _tariff(bill), *_bill_figures([bill])),
            shares_of(list(bill.cells)),
            sources_of_bill(bill),
        )
        for bill in bills
    ]
    rows.append(
        Row(
            (word("total"), None, *_bill_figures(bills)),
            shares_of([cell for bill in bills for cell in bill.cells]),
            _sources(bills),
            Weight.TOTAL,
        )
    )
    columns = (Column("site", Form.TEXT), Column("tariff", Form.TEXT), *_BILL)
    return Sheet("sites", columns, rows)


def _tariff(bill: Bill) -> Label:
    names = {due.tariff.tariff: due.tariff.name for due in bill.dues}
    if not names:
        return word("no_tariff")
    return Label(
        zh="、".join(name.zh for name in names.values()),
        en=", ".join(name.en for name in names.values()),
    )


def periods_sheet(bills: Sequence[Bill]) -> Sheet:
    """One row a tariff period; energy without a tariff stands by itself."""
    cells = [cell for bill in bills for cell in bill.cells]
    every, cost = energy_of(cells), cost_of(cells)
    groups: list[tuple[Label, list[Cell]]] = [
        (word(period.value), [c for c in cells if c.use.period is period and c.use.stretch.due])
        for period in TariffPeriod
    ]
    groups.append((word("no_tariff"), [c for c in cells if c.use.stretch.due is None]))
    sources = _sources(bills)
    rows = [
        Row(
            (name, *_part(inside, every), cost_of(inside),
             mean_price(cost_of(inside), energy_of(inside))),
            shares_of(inside), sources,
        )
        for name, inside in groups
        if inside
    ]  # fmt: skip
    total = (word("total"), *_part(cells, every), cost, mean_price(cost, every))
    rows.append(Row(total, shares_of(cells), sources, Weight.TOTAL))
    columns = (
        Column("tariff_period", Form.TEXT), Column("energy", Form.ENERGY),
        Column("share", Form.SHARE), Column("energy_cost", Form.MONEY),
        Column("mean_price", Form.PRICE),
    )  # fmt: skip
    return Sheet("periods", columns, rows)


def _part(cells: Sequence[Cell], every: Amounts) -> tuple[TableCell, TableCell]:
    amounts = energy_of(cells)
    known = amounts.known_ms > 0 and every.amount > 0
    return wh(amounts), Fraction(amounts.amount, every.amount) if known else None


def components_sheet(bills: Sequence[Bill]) -> Sheet:
    """One row a component of the price; what has no price is in none."""
    cells = [cell for bill in bills for cell in bill.cells]
    sums = {
        name: sum(cell.fen[name] for cell in cells if cell.fen and name in cell.fen)
        for name in Component
        if any(cell.fen and name in cell.fen for cell in cells)
    }
    whole, sources = sum(sums.values()), _sources(bills)
    rows = [
        Row((word(name.value), fen, Fraction(fen, whole) if whole else None), None, sources)
        for name, fen in sums.items()
    ]
    cost = cost_of(cells)
    share = Fraction(1) if cost else None
    rows.append(Row((word("total"), cost, share), shares_of(cells), sources, Weight.TOTAL))
    columns = (
        Column("component", Form.TEXT), Column("energy_cost", Form.MONEY),
        Column("share", Form.SHARE),
    )  # fmt: skip
    return Sheet("components", columns, rows)


def parts_sheet(estate: Estate, bills: Sequence[Bill], parts: Sequence[PartCost]) -> Sheet:
    """The energy cost of each site divided among its sub-meters or buildings."""
    rows = []
    for bill in bills:
        sources = sources_of_bill(bill)
        own = [one for one in parts if one.unit == bill.unit.site]
        rows += [_part_row(estate, one, sources) for one in own]
        cost, energy = cost_of(bill.cells), energy_of(bill.cells)
        figures = (estate.sites[bill.unit.site].name, wh(energy), cost)
        rows.append(Row(figures, shares_of(list(bill.cells)), sources, Weight.SUBTOTAL))
    columns = (
        Column("name", Form.TEXT), Column("part_energy", Form.ENERGY),
        Column("energy_cost", Form.MONEY),
    )  # fmt: skip
    return Sheet("parts", columns, rows)


def _part_row(estate: Estate, one: PartCost, sources: Sequence[str]) -> Row:
    if one.part == REST:
        energy: Fraction | None = Fraction(one.amounts.amount, 1000)
        return Row((word("rest"), energy, one.fen), None, sources, depth=1)
    known = one.amounts.known_ms > 0
    cells = (name_of(estate, one.part), wh(one.amounts), one.fen if known else None)
    shares = Shares(0.0, *_estimated(one.amounts)) if known else Shares(missing=1.0)
    return Row(cells, shares, sources, depth=1)


def name_of(estate: Estate, name: str) -> Label:
    """The name of a site, device or virtual meter."""
    if name in estate.sites:
        return estate.sites[name].name
    if name in estate.virtual_meters:
        return estate.virtual_meters[name].name
    return estate.devices[name.partition("/")[0]].name


def _sources(bills: Sequence[Bill]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for bill in bills for one in sources_of_bill(bill)))
