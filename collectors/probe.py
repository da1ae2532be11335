"""Reads one device once, by the same path as a running line, and says all that it saw."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from collectors.dial import dial, place
from collectors.driver import CollectorsError
from collectors.modbus_link import UnitOnLink, cost_of
from collectors.modbus_links import RtuTcpTransport, TcpTransport, Transport
from collectors.modbus_reading import DeviceReader, Registers
from collectors.modbus_schema import ModbusSettings
from collectors.read_plan import LineCost
from collectors.reading import PointReading, Reading
from collectors.recorded_registers import MadeRequest, RecordedRegisters
from collectors.sample import Reason, Value
from collectors.sunspec import SunSpecReader
from collectors.sunspec_chain import SunSpecSettings
from device_configs.kinds import Kind
from device_configs.profile import Profile, ProfilePoint

_ALL = 1_000_000
"""Time-outs a probe waits for once the device was heard: it asks for everything."""
_UNHEARD = 2
"""Time-outs it waits for when nothing was heard: some devices leave one unknown address unanswered
that others refuse."""
READINGS = 3
"""Most readings until it is known how many parts the device has and which variant it is."""


class ProbeError(CollectorsError):
    """The device could not be read; the message is one sentence for a person."""


class UnknownProtocolError(ProbeError):
    """The profile's protocol is not one that is asked for registers."""


class ProbeQuality(StrEnum):
    """How far a probed value can be believed."""

    GOOD = "good"
    BAD = "bad"
    """Something was received that cannot be right."""
    MISSING = "missing"
    """The device says that it does not have it, refuses it, or does not answer."""


@dataclass(frozen=True)
class ProbedPoint:
    """One point: its value in the stored unit, and the words it came from."""

    value: Value
    unit: str
    quality: ProbeQuality
    reason: Reason | None
    raw: Sequence[int]


@dataclass(frozen=True)
class ProbedDevice:
    """The device, or a part or sub-device of it."""

    id: str
    kind: str
    points: Mapping[str, ProbedPoint]


@dataclass(frozen=True)
class Probe:
    """All that a probe saw."""

    profile: str
    devices: Sequence[ProbedDevice]
    requests: Sequence[MadeRequest]

    @property
    def points(self) -> Mapping[str, ProbedPoint]:
        """The points of the first device."""
        return self.devices[0].points if self.devices else {}

    def document(self) -> dict[str, object]:
        """The shape that `sitewatch probe --json` prints."""
        return {
            "profile": self.profile,
            "devices": [
                {"id": device.id, "kind": device.kind, "points": _points(device.points)}
                for device in self.devices
            ],
            "points": _points(self.points),
            "requests": [_request(request) for request in self.requests],
        }


def _points(points: Mapping[str, ProbedPoint]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, point in points.items():
        entry: dict[str, object] = {
            "value": point.value,
            "unit": point.unit,
            "quality": point.quality.value,
        }
        if point.reason is not None:
            entry["reason"] = point.reason.value
        found[name] = entry | {"raw": list(point.raw)}
    return found


def _request(request: MadeRequest) -> dict[str, object]:
    entry: dict[str, object] = {
        "function": request.function,
        "address": request.address,
        "count": request.count,
        "ms": request.ms,
    }
    return entry | ({"error": request.error} if request.error else {})


class Prober:
    """One device on a connection that stays open between readings.

    Raises:
        UnknownProtocolError: the profile is not read over Modbus.
        ProbeError: no allowed request can read one of its points.
    """

    def __init__(self, profile: Profile, transport: Transport, unit: int) -> None:
        settings = profile.settings
        if not isinstance(settings, ModbusSettings):
            raise UnknownProtocolError(
                f"profile {profile.id!r} speaks {profile.protocol}; "
                "this reads Modbus and SunSpec profiles"
            )
        self.profile = profile
        self._where = place(transport)
        self._link = dial(transport, [settings])
        self._registers = RecordedRegisters(UnitOnLink(self._link, unit, settings))
        self._timeouts = _ALL
        try:
            self._read = _reader(profile, settings, cost_of(transport, settings))
        except CollectorsError as error:
            raise ProbeError(f"{error}.") from error

    @property
    def registers(self) -> RecordedRegisters:
        """The device's registers, and what was asked of them in the last reading."""
        return self._registers

    async def read(self) -> Probe:
        """Read the device once; connects first where there is no connection.

        Raises:
            ProbeError: the device is silent or refuses everything.
        """
        self._registers.begin()
        try:
            if not self._link.connected:
                await self._link.open()
            reading = await self._read(self._registers, self._timeouts)
        except CollectorsError as error:
            raise ProbeError(f"{error}.") from error
        if reading.failure is not None:
            why = (
                reading.message
                or self._registers.last_error
                or f"the device gives no value ({reading.failure.value})"
            )
            raise ProbeError(f"{self._where}: {why}.")
        self._timeouts = _UNHEARD
        requests = tuple(self._registers.requests)
        return Probe(self.profile.id, _devices(self.profile, reading), requests)

    def close(self) -> None:
        """Close the connection."""
        self._link.close()


async def probe(profile: Profile, host: str, port: int, unit: int, *, rtu: bool = False) -> Probe:
    """Read a device on the network once.

    Args:
        profile: A Modbus or SunSpec profile.
        host: Where the device or its gateway listens.
        port: TCP port.
        unit: Unit on the line.
        rtu: RTU frames in TCP, as a serial server passes them on.

    Raises:
        UnknownProtocolError: the profile is not read over Modbus.
        ProbeError: the device is silent or refuses everything.
    """
    return await probe_at(profile, (RtuTcpTransport if rtu else TcpTransport)(host, port), unit)


async def probe_at(profile: Profile, transport: Transport, unit: int) -> Probe:
    """Read a device once, wherever it is.

    Raises:
        UnknownProtocolError: the profile is not read over Modbus.
        ProbeError: the device is silent or refuses everything.
    """
    prober = Prober(profile, transport, unit)
    try:
        return await prober.read()
    finally:
        prober.close()


_Read = Callable[[Registers, int], Awaitable[Reading]]


def _reader(profile: Profile, settings: ModbusSettings, cost: LineCost) -> _Read:
    if isinstance(settings, SunSpecSettings):
        return SunSpecReader(profile, settings).read
    reader = DeviceReader(profile, settings, cost=cost)

    async def read(registers: Registers, timeouts: int) -> Reading:
        for _ in range(READINGS):
            plans = reader.plans
            reading = await reader.read(registers, timeouts, _UNHEARD)
            if reader.plans == plans:
                break
        return reading

    return read


def _devices(profile: Profile, reading: Reading) -> Sequence[ProbedDevice]:
    found = []
    if reading.own:
        points = probed_points(reading.own, profile.kind)
        found.append(ProbedDevice(profile.id, profile.kind.kind, points))
    if profile.parts is not None:
        kind = profile.parts.kind
        for part, readings in reading.parts.items():
            found.append(ProbedDevice(part, kind.kind, probed_points(readings, kind)))
    return found


def probed_points(readings: Sequence[PointReading], kind: Kind) -> Mapping[str, ProbedPoint]:
    """Readings as a probe shows them: in the stored unit, with what cannot be marked as bad."""
    found: dict[str, ProbedPoint] = {}
    for reading in readings:
        for name, (value, reason) in reading.values.items():
            spec = kind.point(name)
            beyond = reason is None and _out_of_range(reading.point, value)
            why = Reason.OUT_OF_RANGE if beyond else reason
            unit = spec.unit if spec is not None else ""
            found[name] = ProbedPoint(value, unit, quality_of(why), why, reading.words)
    return found


def _out_of_range(point: ProfilePoint, value: Value) -> bool:
    limits = point.mapping.range or point.spec.range
    if limits is None or isinstance(value, (bool, str)) or value is None:
        return False
    return not limits[0] <= value <= limits[1]


def quality_of(reason: Reason | None) -> ProbeQuality:
    """The quality that goes with a reason."""
    if reason is None:
        return ProbeQuality.GOOD
    nothing = {Reason.NOT_IMPLEMENTED, Reason.NO_ANSWER, Reason.REFUSED, Reason.BUSY}
    return ProbeQuality.MISSING if reason in nothing else ProbeQuality.BAD
