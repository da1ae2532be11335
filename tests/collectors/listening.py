"""A small listening driver for tests: devices dial in and send one JSON object a line over TCP.

It proves the listening half of the driver contract on a second transport: the line `ok SEQ` goes
back to the device only after `Sink.append` has returned. A line that cannot be understood is kept
as a dead letter and answered with `bad`, so that the device does not send it for ever.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence

import msgspec

from collectors.convert import to_values
from collectors.driver import CollectorsError, DeviceHealth, Driver, Line, LineHealth, Wiring
from collectors.sample import Lane, Sample, Value
from device_configs.estate import Device
from device_configs.kinds import Speed
from device_configs.profile import Profile, ProtocolSchema
from device_configs.quantities import Strict

LINE_LIMIT = 65_536
SILENCE_S = 60.0
"""A connection on which nothing comes for longer is closed. [s]"""


class ListeningSettings(Strict):
    """The profile's section: nothing to set."""


class ListeningAddress(Strict):
    """The key of the point in the device's object."""

    key: str


class ListeningLink(Strict):
    """What the device calls itself in its messages."""

    name: str


class Said(msgspec.Struct, forbid_unknown_fields=True):
    """One line of a device."""

    device: str
    number: int
    values: dict[str, float | bool | str | None]


SCHEMA = ProtocolSchema(
    "listening", ListeningSettings, ListeningAddress, {"dial_in": ListeningLink}
)


class PortInUseError(CollectorsError):
    """The port to listen on is taken."""


class ListeningLine:
    """One listening port with all devices that dial in to it."""

    def __init__(self, devices: Sequence[Device], wiring: Wiring) -> None:
        self._wiring = wiring
        self._devices = {_dials_as(device): device for device in devices}
        self._last: dict[str, int] = {}
        self._counters = {"messages": 0, "acked": 0, "dead_letters": 0}
        self._listening = asyncio.Event()
        self._port = int(str(wiring.settings["port"]))

    @property
    def name(self) -> str:
        """`listening[0.0.0.0:PORT]`."""
        return f"listening[127.0.0.1:{self._port}]"

    @property
    def port(self) -> int:
        """The port, known once it listens."""
        return self._port

    async def listening(self) -> None:
        """Wait until devices can dial in."""
        async with asyncio.timeout(10):
            await self._listening.wait()

    async def run(self) -> None:
        """Listen until cancelled.

        Raises:
            PortInUseError: the port is taken.
        """
        connections: set[asyncio.Task[None]] = set()

        async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            connections.add(task)
            try:
                await self._converse(reader, writer)
            finally:
                connections.discard(task)
                writer.close()

        try:
            server = await asyncio.start_server(converse, "127.0.0.1", self._port, limit=LINE_LIMIT)
        except OSError as error:
            raise PortInUseError(f"{self.name}: {error.strerror}") from error
        self._port = server.sockets[0].getsockname()[1]
        self._listening.set()
        try:
            async with server:
                await server.serve_forever()
        finally:
            self._listening.clear()
            for task in connections:
                task.cancel()
            await asyncio.gather(*connections, return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The peer going away, a line without an end, or silence: the device dials in again.
        with contextlib.suppress(OSError, ValueError, TimeoutError):
            while True:
                async with asyncio.timeout(SILENCE_S):
                    line = await reader.readline()
                if not line.endswith(b"\n"):
                    return
                writer.write(await self._answer(line))
                async with asyncio.timeout(SILENCE_S):
                    await writer.drain()

    async def _answer(self, line: bytes) -> bytes:
        self._counters["messages"] += 1
        try:
            said = msgspec.json.decode(line, type=Said)
            device = self._devices[said.device]
        except (msgspec.MsgspecError, UnicodeDecodeError, KeyError) as error:
            await self._wiring.dead_letters.keep(self.name, line, f"not understood: {error}")
            self._counters["dead_letters"] += 1
            return b"bad\n"
        now = self._wiring.now_ms()
        number = await self._wiring.sink.append(_samples(device, said, now))
        self._last[device.id] = now
        self._counters["acked"] += 1
        return b"ok %d\n" % number

    def health(self) -> LineHealth:
        """The present state."""
        devices = [
            DeviceHealth(device.id, device.id in self._last, self._last.get(device.id))
            for device in self._devices.values()
        ]
        return LineHealth(self.name, self._listening.is_set(), devices, dict(self._counters))


def _dials_as(device: Device) -> str:
    assert isinstance(device.link, ListeningLink)
    return device.link.name


def _samples(device: Device, said: Said, now: int) -> list[Sample]:
    values: dict[Lane, dict[str, Value]] = {Lane.SAFETY: {}, Lane.ROUTINE: {}}
    reasons: dict[Lane, dict[str, str]] = {Lane.SAFETY: {}, Lane.ROUTINE: {}}
    for name, lane, value, reason in _read(device.profile, said.values):
        values[lane][name] = value
        if reason is not None:
            reasons[lane][name] = reason
    return [
        Sample(device.id, now, values[lane], reasons[lane], lane, identity=f"{lane}:{said.number}")
        for lane in values
        if values[lane]
    ]


def _read(
    profile: Profile, raws: Mapping[str, float | bool | str | None]
) -> Sequence[tuple[str, Lane, Value, str | None]]:
    found = []
    for point in profile.points.values():
        assert isinstance(point.address, ListeningAddress)
        if point.address.key in raws:
            lane = Lane.SAFETY if point.spec.speed is Speed.SAFETY else Lane.ROUTINE
            for name, (value, reason) in to_values(raws[point.address.key], point).items():
                found.append((name, lane, value, reason))
    return found


def _open(devices: Sequence[Device], wiring: Wiring) -> Sequence[Line]:
    return (ListeningLine(devices, wiring),)


DRIVER = Driver((SCHEMA,), _open)
