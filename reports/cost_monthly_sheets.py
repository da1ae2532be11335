"""The sheets of the cost report beside the energy charge: by month, compared, other carriers."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from device_configs.carriers import Carrier
from device_configs.estate import Estate
from device_configs.tariff import UNITS
from ingest.rollup import Amounts
from reports.bill import Bill
from reports.carrier_cost import CarrierMonth
from reports.cost import cost_of, together
from reports.cost_sheets import word
from reports.cost_sources import ids_of_due, meter_id, sources_of_bill
from reports.document import Cell as TableCell
from reports.document import Column, Row, Shares, Sheet, Weight
from reports.forms import Form


def demand_sheet(estate: Estate, bills: Sequence[Bill]) -> Sheet | None:
    """The demand or capacity charges; None where nobody pays one."""
    rows = []
    for bill in bills:
        for one in bill.demands:
            at = None
            if one.peak is not None:
                at = f"{_wall(one.peak.start_ms, estate):%Y-%m-%d %H:%M}"
            length = _month_ms(one.month, estate)
            missing = 1.0 if one.peak is None else 1.0 - one.peak.measured_ms / length
            cells = (estate.sites[one.site].name, f"{one.month:%Y-%m}", one.peak_w, at,
                     one.billed, one.price, one.fen)  # fmt: skip
            rows.append(Row(cells, Shares(max(0.0, missing)), sources_of_bill(bill)))
    if not rows:
        return None
    fen = together([one.fen for bill in bills for one in bill.demands])
    rows.append(Row((word("total"), *[None] * 5, fen), None, _every(bills), Weight.TOTAL))
    columns = (
        Column("site", Form.TEXT), Column("month", Form.TEXT), Column("peak", Form.POWER),
        Column("peak_at", Form.TEXT), Column("billed_demand", Form.NUMBER),
        Column("demand_price", Form.NUMBER), Column("demand", Form.MONEY),
    )  # fmt: skip
    return Sheet("demand", columns, rows)


def factor_sheet(estate: Estate, bills: Sequence[Bill]) -> Sheet | None:
    """The power-factor adjustments; None where nobody has one."""
    rows = []
    for bill in bills:
        for one in bill.factors:
            active = None if one.active is None else Fraction(one.active, 1000)
            reactive = None if one.reactive is None else Fraction(one.reactive, 1_000_000)
            cells = (estate.sites[one.site].name, f"{one.month:%Y-%m}", active, reactive,
                     one.factor, one.standard, one.share, one.base_fen, one.fen)  # fmt: skip
            rows.append(Row(cells, None, sources_of_bill(bill)))
    if not rows:
        return None
    fen = together([one.fen for bill in bills for one in bill.factors])
    rows.append(Row((word("total"), *[None] * 7, fen), None, _every(bills), Weight.TOTAL))
    columns = (
        Column("site", Form.TEXT), Column("month", Form.TEXT), Column("energy", Form.ENERGY),
        Column("reactive", Form.NUMBER), Column("factor", Form.NUMBER),
        Column("standard", Form.NUMBER), Column("adjustment", Form.CHANGE),
        Column("base", Form.MONEY), Column("power_factor", Form.MONEY),
    )  # fmt: skip
    return Sheet("power_factor", columns, rows)


def compare_sheet(
    names: Sequence[str], actual: Sequence[Bill], other: Sequence[Bill], months: Sequence[str]
) -> Sheet:
    """What was paid, what another tariff would have cost, and the difference.

    Rows of days are the energy alone; the charges by the month are in the total.
    """
    by_month = list(names) == list(months)
    rows = [
        Row((name, *_beside(_step_cost(actual, number, name, by_month=by_month),
                            _step_cost(other, number, name, by_month=by_month))),
            None, _every([*actual, *other]))
        for number, name in enumerate(names)
    ]  # fmt: skip
    totals = [together([bill.total for bill in bills]) for bills in (actual, other)]
    cells = (word("total"), *_beside(*totals))
    rows.append(Row(cells, None, _every([*actual, *other]), Weight.TOTAL))
    columns = (
        Column("period", Form.TEXT), Column("cost", Form.MONEY), Column("other_cost", Form.MONEY),
        Column("difference", Form.MONEY), Column("change", Form.CHANGE),
    )  # fmt: skip
    return Sheet("compare", columns, rows)


def _step_cost(bills: Sequence[Bill], step: int, name: str, *, by_month: bool) -> int | None:
    cells = [c for bill in bills for c in bill.cells if c.use.stretch.step == step]
    charges: list[int | None] = []
    if by_month:
        month = dt.date.fromisoformat(f"{name}-01")
        charges += [one.fen for bill in bills for one in bill.demands if one.month == month]
        charges += [one.fen for bill in bills for one in bill.factors if one.month == month]
    return together([cost_of(cells), *charges])


def _beside(cost: int | None, other: int | None) -> tuple[TableCell, ...]:
    if cost is None or other is None:
        return cost, other, None, None
    return cost, other, other - cost, Fraction(other - cost, cost) if cost else None


def carriers_sheet(estate: Estate, months: Sequence[CarrierMonth], now_ms: int) -> Sheet | None:
    """Water, gas and heat; None where no meter counts any."""
    if not months:
        return None
    rows = [_carrier_row(estate, one, now_ms) for one in months]
    for carrier in UNITS:
        own = [one for one in months if one.carrier is carrier]
        if not own:
            continue
        amounts = sum((one.amounts for one in own), Amounts())
        fen = together([one.fen for one in own if one.amounts.known_ms])
        figures = (word(f"total_{carrier}"), word(carrier.value), None)
        sources = tuple(dict.fromkeys(source for one in own for source in _carrier_sources(one)))
        cells = (*figures, *_amount(carrier, amounts), fen)
        rows.append(Row(cells, None, sources, Weight.SUBTOTAL))
    columns = (
        Column("site", Form.TEXT), Column("carrier", Form.TEXT), Column("month", Form.TEXT),
        Column("volume", Form.VOLUME), Column("heat", Form.HEAT), Column("cost", Form.MONEY),
    )  # fmt: skip
    return Sheet("carriers", columns, rows)


def _carrier_row(estate: Estate, one: CarrierMonth, now_ms: int) -> Row:
    begin = dt.datetime(one.month.year, one.month.month, 1, tzinfo=estate.timezone)
    passed = min(_month_ms(one.month, estate), now_ms - int(begin.timestamp()) * 1000)
    time = max(0, passed) * len(one.meters)
    amount = one.amounts.amount
    shares = Shares(
        max(0.0, 1.0 - one.amounts.known_ms / time) if time else 0.0,
        one.amounts.recovered_amount / amount if amount else 0.0,
        one.amounts.integrated_amount / amount if amount else 0.0,
    )
    cells = (estate.sites[one.site].name, word(one.carrier.value), f"{one.month:%Y-%m}",
             *_amount(one.carrier, one.amounts), one.fen)  # fmt: skip
    return Row(cells, shares, _carrier_sources(one))


def _amount(carrier: Carrier, amounts: Amounts) -> tuple[TableCell, TableCell]:
    """Volume [m3] and heat [Wh], of which a carrier has one."""
    if not amounts.known_ms:
        return None, None
    if carrier is Carrier.HEAT:
        return None, Fraction(amounts.amount, 1000)
    return Decimal(amounts.amount).scaleb(-6), None


def _carrier_sources(one: CarrierMonth) -> tuple[str, ...]:
    dues = (source for due in one.dues for source in ids_of_due(due))
    return tuple(dict.fromkeys([*(meter_id(series) for series in one.meters), *dues]))


def _month_ms(month: dt.date, estate: Estate) -> int:
    begin = dt.datetime(month.year, month.month, 1, tzinfo=estate.timezone)
    after = (month + dt.timedelta(days=32)).replace(day=1)
    end = dt.datetime(after.year, after.month, 1, tzinfo=estate.timezone)
    return int(end.timestamp() - begin.timestamp()) * 1000


def _wall(at_ms: int, estate: Estate) -> dt.datetime:
    return dt.datetime.fromtimestamp(at_ms / 1000, estate.timezone)


def _every(bills: Sequence[Bill]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for bill in bills for one in sources_of_bill(bill)))
