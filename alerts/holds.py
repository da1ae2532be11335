"""Holds: who may put an alarm aside, and for how long (OPC UA Part 9 in our words). Pure."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from alerts.alarm import Alarm, Severity, Shelf
from alerts.errors import NotAllowedError
from alerts.rule import AlarmClass
from alerts.rules import load_classes

LONGEST_REASON = 500
"""Characters of a reason."""


@cache
def alarm_classes() -> Mapping[str, AlarmClass]:
    """The classes of alarms, read once."""
    return MappingProxyType(load_classes())


def is_life_safety(alarm_class: str, severity: Severity, *, latched: bool = False) -> bool:
    """Whether people may be in danger: by class, as an emergency, or as one that latches."""
    known = alarm_classes().get(alarm_class)
    return latched or severity is Severity.EMERGENCY or (known is not None and known.life_safety)


def protects_life(alarm: Alarm) -> bool:
    """Whether an alarm is one of life safety."""
    return is_life_safety(alarm.alarm_class, alarm.severity, latched=alarm.latched)


def max_time_shelved_ms(alarm: Alarm) -> int | None:
    """How long an alarm may be shelved [ms] (OPC UA: MaxTimeShelved); None: not at all."""
    known = alarm_classes().get(alarm.alarm_class)
    if known is None or known.shelve_max is None or protects_life(alarm):
        return None
    return round(known.shelve_max * 1000)


def shelf_for(
    alarm: Alarm, by: str, reason: str, now_ms: int, *, duration_ms: int | None, once: bool
) -> Shelf:
    """The shelf a person asks for; without a duration as long as the class allows.

    Raises:
        NotAllowedError: life safety, closed, longer than the class allows, or without a reason.
    """
    longest = max_time_shelved_ms(alarm)
    if longest is None:
        raise NotAllowedError("shelve_never")
    if not alarm.open:
        raise NotAllowedError("not_open")
    if not reason.strip():
        raise NotAllowedError("reason_missing")
    wanted = longest if duration_ms is None else duration_ms
    if not 0 < wanted <= longest:
        raise NotAllowedError("shelve_too_long")
    return Shelf(now_ms + wanted, once, by, reason.strip())
