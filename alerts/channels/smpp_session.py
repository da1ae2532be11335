"""One bound connection to a short message centre: requests, their answers, and what it delivers."""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from pydantic import SecretStr

from alerts.channels import smpp_pdu as pdu
from alerts.channels.provider import refusal, required
from alerts.errors import SendError


@dataclass(frozen=True)
class SmppSettings:
    """The short message centre."""

    host: str | None = None
    port: int = 2775
    system_id: str | None = None
    password: SecretStr | None = None
    system_type: str = ""
    sender: str = ""
    """Number or name that is shown."""
    tls: bool = False
    timeout_s: float = 5.0
    """For connecting, and for each answer. [s]"""
    idle_s: float = 30.0
    """After so long without a PDU the connection is probed by enquire_link. [s]"""


class SmppSession:
    """A connection that is bound as transceiver."""

    def __init__(
        self,
        settings: SmppSettings,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        on_receipt: Callable[[pdu.DeliveryReceipt], None],
    ) -> None:
        self._settings = settings
        self._reader = reader
        self._writer = writer
        self._on_receipt = on_receipt
        self._sequence = 0
        self._waiting: dict[int, asyncio.Future[pdu.Pdu]] = {}
        self._reading = asyncio.get_running_loop().create_task(self._read(), name="smpp[read]")

    @property
    def is_open(self) -> bool:
        """Whether requests can be sent."""
        return not self._reading.done()

    async def request(self, command: int, body: bytes) -> pdu.Pdu:
        """Send a request and wait for its answer.

        Raises:
            SendError: no answer, or one with an error.
        """
        self._sequence = self._sequence % 0x7FFF_FFFF + 1
        number = self._sequence
        answer: asyncio.Future[pdu.Pdu] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        if not self.is_open:
            answer.cancel()
            raise SendError("smpp: the connection is closed")
        try:
            self._writer.write(pdu.Pdu(command, 0, number, body).encode())
            async with asyncio.timeout(self._settings.timeout_s):
                await self._writer.drain()
                found = await answer
        except TimeoutError as error:
            raise SendError("smpp: no answer in time") from error
        except OSError as error:
            raise SendError(f"smpp: {type(error).__name__}") from error
        finally:
            self._waiting.pop(number, None)
        if found.status or found.command != command | pdu.RESPONSE:
            raise refusal("smpp", f"0x{found.status:02X}", "command status")
        return found

    async def close(self) -> None:
        """End the connection."""
        self._reading.cancel()
        await asyncio.wait([self._reading])
        self._writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(1.0):
                await self._writer.wait_closed()

    async def _read(self) -> None:
        probed = False
        try:
            while True:
                try:
                    async with asyncio.timeout(self._settings.idle_s):
                        received = await self._next()
                except TimeoutError:
                    if probed:
                        return
                    probed = True
                    self._writer.write(pdu.Pdu(pdu.ENQUIRE_LINK, 0, 0x7FFF_FFFF).encode())
                    continue
                probed = False
                self._take(received)
        except (OSError, asyncio.IncompleteReadError, pdu.PduError):
            return
        finally:
            self._writer.close()
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(SendError("smpp: the connection was lost"))

    async def _next(self) -> pdu.Pdu:
        length, head = pdu.read_header(await self._reader.readexactly(pdu.HEADER_BYTES))
        return pdu.Pdu(
            head.command, head.status, head.sequence, await self._reader.readexactly(length)
        )

    def _take(self, received: pdu.Pdu) -> None:
        if received.command & pdu.RESPONSE:
            answer = self._waiting.get(received.sequence)
            if answer is not None and not answer.done():
                answer.set_result(received)
            return
        if received.command == pdu.DELIVER_SM:
            receipt = pdu.read_receipt(received.body)
            if receipt is not None:
                self._on_receipt(receipt)
        body = b"\0" if received.command == pdu.DELIVER_SM else b""
        answer_to = received.command | pdu.RESPONSE
        self._writer.write(pdu.Pdu(answer_to, 0, received.sequence, body).encode())
        if received.command == pdu.UNBIND:
            self._writer.close()


async def open_session(
    settings: SmppSettings, on_receipt: Callable[[pdu.DeliveryReceipt], None]
) -> SmppSession:
    """Connect and bind.

    Raises:
        SendError: the centre cannot be reached, or refuses; never permanent.
    """
    host = required(settings.host, "short message centre")
    system_id = required(settings.system_id, "account at the short message centre")
    password = settings.password.get_secret_value() if settings.password else ""
    context = ssl.create_default_context() if settings.tls else None
    try:
        async with asyncio.timeout(settings.timeout_s):
            reader, writer = await asyncio.open_connection(host, settings.port, ssl=context)
    except (OSError, TimeoutError) as error:
        raise SendError(f"smpp: {host}:{settings.port}: {type(error).__name__}") from error
    session = SmppSession(settings, reader, writer, on_receipt)
    bound = False
    try:
        body = pdu.bind_body(system_id, password, settings.system_type)
        await session.request(pdu.BIND_TRANSCEIVER, body)
        bound = True
    except SendError as error:
        # A refused account is put right by a person, and not the message's fault.
        raise SendError(str(error), blocked_s=error.blocked_s) from error
    finally:
        if not bound:
            await session.close()
    return session
