"""The Modbus driver: devices polled over Modbus TCP, or over RTU frames in TCP.

All units behind one endpoint share one connection and one scheduler.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collectors.driver import Driver, Line, Wiring
from collectors.line import PolledLine
from collectors.modbus_link import ModbusLink, UnitOnLink
from collectors.modbus_reading import DeviceReader
from collectors.modbus_schema import Address, ModbusRtuTcpLink, ModbusSettings, ModbusTcpLink
from collectors.polled_device import PolledDevice
from collectors.reading import Reading
from collectors.sample import Reason
from device_configs.estate import Device
from device_configs.profile import ProtocolSchema

__all__ = ["DRIVER", "SCHEMA", "Address", "ModbusSettings", "ModbusTcpLink", "open_lines"]

SCHEMA = ProtocolSchema(
    protocol="modbus",
    settings=ModbusSettings,
    address=Address,
    links={"modbus_tcp": ModbusTcpLink, "modbus_rtu_tcp": ModbusRtuTcpLink},
)


@dataclass(frozen=True, order=True)
class Endpoint:
    """What tells one physical line from another."""

    link: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.link}[{self.host}:{self.port}]"


class _ModbusReader:
    """The `Reader` of one Modbus device."""

    def __init__(self, device: Device, link: ModbusLink, unit: int) -> None:
        settings = settings_of(device)
        self._unit = UnitOnLink(link, unit, settings)
        self._reader = DeviceReader(device.profile, settings, len(device.parts), device.interval_s)

    async def read(self) -> Reading:
        return await self._reader.read(self._unit)

    def lost(self, reason: Reason) -> Reading:
        return self._reader.lost(reason)


def settings_of(device: Device) -> ModbusSettings:
    """The profile's section of a Modbus or SunSpec device."""
    settings = device.profile.settings
    if not isinstance(settings, ModbusSettings):
        raise TypeError(f"{device.id} is not read over Modbus")
    return settings


def unit_of(device: Device) -> int:
    """The device's unit on its line."""
    return device.link.unit if isinstance(device.link, ModbusTcpLink) else 1


def by_endpoint(devices: Sequence[Device]) -> Mapping[Endpoint, Sequence[Device]]:
    """Group devices by the line they share."""
    groups: dict[Endpoint, list[Device]] = {}
    for device in devices:
        link = device.link
        if isinstance(link, ModbusTcpLink):
            endpoint = Endpoint(device.link_name, link.host.lower(), link.port)
            groups.setdefault(endpoint, []).append(device)
    return groups


def link_to(endpoint: Endpoint, devices: Sequence[Device]) -> ModbusLink:
    """The connection that serves all these devices: as patient as the slowest needs."""
    settings = [settings_of(device) for device in devices]
    return ModbusLink(
        endpoint.host,
        endpoint.port,
        rtu=endpoint.link == "modbus_rtu_tcp",
        timeout_s=max(section.timeout_ms for section in settings) / 1000,
        connect_delay_s=max(section.connect_delay_ms for section in settings) / 1000,
    )


def open_lines(devices: Sequence[Device], wiring: Wiring) -> Sequence[Line]:
    """One line for each endpoint.

    Raises:
        PlanError: a profile has a point that none of its allowed requests can read.
    """
    lines: list[Line] = []
    for endpoint, members in by_endpoint(devices).items():
        link = link_to(endpoint, members)
        pollers = [
            PolledDevice(device, _ModbusReader(device, link, unit_of(device)), wiring.now_ms)
            for device in members
        ]
        lines.append(PolledLine(str(endpoint), link, pollers, wiring))
    return lines


DRIVER = Driver(SCHEMA, open_lines)
