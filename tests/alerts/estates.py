"""An estate in memory for the tests of alerts: no file, no protocol."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from device_configs.estate import Device, Estate, Part, Site
from device_configs.estate_entries import Community, DeviceEntry, Level, Role
from device_configs.kinds import kinds
from device_configs.point_mapping import Verified
from device_configs.profile import PartsProfile, Profile
from device_configs.quantities import Label

PARTS = 242


class Nothing(BaseModel):
    """A link or a section with nothing in it."""


def label(name: str) -> Label:
    return Label(zh=f"{name}（中）", en=name)


def profile(kind: str, protocol: str = "modbus", parts: str | None = None) -> Profile:
    found = None
    if parts is not None:
        found = PartsProfile(kinds()[parts], PARTS, "p{n:03d}", 1, {})
    name = f"test_{kind}_{protocol}_{parts or 'plain'}"
    return Profile(
        name, kinds()[kind], "Test", "T1", "made for this test", Verified.DOCUMENT,
        protocol, Nothing(), {}, found, None, Path(),
    )  # fmt: skip


def device(
    name: str,
    kind: str,
    place: str = "hall",
    *,
    protocol: str = "modbus",
    interval_s: float = 10.0,
    parts: str | None = None,
    part_places: Mapping[str, str] | None = None,
    zones: Mapping[str, str] | None = None,
    fault_codes: Mapping[str, str] | None = None,
) -> Device:
    own = replace(profile(kind, protocol, parts), fault_codes=fault_codes or {})
    entry = DeviceEntry(id=name, profile=own.id, place=place, link={"tcp": {}})
    found = {}
    if own.parts is not None:
        places = part_places or {}
        named = zones or {}
        found = {p: Part(p, name, places.get(p, place), zone=named.get(p)) for p in own.parts.ids()}
    return Device(
        name, own, place, label(name), interval_s, "tcp", Nothing(), entry, found
    )  # fmt: skip


def sites() -> dict[str, Site]:
    centre = Community(id="centre", role=Role.CENTRE, name=label("centre"))
    east = Community(id="east", role=Role.COMPOUND, name=label("east"), parent="centre")
    nodes = [
        Site("example", Level.ESTATE, label("example"), None),
        Site("centre", Level.COMMUNITY, label("centre"), "example", centre),
        Site("east", Level.COMMUNITY, label("east"), "centre", east),
        Site("hall", Level.PLACE, label("hall"), "centre", centre),
        Site("room-2", Level.PLACE, label("room-2"), "centre", centre),
        Site("gate", Level.PLACE, label("gate"), "east", east),
    ]
    return {site.id: site for site in nodes}


def default_devices() -> list[Device]:
    return [
        device("panel-1", "fire_panel", parts="smoke_detector", part_places={"p002": "room-2"}),
        device("smoke-1", "smoke_detector", protocol="mqtt", interval_s=3600),
        device("lift-1", "elevator", protocol="mqtt", interval_s=60),
        device("gas-1", "gas_detector"),
        device("meter-1", "electricity_meter", "gate"),
        device("leak-1", "environment_sensor", "gate", protocol="mqtt", interval_s=3600),
        device("rcm-1", "electrical_fire_detector"),
        device("pv-1", "pv_inverter", "gate"),
        device("pile-1", "ev_charger", "gate"),
        device("call-1", "call_point", protocol="mqtt", interval_s=3600),
        device("water-1", "water_pressure"),
        device(
            "panel-2",
            "fire_panel",
            parts="smoke_detector",
            part_places={"p002": "room-2"},
            zones={"p001": "1", "p002": "1", "p004": "1"},
        ),
        device(
            "lift-cq",
            "elevator",
            protocol="mqtt",
            interval_s=60,
            fault_codes={
                "fault_code": "chongqing",
                "drive_fault_code": "invertek_elevator_core",
            },
        ),
    ]


def make_estate(devices: Sequence[Device] | None = None) -> Estate:
    found = default_devices() if devices is None else devices
    profiles = {one.profile.id: one.profile for one in found}
    return Estate(
        "example", label("example"), ZoneInfo("Asia/Shanghai"), sites(),
        {one.id: one for one in found}, profiles,
    )  # fmt: skip
