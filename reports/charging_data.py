"""What the charging report reads: the connectors that one may see, their sessions and counters."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sqlalchemy as sa

from device_configs.estate import Device, Estate
from device_configs.holidays import load_holidays
from device_configs.tariffs import load_tariffs
from ingest.counters import COUNTS_PER_UNIT
from ingest.interval_tables import Series
from ingest.rollup import Amounts, Span
from ingest.session_points import connectors
from ingest.session_tables import sessions_in
from ingest.sessions import Session
from reports.asked import Asked
from reports.cost import Payer, Stretch, Use, cost_of, priced, stretches
from reports.cost_units import Drawn, expected, read_drawn
from reports.document import Shares
from reports.energy_flows import SiteFlows, chargers_by_balance, site_flows
from reports.meter_tree import TOTAL, MeterTree, meter_tree, series_of
from reports.stretches import summed

COUNTS_PER_WH = COUNTS_PER_UNIT["active_energy"]


@dataclass(frozen=True)
class Connector:
    """A connector of a pile."""

    name: str
    """The device or part."""
    device: Device
    series: tuple[Series, ...]
    """Its counter; the pile's where it has none of its own, and is alone."""


@dataclass(frozen=True)
class ChargingData:
    """All that is read."""

    tree: MeterTree
    connectors: Sequence[Connector]
    sessions: Mapping[str, Sequence[Session]]
    counted: Mapping[Series, Amounts]
    flows: Sequence[SiteFlows]
    piles: Mapping[str, Sequence[str]]
    """Site of a balance to its piles."""
    costs: Mapping[str, int | None]
    """Site of a balance to what its charging would cost all at the site's tariff [fen]."""
    passed: Span
    """The period until now."""

    def amounts(self, connector: Connector) -> Amounts | None:
        """What a connector's counter counted; None where nothing is known."""
        known = [self.counted[one] for one in connector.series if one in self.counted]
        total = sum(known, Amounts())
        return total if total.known_ms else None

    def shares(self, connectors: Sequence[Connector]) -> Shares | None:
        """How much of the counters' data is missing, bridged and made of power."""
        series = [one for each in connectors for one in each.series]
        if not series:
            return None
        known = sum((self.counted.get(one, Amounts()) for one in series), Amounts())
        due = self.passed.length * len(series)
        missing = max(0.0, 1.0 - known.known_ms / due) if due else 0.0
        if not known.amount:
            return Shares(missing)
        return Shares(missing, known.recovered_amount / known.amount,
                      known.integrated_amount / known.amount)  # fmt: skip


def is_seen(asked: Asked, place: str) -> bool:
    """Whether the asker may see what stands at a place."""
    if asked.places is None:
        return True
    return any(node.id in asked.places for node in asked.estate.path(place))


def wh(counts: int | Fraction | None) -> Fraction | None:
    """Counts as Wh, exactly."""
    return None if counts is None else Fraction(counts) / COUNTS_PER_WH


def read_charging(connection: sa.Connection, asked: Asked) -> ChargingData:
    """Read all of a site."""
    estate, span = asked.estate, asked.period.span
    passed = Span(span.start, max(span.start, min(span.end, asked.now_ms)))
    tree = meter_tree(estate, asked.site)
    shown = {one.id: one for one in estate.devices_in(asked.site) if is_seen(asked, one.place)}
    every = [
        Connector(name, device, _series(estate, name, device))
        for name in connectors(estate)
        if (device := shown.get(name.partition("/")[0])) is not None
    ]
    series = list(dict.fromkeys(one for each in every for one in each.series))
    piles = chargers_by_balance(estate, tree)
    flows = [
        site_flows(connection, estate, one, seen, span, asked.now_ms)
        for one in asked.through(tree.balances, 0.1, 0.5)
        if (seen := [pile for pile in piles[one.site] if pile[0] in shown])
        and (one.exports or not one.sources)
    ]
    return ChargingData(
        tree,
        every,
        sessions_in(connection, [one.name for one in every], passed.start, passed.end),
        summed(connection, estate, series, asked.period, asked.now_ms),
        flows,
        {site: [name for name, _ in each if name in shown] for site, each in piles.items()},
        _costs(connection, asked, every),
        passed,
    )


def _series(estate: Estate, name: str, device: Device) -> tuple[Series, ...]:
    found = series_of(device, TOTAL)
    own = tuple(one for one in found if one.device == name)
    # The counter of a pile with several connectors says nothing of one of them.
    return own or (found if len(device.parts) <= 1 else ())


def _costs(
    connection: sa.Connection, asked: Asked, every: Sequence[Connector]
) -> Mapping[str, int | None]:
    """What was charged, by the site where the piles are, at the prices of its tariff."""
    payer = Payer(
        asked.estate, load_tariffs(asked.folder, asked.estate), load_holidays(asked.folder)
    )
    by_site: dict[str, list[Series]] = {}
    for one in every:
        by_site.setdefault(community_of(asked.estate, one.device), []).extend(one.series)
    now = dt.datetime.fromtimestamp(asked.now_ms / 1000, asked.estate.timezone).date()
    after = min(asked.period.end.date(), now + dt.timedelta(days=1))
    if asked.period.start.date() >= after:
        return {}
    cuts = {site: stretches(payer, site, [(asked.period.start.date(), after)]) for site in by_site}
    drawn = read_drawn(connection, asked.estate, cuts, by_site)
    return {
        site: cost_of(priced(_uses(asked, drawn, site, cuts[site], series)))
        for site, series in by_site.items()
    }


def _uses(
    asked: Asked, drawn: Drawn, site: str, cuts: Sequence[Stretch], series: Sequence[Series]
) -> list[Use]:
    found = []
    for stretch in cuts:
        amounts = drawn.of(stretch, series)
        times = expected(stretch, asked.estate.timezone, asked.now_ms)
        found += [
            Use(site, stretch, period, amounts.get(period, Amounts()), time * len(series))
            for period, time in sorted(times.items())
        ]
    return found


def community_of(estate: Estate, device: Device) -> str:
    """The community that a device is in, or the estate."""
    found = estate.community_of(device.place)
    return estate.id if found is None else found.id
