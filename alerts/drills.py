"""Drills: announced beforehand, they mark alarms and never suppress one. Pure.

A drill names parts, devices or a site, and one class of alarms. What a device says of itself comes
first: where it can tell that it is in test and does not, its alarm is real. Where a drill is on,
the test bit of a panel marks only what the drill names; all else that the panel reports is real.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alerts.errors import NotAllowedError
from device_configs.estate import Estate

LONGEST_MS = 2 * 3_600_000
"""A drill ends by itself after 2 h at the latest (design, section 1.10). [ms]"""


@dataclass(frozen=True)
class Drill:
    """One announced drill. Times are [ms since 1970, UTC]."""

    id: int
    owner: str
    """Who answers for it."""
    reason: str
    alarm_class: str
    """What is exercised; every other class stays real."""
    site: str | None
    """A site; everything below it is included."""
    devices: tuple[str, ...]
    """Devices with all their parts, or single parts."""
    starts_at: int
    ends_at: int
    created_by: str
    created_at: int
    ended_by: str | None = None

    def runs(self, at: int) -> bool:
        """Whether it is on."""
        return self.starts_at <= at < self.ends_at

    def names(self, device: str, sites: Iterable[str]) -> bool:
        """Whether it names a device or part, or a site it stands in."""
        root = device.partition("/")[0]
        return not {device, root}.isdisjoint(self.devices) or (
            self.site is not None and self.site in sites
        )


def check_drill(
    site: str | None, devices: Sequence[str], reason: str, starts_at: int, ends_at: int, now_ms: int
) -> None:
    """Hold a wanted drill against the limits.

    Raises:
        NotAllowedError: it names nothing, has no reason, is over, or is longer than 2 h.
    """
    if site is None and not devices:
        raise NotAllowedError("scope_missing")
    if not reason.strip():
        raise NotAllowedError("reason_missing")
    if ends_at <= max(starts_at, now_ms):
        raise NotAllowedError("window_too_short")
    if ends_at - starts_at > LONGEST_MS:
        raise NotAllowedError("drill_too_long")


def announced_from(starts_at: int, now_ms: int) -> int:
    """When a drill begins [ms, UTC]: nothing that has happened already becomes one."""
    return max(starts_at, now_ms)


@dataclass(frozen=True)
class Reported:
    """What is asked of one report of a device or part."""

    device: str
    sites: frozenset[str]
    alarm_class: str
    flagged: bool
    """Its own test bit, or that of the panel it hangs on, is set."""
    can_tell: bool
    """It, or the panel it hangs on, has a test bit."""
    at: int
    """Event time. [ms, UTC]"""
    received_at: int


def is_test(drills: Iterable[Drill], touching: Iterable[Drill], reported: Reported) -> bool:
    """Whether a report is a test.

    Args:
        drills: the announced ones.
        touching: those that name something of the device as a whole.
        reported: what is asked.
    """
    now = [drill for drill in drills if _both(drill, reported)]
    named = any(
        drill.alarm_class == reported.alarm_class and drill.names(reported.device, reported.sites)
        for drill in now
    )
    if reported.can_tell:
        announced = any(_both(drill, reported) for drill in touching)
        return reported.flagged and (named or not announced)
    return reported.flagged or named


def _both(drill: Drill, reported: Reported) -> bool:
    """What happened outside, or came too late to be believed, is real."""
    return drill.runs(reported.at) and drill.runs(reported.received_at)


class Announced:
    """The drills that are announced, found by device."""

    def __init__(self, estate: Estate, drills: Sequence[Drill] = ()) -> None:
        self.drills = tuple(drills)
        self._touching: Mapping[str, tuple[Drill, ...]] = _touching(estate, drills)

    def is_test(self, reported: Reported) -> bool:
        """Whether a report is a test."""
        touching = self._touching.get(reported.device.partition("/")[0], ())
        return is_test(self.drills, touching, reported)

    def covers(self, device: str, at: int) -> bool:
        """Whether a drill that is on names something of a device: its test is announced."""
        root = device.partition("/")[0]
        return any(drill.runs(at) for drill in self._touching.get(root, ()))

    def running(self, at: int) -> tuple[Drill, ...]:
        """Those that are on."""
        return tuple(drill for drill in self.drills if drill.runs(at))


def _touching(estate: Estate, drills: Sequence[Drill]) -> dict[str, tuple[Drill, ...]]:
    found: dict[str, list[Drill]] = {}
    for drill in drills:
        roots = {name.partition("/")[0] for name in drill.devices}
        if drill.site is not None:
            inside = estate.below(drill.site)
            for device in estate.devices.values():
                places = {device.place, *(part.place for part in device.parts.values())}
                if not places.isdisjoint(inside):
                    roots.add(device.id)
        for root in roots:
            found.setdefault(root, []).append(drill)
    return {root: tuple(touching) for root, touching in found.items()}
