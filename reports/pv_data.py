"""What the PV report reads: inverters by hour, flows by quarter, the light, the money."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from fractions import Fraction
from statistics import fmean

import sqlalchemy as sa

from device_configs.carriers import Carrier
from device_configs.estate import Device, Estate
from device_configs.factors import Factors, Gives, Taken
from device_configs.tariffs import Due
from ingest.interval_tables import Series
from ingest.rollup import Amounts, Span, amounts_in
from ingest.rollup_tables import Grain, is_cut_in, rollups
from ingest.stores.store import Aggregate
from reports.asked import Asked
from reports.asked import Series as Readings
from reports.charging_data import COUNTS_PER_WH, community_of, is_seen
from reports.cost import Payer, Use, cost_of, priced, stretches
from reports.cost_units import expected, read_drawn
from reports.energy_flows import SiteFlows, site_flows
from reports.fen import fen_of, rounded
from reports.load import HOUR_MS
from reports.meter_tree import INVERTER, TOTAL, Balance, MeterTree, meter_tree, series_of
from reports.pv import ByHour, summed

STATION = "weather_station"
_MOST_DEVICES = 200


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
    connection: sa.Connection, estate: Estate, series: Sequence[Series], span: Span
) -> Hourly:
    """What counters gave by hour in a span of whole hours."""
    rows: Iterable[tuple[Series, int, Sequence[int]]]
    if is_cut_in(connection, estate.timezone):
        rows = _rolled(connection, series, span)
    else:
        hours = [Span(at, at + HOUR_MS) for at in range(span.start, span.end, HOUR_MS)]
        found = amounts_in(connection, series, hours)
        rows = (
            (one, hour.start, astuple(amounts))
            for hour, each in zip(hours, found, strict=True)
            for one, amounts in each.items()
        )
    energy: dict[Series, dict[int, float]] = {}
    sums: dict[Series, list[int]] = {}
    for one, start, values in rows:
        amount, _, covered, recovered, _, integrated = values
        if covered + recovered + integrated >= HOUR_MS:
            energy.setdefault(one, {})[start] = amount / COUNTS_PER_WH
        whole = sums.setdefault(one, [0] * len(values))
        for place, value in enumerate(values):
            whole[place] += value
    return Hourly(energy, {one: Amounts(*values) for one, values in sums.items()})


def _rolled(
    connection: sa.Connection, series: Sequence[Series], span: Span
) -> Iterable[tuple[Series, int, Sequence[int]]]:
    columns = rollups.c
    wanted = {(one.device, one.point): one for one in series}
    devices = sorted({one.device for one in series})
    points = sorted({one.point for one in series})
    asked = (columns.device, columns.point, columns.start_ms, columns.amount,
             columns.recovered_amount, columns.covered_ms, columns.recovered_ms,
             columns.integrated_amount, columns.integrated_ms)  # fmt: skip
    for begin in range(0, len(devices), _MOST_DEVICES):
        query = sa.select(*asked).where(
            columns.device.in_(devices[begin : begin + _MOST_DEVICES]),
            columns.point.in_(points),
            columns.grain == Grain.HOUR.value,
            columns.start_ms >= span.start,
            columns.start_ms < span.end,
        )
        for device, point, start, *sums in connection.execute(query).all():
            if (one := wanted.get((device, point))) is not None:
                yield one, start, sums


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
    found = []
    for one in seen:
        flows = None
        money = Money(None, None, None)
        if one.exports:
            flows = site_flows(connection, asked.estate, one, (), asked.period.span, asked.now_ms)
            money = _money(connection, asked, payer, factors, one)
        found.append(PvSite(one, flows, money))
    return tree, found


def _money(
    connection: sa.Connection, asked: Asked, payer: Payer, factors: Factors, balance: Balance
) -> Money:
    zone = asked.estate.timezone
    known_on = dt.datetime.fromtimestamp(asked.now_ms / 1000, zone).date()
    first = asked.period.start.date()
    after = min(asked.period.end.date(), known_on + dt.timedelta(days=1))
    if first >= after:
        return Money(None, None, None)
    site = balance.site
    cuts = stretches(payer, site, [(first, after)])
    series = (*balance.sources, *balance.exports)
    drawn = read_drawn(connection, asked.estate, {site: cuts}, {site: series})
    uses, carbon, taken = [], Fraction(0), {}
    earned: Fraction | None = Fraction(0)
    for stretch in cuts:
        made, fed = (drawn.of(stretch, one) for one in (balance.sources, balance.exports))
        times = expected(stretch, zone, asked.now_ms)
        used = {period: _less(made.get(period), fed.get(period)) for period in sorted(times)}
        uses += [
            Use(site, stretch, period, one, times[period] * len(series))
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
