"""A charging pile for tests that knows nothing of our code: frames by hand, after OCPP-J.

It uses `websockets` to carry text, and `json` to write it, and no OCPP library.
"""

import asyncio
import base64
import datetime as dt
import itertools
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

ANSWER_S = 20.0
REGISTER = "Energy.Active.Import.Register"


class CallFailedError(Exception):
    """The central system answered with an error."""

    def __init__(self, frame: list[Any]) -> None:
        super().__init__(str(frame))
        self.code: str = frame[2]


def iso(ms: int) -> str:
    """A moment [ms, UTC] as piles write it."""
    moment = dt.datetime.fromtimestamp(ms / 1000, dt.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def register(wh: float, unit: str = "Wh", **more: str) -> dict[str, str]:
    """A sampled value of 1.6."""
    return {
        "value": f"{wh:g}" if wh < 100_000 else str(wh),
        "measurand": REGISTER,
        "unit": unit,
    } | more


class Pile:
    """One connection of a pile."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[list[Any]] = []
        """Every frame that came, in order."""
        self._ids = itertools.count(1)

    async def send(self, text: str | bytes) -> None:
        """Send a frame as it is, as text."""
        await self.socket.send(text, text=True)

    async def hear(self) -> list[Any]:
        """The next frame that comes."""
        async with asyncio.timeout(ANSWER_S):
            frame: list[Any] = json.loads(await self.socket.recv())
        self.heard.append(frame)
        return frame

    async def call(self, action: str, payload: Any, message_id: str | None = None) -> Any:
        """Call the central system and wait for the answer."""
        own = message_id or f"m{next(self._ids)}"
        await self.send(json.dumps([2, own, action, payload]))
        frame = await self.hear()
        assert frame[1] == own, frame
        if frame[0] == 4:
            raise CallFailedError(frame)
        assert frame[0] == 3, frame
        return frame[2]

    # What a pile of 1.6 says.

    async def boot(self) -> Any:
        return await self.call(
            "BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "P1"}
        )

    async def status(self, connector: int, status: str, at: int | None, **more: str) -> Any:
        stamp = {} if at is None else {"timestamp": iso(at)}
        payload = {"connectorId": connector, "status": status, "errorCode": "NoError"}
        return await self.call("StatusNotification", payload | stamp | more)

    async def start(self, connector: int, wh: int, at: int, card: str = "C1") -> int:
        payload = {"connectorId": connector, "meterStart": wh, "timestamp": iso(at), "idTag": card}
        answer = await self.call("StartTransaction", payload)
        number: int = answer["transactionId"]
        return number

    async def meter(self, connector: int, number: int | None, at: int, *values: Any) -> Any:
        own = {} if number is None else {"transactionId": number}
        sampling = [{"timestamp": iso(at), "sampledValue": list(values)}]
        return await self.call(
            "MeterValues", {"connectorId": connector, "meterValue": sampling} | own
        )

    async def stop(self, number: int, wh: int, at: int, **more: Any) -> Any:
        payload = {"transactionId": number, "meterStop": wh, "timestamp": iso(at)}
        return await self.call("StopTransaction", payload | more)


@asynccontextmanager
async def dialled(
    port: int, identity: str, *, version: str | None = "1.6", password: str | None = None,
    tls: ssl.SSLContext | None = None, path: str = "/ocpp/", user: str | None = None,
) -> AsyncIterator[Pile]:  # fmt: skip
    """Dial in for the life of a block."""
    headers = {}
    if password is not None:
        account = f"{user or identity}:{password}".encode()
        headers["Authorization"] = "Basic " + base64.b64encode(account).decode()
    scheme = "ws" if tls is None else "wss"
    protocols: Any = None if version is None else [f"ocpp{version}"]
    async with connect(
        f"{scheme}://127.0.0.1:{port}{path}{identity}", subprotocols=protocols,
        additional_headers=headers, ssl=tls, open_timeout=10, ping_interval=None,
        max_size=None, proxy=None, close_timeout=2,
    ) as socket:  # fmt: skip
        yield Pile(socket)
