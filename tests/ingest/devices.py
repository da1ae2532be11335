"""Devices for the tests of this package: a meter with a narrow range, a panel with parts."""

from pathlib import Path

from device_configs.estate import Device
from device_configs.estate_entries import DeviceEntry
from device_configs.profile import read_profile
from device_configs.quantities import Label
from tests.device_configs.protocols import PANEL, SCHEMA, TcpLink

METER = """\
profile: checked_meter
kind: electricity_meter
vendor: Test
model: M1
source: "made for this test"
verified: document
wire: {}
points:
  active_power: {address: 4, unit: kW, range: [-1000, 1000]}
  voltage_l1: {address: 8, unit: V}
"""
ELEVATOR = """\
profile: checked_elevator
kind: elevator
vendor: Test
model: E1
source: "made for this test"
verified: document
wire: {}
points:
  service_mode: {address: 1, values: {0: normal}}
  floor: {address: 2}
  door_closed: {address: 3}
"""


def device(folder: Path, name: str, profile: str) -> Device:
    """A device with a profile given as text."""
    file = folder / f"{name}.yaml"
    file.write_text(profile, encoding="utf-8")
    found = read_profile(file, {SCHEMA.protocol: SCHEMA})
    link = {"wire_tcp": {"host": "127.0.0.1"}}
    entry = DeviceEntry(id=name, profile=found.id, place="centre", link=link)
    label = Label(zh=name, en=name)
    return Device(
        name, found, "centre", label, 10.0, "wire_tcp", TcpLink(**link["wire_tcp"]), entry
    )


def devices(folder: Path) -> dict[str, Device]:
    """`m1`, a meter; `lift-1`, an elevator; `panel-1`, a fire panel with parts."""
    texts = {"m1": METER, "lift-1": ELEVATOR, "panel-1": PANEL}
    return {name: device(folder, name, text) for name, text in texts.items()}
