"""A protocol for the tests of the loaders, so that they stand without any collector."""

from device_configs.profile import ProtocolSchema
from device_configs.quantities import Strict


class Section(Strict):
    """The profile's section."""

    base: int = 0


class Address(Strict):
    """A wire address."""

    address: int


class TcpLink(Strict):
    """A link."""

    host: str


SCHEMA = ProtocolSchema("wire", Section, Address, {"wire_tcp": TcpLink})

PROFILE = """\
profile: test_meter
kind: electricity_meter
vendor: Test
model: M1
source: "made for this test"
verified: document
wire: {base: 1}
points:
  active_power: {address: 4, unit: kW}
  active_energy_import: {address: 8, unit: kWh, verified: two_sources}
"""
PANEL = """\
profile: test_panel
kind: fire_panel
vendor: Test
model: P1
source: "made for this test"
verified: document
wire: {}
points:
  fire: {address: 0}
parts:
  kind: smoke_detector
  count: 3
  points:
    smoke: {address: 10, bit: 1}
"""
