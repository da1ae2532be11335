"""The unaccounted-for balances of a site's meter tree over a period, and what is odd in them.

One row a node, in the order of the tree. A balance that is negative, or larger than a limit, is
marked; what each mark may mean says the catalogue (`text.yaml`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from device_configs.estate import Estate
from device_configs.quantities import Label
from ingest.counters import INTERVAL_MS
from ingest.interval_tables import Series
from ingest.rollup import Span
from ingest.virtual_meters import amounts_with_virtual
from records.engine import reading
from reports.errors import UnknownSiteError, UnreadableDatabaseError
from reports.meter_tree import meter_tree
from reports.periods import Period, parse_period
from reports.unaccounted import MeterNode, Unaccounted, meter_nodes, unaccounted

LIMIT = 0.1
"""Share of the inflow above which a balance is marked. A customary value of energy monitoring
(5 % is aimed at, 10 % is warned of); no standard known to us sets it."""
SETTLED_MS = 5 * 60 * 1000
"""So long ago a quarter must have ended to be counted: until a meter is read again, its last
quarter is not known yet. [ms]"""
TOLERANCE = 0.02
"""A balance this little below zero may be the meters' own error: two meters of class 1
(GB/T 17215.321, 1 % each)."""

NEGATIVE = "negative"
NEGATIVE_SMALL = "negative_small"
ABOVE_LIMIT = "above_limit"
PARTLY_KNOWN = "partly_known"
NOTHING_KNOWN = "nothing_known"
ESTIMATED = "estimated"
NO_SUBMETERS = "no_submeters"
RUNNING = "period_running"


class NodeKind(StrEnum):
    """What a node of the meter tree is."""

    SITE = "site"
    METER = "meter"
    VIRTUAL = "virtual"


@dataclass(frozen=True)
class UnaccountedRow:
    """The balance of one node; energies in Wh, None where nothing is known."""

    node: str
    """A site whose grid meters it is about, or a meter."""
    what: NodeKind
    name: Mapping[str, str]
    """By language."""
    above: str | None
    """The node it is below."""
    depth: int
    """0 at the top."""
    meters: tuple[str, ...]
    """The devices or parts that count what flows in (or out)."""
    submeters: tuple[str, ...]
    silent: tuple[str, ...]
    """Those of both for which nothing at all is known in the period."""
    inflow_wh: float | None
    submeters_wh: float | None
    unaccounted_wh: float | None
    """Inflow less sub-meters, of the intervals in which all of them are known."""
    share: float | None
    """Of what flowed in."""
    missing_share: float
    """Share of the time until now for which one of the meters is not known, 0 to 1."""
    estimated_share: float
    """Share of the rest in which one was bridged over a gap or made of power, 0 to 1."""
    marks: tuple[str, ...]
    """Catalogue keys of what may be wrong."""


@dataclass(frozen=True)
class UnaccountedReportData:
    """The balances of one site and period."""

    site: str
    site_name: Mapping[str, str]
    period: str
    start_ms: int
    """[ms, UTC]"""
    end_ms: int
    """Until when it is counted: the end of the period, or of the last settled quarter. [ms, UTC]"""
    timezone: str
    revision: str
    """The revision of the estate that the meter tree is from."""
    limit: float
    """Share of the inflow above which a balance is marked, 0 to 1."""
    rows: tuple[UnaccountedRow, ...]
    notes: tuple[str, ...]
    """Catalogue keys of `text.yaml`."""


def unaccounted_report(
    engine: sa.Engine,
    estate: Estate,
    site: str,
    period: str,
    *,
    now_ms: int,
    revision: str,
    limit: float = LIMIT,
) -> UnaccountedReportData:
    """Make the balances of a site and of everything below it; blocks.

    Args:
        engine: the database with the intervals; it is only read.
        estate: what the meter tree is from.
        site: the estate, a community, a building or a place.
        period: `2026`, `2026-11` or `2026-11-23`, in the estate's time zone.
        now_ms: the moment of the report; what lies after it is not missing. [ms, UTC]
        revision: the estate's revision, as it is to stand on the report.
        limit: share of the inflow above which a balance is marked, 0 to 1.

    Raises:
        UnknownSiteError: there is no such site.
        InvalidPeriodError: the period cannot be read.
        UnreadableDatabaseError: the database cannot be read.
    """
    if site not in estate.sites:
        raise UnknownSiteError(f"the estate {estate.id!r} has no site {site!r}")
    asked = parse_period(period, estate.timezone)
    span = _passed(asked, now_ms)
    nodes = list(_in_order(meter_nodes(estate, site)))
    wanted = [node for node, _ in nodes]
    series = list(dict.fromkeys(one for node in wanted for one in _all(node)))
    try:
        with reading(engine) as connection:
            balances = unaccounted(connection, estate, wanted, [span])
            known = amounts_with_virtual(connection, estate, series, [span])[0]
    except sa.exc.SQLAlchemyError as error:
        raise UnreadableDatabaseError(f"the energy intervals cannot be read: {error}") from error
    rows = [
        _row(estate, node, depth, balance, {one for one in series if one not in known}, limit)
        for (node, depth), balance in zip(nodes, balances, strict=True)
    ]
    notes = {*meter_tree(estate, site).notes} & _OF_THE_TREE
    notes |= {RUNNING} if asked.span.start < now_ms < asked.span.end else set()
    notes |= set() if rows else {NO_SUBMETERS}
    return UnaccountedReportData(
        site, _both(estate.sites[site].name), period, span.start, span.end, estate.timezone.key,
        revision, limit, tuple(rows), tuple(sorted(notes)),
    )  # fmt: skip


_OF_THE_TREE = frozenset({"meter_role_assumed", "meter_roles_missing", "export_not_metered"})
"""Notes of the meter tree that concern its balances."""


def _passed(asked: Period, now_ms: int) -> Span:
    """The settled quarters of a period; an empty span where there is none."""
    start, end = asked.span.start, asked.span.end
    passed = (now_ms - SETTLED_MS) // INTERVAL_MS * INTERVAL_MS
    return Span(start, max(start, min(end, passed)))


def _in_order(nodes: Sequence[MeterNode]) -> Iterator[tuple[MeterNode, int]]:
    """The nodes with their depth, each followed by those below it."""
    below: dict[str | None, list[MeterNode]] = defaultdict(list)
    for node in nodes:
        below[node.above].append(node)
    waiting = [(node, 0) for node in reversed(below[None])]
    seen: set[str] = set()
    while waiting:
        node, depth = waiting.pop()
        seen.add(node.id)
        yield node, depth
        waiting += [(one, depth + 1) for one in reversed(below[node.id]) if one.id not in seen]
    # Meters that an estate has put below each other in a ring.
    yield from ((node, 0) for node in nodes if node.id not in seen)


def _row(
    estate: Estate,
    node: MeterNode,
    depth: int,
    found: Unaccounted,
    unknown: set[Series],
    limit: float,
) -> UnaccountedRow:
    return UnaccountedRow(
        node.id,
        *_what(estate, node.id),
        node.above,
        depth,
        _devices(node.inflow),
        _devices(node.submeters),
        _devices(one for one in _all(node) if one in unknown),
        found.inflow_wh,
        found.submeters_wh,
        found.unaccounted_wh,
        found.share,
        found.missing_share,
        found.estimated_share,
        tuple(_marks(found, limit)),
    )


def _marks(found: Unaccounted, limit: float) -> Iterator[str]:
    rest, share = found.unaccounted_wh, found.share
    if rest is None:
        yield NOTHING_KNOWN
        return
    if rest < 0:
        # Without an inflow there is nothing that the meters' error could be a share of.
        yield NEGATIVE_SMALL if share is not None and share >= -TOLERANCE else NEGATIVE
    elif share is not None and share > limit:
        yield ABOVE_LIMIT
    if found.missing_share > 0:
        yield PARTLY_KNOWN
    if found.estimated_share > 0:
        yield ESTIMATED


def _all(node: MeterNode) -> Sequence[Series]:
    return (*node.inflow, *node.submeters)


def _devices(series: Iterable[Series]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.device for one in series))


def _what(estate: Estate, node: str) -> tuple[NodeKind, Mapping[str, str]]:
    if node in estate.sites:
        return NodeKind.SITE, _both(estate.sites[node].name)
    device = estate.devices.get(node)
    if device is not None:
        return NodeKind.METER, _both(device.name)
    return NodeKind.VIRTUAL, _both(estate.virtual_meters[node].name)


def _both(name: Label) -> Mapping[str, str]:
    return {"zh": name.zh, "en": name.en}
