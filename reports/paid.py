"""What a site paid for each carrier: by the bills that people entered, else by its tariffs."""

import datetime as dt
from collections.abc import Iterable, Mapping
from fractions import Fraction

import sqlalchemy as sa

from device_configs.carriers import Carrier
from device_configs.entered import Entered
from device_configs.holidays import load_holidays
from device_configs.tariffs import load_tariffs
from reports.asked import Asked
from reports.bill import Frame, bills_of
from reports.carrier_cost import carrier_months, meters_of_carrier
from reports.cost import Payer, together
from reports.cost_units import units_of
from reports.meter_tree import meter_tree
from reports.periods import Period, Step, steps_of

BY_METER = (Carrier.WATER, Carrier.GAS, Carrier.HEAT)


def paid(
    connection: sa.Connection, asked: Asked, period: Period, entered: Iterable[Entered]
) -> Mapping[Carrier, Fraction | None]:
    """What was paid in whole months of a period [yuan]; None where a part of it is not known.

    A bill that somebody entered goes before what the tariff says; feed-in is not in it.

    Raises:
        InvalidConfigError: the tariffs or holidays of the estate are invalid.
    """
    billed = _entered(asked, period, entered)
    estate = asked.estate
    payer = Payer(estate, load_tariffs(asked.folder, estate), load_holidays(asked.folder))
    months = [one for one in steps_of(period, Step.MONTH) if one.span.start < asked.now_ms]
    steps = [(one.start.date(), _after(one, asked)) for one in months]
    found: dict[Carrier, Fraction | None] = {}
    if months and Carrier.ELECTRICITY not in billed:
        frame = Frame(estate, steps, months, asked.now_ms)
        units = units_of(estate, meter_tree(estate, asked.site), asked.places)
        bills = bills_of(connection, payer, units, frame).bills
        if bills:
            found[Carrier.ELECTRICITY] = _yuan(together([one.total for one in bills]))
    for carrier in BY_METER:
        heads = meters_of_carrier(estate, asked.site, carrier, asked.places)
        if not months or carrier in billed or not heads:
            continue
        first, after = steps[0][0], steps[-1][1]
        each = carrier_months(connection, estate, payer.tariffs, heads, carrier, first, after)
        found[carrier] = _yuan(together([one.fen for one in each]))
    return {**found, **billed}


def _after(month: Period, asked: Asked) -> dt.date:
    today = dt.datetime.fromtimestamp(asked.now_ms / 1000, asked.estate.timezone).date()
    return min(month.end.date(), today + dt.timedelta(days=1))


def _yuan(fen: int | None) -> Fraction | None:
    return None if fen is None else Fraction(fen, 100)


def _entered(
    asked: Asked, period: Period, entered: Iterable[Entered]
) -> Mapping[Carrier, Fraction | None]:
    """The costs that people entered; a carrier with an entry without a cost is unknown."""
    inside = asked.estate.below(asked.site)
    found: dict[Carrier, Fraction | None] = {}
    for one in entered:
        if one.site in inside and period.start.date() <= one.first < period.end.date():
            before = found.get(one.carrier, Fraction(0))
            unknown = before is None or one.cost is None
            found[one.carrier] = None if unknown else (before or 0) + Fraction(one.cost or 0)
    return found
