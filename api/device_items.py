"""Devices as the interface shows them: what the estate says, and how well they answer now."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from alerts.alarm import Alarm
from api.estate_index import EstateIndex
from api.items import moment
from api.schemas import DeviceDetail, DeviceSummary, Labelled, PartInfo, PointInfo
from collectors.driver import DeviceHealth, LineHealth
from device_configs.estate import Device, local_day
from device_configs.kinds import Kind, PointSpec, Speed
from device_configs.profile import ProfilePoint
from device_configs.quantities import Label

_SECRET = ("password", "secret", "token", "key")


class DevicesNow:
    """What is known at this moment about all devices."""

    def __init__(
        self,
        index: EstateIndex,
        lines: Sequence[LineHealth],
        heard_at: Callable[[str], int | None],
        alarms: Sequence[Alarm],
        now_ms: int,
    ) -> None:
        self.index = index
        self.day = local_day(index.estate, moment(now_ms))
        """The day in the estate's time zone, for what is dated."""
        self.health: dict[str, DeviceHealth] = {}
        self.line: dict[str, str] = {}
        """Device to the line it is read on."""
        for line in lines:
            for health in line.devices:
                self.health[health.device] = health
                self.line[health.device] = line.line
        self.heard_at = heard_at
        """When a device was last heard. [ms, UTC]"""
        self.alarms = Counter(alarm.device for alarm in alarms)
        """Open alarms by device or part."""
        self.alarms_below = Counter(alarm.device.partition("/")[0] for alarm in alarms)
        """Open alarms by device, its parts included."""


def both(label: Label) -> Labelled:
    """A label in its languages."""
    return {"zh": label.zh, "en": label.en}


def to_summary(device: Device, now: DevicesNow) -> DeviceSummary:
    """A device as a row of the list."""
    return DeviceSummary.model_validate(_summary(device, now))


def _summary(device: Device, now: DevicesNow) -> dict[str, object]:
    profile, kind, entry = device.profile, device.profile.kind, device.entry
    health = now.health.get(device.id)
    heard_at = now.heard_at(device.id)
    return {
        "id": device.id,
        "name": both(device.name),
        "kind": kind.kind,
        "kind_label": both(kind.label),
        "system": kind.system.value,
        "profile": profile.id,
        "vendor": profile.vendor,
        "model": profile.model,
        "verified": profile.verified.value,
        "place": device.place,
        "community": now.index.community_of(device.place),
        "connected": health.connected if health else None,
        "reason": health.reason if health else None,
        "last_seen_at": None if heard_at is None else moment(heard_at),
        "interval_s": device.interval_s,
        "parts": len(device.parts),
        "alarms": now.alarms_below[device.id],
        "rating_w": None if entry.rating_w is None else entry.rating_w.on(now.day),
        "floors": None if entry.elevator is None else entry.elevator.floors,
        "safety_points": _safety_points(kind, profile.points),
        "part_safety_points": [
            name for parts in (profile.parts,) if parts
            for name in _safety_points(parts.kind, parts.points)
        ],
    }  # fmt: skip


def _safety_points(kind: Kind, points: Mapping[str, ProfilePoint]) -> list[str]:
    """The points at safety speed that a profile names: all of them must be known to be normal."""
    found: list[str] = []
    for point in points.values():
        if not point.mapping.bits:
            if point.spec.speed is Speed.SAFETY:
                found.append(point.name)
            continue
        specs = ((name, kind.point(name)) for name in point.mapping.bits.values())
        found += [name for name, spec in specs if spec and spec.speed is Speed.SAFETY]
    return found


def _detail(device: Device, now: DevicesNow) -> dict[str, object]:
    profile, health = device.profile, now.health.get(device.id)
    return {
        "link": _link(device),
        "protocol": profile.protocol,
        "line": now.line.get(device.id),
        "refused": dict(health.refused) if health else {},
        "source": profile.source,
        "note": device.entry.note or profile.note,
    }


def is_secret(name: str) -> bool:
    """Whether a setting of this name may hold what nobody is to read."""
    return any(word in name.lower() for word in _SECRET)


def _link(device: Device) -> str:
    """The link as one line; whatever could be a secret is left out."""
    parameters = device.link.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    shown = (f"{name}={value}" for name, value in parameters.items() if not is_secret(name))
    return " ".join((device.link_name, *shown))


def to_detail(
    device: Device, now: DevicesNow, heard: Iterable[str], visible: frozenset[str]
) -> DeviceDetail:
    """A device whole; `heard` are the full ids of its parts that were heard of."""
    parts = device.profile.parts
    detail = {
        "points": _points(device.profile.kind, device.profile.points),
        "part_points": _points(parts.kind, parts.points) if parts else [],
        "part_list": [part for part in _part_list(device, heard) if part.place in visible],
    }
    return DeviceDetail.model_validate(_summary(device, now) | _detail(device, now) | detail)


def to_part_detail(device: Device, part: str, now: DevicesNow) -> DeviceDetail:
    """A part as if it were a device; how well it answers is its parent's matter."""
    parts = device.profile.parts
    kind = parts.kind if parts else device.profile.kind
    full, given = f"{device.id}/{part}", device.parts.get(part)
    name = given.name if given and given.name else Label(zh=full, en=full)
    own = {
        "id": full,
        "name": both(name),
        "kind": kind.kind,
        "kind_label": both(kind.label),
        "system": kind.system.value,
        "place": given.place if given else device.place,
        "parts": 0,
        "refused": _refused_of(part, now.health.get(device.id)),
        "alarms": now.alarms[full],
        "safety_points": _safety_points(kind, parts.points if parts else device.profile.points),
        "part_safety_points": [],
        "points": _points(kind, parts.points if parts else device.profile.points),
        "part_points": [],
        "part_list": [],
    }
    own["community"] = now.index.community_of(str(own["place"]))
    return DeviceDetail.model_validate(_summary(device, now) | _detail(device, now) | own)


def _refused_of(part: str, health: DeviceHealth | None) -> dict[str, str]:
    """What of a part its device refuses: `p017/smoke` there is `smoke` here."""
    refused = health.refused.items() if health else ()
    return {
        name.removeprefix(f"{part}/"): says for name, says in refused if name.startswith(f"{part}/")
    }


def _part_list(device: Device, heard: Iterable[str]) -> list[PartInfo]:
    parts = device.profile.parts
    kind = (parts.kind if parts else device.profile.kind).kind
    listed = [
        PartInfo(
            id=f"{device.id}/{part.id}",
            place=part.place,
            name=both(part.name) if part.name else None,
            type=part.type,
            kind=kind,
        )
        for part in device.parts.values()
    ]
    known = {part.id for part in listed}
    return listed + [
        PartInfo(id=full, place=device.place, name=None, type=None, kind=kind, unplaced=True)
        for full in sorted(set(heard) - known)
    ]


def point_info(spec: PointSpec, verified: str | None = None) -> PointInfo:
    """What a point means."""
    return PointInfo(
        name=spec.name,
        label=both(spec.label),
        unit=spec.unit,
        type=spec.type.value,
        speed=spec.speed.value,
        counter=spec.counter,
        values={value: both(label) for value, label in spec.values.items()},
        verified=verified,
    )


def _points(kind: Kind, points: Mapping[str, ProfilePoint]) -> list[PointInfo]:
    """The points of a profile; a bit field stands as the points of its bits."""
    found: list[PointInfo] = []
    for point in points.values():
        if not point.mapping.bits:
            found.append(point_info(point.spec, point.verified.value))
            continue
        specs = (kind.point(name) for name in point.mapping.bits.values())
        found += [point_info(spec, point.verified.value) for spec in specs if spec]
    if not points:
        # A discovered profile (SunSpec) names no points of its own: the kind's are what may come.
        found = [point_info(spec) for spec in kind.points.values() if "{" not in spec.name]
    return found
