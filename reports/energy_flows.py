"""Where the PV of a site goes and where its charging comes from, step by step.

In each step (a quarter of an hour, an hour in long periods) PV that is not fed in is used on site.
PV and grid supply every load alike, so that charging gets the share of PV that the whole supply
has; it never gets more than the supply is, and never more PV than was used (the min rule). All
flows are whole counts: what comes in is what goes out, to the last count.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise, repeat
from operator import add, attrgetter, floordiv, mul

import msgspec
import sqlalchemy as sa

from device_configs.estate import Estate
from ingest.counters import INTERVAL_MS
from ingest.interval_tables import Series, intervals
from ingest.rollup import Span
from ingest.rollup_tables import Grain, is_cut_in, rollups
from ingest.virtual_meters import Combination, combination_of, combined, versions
from reports.load import ENOUGH, HOUR_MS, QUARTERS_UP_TO_DAYS
from reports.meter_tree import CHARGER, TOTAL, Balance, MeterTree, series_of

_DAY_MS = 24 * HOUR_MS


class Flows(msgspec.Struct, frozen=True, gc=False):
    """Energy from source to use [counts]; two add up."""

    pv_to_charging: int = 0
    pv_to_house: int = 0
    pv_to_grid: int = 0
    grid_to_charging: int = 0
    grid_to_house: int = 0
    unmatched: int = 0
    """Charging beyond the supply of its step: meters that do not agree."""
    steps: int = 0

    def __add__(self, other: "Flows") -> "Flows":
        return together((self, other))

    @property
    def pv_used(self) -> int:
        """PV that was not fed in."""
        return self.pv_to_charging + self.pv_to_house

    @property
    def pv(self) -> int:
        """PV in all."""
        return self.pv_used + self.pv_to_grid

    @property
    def imported(self) -> int:
        """What was drawn from the grid."""
        return self.grid_to_charging + self.grid_to_house

    @property
    def charging(self) -> int:
        """What the piles drew."""
        return self.pv_to_charging + self.grid_to_charging + self.unmatched

    @property
    def supply(self) -> int:
        """What the site used."""
        return self.pv_used + self.imported


_parts_of = attrgetter(*Flows.__struct_fields__)


def together(every: Iterable[Flows]) -> Flows:
    """The sum of some flows; the same as adding them one by one, and much faster."""
    return Flows(*map(sum, zip(*map(_parts_of, every), strict=True)))


def flows_of_step(pv: int, export: int, imported: int, charging: int) -> Flows:
    """The flows of one step.

    What was fed in beyond the PV of the step (a clock that lags, a battery) came from the grid.
    """
    if pv < 0 or export < 0 or imported < 0 or charging < 0:
        pv, export, imported, charging = (max(0, one) for one in (pv, export, imported, charging))
    fed_in = export if export < pv else pv
    used = pv - fed_in
    drawn = max(0, imported - (export - fed_in))
    supplied = charging if charging < used + drawn else used + drawn
    of_pv = supplied * used // (used + drawn) if supplied else 0
    return Flows(
        of_pv, used - of_pv, fed_in, supplied - of_pv, drawn - (supplied - of_pv),
        charging - supplied, 1,
    )  # fmt: skip


@dataclass(frozen=True)
class SiteFlows:
    """The flows of one balance, step by step."""

    site: str
    length_ms: int
    each: Mapping[int, Flows]
    """Beginning of the step [ms, UTC] to flows, where every counter is known."""
    due: int
    """Steps that have passed."""
    charging: tuple[Series, ...]
    left_out: tuple[str, ...] = ()
    """Piles of which too little is known; what they drew counts as the house's."""

    @cached_property
    def total(self) -> Flows:
        """All steps together."""
        return together(self.each.values())

    @property
    def missing(self) -> float:
        """Share of the steps that are not known."""
        return 1.0 - len(self.each) / self.due if self.due else 0.0


def chargers_by_balance(
    estate: Estate, tree: MeterTree
) -> Mapping[str, tuple[tuple[str, tuple[Series, ...]], ...]]:
    """The piles with their counters, by the site of the balance that they are in."""
    found: dict[str, list[tuple[str, tuple[Series, ...]]]] = {one.site: [] for one in tree.balances}
    for device in estate.devices_in(tree.site):
        if device.profile.kind.kind == CHARGER and (series := series_of(device, TOTAL)):
            above = [node.id for node in reversed(estate.path(device.place))]
            unit = next((node for node in above if node in found), None)
            if unit is not None:
                found[unit].append((device.id, series))
    return {site: tuple(each) for site, each in found.items()}


def site_flows(
    connection: sa.Connection,
    estate: Estate,
    balance: Balance,
    piles: Sequence[tuple[str, tuple[Series, ...]]],
    span: Span,
    now_ms: int,
) -> SiteFlows:
    """The flows of a balance in a span until now."""
    hourly = span.length > QUARTERS_UP_TO_DAYS * _DAY_MS and is_cut_in(connection, estate.timezone)
    length = HOUR_MS if hourly else INTERVAL_MS
    passed = Span(span.start, max(span.start, min(span.end, now_ms)))
    due = passed.length // length
    kept = list(piles)
    each = _each(connection, estate, balance, kept, passed, hourly=hourly)
    if kept and len(each) < due * ENOUGH:
        # Else so much is known of all piles that none can be left out.
        kept = _kept(connection, balance, piles, passed, hourly=hourly)
        if len(kept) < len(piles):
            each = _each(connection, estate, balance, kept, passed, hourly=hourly)
    names = {one for one, _ in kept}
    left = tuple(name for name, _ in piles if name not in names)
    return SiteFlows(balance.site, length, each, due, _counters(kept), left)


_Piles = Sequence[tuple[str, tuple[Series, ...]]]


def _counters(piles: _Piles) -> tuple[Series, ...]:
    return tuple(one for _, each in piles for one in each)


def _each(
    connection: sa.Connection, estate: Estate, balance: Balance, piles: _Piles, span: Span, *,
    hourly: bool,
) -> Mapping[int, Flows]:  # fmt: skip
    found: dict[int, Flows] = {}
    for inside, parts in _stretches(estate, balance, _counters(piles), span):
        sums = _sums(connection, parts, inside, hourly=hourly)
        found |= {start: flows_of_step(*amounts) for start, amounts in sums}
    return found


def _kept(
    connection: sa.Connection, balance: Balance, piles: _Piles, span: Span, *, hourly: bool
) -> list[tuple[str, tuple[Series, ...]]]:
    """The piles of which enough is known."""
    own = (*balance.imports, *balance.sources, *balance.exports)
    known = _known_steps(connection, [*own, *_counters(piles)], span, hourly=hourly)
    most = max((known.get(one, 0) for one in own), default=0)
    return [
        (name, each)
        for name, each in piles
        if all(known.get(one, 0) >= most * ENOUGH for one in each)
    ]


def _known_steps(
    connection: sa.Connection, series: Iterable[Series], span: Span, *, hourly: bool
) -> Mapping[Series, int]:
    """In how many steps each counter is wholly known."""
    table = rollups if hourly else intervals
    length = HOUR_MS if hourly else INTERVAL_MS
    columns, found = table.c, {}
    every = frozenset(series)
    devices, points = ({one[place] for one in every} for place in (0, 1))
    query = (
        sa.select(columns.device, columns.point, sa.func.count())
        .where(columns.device.in_(devices), columns.point.in_(points))
        .where(columns.start_ms >= span.start, columns.start_ms < span.end)
        .where(columns.covered_ms + columns.recovered_ms + columns.integrated_ms >= length)
        .group_by(columns.device, columns.point)
    )
    if hourly:
        query = query.where(columns.grain == Grain.HOUR.value)
    for device, point, count in connection.execute(query):
        found[Series(device, point)] = int(count)
    return {one: found.get(one, 0) for one in every}


_Parts = tuple[Combination, Combination, Combination, Combination]
"""PV, export, import and charging as counters with factors."""


def _stretches(
    estate: Estate, balance: Balance, charging: Sequence[Series], span: Span
) -> Iterator[tuple[Span, _Parts]]:
    """Anew where the formula of a virtual meter changes."""
    groups = (balance.sources, balance.exports, balance.imports, charging)
    every = [one for group in groups for one in group]
    edges = {span.start, span.end}
    for one in every:
        if (meter := estate.virtual_meters.get(one.device)) is not None:
            edges |= {inside.start for inside, _ in versions(estate, meter, span)}
    for start, end in pairwise(sorted(edges)):
        inside = Span(start, end)
        pv, export, imported, cars = (_combination(estate, group, inside) for group in groups)
        if None not in (pv, export, imported, cars) and imported:
            yield inside, (pv or {}, export or {}, imported, cars or {})


def _combination(estate: Estate, series: Sequence[Series], span: Span) -> Combination | None:
    """The sum of some counters; None where a virtual meter has no formula yet."""
    total: dict[Series, Fraction] = {}
    for one in series:
        meter = estate.virtual_meters.get(one.device)
        parts: Combination = {one: Fraction(1)}
        if meter is not None:
            holding = [formula for _, formula in versions(estate, meter, span)]
            if not holding:
                return None
            parts = combination_of(estate, holding[0])
        for each, factor in parts.items():
            total[each] = total.get(each, Fraction(0)) + factor
    return total


def _sums(
    connection: sa.Connection, parts: _Parts, span: Span, *, hourly: bool
) -> Iterator[tuple[int, tuple[int, int, int, int]]]:
    """Each part in each step in which every counter is wholly known."""
    if any(factor.denominator != 1 for each in parts for factor in each.values()):
        yield from _in_whole_steps(connection, parts, span, hourly=hourly)
        return
    series = list(dict.fromkeys(one for each in parts for one in each))
    names = [f"sum_{number}" for number in range(len(parts))]
    wanted = (
        sa.values(
            sa.column("device", sa.String), sa.column("point", sa.String),
            *(sa.column(name, sa.BigInteger) for name in names), name="wanted",
        )
        .data([(*one, *(int(each.get(one, 0)) for each in parts)) for one in series])
        .cte()
    )  # fmt: skip
    table = rollups if hourly else intervals
    columns = table.c
    known = columns.covered_ms + columns.recovered_ms + columns.integrated_ms
    query = (
        sa.select(columns.start_ms, *(sa.func.sum(columns.amount * wanted.c[n]) for n in names))
        .join_from(
            wanted, table,
            (columns.device == wanted.c.device) & (columns.point == wanted.c.point),
        )
        .where(columns.start_ms >= span.start, columns.start_ms < span.end)
        .group_by(columns.start_ms)
        .having(
            sa.func.count() == len(series),
            sa.func.min(known) >= (HOUR_MS if hourly else INTERVAL_MS),
        )
    )  # fmt: skip
    if hourly:
        query = query.where(columns.grain == Grain.HOUR.value)
    for start, pv, export, imported, cars in connection.execute(query).all():
        yield int(start), (int(pv), int(export), int(imported), int(cars))


def _in_whole_steps(
    connection: sa.Connection, parts: _Parts, span: Span, *, hourly: bool
) -> Iterator[tuple[int, tuple[int, int, int, int]]]:
    """The same of formulas with fractions, worked out interval by interval."""
    length = HOUR_MS if hourly else INTERVAL_MS
    steps: dict[int, list[tuple[int, ...]]] = {}
    for start, amounts in combined(connection, parts, span).items():
        steps.setdefault(start - start % length, []).append(tuple(one.amount for one in amounts))
    for start, each in steps.items():
        if len(each) * INTERVAL_MS == length:
            pv, export, imported, cars = (sum(column) for column in zip(*each, strict=True))
            yield start, (pv, export, imported, cars)


def pile_shares(connection: sa.Connection, flows: SiteFlows) -> Mapping[Series, tuple[int, int]]:
    """What each pile drew in the known steps, and the PV in it [counts].

    All piles have the same share of PV in a step. A step's PV is given out in whole counts, pile
    by pile up to what all of them so far are due, so that they add up to the site's.
    """
    found: dict[Series, tuple[int, int]] = {}
    drawn = _drawn_by(connection, flows)
    of_pv = [step.pv_to_charging for step in flows.each.values()]
    whole = [step.charging or 1 for step in flows.each.values()]
    before, given = [0] * len(flows.each), 0
    for one in flows.charging:
        amounts = list(map(drawn.get(one, {}).get, flows.each, repeat(0)))
        before = list(map(add, before, amounts))
        due = sum(map(floordiv, map(mul, before, of_pv), whole))
        found[one] = sum(amounts), due - given
        given = due
    return found


def _drawn_by(connection: sa.Connection, flows: SiteFlows) -> Mapping[Series, Mapping[int, int]]:
    """What each pile drew by step.

    A year of an estate's piles is half a million steps: they come as two lists a pile, in the one
    order in which the database reads them, and not as rows.
    """
    hourly = flows.length_ms == HOUR_MS
    columns = (rollups if hourly else intervals).c
    starts, amounts = (
        sa.func.aggregate_strings(sa.cast(one, sa.String), ",")
        for one in (columns.start_ms, columns.amount)
    )
    query = (
        sa.select(columns.device, columns.point, starts, amounts)
        .where(columns.device.in_({one.device for one in flows.charging}))
        .where(columns.point.in_({one.point for one in flows.charging}))
        .where(columns.start_ms >= min(flows.each, default=0))
        .where(columns.start_ms <= max(flows.each, default=0))
        .group_by(columns.device, columns.point)
    )
    if hourly:
        query = query.where(rollups.c.grain == Grain.HOUR.value)
    return {
        Series(device, point): dict(
            zip(map(int, at.split(",")), map(int, drawn.split(",")), strict=True)
        )
        for device, point, at, drawn in connection.execute(query)
    }
