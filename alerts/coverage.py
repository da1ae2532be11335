"""Coverage: which places are protected now, by fire detection and by elevator monitoring. Pure.

That a device is heard proves that it answers, not that it detects: for that somebody has to make it
report, every so often. Where tests are kept a note of, what was not tested in time is degraded.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from alerts.alarm import Alarm
from alerts.drills import Announced
from alerts.inhibition import unwatched
from alerts.proofs import ProofBook, Standing
from alerts.refusals import point_names, protects
from alerts.watch import has_test
from collectors.sample import Quality, Reason
from device_configs.estate import Device, Estate
from device_configs.kinds import FUNCTIONAL_TEST, Kind, System
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
    """Sorted keys: no_data, silent, in_test, drill, shielded, fault, monitoring_lost, refused,
    not_proven."""
    devices: tuple[str, ...]
    """The devices or parts that do not work; all of them where all work."""
    units: int = 0
    """How many devices or parts protect it, working or not."""
    proven: int = 0
    """Of these, those that were tested in time."""
    never_tested: int = 0
    """Of these, those of which no test is known."""
    oldest_proof: dt.date | None = None
    """The day of the oldest of their newest tests; None where no test is known."""
    heard_at: int | None = None
    """The oldest of their newest values [ms, UTC]; None where one was never heard."""


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
_NOT_PROVEN = "not_proven"
"""It answers, but nobody has tested it in time."""
_DRILL = "drill"
"""What it reports is marked as a test, and told to the duty desk only."""
_STILL_SEES = frozenset({_REFUSED, _NOT_PROVEN, _DRILL})
_TOO_LONG = "fire_test_too_long"
"""The rule whose alarm says that a test, announced or not, has lasted too long."""
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
    heard_at: int | None = None
    proof: Standing = field(default_factory=Standing)

    @property
    def blind(self) -> bool:
        """Whether it protects nobody; what only refuses some points still sees with the rest."""
        return bool(self.reasons - _STILL_SEES)

    def proven(self, today: dt.date) -> bool:
        """Whether it was tested in time."""
        return self.proof.due_on is not None and today <= self.proof.due_on


@dataclass(frozen=True)
class Scene:
    """What is known beside the values: of tests, and of drills."""

    today: dt.date = dt.date.min
    """The day in the estate's time zone."""
    book: ProofBook | None = None
    """Without it nothing is asked about tests."""
    drills: Announced | None = None


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


def _reasons(kind: str, device: str, latest: LatestLookup) -> tuple[set[str], int | None]:
    """Why a device does not work, and when it was heard [ms, UTC]."""
    seen = [latest(device, point) for point in _SEES.get(kind, ())]
    values = [one for one in seen if one is not None and one.value is not None]
    reasons: set[str] = set()
    if not values:
        reasons.add("no_data")
    elif all(one.quality in {Quality.STALE, Quality.MISSING} for one in values):
        reasons.add("silent")
    if _flag(latest, device, "test"):
        reasons.add("in_test")
    return reasons, max((one.received_at for one in values), default=None)


def _part_reasons(
    kind: str, device: str, latest: LatestLookup, promised: Iterable[str]
) -> tuple[set[str], int | None]:
    """A panel's `fault` or `shielded` speaks of some of its parts, a detector's of itself."""
    reasons, heard_at = _reasons(kind, device, latest)
    if _is_refused(latest, device, promised):
        reasons.add(_REFUSED)
    if kind in _DETECTORS:
        reasons |= {word for word in ("shielded", "fault") if _flag(latest, device, word)}
    return reasons, heard_at


class _Survey:
    """Looks at every device once."""

    def __init__(
        self,
        estate: Estate,
        latest: LatestLookup,
        alarmed: Mapping[str, frozenset[str]],
        scene: Scene,
        now_ms: int,
    ) -> None:
        self._estate = estate
        self._latest = latest
        self._alarmed = alarmed
        self._scene = scene
        self._now_ms = now_ms
        self._promised = _Promised()

    def units(self, device: Device) -> Iterator[_Unit]:
        """A device and its parts, as far as they protect a place."""
        profile, kind = device.profile, device.profile.kind
        if kind.system not in _SYSTEMS or kind.kind in _MANUAL:
            return
        points = self._promised.of(profile.id, kind, profile.points)
        own, heard_at = _part_reasons(kind.kind, device.id, self._latest, points)
        own |= self._alarmed.get(device.id, frozenset())
        tells = has_test(kind, profile.points)
        own = self._drilled(device.id, device.place, own, tells=tells)
        yield self._unit(device.id, kind, device.place, own, heard_at)
        parts = profile.parts
        if parts is None or parts.kind.system not in _SYSTEMS:
            return
        points = self._promised.of(profile.id, parts.kind, parts.points)
        inherited = own & {"in_test", "silent", "monitoring_lost"}
        if tells:
            inherited |= own & {_DRILL}
        tells = tells or has_test(parts.kind, parts.points)
        for part in device.parts.values():
            name = f"{device.id}/{part.id}"
            reasons, heard_at = _part_reasons(parts.kind.kind, name, self._latest, points)
            reasons |= self._alarmed.get(name, frozenset())
            reasons = self._drilled(name, part.place, reasons, tells=tells) | inherited
            yield self._unit(name, parts.kind, part.place, reasons, heard_at)

    def _drilled(self, device: str, place: str, reasons: set[str], *, tells: bool) -> set[str]:
        """A test that is announced, and not too long, still calls the desk; so does a drill."""
        drills = self._scene.drills
        if drills is None or not drills.drills:
            return reasons - {_TOO_LONG}
        announced = drills.covers(device, self._now_ms)
        if "in_test" in reasons and announced and _TOO_LONG not in reasons:
            return (reasons - {"in_test"}) | {_DRILL}
        if not tells and announced and self._named(device, place, drills):
            return (reasons - {_TOO_LONG}) | {_DRILL}
        return reasons - {_TOO_LONG}

    def _named(self, device: str, place: str, drills: Announced) -> bool:
        sites = [site.id for site in self._estate.path(place)]
        return any(one.names(device, sites) for one in drills.running(self._now_ms))

    def _unit(
        self, name: str, kind: Kind, place: str, reasons: set[str], heard_at: int | None
    ) -> _Unit:
        book = self._scene.book
        proof = book.standing(name, FUNCTIONAL_TEST) if book is not None else Standing()
        return _Unit(name, kind.kind, place, kind.system.value, frozenset(reasons), heard_at, proof)


def _alarmed(open_alarms: Iterable[Alarm]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for alarm in open_alarms:
        word = _TOO_LONG if alarm.rule == _TOO_LONG else _SILENCE.get(alarm.alarm_class)
        if word is not None and alarm.active:
            found[alarm.device] = found.get(alarm.device, frozenset()) | {word}
    return found


def _item(estate: Estate, units: list[_Unit], scene: Scene) -> PlaceCoverage:
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
    community = estate.community_of(units[0].place)
    reasons = frozenset({_REFUSED} if beside else ()).union(*(unit.reasons for unit in broken))
    heard = [unit.heard_at for unit in judged]
    tested = [day for unit in judged if (day := unit.proof.done_on) is not None]
    return PlaceCoverage(
        units[0].place,
        community.id if community is not None else None,
        units[0].system,
        state,
        tuple(sorted(reasons)),
        tuple(unit.id for unit in ([*broken, *beside] or judged)),
        len(judged),
        sum(unit.proven(scene.today) for unit in judged),
        sum(unit.proof.due_on is None and unit.proof.done_on is None for unit in judged),
        min(tested, default=None),
        None if None in heard else min(one for one in heard if one is not None),
    )


def _branch(estate: Estate, unit: _Unit) -> tuple[str, str]:
    community = estate.community_of(unit.place)
    return (community.id if community is not None else "", unit.system)


def _with_proof(estate: Estate, units: Iterable[_Unit], scene: Scene) -> Iterator[_Unit]:
    """Units that nobody tested in time say so, where their branch keeps a note of tests at all."""
    every = list(units)
    begun = {_branch(estate, unit) for unit in every if unit.proof != Standing()}
    for unit in every:
        lapsed = not unit.proven(scene.today) and _branch(estate, unit) in begun
        yield replace(unit, reasons=unit.reasons | {_NOT_PROVEN}) if lapsed else unit


def coverage(
    estate: Estate,
    latest: LatestLookup,
    open_alarms: Iterable[Alarm],
    now_ms: int,
    scene: Scene | None = None,
) -> tuple[PlaceCoverage, ...]:
    """Every place that has fire or elevator devices, with its protection at `now_ms`.

    A place is unprotected when none of its detectors works, degraded when some do not, or when one
    refuses safety points of its profile, is exercised in an announced drill, or was not tested in
    time, and still sees. What was never heard does not protect. The panel itself counts only where
    there is no detector. Age is judged by whoever fills `latest`: a value of quality `stale` is
    silence.
    """
    known, now = scene or Scene(), tuple(open_alarms)
    alarmed = _alarmed(now)
    for name in unwatched(estate, now):
        alarmed[name] = alarmed.get(name, frozenset()) | {"monitoring_lost"}
    survey = _Survey(estate, latest, alarmed, known, now_ms)
    units = (unit for device in estate.devices.values() for unit in survey.units(device))
    places: dict[tuple[str, str], list[_Unit]] = {}
    for unit in _with_proof(estate, units, known):
        places.setdefault((unit.place, unit.system), []).append(unit)
    return tuple(_item(estate, units, known) for _, units in sorted(places.items()))
