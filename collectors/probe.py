"""Reads one device once, by the same path as a running line, and says all that it saw."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from collectors.driver import CollectorsError
from collectors.modbus_link import ModbusLink, UnitOnLink
from collectors.modbus_links import RtuTcpTransport, TcpTransport
from collectors.modbus_reading import DeviceReader, Registers
from collectors.modbus_schema import ModbusSettings, Table
from collectors.reading import PointReading, ReadError, Reading
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

_READINGS = 3
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
class ProbedRequest:
    """One request that was sent."""

    function: int
    address: int
    count: int
    ms: float
    error: str | None = None


@dataclass(frozen=True)
class Probe:
    """All that a probe saw."""

    profile: str
    devices: Sequence[ProbedDevice]
    requests: Sequence[ProbedRequest]

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


def _request(request: ProbedRequest) -> dict[str, object]:
    entry: dict[str, object] = {
        "function": request.function,
        "address": request.address,
        "count": request.count,
        "ms": request.ms,
    }
    return entry | ({"error": request.error} if request.error else {})


@dataclass
class _Recorder:
    """Registers that remember what was asked and how long it took."""

    inner: Registers
    requests: list[ProbedRequest] = field(default_factory=list)
    last_error: ReadError | None = None

    async def read(self, table: Table, address: int, count: int) -> Sequence[int]:
        started = time.perf_counter()
        error: str | None = None
        try:
            return await self.inner.read(table, address, count)
        except ReadError as failure:
            self.last_error, error = failure, str(failure)
            raise
        finally:
            ms = round((time.perf_counter() - started) * 1000, 2)
            self.requests.append(ProbedRequest(table.function, address, count, ms, error))


async def probe(profile: Profile, host: str, port: int, unit: int, *, rtu: bool = False) -> Probe:
    """Read a device once.

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
    settings = profile.settings
    if not isinstance(settings, ModbusSettings):
        raise UnknownProtocolError(
            f"profile {profile.id!r} speaks {profile.protocol}; "
            "probe with --host and --port reads Modbus and SunSpec profiles"
        )
    link = ModbusLink(
        RtuTcpTransport(host, port) if rtu else TcpTransport(host, port),
        timeout_s=settings.timeout_ms / 1000,
        connect_delay_s=settings.connect_delay_ms / 1000,
    )
    recorder = _Recorder(UnitOnLink(link, unit, settings))
    try:
        await link.open()
        reading = await _read(profile, settings, recorder)
    except CollectorsError as error:
        raise ProbeError(f"{error}.") from error
    finally:
        link.close()
    if reading.failure is not None:
        why = (
            reading.message
            or recorder.last_error
            or f"the device gives no value ({reading.failure.value})"
        )
        raise ProbeError(f"{host}:{port}: {why}.")
    return Probe(profile.id, _devices(profile, reading), recorder.requests)


async def _read(profile: Profile, settings: ModbusSettings, registers: Registers) -> Reading:
    if isinstance(settings, SunSpecSettings):
        return await SunSpecReader(profile, settings).read(registers, _ALL)
    reader = DeviceReader(profile, settings)
    for _ in range(_READINGS):
        plans = reader.plans
        reading = await reader.read(registers, _ALL, _UNHEARD)
        if reader.plans == plans:
            break
    return reading


def _devices(profile: Profile, reading: Reading) -> Sequence[ProbedDevice]:
    found = []
    if reading.own:
        points = _probed(reading.own, profile.kind)
        found.append(ProbedDevice(profile.id, profile.kind.kind, points))
    if profile.parts is not None:
        kind = profile.parts.kind
        for part, readings in reading.parts.items():
            found.append(ProbedDevice(part, kind.kind, _probed(readings, kind)))
    return found


def _probed(readings: Sequence[PointReading], kind: Kind) -> Mapping[str, ProbedPoint]:
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
