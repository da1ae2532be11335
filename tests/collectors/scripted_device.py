"""A Modbus device in memory that answers, refuses or is silent as its script says."""

import random
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from tests.collectors.memory_loop import Connection
from tests.collectors.modbus_frames import Asked, Framing, data_of, pdu_of

TABLES = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}
_TELLING = (0, 1, 2, 3, 8, 10, 0x7FFF, 0x8000, 0xFFFF, 0x7FC0, 0x7F80)
"""Words that mean something: small codes, sentinels, what is no number."""
CODES = (1, 2, 3, 4, 6, 10, 11)


@dataclass(frozen=True)
class Script:
    """How often it does what it should not."""

    silent: float = 0.0
    refusing: float = 0.0
    spoiling: float = 0.0
    closing: float = 0.0
    refused: frozenset[tuple[str, int]] = frozenset()
    """Tables and wire addresses that it does not have."""


class ScriptedDevice:
    """Its words change at each `turn`; what it served since then is known."""

    def __init__(
        self,
        framing: Framing,
        script: Script,
        seed: int,
        fixed: Mapping[tuple[str, int], int] = {},
    ) -> None:
        self.framing, self.script = framing, script
        self.chance = random.Random(seed)
        self.served: dict[tuple[str, int], int] = {}
        """Table and wire address to the word that was served since the last turn."""
        self.requests = 0
        self._fixed = fixed
        self._words: dict[tuple[str, int], int] = {}

    def turn(self) -> None:
        """From now on all words are others."""
        self._words.clear()
        self.served.clear()

    def cell(self, table: str, address: int) -> int:
        """What was served; raises KeyError where nothing was."""
        return self.served[table, address]

    def _word(self, table: str, address: int) -> int:
        found = self._words.get((table, address), self._fixed.get((table, address)))
        if found is None:
            chance = self.chance
            found = chance.choice(_TELLING) if chance.random() < 0.3 else chance.randrange(0x10000)
            if table in {"coil", "discrete"}:
                found &= 1
            elif chance.random() < 0.2:
                found = 0x4000 | found & 0x0FFF
            self._words[table, address] = found
        return found

    def received(self, data: bytes, connection: Connection) -> None:
        """Answer one request by the script."""
        asked = self.framing.asked(data)
        assert asked is not None, data.hex()
        self.requests += 1
        script, chance = self.script, self.chance.random()
        if (chance := chance - script.silent) < 0:
            return
        if (chance := chance - script.closing) < 0:
            # The poll begins again on a new connection: what it had is no part of it.
            self.served.clear()
            connection.hang_up()
            return
        if (chance := chance - script.refusing) < 0:
            self._send(connection, asked, bytes([asked.function | 0x80, self.chance.choice(CODES)]))
            return
        table = TABLES[asked.function]
        places = [(table, asked.address + n) for n in range(asked.count)]
        if any(place in script.refused for place in places):
            self._send(connection, asked, bytes([asked.function | 0x80, 2]))
            return
        words = [self._word(*place) for place in places]
        pdu = pdu_of(asked, data_of(asked, words))
        if chance - script.spoiling < 0:
            self._spoil(connection, asked, pdu)
            return
        self.served.update(zip(places, words, strict=True))
        self._send(connection, asked, pdu)

    def _send(self, connection: Connection, asked: Asked, pdu: bytes) -> None:
        connection.deliver(self.framing.frame(asked, pdu))

    def _spoil(self, connection: Connection, asked: Asked, pdu: bytes) -> None:
        """An answer that is none, with other words than the right ones."""
        other = bytes(byte ^ 0x55 for byte in pdu[2:])
        frame = bytearray(self.framing.frame(asked, pdu[:2] + other))
        if self.framing.rtu:
            frame[-1] ^= 0xFF
        else:
            frame[:2] = struct.pack(">H", asked.tid ^ 0x1234)
        connection.deliver(bytes(frame))
