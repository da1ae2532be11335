"""The Modbus driver: devices polled over Modbus TCP, a serial port, or RTU frames in TCP.

Modbus and SunSpec devices alike: all units on one endpoint or serial port share one connection and
one scheduler, whatever their profiles speak.
"""

from collections.abc import Iterator, Mapping, Sequence

from collectors.driver import Driver, Line, Wiring
from collectors.line import PolledLine
from collectors.modbus_link import ModbusLink, UnitOnLink, cost_of
from collectors.modbus_links import (
    LINKS,
    Transport,
    by_transport,
    conflicts,
    transport_of,
    unit_of,
)
from collectors.modbus_reading import DeviceReader, Pace
from collectors.modbus_schema import Address, ModbusSettings
from collectors.modbus_targets import targets_of
from collectors.polled_device import PolledDevice, Reader
from collectors.read_plan import PlanError, plan
from collectors.reading import Reading
from collectors.sample import Reason
from collectors.sunspec import SCHEMA as SUNSPEC_SCHEMA
from collectors.sunspec import SunSpecReader
from collectors.sunspec_chain import SunSpecSettings
from device_configs.estate import Device
from device_configs.kinds import Speed
from device_configs.profile import Profile, ProtocolSchema

__all__ = ["DRIVER", "SCHEMA", "open_lines", "settings_of"]


def contradictions(profile: Profile) -> Iterator[str]:
    """What of a profile cannot be read over Modbus as it says."""
    settings = profile.settings
    if not isinstance(settings, ModbusSettings):
        return
    parts = profile.parts.points.values() if profile.parts is not None else ()
    for point in (*profile.points.values(), *parts):
        address = point.address
        if not isinstance(address, Address):
            continue
        if point.mapping.needs_integer and not address.type.is_integer:
            yield f"point {point.name}: single bits have no meaning in a {address.type.value}"
    try:
        targets = targets_of(profile, settings, parts=1)
        plan([want for target in targets for want in target.wants], settings)
    except PlanError as error:
        yield str(error)


SCHEMA = ProtocolSchema(
    protocol="modbus",
    settings=ModbusSettings,
    address=Address,
    links=LINKS,
    contradictions=contradictions,
    conflicts=conflicts,
)


class _OnUnit:
    """The `Reader` of one device: what reads it, on its unit."""

    def __init__(self, reader: DeviceReader | SunSpecReader, unit: UnitOnLink) -> None:
        self._reader = reader
        self._unit = unit

    async def read(self) -> Reading:
        return await self._reader.read(self._unit)

    def lost(self, reason: Reason) -> Reading:
        return self._reader.lost(reason)

    def refused(self) -> Mapping[str, str]:
        return self._reader.refused()


def settings_of(device: Device) -> ModbusSettings:
    """The profile's section of a Modbus or SunSpec device."""
    settings = device.profile.settings
    if not isinstance(settings, ModbusSettings):
        raise TypeError(f"{device.id} is not read over Modbus")
    return settings


def pace_of(device: Device) -> Pace:
    """How often a device is polled, and in how many polls each speed of its points is read."""
    intervals = {speed: device.interval_of(speed) for speed in Speed}
    shortest = min(intervals.values())
    return Pace(
        shortest, {speed: max(1, round(own / shortest)) for speed, own in intervals.items()}
    )


def link_to(transport: Transport, devices: Sequence[Device]) -> ModbusLink:
    """The connection that serves all these devices: as patient as the slowest needs."""
    settings = [settings_of(device) for device in devices]
    return ModbusLink(
        transport,
        timeout_s=max(section.timeout_ms for section in settings) / 1000,
        connect_delay_s=max(section.connect_delay_ms for section in settings) / 1000,
    )


def _reader_of(device: Device, pace: Pace) -> DeviceReader | SunSpecReader:
    settings = settings_of(device)
    if isinstance(settings, SunSpecSettings):
        return SunSpecReader(device.profile, settings)
    cost = cost_of(transport_of(device), settings)
    return DeviceReader(device.profile, settings, len(device.parts), pace, cost)


def open_lines(devices: Sequence[Device], wiring: Wiring) -> Sequence[Line]:
    """One line for each endpoint or serial port.

    Raises:
        PlanError: a profile has a point that none of its allowed requests can read.
    """
    lines: list[Line] = []
    for transport, members in by_transport(devices).items():
        link = link_to(transport, members)
        pollers = []
        for device in members:
            pace = pace_of(device)
            unit = UnitOnLink(link, unit_of(device), settings_of(device))
            reader: Reader = _OnUnit(_reader_of(device, pace), unit)
            pollers.append(PolledDevice(device, reader, wiring.now_ms, pace.interval_s))
        lines.append(PolledLine(str(transport), link, pollers, wiring))
    return lines


DRIVER = Driver((SCHEMA, SUNSPEC_SCHEMA), open_lines)
