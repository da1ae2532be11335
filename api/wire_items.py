"""How a device is read off the wire, as its profile says, for whoever connects devices."""

from collections.abc import Mapping

from api.device_items import DevicesNow, is_secret
from api.schemas_admin import DeviceMap, WirePoint
from device_configs.estate import Device
from device_configs.profile import ProfilePoint

_ELSEWHERE = {"verified", "source", "note"}


def to_map(device: Device, full: str, now: DevicesNow) -> DeviceMap:
    """The map of a device; of a part (`full` has a slash), the points of its kind of part."""
    profile, health = device.profile, now.health.get(device.id)
    refused = dict(health.refused) if health else {}
    of_parts = profile.parts.points if profile.parts else {}
    part = full.partition("/")[2]
    settings = profile.settings.model_dump(mode="json", exclude_defaults=True)
    return DeviceMap(
        device=full,
        profile=profile.id,
        protocol=profile.protocol,
        line=now.line.get(device.id),
        settings={name: value for name, value in settings.items() if not is_secret(name)},
        points=_points(of_parts if part else profile.points, refused, f"{part}/" if part else ""),
        part_points=[] if part else _points(of_parts, {}, ""),
    )


def _points(
    points: Mapping[str, ProfilePoint], refused: Mapping[str, str], prefix: str
) -> list[WirePoint]:
    return [
        WirePoint(
            name=point.name,
            address=point.address.model_dump(mode="json", exclude_defaults=True),
            mapping=point.mapping.model_dump(
                mode="json", exclude_defaults=True, exclude=_ELSEWHERE
            ),
            unit=point.spec.unit,
            verified=point.verified.value,
            refused=refused.get(f"{prefix}{point.name}"),
        )
        for point in points.values()
    ]
