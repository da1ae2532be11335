"""Coverage: which places are protected now, by fire detection and by elevator monitoring. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from alerts.alarm import Alarm
from alerts.inhibition import unwatched
from alerts.refusals import point_names, protects
from collectors.sample import Quality, Reason
from device_configs.estate import Device, Estate
from device_configs.kinds import Kind, System
from device_configs.profile import ProfilePoint
from ingest.stores.store import LatestValue

LatestLookup = Callable[[str, str], LatestValue | None]
"""Device or part and point to its newest value; None where there is none."""


class Protection(StrEnum):
    """Whether a place is protected."""

    PROTECTED = "protected"
    DEGRADED = "degraded"
    UNPROTECTED = "unprotected"


@dataclass(frozen=True)
class PlaceCoverage:
    """A place and a system with its protection now."""

    place: str
    community: str | None
    system: str
    """`fire` or `elevator`."""
    state: Protection
    reasons: tuple[str, ...]
    """Sorted keys: no_data, silent, in_test, shielded, fault, monitoring_lost, refused."""
    devices: tuple[str, ...]
    """The devices or parts that do not work; all of them where all work."""


# What must have a value for a device to see anything; one of them is enough.
_SEES: Mapping[str, tuple[str, ...]] = {
    "fire_panel": ("fire",),
    "smoke_detector": ("smoke",),
    "gas_detector": ("gas_alarm", "gas_concentration"),
    "electrical_fire_detector": ("alarm", "residual_current_1", "cable_temperature_1"),
    "water_pressure": ("pressure",),
    "water_tank": ("level", "volume"),
    "elevator": ("entrapment", "occupied", "car_state", "service_mode", "fault_code"),
    "escalator": ("running", "fault_code"),
}
_DETECTORS = frozenset({"smoke_detector", "gas_detector", "electrical_fire_detector"})
_MANUAL = frozenset({"call_point"})
"""What detects nothing by itself protects no place."""
_SYSTEMS = frozenset({System.FIRE, System.ELEVATOR})
_REFUSED = "refused"
"""It sees, but not all that its profile promises: the device refuses safety points."""
_SILENCE = {"device_offline": "silent", "monitoring_lost": "monitoring_lost"}


@dataclass(frozen=True)
class _Unit:
    """One device or part that watches a place."""

    id: str
    kind: str
    place: str
    system: str
    reasons: frozenset[str]
    """Why it does not work; empty where it works."""

    @property
    def blind(self) -> bool:
        """Whether it protects nobody; what only refuses some points still sees with the rest."""
        return bool(self.reasons - {_REFUSED})


class _Promised:
    """The safety points that devices of a profile are to have, each profile looked at once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}

    def of(self, profile: str, kind: Kind, points: Mapping[str, ProfilePoint]) -> tuple[str, ...]:
        """Of a device or of its parts; a profile that names none may have all the kind's."""
        key = (profile, kind.kind)
        if key not in self._known:
            names = point_names(points) if points else kind.points
            self._known[key] = tuple(name for name in names if protects(kind.kind, name))
        return self._known[key]


def _is_refused(latest: LatestLookup, device: str, points: Iterable[str]) -> bool:
    found = (latest(device, point) for point in points)
    return any(
        one is not None and one.value is None and one.reason == Reason.REFUSED for one in found
    )


def _flag(latest: LatestLookup, device: str, point: str) -> bool:
    found = latest(device, point)
    return found is not None and found.value is True


def _reasons(kind: str, device: str, latest: LatestLookup) -> set[str]:
    seen = [latest(device, point) for point in _SEES.get(kind, ())]
    values = [one for one in seen if one is not None and one.value is not None]
    reasons: set[str] = set()
    if not values:
        reasons.add("no_data")
    elif all(one.quality in {Quality.STALE, Quality.MISSING} for one in values):
        reasons.add("silent")
    if _flag(latest, device, "test"):
        reasons.add("in_test")
    return reasons


def _part_reasons(
    kind: str, device: str, latest: LatestLookup, promised: Iterable[str]
) -> set[str]:
    """A panel's `fault` or `shielded` speaks of some of its parts, a detector's of itself."""
    reasons = _reasons(kind, device, latest)
    if _is_refused(latest, device, promised):
        reasons.add(_REFUSED)
    if kind in _DETECTORS:
        reasons |= {word for word in ("shielded", "fault") if _flag(latest, device, word)}
    return reasons


def _units(
    device: Device,
    latest: LatestLookup,
    alarmed: Mapping[str, frozenset[str]],
    promised: _Promised,
) -> Iterator[_Unit]:
    profile, kind = device.profile, device.profile.kind
    if kind.system not in _SYSTEMS or kind.kind in _MANUAL:
        return
    points = promised.of(profile.id, kind, profile.points)
    own = _part_reasons(kind.kind, device.id, latest, points)
    own |= alarmed.get(device.id, frozenset())
    yield _Unit(device.id, kind.kind, device.place, kind.system.value, frozenset(own))
    parts = profile.parts
    if parts is None or parts.kind.system not in _SYSTEMS:
        return
    points = promised.of(profile.id, parts.kind, parts.points)
    inherited = own & {"in_test", "silent", "monitoring_lost"}
    for part in device.parts.values():
        name = f"{device.id}/{part.id}"
        reasons = _part_reasons(parts.kind.kind, name, latest, points)
        reasons |= inherited | alarmed.get(name, frozenset())
        yield _Unit(name, parts.kind.kind, part.place, parts.kind.system.value, frozenset(reasons))


def _alarmed(open_alarms: Iterable[Alarm]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for alarm in open_alarms:
        word = _SILENCE.get(alarm.alarm_class)
        if word is not None and alarm.active:
            found[alarm.device] = found.get(alarm.device, frozenset()) | {word}
    return found


def _item(estate: Estate, place: str, system: str, units: list[_Unit]) -> PlaceCoverage:
    detectors = [unit for unit in units if unit.kind in _DETECTORS]
    judged = detectors or units
    # A panel is not judged beside its detectors, but what it refuses is missing all the same.
    others = [unit for unit in units if unit.kind not in _DETECTORS] if detectors else []
    beside = [unit for unit in others if _REFUSED in unit.reasons]
    broken = [unit for unit in judged if unit.reasons]
    if not broken and not beside:
        state = Protection.PROTECTED
    else:
        blind = all(unit.blind for unit in judged)
        state = Protection.UNPROTECTED if blind else Protection.DEGRADED
    community = estate.community_of(place)
    reasons = frozenset({_REFUSED} if beside else ()).union(*(unit.reasons for unit in broken))
    devices = tuple(unit.id for unit in ([*broken, *beside] or judged))
    name = community.id if community is not None else None
    return PlaceCoverage(place, name, system, state, tuple(sorted(reasons)), devices)


def coverage(
    estate: Estate, latest: LatestLookup, open_alarms: Iterable[Alarm], now_ms: int
) -> tuple[PlaceCoverage, ...]:
    """Every place that has fire or elevator devices, with its protection at `now_ms`.

    A place is unprotected when none of its detectors works, degraded when some do not, or when a
    device there refuses safety points of its profile and still sees with others. What was never
    heard does not protect. The panel itself counts only where there is no detector. Age is
    judged by whoever fills `latest`: a value of quality `stale` is silence.
    """
    now = tuple(open_alarms)
    alarmed = _alarmed(now)
    for name in unwatched(estate, now):
        alarmed[name] = alarmed.get(name, frozenset()) | {"monitoring_lost"}
    promised = _Promised()
    places: dict[tuple[str, str], list[_Unit]] = {}
    for device in estate.devices.values():
        for unit in _units(device, latest, alarmed, promised):
            places.setdefault((unit.place, unit.system), []).append(unit)
    return tuple(
        _item(estate, place, system, units) for (place, system), units in sorted(places.items())
    )
