"""What the PV report reads: inverters by hour, flows by quarter, the light, the money."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import fmean

import sqlalchemy as sa

from device_configs.carriers import Carrier
from device_configs.estate import Device, Estate
from device_configs.factors import Factors, Gives, Taken
from device_configs.tariffs import Due
from ingest.interval_tables import Series
from ingest.rollup import Amounts, Span, amounts_in
from ingest.rollup_tables import is_cut_in, known_hours, summed_hours
from ingest.stores.store import Aggregate
from reports.asked import Asked
from reports.asked import Series as Readings
from reports.charging_data import COUNTS_PER_WH, community_of, is_seen
from reports.cost import Payer, Stretch, Use, cost_of, priced, stretches
from reports.cost_units import Drawn, expected, read_drawn
from reports.energy_flows import SiteFlows, site_flows
from reports.fen import fen_of, rounded
from reports.load import HOUR_MS
from reports.meter_tree import INVERTER, TOTAL, Balance, MeterTree, meter_tree, series_of
from reports.pv import ByHour, summed

STATION = "weather_station"


@dataclass(frozen=True)
class Inverter:
    """An inverter with its rating at the beginning of the period."""

    device: Device
    site: str
    """The community it is in."""
    series: tuple[Series, ...]
    rating_w: float | None


@dataclass(frozen=True)
class Hourly:
    """What counters gave by hour."""

    energy: Mapping[Series, ByHour]
    """Of the hours that are wholly known. [Wh]"""
    whole: Mapping[Series, Amounts]
    """All that was counted."""

    def of(self, inverter: Inverter) -> ByHour:
        """An inverter by hour, in the hours that are known of all its counters."""
        each = [self.energy.get(one, {}) for one in inverter.series]
        return each[0] if len(each) == 1 else summed(each)

    def amounts(self, series: Iterable[Series]) -> Amounts | None:
        """All that some counters counted; None where one of them is unknown."""
        each = [self.whole.get(one) for one in series]
        known = [one for one in each if one is not None and one.known_ms]
        return sum(known, Amounts()) if known and len(known) == len(each) else None


@dataclass(frozen=True)
class Money:
    """What the PV of a balance is worth."""

    saved: int | None
    """What the PV used would have cost at the site's tariff [fen]."""
    earned: int | None
    """What was paid for the rest [fen]."""
    carbon: Fraction | None
    """What the PV used would have emitted as grid electricity [kgCO2]."""
    taken: tuple[Taken, ...] = ()
    dues: tuple[Due, ...] = ()


def passed_of(asked: Asked) -> Span:
    """The period until now, in whole hours."""
    span = asked.period.span
    now = asked.now_ms - asked.now_ms % HOUR_MS
    return Span(span.start, max(span.start, min(span.end, now)))


def inverters_of(asked: Asked) -> list[Inverter]:
    """The inverters that the asker may see."""
    first = asked.period.start.date()
    return [
        Inverter(
            one,
            community_of(asked.estate, one),
            series_of(one, TOTAL),
            None if one.entry.rating_w is None else one.entry.rating_w.on(first),
        )
        for one in asked.estate.devices_in(asked.site)
        if one.profile.kind.kind == INVERTER and is_seen(asked, one.place)
    ]


def read_hourly(
    connection: sa.Connection,
    estate: Estate,
    inverters: Sequence[Series],
    others: Sequence[Series],
    span: Span,
) -> Hourly:
    """What counters counted in a span of whole hours, and those of inverters by hour."""
    every = list(dict.fromkeys((*inverters, *others)))
    if is_cut_in(connection, estate.timezone):
        energy = {
            one: {
                start: amount / COUNTS_PER_WH
                for start, amount in known_hours(connection, one, span)
            }
            for one in dict.fromkeys(inverters)
        }
        return Hourly(energy, summed_hours(connection, every, span))
    hours = [Span(at, at + HOUR_MS) for at in range(span.start, span.end, HOUR_MS)]
    found: dict[Series, dict[int, float]] = {}
    whole: dict[Series, Amounts] = {}
    for hour, each in zip(hours, amounts_in(connection, every, hours), strict=True):
        for one, amounts in each.items():
            whole[one] = whole.get(one, Amounts()) + amounts
            if amounts.known_ms >= HOUR_MS:
                found.setdefault(one, {})[hour.start] = amounts.amount / COUNTS_PER_WH
    return Hourly(found, whole)


def light_of(asked: Asked, site: str, span: Span) -> ByHour | None:
    """Mean irradiance of a site by hour [W/m2]; None without a station or a store."""
    stations = [
        one
        for one in asked.estate.devices.values()
        if one.profile.kind.kind == STATION and community_of(asked.estate, one) == site
    ]
    if asked.readings is None or not stations:
        return None
    found: dict[int, list[float]] = {}
    for station in stations:
        for start, value in _hours(asked.readings, station.id, "irradiance", span):
            found.setdefault(start, []).append(value)
    return {start: fmean(values) for start, values in found.items()}


def _hours(readings: Readings, device: str, point: str, span: Span) -> Iterable[tuple[int, float]]:
    found = readings.series(device, [point], span.start, span.end, HOUR_MS, Aggregate.MEAN)
    for one in found.get(point, ()):
        if isinstance(one.value, int | float):
            yield one.at, float(one.value)


def currents_of(asked: Asked, inverter: Inverter, span: Span) -> Mapping[str, float]:
    """The mean currents of an inverter's strings, else of its MPPT inputs [A]."""
    points = inverter.device.profile.points
    for kind in ("string", "mppt"):
        names = [f"{kind}{n}_current" for n in range(1, 257) if f"{kind}{n}_current" in points]
        if not names or asked.readings is None or span.length <= 0:
            continue
        found = asked.readings.series(
            inverter.device.id, names, span.start, span.end, span.length, Aggregate.MEAN
        )
        means = {
            name.removesuffix("_current"): [
                float(one.value) for one in found[name] if isinstance(one.value, int | float)
            ]
            for name in names if name in found
        }  # fmt: skip
        known = {name: fmean(values) for name, values in means.items() if values}
        if known:
            return known
    return {}


def fault_hours(asked: Asked, inverter: Inverter, down: Sequence[int]) -> int | None:
    """In how many of some hours an inverter said fault; None where it says no state."""
    if asked.readings is None or "state" not in inverter.device.profile.points:
        return None
    if not down:
        return 0
    found = asked.readings.series(
        inverter.device.id, ["state"], down[0], down[-1] + HOUR_MS, HOUR_MS, Aggregate.LAST
    )
    said = {one.at - one.at % HOUR_MS: one.value for one in found.get("state", ())}
    return sum(1 for hour in down if said.get(hour) == "fault")


@dataclass(frozen=True)
class PvSite:
    """One balance with PV."""

    balance: Balance
    flows: SiteFlows | None
    """None where what is fed in is not metered."""
    money: Money


def read_sites(
    connection: sa.Connection, asked: Asked, payer: Payer, factors: Factors
) -> tuple[MeterTree, list[PvSite]]:
    """The balances with PV that the asker may see."""
    tree = meter_tree(asked.estate, asked.site)
    seen = [one for one in tree.balances if one.sources and is_seen(asked, one.site)]
    metered = [one for one in seen if one.exports]
    money = _money(connection, asked, payer, factors, metered)
    flows = {
        one.site: site_flows(connection, asked.estate, one, (), asked.period.span, asked.now_ms)
        for one in asked.through(metered, 0.1, 0.6)
    }
    unknown = Money(None, None, None)
    return tree, [
        PvSite(one, flows.get(one.site), money.get(one.site, unknown)) for one in seen
    ]  # fmt: skip


def _money(
    connection: sa.Connection,
    asked: Asked,
    payer: Payer,
    factors: Factors,
    balances: Sequence[Balance],
) -> Mapping[str, Money]:
    """The worth of some balances by their site; few reads for all."""
    known_on = dt.datetime.fromtimestamp(asked.now_ms / 1000, asked.estate.timezone).date()
    first = asked.period.start.date()
    after = min(asked.period.end.date(), known_on + dt.timedelta(days=1))
    if first >= after:
        return {}
    cuts = {one.site: stretches(payer, one.site, [(first, after)]) for one in balances}
    series = {one.site: (*one.sources, *one.exports) for one in balances}
    drawn = read_drawn(connection, asked.estate, cuts, series)
    return {
        one.site: _worth(asked, factors, one, cuts[one.site], drawn, known_on) for one in balances
    }


def _worth(
    asked: Asked, factors: Factors, balance: Balance, cuts: Sequence[Stretch], drawn: Drawn,
    known_on: dt.date,
) -> Money:  # fmt: skip
    series = (*balance.sources, *balance.exports)
    uses, carbon, taken = [], Fraction(0), {}
    earned: Fraction | None = Fraction(0)
    for stretch in cuts:
        made, fed = (drawn.of(stretch, one) for one in (balance.sources, balance.exports))
        times = expected(stretch, asked.estate.timezone, asked.now_ms)
        used = {period: _less(made.get(period), fed.get(period)) for period in sorted(times)}
        uses += [
            Use(balance.site, stretch, period, one, times[period] * len(series))
            for period, one in used.items()
        ]
        exported = sum(fed.values(), Amounts()).amount
        price = stretch.due.prices.feed_in if stretch.due and stretch.due.prices else None
        if earned is not None and exported:
            earned = None if price is None else earned + fen_of(exported, Fraction(price))
        factor = factors.taken(Gives.CARBON, Carrier.ELECTRICITY, stretch.first, known_on)
        if factor is not None:
            net = Fraction(sum(one.amount for one in used.values()), COUNTS_PER_WH)
            carbon += factor.factor.amount(net, factor.version)
            taken[factor.id, factor.version.name] = factor
    nothing = not any(use.amounts.known_ms for use in uses)
    return Money(
        None if nothing else cost_of(priced(uses)),
        None if nothing or earned is None else rounded(earned),
        None if nothing or not taken else carbon,
        tuple(taken.values()),
        tuple({id(use.stretch.due): use.stretch.due for use in uses if use.stretch.due}.values()),
    )


def _less(made: Amounts | None, fed: Amounts | None) -> Amounts:
    """PV less what was fed in; nothing where one of them is unknown."""
    if made is None or fed is None or not (made.known_ms and fed.known_ms):
        return Amounts()
    return Amounts(
        made.amount - fed.amount,
        made.recovered_amount,
        min(made.known_ms, fed.known_ms),
        integrated_amount=made.integrated_amount,
    )
