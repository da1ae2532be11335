"""Maintenance windows: what is out of service, by whose word, until when. Pure."""

from dataclasses import dataclass

from alerts.alarm import Alarm
from alerts.errors import NotAllowedError
from alerts.holds import alarm_classes, protects_life

LONGEST_MS = 7 * 24 * 3_600_000
"""Longest window [ms] [P]."""
LONGEST_TWO_PERSONS_MS = 12 * 3_600_000
"""Longest window that takes classes which need two persons [ms] [P]."""
OWN_CLASS = "service"
"""The class of what sitewatch says of itself."""
SOONEST_END_MS = 60_000
"""Shortest window [ms]."""


@dataclass(frozen=True)
class Scope:
    """What a window takes: everything that is given must fit; classes and rules only narrow."""

    site: str | None = None
    """A site; everything below it is included."""
    devices: tuple[str, ...] = ()
    """Devices with all their parts, or single parts."""
    rules: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    def takes(self, alarm: Alarm) -> bool:
        """Whether an alarm is inside, whatever its class needs."""
        sites = {alarm.place, *(step.id for step in alarm.path)}
        root = alarm.device.partition("/")[0]
        return (
            (self.site is None or self.site in sites)
            and (not self.devices or not {alarm.device, root}.isdisjoint(self.devices))
            and (not self.rules or alarm.rule in self.rules)
            and (not self.classes or alarm.alarm_class in self.classes)
        )


@dataclass(frozen=True)
class Window:
    """One maintenance window. Times are [ms since 1970, UTC]."""

    id: int
    owner: str
    """Who answers for the work."""
    reason: str
    scope: Scope
    starts_at: int
    ends_at: int
    created_by: str
    created_at: int
    confirmed_by: str | None = None
    """The second person; without one, classes that need two persons stay in service."""
    confirmed_at: int | None = None
    ended_by: str | None = None

    def runs(self, now_ms: int) -> bool:
        """Whether it is on."""
        return self.starts_at <= now_ms < self.ends_at

    def note(self) -> str:
        """How an alarm's events name it."""
        return f"maintenance {self.id} ({self.owner}): {self.reason}"


def takes_out(window: Window, alarm: Alarm, now_ms: int) -> bool:
    """Whether a window holds an alarm now.

    Life safety and loss of its monitoring stay in service unless the window names their class and
    a second person has confirmed it; sitewatch's own alarms unless it names their class.
    """
    if not window.runs(now_ms) or not window.scope.takes(alarm):
        return False
    if alarm.alarm_class == OWN_CLASS and OWN_CLASS not in window.scope.classes:
        return False
    known = alarm_classes().get(alarm.alarm_class)
    if not protects_life(alarm) and not (known is not None and known.two_persons):
        return True
    return window.confirmed_by is not None and alarm.alarm_class in window.scope.classes


def needs_two_persons(scope: Scope) -> bool:
    """Whether a scope names a class that only two persons can take out of service."""
    classes = alarm_classes()
    return any(classes[name].two_persons for name in scope.classes if name in classes)


def check_window(scope: Scope, reason: str, starts_at: int, ends_at: int, now_ms: int) -> None:
    """Hold a wanted window against the limits.

    Raises:
        NotAllowedError: it names nothing, has no reason, is over, too short or too long.
    """
    if scope.site is None and not scope.devices:
        raise NotAllowedError("scope_missing")
    if not reason.strip():
        raise NotAllowedError("reason_missing")
    if ends_at - max(starts_at, now_ms) < SOONEST_END_MS:
        raise NotAllowedError("window_too_short")
    longest = LONGEST_TWO_PERSONS_MS if needs_two_persons(scope) else LONGEST_MS
    if ends_at - starts_at > longest:
        raise NotAllowedError("window_too_long")


def check_second_person(window: Window, person: str, now_ms: int) -> None:
    """Hold a confirmation against the rules.

    Raises:
        NotAllowedError: the window is over, or it is the person who made it, or its owner.
    """
    if now_ms >= window.ends_at:
        raise NotAllowedError("window_over")
    if _plain(person) in {_plain(window.created_by), _plain(window.owner)}:
        raise NotAllowedError("second_person")


def _plain(name: str) -> str:
    """A name however it was typed: `Li ` is `person:li`."""
    return name.strip().casefold().removeprefix("person:")
