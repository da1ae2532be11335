"""Estates made by hand for the tests of energy: no protocol, no files."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from device_configs.estate import Device, Estate, Part, Site
from device_configs.estate_entries import DeviceEntry, Level
from device_configs.kinds import kinds
from device_configs.point_mapping import PointMapping, Verified
from device_configs.profile import PartsProfile, Profile, ProfilePoint
from device_configs.quantities import Conversion, Label, Strict


class Nothing(Strict):
    """The link and the addresses of a device that is never read."""


def label(text: str) -> Label:
    return Label(zh=f"{text}（中）", en=text)


def points(
    kind: str, names: Iterable[str], mapping: Mapping[str, Mapping[str, object]] | None = None
) -> dict[str, ProfilePoint]:
    found = {}
    for name in names:
        spec = kinds()[kind].point(name)
        assert spec is not None
        given = PointMapping.model_validate((mapping or {}).get(name, {}))
        found[name] = ProfilePoint(name, spec, given, Conversion(), Nothing(), Verified.DOCUMENT)
    return found


POINTS = {
    "electricity_meter": ("active_power", "active_energy_import", "active_energy_export"),
    "pv_inverter": ("active_energy_total", "active_energy_today"),
    "ev_charger": ("active_energy_total", "session_energy"),
    "water_meter": ("volume_total",),
    "heat_meter": ("heat_energy_total",),
    "smoke_detector": ("smoke",),
    "access_gate": ("people_in_total",),
}


def profile(
    kind: str,
    names: Sequence[str] | None = None,
    parts: Sequence[str] = (),
    mapping: Mapping[str, Mapping[str, object]] | None = None,
) -> Profile:
    return Profile(
        f"test_{kind}",
        kinds()[kind],
        "Test",
        "T1",
        "made for this test",
        Verified.DOCUMENT,
        "wire",
        Nothing(),
        points(kind, POINTS[kind] if names is None else names, mapping),
        PartsProfile(kinds()[kind], len(parts), "c{n}", 1, points(kind, POINTS[kind]))
        if parts
        else None,
        None,
        Path(),
    )


def device(
    name: str,
    kind: str,
    place: str,
    *,
    role: str | None = None,
    of: str | None = None,
    points: Sequence[str] | None = None,
    parts: Sequence[str] = (),
    mapping: Mapping[str, Mapping[str, object]] | None = None,
    **more: object,
) -> Device:
    entry: dict[str, object] = {"id": name, "profile": f"test_{kind}", "place": place, **more}
    entry["link"] = {"wire": {}}
    if role is not None:
        entry["metering"] = {"role": role, "of": of}
    return Device(
        name,
        profile(kind, points, parts, mapping),
        place,
        label(name),
        10.0,
        "wire",
        Nothing(),
        DeviceEntry.model_validate(entry),
        {part: Part(part, name, place) for part in parts},
    )


def estate(
    tree: Mapping[str, str | None], devices: Iterable[Device], timezone: str = "Asia/Shanghai"
) -> Estate:
    """An estate `town`; `tree` is site to parent, `c...` communities, `b...` buildings."""
    levels = {"c": Level.COMMUNITY, "b": Level.BUILDING, "p": Level.PLACE}
    sites = {"town": Site("town", Level.ESTATE, label("Town"), None)}
    for name, parent in tree.items():
        sites[name] = Site(name, levels[name[0]], label(name), parent or "town")
    every = {one.id: one for one in devices}
    return Estate("town", label("Town"), ZoneInfo(timezone), sites, every, {})
