"""Who is billed, and what each of them drew in every tariff period."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from device_configs.estate import Estate
from device_configs.estate_entries import MeterRole
from device_configs.tariff_hours import SLOTS, TariffPeriod
from ingest.clock_sums import clock_sums, midnight_ms
from ingest.counters import INTERVAL_MS
from ingest.interval_tables import Series
from ingest.rollup import Amounts
from reports.cost import Hours, Stretch, Use
from reports.meter_tree import IMPORT, MeterTree, above_of, meters_of, nodes_in, roles_of, series_of

_PERIODS = tuple(TariffPeriod)


@dataclass(frozen=True)
class Unit:
    """A site whose energy is billed, or valued where it has no grid meter."""

    site: str
    imports: tuple[Series, ...]
    sources: tuple[Series, ...]
    exports: tuple[Series, ...]
    submeters: Mapping[str, tuple[Series, ...]]
    """The meters right below it: device to counters."""
    billed: bool
    """Whether it has a grid meter, and so demand and power factor."""

    @property
    def series(self) -> tuple[Series, ...]:
        """Every counter once."""
        below = [one for each in self.submeters.values() for one in each]
        every = [*self.imports, *self.sources, *self.exports, *below]
        return tuple(dict.fromkeys(every))


def units_of(estate: Estate, tree: MeterTree, places: frozenset[str] | None) -> tuple[Unit, ...]:
    """The billed units of a meter tree that the asker may see."""
    grid = frozenset(tree.grid_import)
    inside = estate.below(tree.site)
    # A building's balance is named after its community; what is valued here is the building.
    named = [one if one.site in inside else replace(one, site=tree.site) for one in tree.balances]
    seen = [one for one in named if places is None or one.site in places]
    below = _submeters(estate, tree, frozenset(one.site for one in seen))
    return tuple(
        Unit(
            one.site,
            one.imports,
            one.sources,
            one.exports,
            below[one.site],
            billed=grid.issuperset(one.imports),
        )
        for one in seen
    )


def _submeters(
    estate: Estate, tree: MeterTree, units: frozenset[str]
) -> Mapping[str, Mapping[str, tuple[Series, ...]]]:
    """The meters right below each unit's grid meters, or those that stand for them."""
    roles = roles_of(estate, set(), tree.site)
    grid = {device for device, role in roles.items() if role is MeterRole.GRID}
    found: dict[str, dict[str, tuple[Series, ...]]] = defaultdict(dict)
    importing = {one.device for balance in tree.balances for one in balance.imports}
    for meter in meters_of(nodes_in(estate, tree.site), roles, MeterRole.SUBMETER):
        nearest = (node.id for node in reversed(estate.path(meter.place)))
        unit = next((each for each in nearest if each in units), None)
        above = above_of(meter)
        if unit is not None and (above is None or above in grid or meter.id in importing):
            found[unit][meter.id] = series_of(meter, IMPORT)
    return found


class Drawn:
    """What counters counted by stretch and tariff period."""

    def __init__(self, found: Mapping[tuple[Hours, Series], Mapping[TariffPeriod, Amounts]]):
        self._found = found

    def of(self, stretch: Stretch, series: Sequence[Series]) -> Mapping[TariffPeriod, Amounts]:
        """The sums of some counters in the periods of a stretch."""
        sums: dict[TariffPeriod, Amounts] = {}
        for one in series:
            for period, amounts in self._found.get((stretch.hours, one), {}).items():
                sums[period] = sums.get(period, Amounts()) + amounts
        return sums

    def sum(self, stretch: Stretch, series: Sequence[Series]) -> Amounts:
        """The sum of some counters in all periods of a stretch."""
        return sum(self.of(stretch, series).values(), Amounts())


def uses_of(
    drawn: Drawn, unit: Unit, cuts: Sequence[Stretch], zone: ZoneInfo, now_ms: int
) -> Iterator[Use]:
    """What a unit drew, one use for each stretch and period, also where nothing is known."""
    for stretch in cuts:
        found = drawn.of(stretch, unit.imports)
        times = expected(stretch, zone, now_ms)
        for period, time in sorted(times.items()):
            amounts = found.get(period, Amounts())
            yield Use(unit.site, stretch, period, amounts, time * len(unit.imports))


def expected(stretch: Stretch, zone: ZoneInfo, now_ms: int) -> Mapping[TariffPeriod, int]:
    """The time of each period of a stretch until now; days count as 24 hours [ms]."""
    slots = Counter(stretch.slots)
    times: dict[TariffPeriod, int] = dict.fromkeys(slots, 0)
    for number in range((stretch.after - stretch.first).days):
        begin = midnight_ms(stretch.first + dt.timedelta(days=number), zone)
        if begin + SLOTS * INTERVAL_MS <= now_ms:
            for period, count in slots.items():
                times[period] += count * INTERVAL_MS
            continue
        for slot, period in enumerate(stretch.slots):
            passed = now_ms - begin - slot * INTERVAL_MS
            times[period] += min(max(passed, 0), INTERVAL_MS)
    return times


def read_drawn(
    connection: sa.Connection,
    estate: Estate,
    cuts: Mapping[str, Sequence[Stretch]],
    series: Mapping[str, Sequence[Series]],
) -> Drawn:
    """Read the counters of each site by its stretches; hours serve where no period cuts one."""
    asked: dict[Hours, list[Series]] = {}
    for site, stretches in cuts.items():
        for stretch in stretches:
            asked.setdefault(stretch.hours, []).extend(series[site])
    found: dict[tuple[Hours, Series], dict[TariffPeriod, Amounts]] = defaultdict(dict)
    for hours, wanted in asked.items():
        groups = [_PERIODS.index(period) for period in hours.slots]
        every = tuple(dict.fromkeys(wanted))
        at = clock_sums(connection, estate, every, hours.first, hours.after, groups)
        for (one, group), amounts in at.items():
            found[hours, one][_PERIODS[group]] = amounts
    return Drawn(found)
