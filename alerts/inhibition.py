"""What hangs on what: a dead gateway or line is told once, and not again for each device behind it.

Only alarms of silence are inhibited: of a fire, a gas leak or people in a lift nothing behind a
gateway ever is. Where the devices behind it protect people, the gateway or line has an alarm of
its own that names devices and places, and only that alarm inhibits theirs. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alerts.alarm import Alarm, Severity
from alerts.holds import is_life_safety
from collectors.modbus_links import LINKS, transport_of
from device_configs.estate import Device, Estate

LINE = "line_silent"
"""The rule of a line none of whose devices protects people."""
PROTECTION = "monitoring_lost_behind"
"""The rule of a gateway or line whose devices protect people."""
RULES = frozenset({LINE, PROTECTION})
SILENCES = frozenset({"device_offline", "monitoring_lost"})
"""The classes of alarms that a parent's can stand for."""
LOST = "monitoring_lost"

_MARGIN_MS = 1000
_LONGEST_DELAY_MS = 90_000
"""How much later than by itself a device behind a gateway may count as silent [ms] [P]."""
_LONGEST_GRACE_MS = 300_000
"""How long a device may still be silent after what it hangs on is back [ms] [P]."""
_NAMED = 8


@dataclass(frozen=True)
class Parent:
    """A gateway, or a line that several devices share."""

    id: str
    """The device, or the name of the line as `GET lines` gives it."""
    is_line: bool
    children: tuple[str, ...]


@dataclass(frozen=True)
class Topology:
    """Parents and children of an estate."""

    parents: Mapping[str, Parent]
    above: Mapping[str, tuple[str, ...]]
    """Device to the parents it hangs on."""


def line_of(device: Device) -> str | None:
    """The line that a polled device shares with others; None for what reports by itself."""
    if not isinstance(device.link, tuple(LINKS.values())):
        return None
    return str(transport_of(device))


def topology(estate: Estate) -> Topology:
    """Who hangs on whom: by `via` of the estate, and by the line of polled devices."""
    lines: dict[str, list[str]] = {}
    behind: dict[str, list[str]] = {}
    for device in estate.devices.values():
        line = line_of(device)
        if line is not None:
            lines.setdefault(line, []).append(device.id)
        if device.entry.via is not None:
            behind.setdefault(device.entry.via, []).append(device.id)
    # The one device of a line is the line.
    parents = {name: Parent(name, True, tuple(on)) for name, on in lines.items() if len(on) > 1}
    parents |= {name: Parent(name, False, tuple(on)) for name, on in behind.items()}
    above: dict[str, tuple[str, ...]] = {}
    for parent in parents.values():
        for child in parent.children:
            above[child] = (*above.get(child, ()), parent.id)
    return Topology(parents, above)


def may_inhibit(alarm_class: str, severity: Severity, *, silence: bool) -> bool:
    """Whether an alarm can be inhibited at all."""
    return silence and alarm_class in SILENCES and not is_life_safety(alarm_class, severity)


def is_line_silent(heard: Iterable[tuple[int, int]], at: int) -> bool:
    """Whether a line is silent at a moment [ms]: nobody is heard, and two or more are overdue.

    Args:
        heard: of each device when it was last heard and how long it may be silent [ms].
        at: the moment [ms].
    """
    known = tuple(heard)
    overdue = sum(at - last > after for last, after in known)
    if overdue < 2:
        return False
    return at - max(last for last, _ in known) > min(after for _, after in known)


def line_due(heard: Iterable[tuple[int, int]]) -> int:
    """The earliest moment at which a line can be silent [ms]."""
    known = tuple(heard)
    return max(last for last, _ in known) + min(after for _, after in known)


def child_after_ms(own_ms: int, poll_ms: int, parent_ms: int | None) -> int:
    """How long a device with a parent may be silent [ms], so that the parent is told first.

    Args:
        own_ms: how long it may be silent by itself.
        poll_ms: how often it is polled; 0 for what reports by itself.
        parent_ms: how long its gateway takes to count as down; None on a shared line, whose
            silence is that of its devices, seen up to one poll apart.
    """
    if parent_ms is None:
        return own_ms + poll_ms + _MARGIN_MS
    wanted = parent_ms + poll_ms + _MARGIN_MS
    return max(own_ms, min(wanted, own_ms + _LONGEST_DELAY_MS))


def grace_ms(poll_ms: int) -> int:
    """How long after the return of its parent a device is given to be heard itself [ms]."""
    return min(poll_ms + _MARGIN_MS, _LONGEST_GRACE_MS)


def common_site(estate: Estate, places: Sequence[str]) -> str:
    """The lowest site that all these places are in."""
    paths = [[node.id for node in estate.path(place)] for place in places if place in estate.sites]
    if not paths:
        return estate.id
    shared = [steps[0] for steps in zip(*paths, strict=False) if len(set(steps)) == 1]
    return shared[-1] if shared else estate.id


def in_words(estate: Estate, devices: Sequence[str]) -> str:
    """Devices, how many parts they have, the places they protect: `1 (+242): panel-1 @ hall`."""
    known = [estate.devices[name] for name in devices if name in estate.devices]
    parts = sum(len(device.parts) for device in known)
    places: dict[str, None] = {}
    for device in known:
        places[device.place] = None
        places.update(dict.fromkeys(part.place for part in device.parts.values()))
    count = f"{len(known)} (+{parts})" if parts else str(len(known))
    return f"{count}: {_some([one.id for one in known])} @ {_some(list(places))}"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join([*names[:_NAMED], *([f"+{more}"] if more > 0 else [])])


def unwatched(estate: Estate, open_alarms: Iterable[Alarm]) -> frozenset[str]:
    """The devices behind gateways and lines whose monitoring is lost now."""
    lost = [alarm for alarm in open_alarms if alarm.rule == PROTECTION and alarm.active]
    if not lost:
        return frozenset()
    parents = topology(estate).parents
    names = (alarm.point or alarm.device for alarm in lost)
    found = (parents[name].children for name in names if name in parents)
    return frozenset(child for children in found for child in children)
