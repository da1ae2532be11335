"""Coverage: which places are protected now, by fire detection and by elevator monitoring. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from alerts.alarm import Alarm
from collectors.sample import Quality
from device_configs.estate import Device, Estate
from device_configs.kinds import System
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
    """Sorted keys: no_data, silent, in_test, shielded, fault, monitoring_lost."""
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
_SYSTEMS = frozenset({System.FIRE, System.ELEVATOR})
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


def _part_reasons(kind: str, device: str, latest: LatestLookup) -> set[str]:
    """A panel's `fault` or `shielded` speaks of some of its parts, a detector's of itself."""
    reasons = _reasons(kind, device, latest)
    if kind in _DETECTORS:
        reasons |= {word for word in ("shielded", "fault") if _flag(latest, device, word)}
    return reasons


def _units(
    device: Device, latest: LatestLookup, alarmed: Mapping[str, frozenset[str]]
) -> Iterator[_Unit]:
    kind = device.profile.kind
    if kind.system not in _SYSTEMS:
        return
    own = _part_reasons(kind.kind, device.id, latest) | alarmed.get(device.id, frozenset())
    yield _Unit(device.id, kind.kind, device.place, kind.system.value, frozenset(own))
    parts = device.profile.parts
    if parts is None or parts.kind.system not in _SYSTEMS:
        return
    inherited = own & {"in_test", "silent", "monitoring_lost"}
    for part in device.parts.values():
        name = f"{device.id}/{part.id}"
        reasons = _part_reasons(parts.kind.kind, name, latest)
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
    broken = [unit for unit in judged if unit.reasons]
    if not broken:
        state = Protection.PROTECTED
    else:
        state = Protection.UNPROTECTED if len(broken) == len(judged) else Protection.DEGRADED
    community = estate.community_of(place)
    reasons = frozenset[str]().union(*(unit.reasons for unit in broken))
    devices = tuple(unit.id for unit in (broken or judged))
    name = community.id if community is not None else None
    return PlaceCoverage(place, name, system, state, tuple(sorted(reasons)), devices)


def coverage(
    estate: Estate, latest: LatestLookup, open_alarms: Iterable[Alarm], now_ms: int
) -> tuple[PlaceCoverage, ...]:
    """Every place that has fire or elevator devices, with its protection at `now_ms`.

    A place is unprotected when none of its detectors works, degraded when some do not. What was
    never heard does not protect. The panel itself counts only where there is no detector. Age is
    judged by whoever fills `latest`: a value of quality `stale` is silence.
    """
    alarmed = _alarmed(open_alarms)
    places: dict[tuple[str, str], list[_Unit]] = {}
    for device in estate.devices.values():
        for unit in _units(device, latest, alarmed):
            places.setdefault((unit.place, unit.system), []).append(unit)
    return tuple(
        _item(estate, place, system, units) for (place, system), units in sorted(places.items())
    )
