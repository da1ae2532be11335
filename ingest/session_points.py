"""Which devices and parts have charging sessions, and what a sample says of them."""

from dataclasses import dataclass

from collectors.sample import Quality, Sample, Value
from device_configs.estate import Estate
from ingest.counter_book import AHEAD_MS, EARLIEST_MS, MOST
from ingest.counter_terms import Changes, counter_of
from ingest.counters import Terms, to_count
from ingest.interval_tables import Series
from ingest.sessions import Seen, Status

KIND = "ev_charger"
ENERGY, TOLD, STATE, PLUGGED, CHARGING = (
    "active_energy_total", "session_energy", "state", "plugged", "charging",
)  # fmt: skip
_STATUS = {
    "available": Status.FREE,
    "connected": Status.PLUGGED,
    "charging": Status.CHARGING,
    "suspended": Status.PAUSED,
    "finished": Status.FULL,
    "fault": Status.FAULT,
    "unavailable": Status.OUT,
}
"""The values of the kind's `state`."""


@dataclass(frozen=True, slots=True)
class Connector:
    """Where a car can be plugged in: a pile, or a part of one that has several."""

    device: str
    terms: Terms | None
    """Those of its counter; None where it has none."""
    states: frozenset[str]
    """The points that say what it does."""

    @property
    def by_energy(self) -> bool:
        """Whether only its counter tells of sessions."""
        return not self.states


def connectors(estate: Estate, changes: Changes | None = None) -> dict[str, Connector]:
    """All connectors of an estate, by device or part; their counters with the meter changes."""
    swapped: Changes = changes or {}
    found = {}
    for device in estate.devices.values():
        profile = device.profile
        parts = profile.parts
        if parts is not None and device.parts and parts.kind.kind == KIND:
            own = frozenset(parts.points)
            if own & {STATE, PLUGGED, CHARGING, ENERGY}:
                for part in device.parts:
                    one = _connector(estate, f"{device.id}/{part}", own, swapped)
                    found[one.device] = one
                continue
        if profile.kind.kind == KIND:
            one = _connector(estate, device.id, frozenset(profile.points), swapped)
            if one.states or one.terms is not None:
                found[one.device] = one
    return found


def _connector(estate: Estate, name: str, points: frozenset[str], changes: Changes) -> Connector:
    own = changes.get(Series(name, ENERGY), ())
    counter = counter_of(estate, name, ENERGY, own) if ENERGY in points else None
    states = frozenset({STATE}) if STATE in points else points & {PLUGGED, CHARGING}
    return Connector(name, None if counter is None else counter.terms, states)


def seen_of(connector: Connector, sample: Sample) -> Seen | None:
    """What a sample says of a connector; None where that is nothing."""
    if not EARLIEST_MS <= sample.at <= sample.received_at + AHEAD_MS:
        return None
    values = sample.values
    said = connector.states & values.keys()
    good = {name for name in said if sample.quality(name) is Quality.GOOD}
    lost = any(sample.quality(name) is Quality.MISSING for name in said)
    status = _STATUS.get(str(values[STATE])) if STATE in good else None
    plugged, charging = (
        bool(values[name]) if name in good else None for name in (PLUGGED, CHARGING)
    )
    count, told = (_energy(sample, name) for name in (ENERGY, TOLD))
    if connector.terms is None:
        count = None
    if not (good or lost) and count is None and told is None:
        return None
    if status is not None or not lost:
        return Seen(sample.at, status, plugged, charging, False, count, told)
    return Seen(sample.at, lost=True, count=count, told=told)


def _energy(sample: Sample, point: str) -> int | None:
    value: Value = sample.values.get(point)
    if value is None or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if sample.quality(point) is not Quality.GOOD or not abs(value) <= MOST:
        return None
    return to_count(value, "active_energy")
