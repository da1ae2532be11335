"""The judge of a fuzzed Modbus link: what it may say, given what was delivered to it."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from collectors.modbus_link import ModbusLink
from collectors.modbus_links import RtuTcpTransport, TcpTransport
from collectors.modbus_schema import ModbusSettings, Table
from collectors.reading import LinkLostError, ReadError
from collectors.sample import Reason
from tests.collectors.memory_loop import Connection
from tests.collectors.modbus_frames import Asked, Framing
from tests.collectors.modbus_mutations import MUST_BE_READ, MUTATIONS, Pieces, Spoiler

TIMEOUT_MS = 50
"""How long the link waits for an answer. [ms]"""
_LATE = 0.03
"""Share of answers that come after the time-out."""
Request = tuple[int, Table, int, int]
"""Unit, table, address and count."""
TABLES = {1: Table.COIL, 2: Table.DISCRETE, 3: Table.HOLDING, 4: Table.INPUT}


@dataclass(frozen=True)
class Outcome:
    """What came of one request."""

    cells: tuple[int, ...] | None = None
    reason: Reason | None = None
    code: int | None = None
    lost: bool = False


def link_to(
    framing: Framing, host: str, port: int, timeout_s: float = TIMEOUT_MS / 1000
) -> ModbusLink:
    """A link with frames of this kind; a serial line behind it has no pauses worth waiting for."""
    if framing.rtu:
        return ModbusLink(RtuTcpTransport(host, port, baud=1_000_000), timeout_s=timeout_s)
    return ModbusLink(TcpTransport(host, port), timeout_s=timeout_s)


@dataclass
class Tally:
    """What happened, and every case in which the link said what it must not say."""

    cases: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def judge(
        self,
        name: str,
        framing: Framing,
        asked: Asked,
        delivered: bytes,
        outcome: Outcome,
        *,
        undisturbed: bool = True,
    ) -> None:
        """Hold what the link said against what was delivered to it in time.

        `undisturbed` says that nothing of an earlier answer came between.
        """
        self.cases += 1
        fault = None
        if outcome.cells is not None:
            self.outcomes["value"] += 1
            if outcome.cells not in set(framing.answers(asked, delivered)):
                fault = "a value that no conforming answer holds"
        elif outcome.reason in {Reason.REFUSED, Reason.BUSY}:
            self.outcomes[str(outcome.reason)] += 1
            if outcome.code not in set(framing.refusals(asked, delivered)):
                fault = "a refusal that no conforming exception holds"
        else:
            self.outcomes["lost" if outcome.lost else str(outcome.reason)] += 1
        if outcome.cells is None and undisturbed and name in MUST_BE_READ[framing.rtu]:
            fault = "no value of an answer that must be read"
        if fault and len(self.wrong) < 20:
            self.wrong.append(f"{name}: {fault}: {asked}, {outcome}, {delivered.hex()[:400]}")


class FuzzedDevice:
    """A device in memory whose answers are spoiled; every unit of every address is it."""

    def __init__(self, framing: Framing, seed: int, captured: Sequence[bytes] = ()) -> None:
        self.chance = random.Random(seed)
        self.framing = framing
        self.spoiler = Spoiler(framing, self.chance, captured)
        self.mutation = "clean"
        self.asked: Asked | None = None
        self.connection: Connection | None = None
        self.sent = b""
        """All pieces of the answer to the last request."""
        self.strangers: list[bytes] = []
        """Requests that are no reads."""

    def expect(self, mutation: str) -> None:
        """Say how the answer to the next request is spoiled."""
        self.mutation, self.asked = mutation, None

    def received(self, data: bytes, connection: Connection) -> None:
        """Answer one request."""
        asked = self.framing.asked(data)
        if asked is None:
            self.strangers.append(data)
            return
        self.asked, self.connection = asked, connection
        connection.seen.clear()
        pieces = self.spoiler.spoil(self.mutation, asked)
        self.sent = b"".join(pieces)
        for piece, delay_s in self._timed(pieces):
            connection.deliver(piece, delay_s)

    def _timed(self, pieces: Pieces) -> list[tuple[bytes, float]]:
        late = self.mutation not in MUST_BE_READ[self.framing.rtu] and self.chance.random() < _LATE
        start = TIMEOUT_MS / 1000 * 1.2 if late else 0.0
        return [(piece, start + n * 0.0001) for n, piece in enumerate(pieces)]

    @property
    def delivered(self) -> bytes:
        """What has arrived since the last request."""
        return bytes(self.connection.seen) if self.connection is not None else b""


def some_request(chance: random.Random, *, rtu: bool) -> Request:
    """Unit, table, address and count of a request, short ones more often."""
    function = chance.choice((1, 2, 3, 3, 3, 4, 4, 4))
    most = 2000 if function in (1, 2) else 125
    count = chance.randint(1, chance.choice((1, 4, 12, most)))
    unit = chance.choice((1, 1, 7, 247, chance.randint(1, 247) if rtu else chance.randint(0, 255)))
    return unit, TABLES[function], chance.randint(0, 0x10000 - count), count


async def ask(link: ModbusLink, request: Request, timeout_ms: int = TIMEOUT_MS) -> Outcome:
    """One request, on a fresh connection where the link has closed the last."""
    try:
        if not link.connected:
            await link.open()
        return Outcome(tuple(await link.read(*request, ModbusSettings(timeout_ms=timeout_ms))))
    except ReadError as error:
        return Outcome(reason=error.reason, code=error.code)
    except LinkLostError:
        return Outcome(lost=True)


async def fuzz(link: ModbusLink, device: FuzzedDevice, count: int) -> Tally:
    """Ask a fuzzed device many times."""
    tally, names = Tally(), tuple(MUTATIONS)
    for _ in range(count):
        request = some_request(device.chance, rtu=device.framing.rtu)
        device.expect(device.chance.choice(names))
        outcome = await ask(link, request)
        assert device.asked is not None, "the request did not arrive"
        delivered = device.delivered
        undisturbed = delivered == device.sent
        tally.judge(
            device.mutation, device.framing, device.asked, delivered, outcome,
            undisturbed=undisturbed,
        )  # fmt: skip
    link.close()
    assert device.strangers == []
    return tally
