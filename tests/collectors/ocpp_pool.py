"""A pool of piles with sessions, that keep what they have to say until it is answered.

They lose their connections when they like, and then say the same again, as OCPP asks of them.
"""

import asyncio
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import WebSocketException

from tests.collectors.ocpp_client import REGISTER, dialled, iso, register

MINUTE = 60_000
SESSION_MS = 20 * MINUTE
PAUSE_S = 0.05
_PHASES = ("told", "offline", "2.0.1")

Said = tuple[str, dict[str, Any]]


@dataclass
class PoolPile:
    """One pile, with what it has to say yet."""

    number: int
    begin_ms: int
    sessions: int
    seed: int
    energies: list[int] = field(default_factory=list)
    """Of its sessions, as it measured them [Wh]."""
    answered: int = 0
    repeated: int = 0
    """Calls that were said again because their answer was lost."""
    waits: list[float] = field(default_factory=list)
    """For each answer. [s]"""
    is_done: bool = False

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed * 1000 + self.number)
        self._wh = 100_000 + 7 * self.number
        self._transaction = 0
        self._asked: set[str] = set()

    @property
    def kind(self) -> str:
        """`told`: its statuses, too; `offline`: transactions only; `2.0.1`."""
        return _PHASES[self.number % len(_PHASES)]

    @property
    def identity(self) -> str:
        return f"POOL-{self.number}"

    @property
    def device(self) -> str:
        return f"pool-{self.number}"

    async def run(self, port: int) -> None:
        """Say everything, over as many connections as that takes."""
        version = "2.0.1" if self.kind == "2.0.1" else "1.6"
        script = list(self._script())
        place = 0
        while place < len(script):
            try:
                async with dialled(port, self.identity, version=version) as client:
                    while place < len(script):
                        text = self._written(place, *script[place])
                        began = time.perf_counter()
                        await client.send(text)
                        if self._chance.random() < 0.05:
                            # The plug is pulled: whether it was heard, nobody knows.
                            client.socket.transport.abort()
                            await asyncio.sleep(0)
                        answer = await client.hear()
                        assert answer[0] == 3, answer
                        self._transaction = answer[2].get("transactionId", self._transaction)
                        self.waits.append(time.perf_counter() - began)
                        self.answered += 1
                        place += 1
            except (OSError, WebSocketException, TimeoutError):
                await asyncio.sleep(PAUSE_S)
        self.is_done = True

    def _written(self, place: int, action: str, payload: dict[str, Any]) -> str:
        if "transactionId" in payload:
            payload = payload | {"transactionId": self._transaction}
        own = f"{self.number}-{place}"
        self.repeated += own in self._asked
        self._asked.add(own)
        return json.dumps([2, own, action, payload])

    def _script(self) -> Iterator[Said]:
        if self.kind == "offline":
            # What it does now comes first; what it did meanwhile comes late.
            free = {"connectorId": 1, "status": "Available", "errorCode": "NoError"}
            now = self.begin_ms + self.sessions * SESSION_MS
            yield "StatusNotification", free | {"timestamp": iso(now)}
        for n in range(self.sessions):
            at = self.begin_ms + n * SESSION_MS
            energy = self._chance.randrange(1000, 9000)
            self.energies.append(energy)
            yield from (
                self._station(n, at, energy) if self.kind == "2.0.1" else self._point(at, energy)
            )
            self._wh += energy

    def _status(self, at: int, status: str) -> Iterator[Said]:
        if self.kind == "2.0.1":
            own = {"connectorStatus": status, "evseId": 1, "connectorId": 1}
            yield "StatusNotification", own | {"timestamp": iso(at)}
        elif self.kind == "told":
            own = {"connectorId": 1, "status": status, "errorCode": "NoError"}
            yield "StatusNotification", own | {"timestamp": iso(at)}

    def _point(self, at: int, energy: int) -> Iterator[Said]:
        yield from self._status(at, "Preparing")
        begin = {"connectorId": 1, "idTag": "C", "meterStart": self._wh}
        yield "StartTransaction", begin | {"timestamp": iso(at + MINUTE)}
        yield from self._status(at + MINUTE + 500, "Charging")
        for part in (1, 2, 3):
            moment = iso(at + MINUTE + part * 3 * MINUTE)
            values = [register(self._wh + energy * part / 4)]
            sampling = [{"timestamp": moment, "sampledValue": values}]
            own = {"connectorId": 1, "transactionId": 0, "meterValue": sampling}
            yield "MeterValues", own
        end = {"transactionId": 0, "meterStop": self._wh + energy}
        yield "StopTransaction", end | {"timestamp": iso(at + 13 * MINUTE)}
        yield from self._status(at + 13 * MINUTE + 500, "Finishing")
        yield from self._status(at + 14 * MINUTE, "Available")

    def _station(self, n: int, at: int, energy: int) -> Iterator[Said]:
        yield from self._status(at, "Occupied")
        for number, (kind, state) in enumerate(
            (("Started", "EVConnected"), *(("Updated", "Charging"),) * 3, ("Ended", "EVConnected"))
        ):
            moment = iso(at + MINUTE + number * 3 * MINUTE)
            value = {"value": self._wh + energy * number / 4, "measurand": REGISTER}
            yield (
                "TransactionEvent",
                {
                    "eventType": kind, "timestamp": moment, "triggerReason": "Trigger",
                    "seqNo": number, "evse": {"id": 1, "connectorId": 1},
                    "transactionInfo": {"chargingState": state, "transactionId": f"{n}"},
                    "meterValue": [{"timestamp": moment, "sampledValue": [value]}],
                },
            )  # fmt: skip
        yield from self._status(at + 14 * MINUTE, "Available")


def pool(count: int, now_ms: int, *, sessions: int = 3, seed: int = 1) -> list[PoolPile]:
    """Piles whose last session ended a while ago."""
    begin = now_ms - sessions * SESSION_MS - 5 * MINUTE
    return [PoolPile(number, begin, sessions, seed) for number in range(count)]


def devices(piles: Sequence[PoolPile]) -> str:
    """The piles as entries of the estate."""
    return "".join(
        f"- {{id: {one.device}, profile: ocpp_pile, place: centre, interval: 1h, "
        f"link: {{ocpp: {{identity: {one.identity}}}}}}}\n"
        for one in piles
    )
