"""What every site comes to now: worked out at most once a second, whoever asks."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import anyio.to_thread

from alerts.alarm import Alarm, Severity
from alerts.coverage import PlaceCoverage, Scene, coverage
from alerts.drills import Announced
from alerts.proof_rows import ProofShelf
from analysis.power_now import BalanceTerms, PowerNow, PowerTerms, Total, power_now
from api.estate_index import EstateIndex, Indexes
from api.house import House
from api.items import moment
from api.schemas import CoverageState, PowerShare, SiteState
from collectors.driver import DeviceHealth, LineHealth
from collectors.sample import Quality
from device_configs.estate import Estate, local_day
from ingest.interval_tables import Series
from ingest.latest import Latest
from ingest.stores.store import LatestValue
from reports.meter_tree import CHARGER, meter_tree

FRESH_MS = 1000
"""How old the states may be that are given out. [ms]"""
POWER = "active_power"
IN_SESSION = frozenset({"charging", "suspended"})
"""States of a pile in which somebody's car is being charged, or waits for power."""
_TEST, _UNACKED = "test", "unacked"


def _devices(series: Iterable[Series]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.device for one in series))


def power_terms(estate: Estate) -> Mapping[str, PowerTerms]:
    """The devices behind the power of every site, by the same meter tree as the energy report."""
    found: dict[str, PowerTerms] = {}
    for site in estate.sites:
        tree = meter_tree(estate, site)
        balances = tuple(
            BalanceTerms(_devices((*one.imports, *one.exports)), _devices(one.sources))
            for one in tree.balances
        )
        grid = _devices((*tree.grid_import, *tree.grid_export))
        found[site] = PowerTerms(balances, grid, _devices(tree.pv), _devices(tree.charging))
    return found


@dataclass(frozen=True)
class Present:
    """Everything the states are made of, read at one moment."""

    power: Mapping[str, float | None]
    """By device or part. [W]"""
    in_session: frozenset[str]
    """Piles with a session."""
    connected: frozenset[str]
    alarms: Sequence[Alarm]
    coverage: Sequence[PlaceCoverage]


def health_by_device(lines: Iterable[LineHealth]) -> dict[str, DeviceHealth]:
    """How well each device answers."""
    return {health.device: health for line in lines for health in line.devices}


def site_states(
    index: EstateIndex, terms: Mapping[str, PowerTerms], present: Present
) -> dict[str, SiteState]:
    """The state of every site, from everything below it."""
    estate, above = index.estate, index.above
    devices: Counter[str] = Counter()
    connected: Counter[str] = Counter()
    sessions: Counter[str] = Counter()
    for device in estate.devices.values():
        for site in above[device.place]:
            devices[site] += 1
            connected[site] += device.id in present.connected
            sessions[site] += device.id in present.in_session
    alarms: dict[str, Counter[str]] = {site: Counter() for site in estate.sites}
    classes: dict[str, Counter[str]] = {site: Counter() for site in estate.sites}
    for alarm in present.alarms:
        for site in above.get(alarm.place, (estate.id,)):
            alarms[site][_TEST if alarm.test else alarm.severity.value] += 1
            alarms[site][_UNACKED] += not (alarm.test or alarm.acked)
            classes[site][alarm.alarm_class] += not alarm.test
    covered: dict[str, Counter[str]] = {site: Counter() for site in estate.sites}
    for item in present.coverage:
        for site in above.get(item.place, (estate.id,)):
            covered[site][item.state.value] += 1
    return {
        site: _state(
            alarms[site], classes[site], devices[site], connected[site], sessions[site],
            covered[site], power_now(terms[site], present.power.get),
        )
        for site in estate.sites
    }  # fmt: skip


def _state(
    alarms: Counter[str],
    classes: Counter[str],
    devices: int,
    connected: int,
    sessions: int,
    covered: Counter[str],
    now: PowerNow,
) -> SiteState:
    shown = {severity.value: alarms[severity.value] for severity in Severity}
    return SiteState(
        alarms=shown,
        unacked=alarms[_UNACKED],
        worst=next((severity for severity, count in shown.items() if count), None),
        devices=devices,
        devices_connected=connected,
        power_now=now.power.whole,
        grid_now=now.grid.whole,
        pv_now=now.pv.whole,
        charging_now=now.charging.whole,
        charging_sessions=sessions,
        classes={name: count for name, count in sorted(classes.items()) if count},
        tests=alarms[_TEST],
        protected=covered[CoverageState.PROTECTED.value],
        unprotected=covered[CoverageState.UNPROTECTED.value],
        degraded=covered[CoverageState.DEGRADED.value],
        shares={
            "power": _share(now.power),
            "grid": _share(now.grid),
            "pv": _share(now.pv),
            "charging": _share(now.charging),
        },
    )


def _share(total: Total) -> PowerShare:
    return PowerShare(known=total.known, sources=total.sources, unknown=total.unknown)


def needed(terms: Iterable[PowerTerms]) -> frozenset[str]:
    """Every device or part whose power some figure needs."""
    found: set[str] = set()
    for one in terms:
        found.update(one.grid, one.pv, one.charging)
        for balance in one.balances:
            found.update(balance.meters, balance.sources)
    return frozenset(found)


@dataclass(frozen=True)
class Now:
    """The states and the coverage of one moment."""

    states: Mapping[str, SiteState]
    coverage: Sequence[PlaceCoverage]


class SiteStates:
    """The states of now, shared by all who ask within a second."""

    def __init__(self, house: House, indexes: Indexes) -> None:
        self._house = house
        self._indexes = indexes
        self._lock = asyncio.Lock()
        self._made_at = 0
        self._made_of: Estate | None = None
        self._made = Now({}, ())
        self._terms: Mapping[str, PowerTerms] = {}
        self._terms_of: Estate | None = None
        self._proofs = ProofShelf(house.engine, house.estate)

    async def now(self) -> Now:
        """The states and the coverage, at most FRESH_MS old."""
        async with self._lock:
            now, estate = self._house.now_ms(), self._house.estate()
            fresh = 0 <= now - self._made_at < FRESH_MS and self._made_of is estate
            if not fresh:
                lines = health_by_device(self._house.line_health())
                self._made = await anyio.to_thread.run_sync(self._make, estate, lines, now)
                self._made_at, self._made_of = now, estate
            return self._made

    def _make(self, estate: Estate, lines: Mapping[str, DeviceHealth], now: int) -> Now:
        if self._terms_of is not estate:
            self._terms, self._terms_of = power_terms(estate), estate
        alarms = self._house.alarms.open_alarms()
        drills = self._house.alarms.holds.drills_announced(now)
        scene = Scene(
            local_day(estate, moment(now)), self._proofs.book(), Announced(estate, drills)
        )
        present = read_present(
            self._house.latest, estate, self._terms, lines, alarms, now,
            is_watched=self._house.is_watched(), scene=scene,
        )  # fmt: skip
        states = site_states(self._indexes.of(estate), self._terms, present)
        return Now(states, present.coverage)


def read_present(
    latest: Latest,
    estate: Estate,
    terms: Mapping[str, PowerTerms],
    lines: Mapping[str, DeviceHealth],
    alarms: Sequence[Alarm],
    now: int,
    *,
    is_watched: bool = True,
    scene: Scene | None = None,
) -> Present:
    """Read what the states are made of; where nobody watches, no place is protected.

    In a worker thread: `Latest.value` looks single entries up and goes through no collection, so
    that the event loop may take new samples meanwhile.
    """

    def value(device: str, point: str) -> LatestValue | None:
        return latest.value(device, point, now)

    return Present(
        power={name: _good_number(value(name, POWER)) for name in needed(terms.values())},
        in_session=frozenset(
            device.id
            for device in estate.devices.values()
            if device.profile.kind.kind == CHARGER and _is_in_session(value(device.id, "state"))
        ),
        connected=frozenset(name for name, health in lines.items() if health.connected),
        alarms=alarms,
        coverage=coverage(estate, value if is_watched else _nothing, alarms, now, scene),
    )


def _nothing(_device: str, _point: str) -> None:
    """What is known of any point where nobody watches."""


def _good_number(found: LatestValue | None) -> float | None:
    if found is None or found.quality is not Quality.GOOD or isinstance(found.value, bool | str):
        return None
    return found.value


def _is_in_session(state: LatestValue | None) -> bool:
    return state is not None and state.quality is Quality.GOOD and state.value in IN_SESSION
