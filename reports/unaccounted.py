"""What a meter measured and the meters below it did not: the unaccounted-for balance.

For every node of the meter tree, and in every interval in which all of its meters are known:
what flowed in = what its sub-meters measured + what is unaccounted for. Losses, circuits without a
meter and wrong meters show here. The three figures are of the same intervals and add up exactly.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import sqlalchemy as sa

from device_configs.estate import Estate
from device_configs.estate_entries import MeterRole
from ingest.counters import from_count
from ingest.interval_tables import Series
from ingest.rollup import Amounts, Span
from ingest.virtual_meters import Combination, combination_of, combined_sums, versions
from reports.errors import UnknownSiteError
from reports.meter_tree import (
    EXPORT,
    IMPORT,
    INVERTER,
    TOTAL,
    Balance,
    Node,
    above_of,
    kind_of,
    meter_tree,
    meters_above,
    meters_of,
    nodes_in,
    roles_of,
    series_of,
)

ONE = Fraction(1)


@dataclass(frozen=True)
class MeterNode:
    """A node of the meter tree that has sub-meters."""

    id: str
    """The meter, or the site whose grid meters it stands for."""
    inflow: Mapping[Series, Fraction]
    """What flows in: +1 for import and sources, -1 for export."""
    submeters: tuple[Series, ...]
    above: str | None = None
    """The node it is below, None at the top."""


@dataclass(frozen=True)
class Unaccounted:
    """The balance of one node in one span; energies in Wh, None where nothing is known."""

    node: str
    start: int
    """[ms, UTC]"""
    end: int
    inflow_wh: float | None
    submeters_wh: float | None
    unaccounted_wh: float | None
    missing_share: float
    """Share of the span's time for which one of the node's meters is not known, 0 to 1."""
    estimated_share: float = 0.0
    """Share of the rest in which one meter was bridged over a gap or made of power, 0 to 1."""

    @property
    def share(self) -> float | None:
        """What is unaccounted for, of what flowed in; None where nothing did, or is known."""
        if self.unaccounted_wh is None or not self.inflow_wh or self.inflow_wh <= 0:
            return None
        return self.unaccounted_wh / self.inflow_wh


def meter_nodes(estate: Estate, site: str) -> tuple[MeterNode, ...]:
    """The nodes of a site and of everything below it that have sub-meters, the sites first.

    Raises:
        UnknownSiteError: the estate has no such site.
    """
    if site not in estate.sites:
        raise UnknownSiteError(f"the estate {estate.id!r} has no site {site!r}")
    notes: set[str] = set()
    roles = roles_of(estate, notes, site)
    every = nodes_in(estate, estate.id)
    submeters = meters_of(every, roles, MeterRole.SUBMETER)
    inside = {node.id for node in nodes_in(estate, site)}
    found = [*_site_nodes(estate, site, submeters, roles)]
    for node in every:
        below = [meter for meter in submeters if above_of(meter) == node.id]
        if below and node.id in inside:
            found.append(_meter_node(node, below, every))
    kept = [node for node in found if node.inflow and node.submeters]
    ids = {node.id for node in kept}
    return tuple(replace(node, above=_nearest(estate, node.id, ids)) for node in kept)


def _nearest(estate: Estate, node: str, ids: Set[str]) -> str | None:
    """The next node above one: a meter that it is below, else the site that it is in."""
    meter = estate.devices.get(node) or estate.virtual_meters.get(node)
    if meter is None:
        return None
    above = [*meters_above(estate, meter), *(s.id for s in reversed(estate.path(meter.place)))]
    return next((one for one in above if one in ids and one != node), None)


def _site_nodes(
    estate: Estate, site: str, submeters: Sequence[Node], roles: Mapping[str, MeterRole]
) -> Iterator[MeterNode]:
    """The communities with grid meters, and the sub-meters that are below no certain meter."""
    grid = {id_ for id_, role in roles.items() if role is MeterRole.GRID}
    balances = {
        balance.site: balance
        for balance in meter_tree(estate, site).balances
        if any(one.device.partition("/")[0] in grid for one in balance.imports)
    }
    below: dict[str, list[Series]] = {unit: [] for unit in balances}
    for meter in submeters:
        nearest = (node.id for node in reversed(estate.path(meter.place)))
        unit = next((each for each in nearest if each in below), None)
        if unit is not None and above_of(meter) is None:
            below[unit] += series_of(meter, IMPORT)
    inside = estate.below(site)
    for unit, balance in balances.items():
        # Who asks for a building with the community's grid meter has not asked for the community.
        if unit in inside:
            yield MeterNode(unit, _inflow(balance), tuple(below[unit]))


def _inflow(balance: Balance) -> dict[Series, Fraction]:
    exports = balance.exports if balance.sources else ()
    return {one: ONE for one in (*balance.imports, *balance.sources)} | {
        one: -ONE for one in exports
    }


def _meter_node(node: Node, below: Sequence[Node], every: Sequence[Node]) -> MeterNode:
    sources = [one for one in every if kind_of(one) == INVERTER and above_of(one) == node.id]
    made = [series for one in sources for series in series_of(one, TOTAL)]
    inflow = {one: ONE for one in (*series_of(node, IMPORT), *made)}
    if made:
        inflow |= {one: -ONE for one in series_of(node, EXPORT)}
    series = tuple(one for meter in below for one in series_of(meter, IMPORT))
    return MeterNode(node.id, inflow, series)


def unaccounted(
    connection: sa.Connection, estate: Estate, nodes: Sequence[MeterNode], spans: Sequence[Span]
) -> tuple[Unaccounted, ...]:
    """The balance of each node in each span; spans begin and end at intervals."""
    return tuple(_balance(connection, estate, node, span) for node in nodes for span in spans)


def _balance(connection: sa.Connection, estate: Estate, node: MeterNode, span: Span) -> Unaccounted:
    inflow = submeters = Amounts()
    for inside, combinations in _expanded(estate, node, span):
        one, other = combined_sums(connection, combinations, inside)
        inflow, submeters = inflow + one, submeters + other
    known = inflow.known_ms > 0
    return Unaccounted(
        node.id,
        span.start,
        span.end,
        _wh(inflow.amount) if known else None,
        _wh(submeters.amount) if known else None,
        _wh(inflow.amount - submeters.amount) if known else None,
        1.0 - inflow.known_ms / span.length if span.length > 0 else 0.0,
        1.0 - inflow.covered_ms / inflow.known_ms if known else 0.0,
    )


def _expanded(
    estate: Estate, node: MeterNode, span: Span
) -> Iterator[tuple[Span, Sequence[Combination]]]:
    """The stretches of a span with inflow and sub-meters as real counters."""
    series = [*node.inflow, *node.submeters]
    virtual = [
        estate.virtual_meters[one.device] for one in series if one.device in estate.virtual_meters
    ]
    cuts = {span.start, span.end}
    for meter in virtual:
        for inside, _ in versions(estate, meter, span):
            cuts |= {inside.start, inside.end}
    edges = sorted(cuts)
    for start, end in pairwise(edges):
        inside = Span(start, end)
        sums = [
            _real(estate, factors, inside)
            for factors in (node.inflow, dict.fromkeys(node.submeters, ONE))
        ]
        if all(one is not None for one in sums):
            yield inside, [one for one in sums if one is not None]


def _real(estate: Estate, factors: Mapping[Series, Fraction], span: Span) -> Combination | None:
    """The same with every virtual meter replaced; None where one of them has no formula yet."""
    found: dict[Series, Fraction] = {}
    for series, factor in factors.items():
        meter = estate.virtual_meters.get(series.device)
        parts: Combination = {series: ONE}
        if meter is not None:
            holding = [formula for _, formula in versions(estate, meter, span)]
            if not holding:
                return None
            parts = combination_of(estate, holding[0])
        for one, each in parts.items():
            found[one] = found.get(one, Fraction(0)) + factor * each
    return found


def _wh(count: int) -> float:
    return from_count(count, "active_energy")
