"""OCPP: piles dial in over WebSocket; a line listens, and answers only what is on disk.

It is a central system that watches: it answers calls and makes none, so it starts, stops and limits
no charging. The one exception is a list of cards, where the operator has given one.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from collectors import ocpp_v16, ocpp_v201
from collectors.driver import CollectorsError, DeviceHealth, Driver, Line, LineHealth, Wiring
from collectors.ocpp_answers import Answering
from collectors.ocpp_frames import (
    Call,
    Fault,
    Garbled,
    MessageError,
    Reply,
    Version,
    error,
    read_frame,
    result,
    without_cards,
)
from collectors.ocpp_pace import Pace
from collectors.ocpp_pile import Pile
from collectors.ocpp_profile import SCHEMA, identity_of
from collectors.ocpp_settings import (
    ListenSettings,
    common_name,
    is_password,
    read_settings,
    tls_context,
)
from collectors.ocpp_socket import LOG, PROTOCOLS, chosen, counted, identity_in
from collectors.ocpp_standings import Standings
from collectors.sample import Reason, Sample
from device_configs.estate import Device
from records.charge_points import ChargePoints
from records.engine import RecordsError

if TYPE_CHECKING:
    from collectors.ocpp_schemas import Schemas

_LOG = logging.getLogger(__name__)
_ACTIONS = {Version.V16: ocpp_v16.ACTIONS, Version.V201: ocpp_v201.ACTIONS}
_LETTER_S = 10.0
_CLOSE_S = 5.0
_OPEN_S = 10.0
_LEAST_SILENCE_S = 600.0
_UNKNOWN_NAMED = 200
"""Identities of no device that are kept as dead letters, each once."""
_GARBLED_MOST = 50
"""Frames in a row that are no messages, after which a connection is closed."""
_CHECKED_BYTES = 16 * 1024
"""A longer message is not held against its schema: that takes too long. [bytes]"""
_LETTER_NAMED = 500
_TRY_AGAIN = 1013
_REPLACED = 1008

COUNTERS = (
    "messages", "acked", "refused_calls", "dead_letters", "dead_letters_not_kept", "off_schema",
    "unasked_answers", "reconnects", "replaced", "refused_connections", "unknown_identities",
    "not_stored", "slowed",
)  # fmt: skip
"""What a line counts since its start; `connected_devices` is of the moment."""


class PortInUseError(CollectorsError):
    """The address to listen on cannot be had."""


class NotStoredError(CollectorsError):
    """What a pile said did not become durable; nothing of it was answered."""


@dataclass
class _Heard:
    """What is known of one pile's presence."""

    pile: Pile
    connection: ServerConnection | None = None
    last_answer_at: int | None = None
    failures: int = 0
    ever: bool = False
    remarked: set[str] = field(default_factory=set)
    """Actions of which one message off its schema was kept."""


class OcppLine:
    """One listening address with all piles that dial in to it."""

    def __init__(
        self,
        devices: Sequence[Device],
        settings: ListenSettings,
        wiring: Wiring,
        book: ChargePoints,
    ) -> None:
        self._settings, self._wiring = settings, wiring
        written = Standings(book)
        self._heard = {
            identity_of(device): _Heard(Pile(device, book, written)) for device in devices
        }
        self._counters: Counter[str] = Counter(dict.fromkeys(COUNTERS, 0))
        self._unknown: set[str] = set()
        self._server: Server | None = None
        self._broken = asyncio.Event()
        self._closing: set[asyncio.Task[None]] = set()
        self._sockets: set[ServerConnection] = set()
        self._schemas: Schemas | None = None
        self._passwords = settings.known_passwords() if settings.by_password else {}
        self._cards = settings.known_cards()
        self._tls = tls_context(settings)

    @property
    def name(self) -> str:
        """`ocpp[0.0.0.0:9000]`."""
        return f"ocpp[{self._settings.listen}]"

    @property
    def port(self) -> int:
        """The port; known once it listens."""
        if self._server is None:
            return self._settings.port
        port: int = next(iter(self._server.sockets)).getsockname()[1]
        return port

    async def run(self) -> None:
        """Listen until cancelled.

        Raises:
            CollectorsError: the address is taken, or nothing becomes durable; what was not answered
                is said again when the line is started again.
        """
        self._broken.clear()
        for identity in sorted(self._heard.keys() - self._passwords.keys()):
            if self._settings.by_password:
                _LOG.error("%s: there is no password for the pile %r", self.name, identity)
        settings = self._settings
        self._schemas = await asyncio.to_thread(_schemas)
        try:
            server = await serve(
                self._converse, settings.host, settings.port,
                ssl=self._tls, subprotocols=list(PROTOCOLS), select_subprotocol=chosen,
                process_request=self._admit, compression=None, server_header=None,
                max_size=settings.max_message_bytes, max_queue=16, open_timeout=_OPEN_S,
                close_timeout=_CLOSE_S, ping_interval=settings.ping_s,
                ping_timeout=settings.ping_s, logger=LOG,
                create_connection=counted(self._sockets, 2 * settings.max_connections),
            )  # fmt: skip
        except OSError as problem:
            raise PortInUseError(f"{self.name}: {problem.strerror}") from problem
        self._server = server
        try:
            await self._broken.wait()
            raise NotStoredError(f"{self.name}: what piles say does not become durable")
        finally:
            self._server = None
            server.close()
            with suppress(TimeoutError):
                async with asyncio.timeout(2 * _CLOSE_S):
                    await server.wait_closed()

    async def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse who is not a pile of the estate, or cannot prove it."""
        identity = identity_in(request.path)
        if identity is None:
            self._counters["refused_connections"] += 1
            return connection.respond(HTTPStatus.NOT_FOUND, "piles connect to /ocpp/IDENTITY\n")
        heard = self._heard.get(identity)
        if not self._is_proven(connection, request, identity):
            self._counters["refused_connections"] += 1
            if heard is None:
                await self._note_unknown(identity)
            else:
                heard.failures += 1
            answer = connection.respond(HTTPStatus.UNAUTHORIZED, "not accepted\n")
            answer.headers["WWW-Authenticate"] = 'Basic realm="ocpp", charset="UTF-8"'
            return answer
        if heard is None:
            self._counters["refused_connections"] += 1
            await self._note_unknown(identity)
            return connection.respond(HTTPStatus.NOT_FOUND, "not a pile of the estate\n")
        open_now = sum(1 for one in self._heard.values() if one.connection is not None)
        if open_now >= self._settings.max_connections:
            self._counters["refused_connections"] += 1
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections\n")
        return None

    def _is_proven(self, connection: ServerConnection, request: Request, identity: str) -> bool:
        if self._settings.by_certificate:
            tls = connection.transport.get_extra_info("ssl_object")
            return tls is not None and common_name(tls.getpeercert()) == identity
        if not self._settings.by_password:
            return True
        headers = request.headers.get_all("Authorization")
        given = headers[0] if len(headers) == 1 else None
        return is_password(given, identity, self._passwords.get(identity))

    async def _note_unknown(self, identity: str) -> None:
        """Count who is of no device, and keep each name once."""
        self._counters["unknown_identities"] += 1
        if len(self._unknown) >= _UNKNOWN_NAMED or identity in self._unknown:
            return
        self._unknown.add(identity)
        _LOG.warning("%s: no device has the identity %r", self.name, identity)
        await self._keep(identity, b"", f"no device has the identity {identity!r}")

    async def _converse(self, connection: ServerConnection) -> None:
        request = connection.request
        identity = identity_in(request.path) if request is not None else None
        version = PROTOCOLS.get(connection.subprotocol) if connection.subprotocol else None
        heard = self._heard.get(identity or "")
        if heard is None or version is None:
            self._counters["refused_connections"] += 1
            await connection.close(1002, "ocpp1.6 and ocpp2.0.1 are spoken")
            return
        self._counters["reconnects"] += heard.ever
        older, heard.connection, heard.ever = heard.connection, connection, True
        heard.pile.connected()
        if older is not None:
            self._replace(older)
        try:
            await self._listen(connection, heard, version)
        except ConnectionClosed:
            pass
        except RecordsError as problem:
            _LOG.warning("%s: %s is not answered: %s", self.name, identity, problem)
            self._counters["not_stored"] += 1
            await connection.close(_TRY_AGAIN, "try again later")
        finally:
            if heard.connection is connection:
                heard.connection = None
                await self._gone(heard)

    def _replace(self, older: ServerConnection) -> None:
        """A pile that dials in again has lost its connection before it knew: the newest counts."""
        self._counters["replaced"] += 1
        closing = asyncio.ensure_future(older.close(_REPLACED, "connected anew"))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def _gone(self, heard: _Heard) -> None:
        with suppress(NotStoredError):
            async with heard.pile.lock:
                await self._store(heard.pile.gone(self._wiring.now_ms()))

    async def _listen(self, connection: ServerConnection, heard: _Heard, version: Version) -> None:
        pace = Pace(self._settings.messages_per_second)
        interval_s = heard.pile.device.interval_s
        silence_s = self._settings.silence_s or max(_LEAST_SILENCE_S, 4 * interval_s)
        garbled = 0
        while True:
            try:
                async with asyncio.timeout(silence_s):
                    frame = await connection.recv(decode=False)
            except TimeoutError:
                await connection.close(_REPLACED, "silent for too long")
                return
            wait = pace.wait_s(asyncio.get_running_loop().time())
            if wait > 0:
                self._counters["slowed"] += 1
                await asyncio.sleep(wait)
            self._counters["messages"] += 1
            said = read_frame(frame)
            answer = await self._answer(said, frame, heard, version)
            if answer is not None:
                await connection.send(answer)
                self._counters["acked"] += 1
            garbled = garbled + 1 if isinstance(said, Garbled) else 0
            if garbled >= _GARBLED_MOST:
                await connection.close(_REPLACED, "speaks no OCPP")
                return

    async def _answer(
        self, said: Call | Reply | Garbled, frame: bytes, heard: _Heard, version: Version
    ) -> str | None:
        """What a frame is answered; nothing where it is no call.

        Raises:
            NotStoredError: it is not on disk, and must not be answered.
            RecordsError: the same.
        """
        identity = identity_of(heard.pile.device)
        if isinstance(said, Reply):
            self._counters["unasked_answers"] += 1
            return None
        if isinstance(said, Garbled):
            await self._keep(identity, frame, said.text)
            self._counters["refused_calls"] += 1
            known = said.id
            if known is None:
                # In 1.6 there is nothing to answer by; 2.0.1 has an id for that (part 4, 4.2.3).
                return (
                    None if version is Version.V16 else error(version, "-1", said.fault, said.text)
                )
            return error(version, known, said.fault, said.text)
        async with heard.pile.lock:
            return await self._called(said, frame, heard, version)

    async def _called(self, call: Call, frame: bytes, heard: _Heard, version: Version) -> str:
        identity, now = identity_of(heard.pile.device), self._wiring.now_ms()
        read = _ACTIONS[version].get(call.action)
        if read is None:
            self._counters["refused_calls"] += 1
            known = self._schemas is not None and self._schemas.knows(version, call.action)
            fault = Fault.NOT_SUPPORTED if known else Fault.NOT_IMPLEMENTED
            await self._keep(identity, frame, f"{call.action[:40]}: {fault.value}")
            return error(version, call.id, fault, "sitewatch does not know this action")
        answering = Answering(now, heard.pile.device.interval_s, self._cards)
        try:
            message = read(call.payload, answering)
        except MessageError as problem:
            self._counters["refused_calls"] += 1
            await self._keep(identity, frame, f"{call.action}: {problem}")
            return error(version, call.id, problem.fault, str(problem))
        await heard.pile.load()
        taken = await heard.pile.take(message, now)
        await self._store(taken.samples)
        await heard.pile.keep(taken, now)
        heard.last_answer_at, heard.failures = now, 0
        for remark in taken.remarks:
            await self._keep(identity, frame, f"{call.action}: {remark}")
        await self._note_schema(call, frame, heard, version)
        answer = dict(message.answer)
        if message.numbered:
            answer["transactionId"] = taken.number
        return result(call, answer)

    async def _store(self, samples: Sequence[Sample]) -> None:
        """Have samples on disk.

        Raises:
            NotStoredError: they are not.
        """
        if not samples:
            return
        stored = False
        try:
            async with asyncio.timeout(self._settings.append_timeout_s):
                await self._wiring.sink.append(samples)
            stored = True
        except TimeoutError as problem:
            late = f"{self.name}: the samples did not become durable in time"
            raise NotStoredError(late) from problem
        finally:
            if not stored:
                # Whatever the sink failed of: the line ends, and every pile says it again.
                self._counters["not_stored"] += 1
                self._broken.set()

    async def _note_schema(self, call: Call, frame: bytes, heard: _Heard, version: Version) -> None:
        """Count a message that is not as its schema says; one of each action is kept."""
        if len(frame) > _CHECKED_BYTES or self._schemas is None:
            return
        fault = self._schemas.fault(version, call.action, call.payload)
        if fault is None:
            return
        self._counters["off_schema"] += 1
        if call.action not in heard.remarked:
            heard.remarked.add(call.action)
            reason = f"{call.action}: understood, but {fault}"
            await self._keep(identity_of(heard.pile.device), frame, reason)

    async def _keep(self, identity: str, frame: bytes, reason: str) -> None:
        """Keep a dead letter without card numbers; where that fails, in the log."""
        self._counters["dead_letters"] += 1
        letter = without_cards(frame)
        try:
            async with asyncio.timeout(_LETTER_S):
                await self._wiring.dead_letters.keep(f"ocpp:{identity}", letter, reason)
        except (RecordsError, TimeoutError) as problem:
            self._counters["dead_letters_not_kept"] += 1
            _LOG.error(
                "%s: a dead letter could not be kept (%s): %s, %s, %r", self.name,
                str(problem) or "time-out", identity, reason, letter[:_LETTER_NAMED],
            )  # fmt: skip

    def health(self) -> LineHealth:
        """The present state; the piles' too."""
        listening = self._server is not None
        counters = dict(self._counters)
        counters["connected_devices"] = sum(
            1 for h in self._heard.values() if h.connection is not None
        )
        devices = [_device_health(heard, listening) for heard in self._heard.values()]
        return LineHealth(self.name, listening, devices, counters)


def _device_health(heard: _Heard, listening: bool) -> DeviceHealth:
    connected: bool | None = heard.connection is not None
    reason = None
    if not connected:
        reason = Reason.OFFLINE if heard.ever else Reason.NO_ANSWER if heard.failures else None
        connected = False if heard.ever or heard.failures or not listening else None
    return DeviceHealth(
        heard.pile.device.id, connected, heard.last_answer_at, heard.failures, reason
    )


def _schemas() -> "Schemas":
    # Imported here: only a line that runs needs it, and it is slow to import.
    from collectors.ocpp_schemas import Schemas

    return Schemas()


def _open(devices: Sequence[Device], wiring: Wiring) -> Sequence[Line]:
    """One line for the address of the settings.

    Raises:
        CollectorsError: the settings are wrong.
    """
    if not devices:
        return ()
    if wiring.engine is None:
        raise CollectorsError("piles that dial in need the relational database")
    settings = read_settings(wiring.settings)
    return (OcppLine(devices, settings, wiring, ChargePoints(wiring.engine)),)


DRIVER = Driver((SCHEMA,), _open)
