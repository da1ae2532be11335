"""The alarm as everyone outside the engine sees it, and the steps of its life."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from collectors.sample import Value
from device_configs.quantities import Label


class Severity(StrEnum):
    """How much an alarm matters, worst first."""

    EMERGENCY = "emergency"
    HIGH = "high"
    MEDIUM = "medium"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for an emergency; what is smaller is sent first."""
        return tuple(Severity).index(self)


class AlarmQuality(StrEnum):
    """Whether the point behind an alarm has data now."""

    GOOD = "good"
    UNKNOWN = "unknown"


class Hold(StrEnum):
    """Why nobody is told of an alarm that is judged, recorded and shown all the same."""

    SHELVED = "shelved"
    """A person put it aside for a time (OPC UA Part 9: ShelvingState)."""
    INHIBITED = "inhibited"
    """What it hangs on is down, and has an alarm of its own (SuppressedState)."""
    OUT_OF_SERVICE = "out_of_service"
    """Under maintenance, with an owner and an end (OutOfServiceState)."""


class Transition(StrEnum):
    """A step in an alarm's life; each is one event row, and what a route can ask for."""

    RAISED = "raised"
    RERAISED = "reraised"
    """Active again before it was cleared; unacknowledged again."""
    BECAME_REAL = "became_real"
    """It was a test alarm, and then the same part reported outside of a test."""
    RETURNED = "returned"
    """Back to normal, not yet acknowledged."""
    LATCHED = "latched"
    """Back to normal, and held until acknowledged and reset."""
    CLEARED = "cleared"
    QUALITY_LOST = "quality_lost"
    QUALITY_BACK = "quality_back"
    ACKNOWLEDGED = "acknowledged"
    RESET = "reset"
    FOUND = "found"
    """Somebody has noted what was found on site; the value of the event says it."""
    ESCALATED = "escalated"
    """Nobody has acknowledged for so long that the next are told; the value is the step."""
    WITHDRAWN = "withdrawn"
    """Its rule or device is no longer in the estate."""
    SHELVED = "shelved"
    UNSHELVED = "unshelved"
    INHIBITED = "inhibited"
    UNINHIBITED = "uninhibited"
    OUT_OF_SERVICE = "out_of_service"
    IN_SERVICE = "in_service"
    RELEASED = "released"
    """The last hold is gone and it is still active: told as if it were new."""
    CHATTER_BEGAN = "chatter_began"
    CHATTER_ENDED = "chatter_ended"
    RESCUE_ON_THE_WAY = "rescue_on_the_way"
    RESCUE_ON_SITE = "rescue_on_site"
    RESCUE_RELEASED = "rescue_released"
    """The people who were trapped are out."""
    RESCUE_LATE = "rescue_late"
    """Nobody was on site in time."""


ANNOUNCES = frozenset({Transition.RAISED, Transition.RERAISED, Transition.BECAME_REAL})
"""Steps with which somebody is called: active, and unacknowledged."""
NORMAL_AGAIN = frozenset({Transition.RETURNED, Transition.LATCHED, Transition.CLEARED})
"""Steps with which the condition is gone, whatever of the alarm stays."""


class Finding(StrEnum):
    """What an alarm turned out to be."""

    REAL = "real"
    FALSE_ALARM = "false_alarm"
    """Nothing was wrong, and nothing was broken."""
    DEVICE_FAULT = "device_fault"
    """The device that told it is at fault."""
    TEST = "test"
    """Somebody tested without an announcement."""
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class SiteName:
    """One step of the path to a place."""

    id: str
    name: Label


@dataclass(frozen=True)
class Subject:
    """What an alarm is about, as it was named when the alarm was raised."""

    device: str
    """`device` or `device/part`."""
    kind: str
    name: Label
    place: str
    path: tuple[SiteName, ...]
    """From the community down to the place."""
    unplaced: bool = False
    """Not in the estate; it stands at its parent's place."""
    community: str = ""
    """The nearest community, whose duty desk it is; empty for what belongs to the whole estate."""
    building: str = ""
    """The nearest building, or the community where there is none: alarms are grouped by it."""


def state_name(*, active: bool, acked: bool, latched: bool) -> str:
    """The one word shown for the three flags."""
    if active:
        return "active_acked" if acked else "active_unacked"
    if latched:
        return "latched_acked" if acked else "latched_unacked"
    return "cleared" if acked else "returned_unacked"


@dataclass(frozen=True)
class Shelf:
    """Who put an alarm aside, until when and why. Times are [ms since 1970, UTC]."""

    until: int
    once: bool
    """Only until it returns to normal, at the latest `until` (OPC UA: OneShotShelved)."""
    by: str
    reason: str


@dataclass(frozen=True)
class Rescue:
    """The clock of the rescue of people who are trapped. Times are [ms since 1970, UTC]."""

    since: int
    """When the alarm was raised."""
    due_at: int
    """When somebody has to be on site at the latest."""
    on_the_way_at: int | None = None
    on_site_at: int | None = None
    released_at: int | None = None
    late: bool = False
    """Nobody was on site in time; it stays so."""

    @property
    def over(self) -> bool:
        """Whether the people are out."""
        return self.released_at is not None

    def overdue(self, now_ms: int) -> bool:
        """Whether somebody has to be on site and nobody is."""
        return self.on_site_at is None and self.released_at is None and now_ms > self.due_at


@dataclass(frozen=True)
class VendorFault:
    """What the maker of a device says of the fault code that raised an alarm."""

    code: str
    """As the maker writes it."""
    text: Label
    fault_class: str | None
    """A value of `FaultClass`; None where the table does not have the code."""
    vendor_class: str | None
    """How the maker himself classes it, where the table says so."""
    table: str
    """The table of `fault_codes/` that says it."""


@dataclass(frozen=True)
class Alarm:
    """One alarm with its present state. Times are [ms since 1970, UTC]."""

    id: int
    rule: str
    title: Label
    alarm_class: str
    severity: Severity
    device: str
    device_name: Label
    kind: str
    point: str
    place: str
    path: tuple[SiteName, ...]
    unplaced: bool
    active: bool
    acked: bool
    latched: bool
    quality: AlarmQuality
    held: tuple[str, ...]
    """Sorted values of `Hold`."""
    test: bool
    occurrences: int
    value: Value
    """The value that made it active the last time."""
    raised_at: int
    updated_at: int
    acked_by: str | None = None
    acked_at: int | None = None
    cleared_at: int | None = None
    note: str | None = None
    community: str = ""
    group: int = 0
    """Number of the first alarm of its group: its own where it is the first."""
    chattering: bool = False
    shelf: Shelf | None = None
    rescue: Rescue | None = None
    vendor: VendorFault | None = None

    @property
    def first_in_group(self) -> bool:
        """Whether its group began with it (OPC UA: FirstInGroup)."""
        return self.group in {0, self.id}

    @property
    def open(self) -> bool:
        """Whether it still wants something: active, unacknowledged or latched."""
        return self.active or not self.acked or self.latched

    @property
    def state(self) -> str:
        """The derived state, as `AlarmItem.state` lists them."""
        return state_name(active=self.active, acked=self.acked, latched=self.latched)


def told(alarm: Alarm) -> bool:
    """Whether people are told of an alarm now, and escalation runs: nothing holds it."""
    return not alarm.held


@dataclass(frozen=True)
class AlarmEvent:
    """One step in an alarm's life. Times are [ms since 1970, UTC]."""

    id: int
    alarm: int
    at: int
    event: str
    actor: str | None
    note: str | None
    source_at: int | None
    """The device's own clock, where the step came from a sample that had one."""
    value: Value = None


def iso(moment: int | None) -> str | None:
    """A moment [ms, UTC] as ISO 8601 with zone; None stays None."""
    if moment is None:
        return None
    return dt.datetime.fromtimestamp(moment / 1000, dt.UTC).isoformat(timespec="milliseconds")


def _both(label: Label) -> dict[str, str]:
    return {"zh": label.zh, "en": label.en}


def shelving_state(alarm: Alarm) -> str:
    """The state of the shelf, as OPC UA Part 9 names it."""
    if alarm.shelf is None or Hold.SHELVED not in alarm.held:
        return "Unshelved"
    return "OneShotShelved" if alarm.shelf.once else "TimedShelved"


def _holds_json(alarm: Alarm) -> Mapping[str, object]:
    shelf = alarm.shelf
    return {
        "shelving_state": shelving_state(alarm),
        "shelved_until": iso(shelf.until) if shelf else None,
        "shelved_by": shelf.by if shelf else None,
        "shelved_reason": shelf.reason if shelf else None,
        "suppressed_or_shelved": not told(alarm),
    }


def _rescue_json(rescue: Rescue | None) -> Mapping[str, object] | None:
    if rescue is None:
        return None
    return {
        "since": iso(rescue.since),
        "due_at": iso(rescue.due_at),
        "on_the_way_at": iso(rescue.on_the_way_at),
        "on_site_at": iso(rescue.on_site_at),
        "released_at": iso(rescue.released_at),
        "late": rescue.late,
    }


def _vendor_json(vendor: VendorFault | None) -> Mapping[str, object] | None:
    if vendor is None:
        return None
    return {
        "code": vendor.code,
        "text": _both(vendor.text),
        "fault_class": vendor.fault_class,
        "vendor_class": vendor.vendor_class,
        "table": vendor.table,
    }


def to_json(alarm: Alarm) -> Mapping[str, object]:
    """The alarm object of the HTTP interface and the webhook (fields of `AlarmItem`)."""
    return {
        "id": alarm.id,
        "rule": alarm.rule,
        "title": _both(alarm.title),
        "alarm_class": alarm.alarm_class,
        "severity": alarm.severity.value,
        "device": alarm.device,
        "device_name": _both(alarm.device_name),
        "point": alarm.point,
        "place": alarm.place,
        "place_path": [_both(step.name) for step in alarm.path],
        "unplaced": alarm.unplaced,
        "state": alarm.state,
        "active": alarm.active,
        "acked": alarm.acked,
        "latched": alarm.latched,
        "quality": alarm.quality.value,
        "held": list(alarm.held),
        "test": alarm.test,
        "occurrences": alarm.occurrences,
        "value": alarm.value,
        "raised_at": iso(alarm.raised_at),
        "updated_at": iso(alarm.updated_at),
        "acked_by": alarm.acked_by,
        "acked_at": iso(alarm.acked_at),
        "cleared_at": iso(alarm.cleared_at),
        "note": alarm.note,
        "group": alarm.group or alarm.id,
        "first_in_group": alarm.first_in_group,
        "chattering": alarm.chattering,
        "rescue": _rescue_json(alarm.rescue),
        "vendor": _vendor_json(alarm.vendor),
        **_holds_json(alarm),
    }
