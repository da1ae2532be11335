"""Where the electricity of a site came from and where it went: the meter tree with its energies.

Sources flow into each balanced site (`meter_tree`), the site into its topmost sub-meters and each
meter into those below it. What no sub-meter counted is the rest: of the intervals in which all of
the node's meters are known (`unaccounted`), so that a silent meter never becomes a loss.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

import sqlalchemy as sa

from device_configs.estate import Estate
from device_configs.estate_entries import MeterRole
from ingest.counters import INTERVAL_MS, from_count
from ingest.interval_tables import Series
from ingest.rollup import Amounts, Span
from ingest.virtual_meters import amounts_with_virtual
from records.engine import reading
from reports.errors import UnreadableDatabaseError
from reports.meter_tree import (
    CHARGER,
    IMPORT,
    TOTAL,
    Balance,
    Node,
    above_of,
    kind_of,
    meter_tree,
    meters_of,
    nodes_in,
    roles_of,
    series_of,
)
from reports.periods import parse_period
from reports.unaccounted import ONE, MeterNode, meter_nodes, unaccounted
from reports.unaccounted_report import SETTLED_MS


class FlowKind(StrEnum):
    """What a node of the flow is."""

    GRID = "grid"
    """Import through the grid meters."""
    SUPPLY = "supply"
    """What sub-meters drew where no grid meter counts it."""
    PV = "pv"
    EXPORT = "export"
    METER = "meter"
    REST = "rest"
    """What flowed into a node and no sub-meter of it counted."""


@dataclass(frozen=True)
class Flow:
    """One band of the diagram, and with it one node of the tree."""

    source: str
    """A node's id: a site, a meter, `grid`, `supply` or `pv`."""
    target: str
    """A site, a meter, `export`, or `rest:` with the node it is of."""
    kind: FlowKind
    """What the target is; of a source, what the source is."""
    wh: float | None
    """[Wh]; None where nothing is known."""
    missing_share: float
    """Share of the time until now for which it is not known, 0 to 1."""


@dataclass(frozen=True)
class EnergyFlow:
    """The flows of one site and period."""

    site: str
    period: str
    span: Span
    """Until the last settled quarter."""
    flows: tuple[Flow, ...]
    """Sources first, then the tree from the top down."""
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Branch:
    """A node and the meters right below it."""

    id: str
    below: tuple[Node, ...]


def energy_flow(
    engine: sa.Engine, estate: Estate, site: str, period: str, *, now_ms: int
) -> EnergyFlow:
    """Work out the flows of a site and of everything below it; blocks.

    Where more than one site is balanced there, the tree ends at these: each has its own page.

    Raises:
        UnknownSiteError: the estate has no such site.
        InvalidPeriodError: the period cannot be read.
        UnreadableDatabaseError: the database cannot be read.
    """
    tree = meter_tree(estate, site)
    asked = parse_period(period, estate.timezone)
    passed = (now_ms - SETTLED_MS) // INTERVAL_MS * INTERVAL_MS
    span = Span(asked.span.start, max(asked.span.start, min(asked.span.end, passed)))
    roles = roles_of(estate, set(), site)
    grid = {id_ for id_, role in roles.items() if role is MeterRole.GRID}
    balances = [_within(one, estate, site) for one in tree.balances]
    hubs = {one.site for one in balances}
    # A building that holds the grid meter of its community is not all that is behind it.
    whole = hubs == {one.site for one in tree.balances} or not _metered(balances, grid)
    branches = _branches(estate, balances[0], roles) if len(balances) == 1 and whole else ()
    own = {one.id: series_of(one, (*IMPORT, *TOTAL)) for each in branches for one in each.below}
    wanted = [*tree.series, *(one for series in own.values() for one in series)]
    try:
        with reading(engine) as connection:
            known = amounts_with_virtual(connection, estate, list(dict.fromkeys(wanted)), [span])[0]
            behind = {one.id: one.inflow for one in meter_nodes(estate, site)}
            nodes = [_balanced(one, balances[0], own, behind) for one in branches]
            rests = unaccounted(connection, estate, nodes, [span])
    except sa.exc.SQLAlchemyError as error:
        raise UnreadableDatabaseError(f"the energy intervals cannot be read: {error}") from error
    flows: list[Flow] = []
    for balance in balances:
        flows += _sources(balance, grid, known, span)
    for branch, rest in zip(branches, rests, strict=True):
        for meter in branch.below:
            wh, missing = _sum(own[meter.id], known, span)
            flows.append(Flow(branch.id, meter.id, FlowKind.METER, wh, missing))
        name = f"rest:{branch.id}"
        left, missing = rest.unaccounted_wh, rest.missing_share
        flows.append(Flow(branch.id, name, FlowKind.REST, left, missing))
    return EnergyFlow(site, period, span, tuple(flows), tree.notes)


def _within(balance: Balance, estate: Estate, site: str) -> Balance:
    """The balance as that of the site asked for, where it is of one above it."""
    return balance if balance.site in estate.below(site) else replace(balance, site=site)


def _metered(balances: Iterable[Balance], grid: set[str]) -> bool:
    """Whether a grid meter counts for one of them."""
    return any(one.device.partition("/")[0] in grid for each in balances for one in each.imports)


def _sources(
    balance: Balance, grid: set[str], known: Mapping[Series, Amounts], span: Span
) -> Iterator[Flow]:
    supply = FlowKind.GRID if _metered([balance], grid) else FlowKind.SUPPLY
    for kind, series in ((supply, balance.imports), (FlowKind.PV, balance.sources)):
        if series:
            yield Flow(kind.value, balance.site, kind, *_sum(series, known, span))
    if balance.exports and balance.sources:
        wh, missing = _sum(balance.exports, known, span)
        yield Flow(balance.site, "export", FlowKind.EXPORT, wh, missing)


def _branches(
    estate: Estate, balance: Balance, roles: Mapping[str, MeterRole]
) -> tuple[_Branch, ...]:
    """The tree below one balanced site, from the top down; what bites its tail is left out."""
    every = nodes_in(estate, balance.site)
    inside = {one.device.partition("/")[0] for one in balance.imports}
    submeters = meters_of(every, roles, MeterRole.SUBMETER)
    # A pile that names no meter is somewhere in what is below another, or in the rest.
    piles = [one for one in every if kind_of(one) == CHARGER and above_of(one) is not None]
    ids = {one.id for one in submeters} - inside
    top: list[Node] = [one for one in submeters if one.id in inside]
    top += [one for one in submeters if one.id in ids and above_of(one) not in ids | _ids(top)]
    found, waiting, seen = [_Branch(balance.site, tuple(top))], list(top), set(_ids(top))
    while waiting:
        node = waiting.pop(0)
        below = [
            one for one in (*submeters, *piles) if above_of(one) == node.id and one.id not in seen
        ]
        seen |= _ids(below)
        waiting += below
        if below:
            found.append(_Branch(node.id, tuple(below)))
    return tuple(one for one in found if one.below)


def _ids(nodes: Iterable[Node]) -> set[str]:
    return {one.id for one in nodes}


def _balanced(
    branch: _Branch,
    balance: Balance,
    own: Mapping[str, Sequence[Series]],
    behind: Mapping[str, Mapping[Series, Fraction]],
) -> MeterNode:
    """What flows into a node, PV behind a meter included, and what is below it."""
    below = tuple(one for meter in branch.below for one in own[meter.id])
    if branch.id == balance.site:
        exports = balance.exports if balance.sources else ()
        inflow = dict.fromkeys((*balance.imports, *balance.sources), ONE)
        return MeterNode(branch.id, inflow | dict.fromkeys(exports, -ONE), below)
    drawn = dict.fromkeys(own[branch.id], ONE)
    return MeterNode(branch.id, behind.get(branch.id) or drawn, below)


def _sum(
    series: Sequence[Series], known: Mapping[Series, Amounts], span: Span
) -> tuple[float | None, float]:
    """What counters counted together [Wh], and the share of their time that is not known."""
    found = [known[one] for one in series if one in known]
    time = sum(one.known_ms for one in found)
    length = span.length * len(series)
    missing = 1.0 - time / length if length > 0 else 0.0
    if not time:
        return None, missing
    return from_count(sum(one.amount for one in found), "active_energy"), missing
