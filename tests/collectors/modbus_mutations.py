"""Answers as faulty devices, gateways and wires spoil them; each mutation names what it does.

A mutation takes the right answer and returns the pieces that arrive one after the other. Those of
`MUST_BE_READ` hold the right answer where every reader has to find it.
"""

import random
import struct
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from tests.collectors.modbus_frames import Asked, Framing, pdu_of
from tests.conftest import CAPTURES

Pieces = list[bytes]


def captured_frames() -> tuple[bytes, ...]:
    """TCP payloads of the capture of a fuzzed device; none where there are no captures."""
    file = CAPTURES / "pcap_modbus_fuzz72.pcap"
    return tuple(_payloads(file)) if file.is_file() else ()


def _payloads(file: Path) -> list[bytes]:
    """The TCP payloads of a classic little-endian pcap of Ethernet frames."""
    data, at, found = file.read_bytes(), 24, []
    while at + 16 <= len(data):
        (size,) = struct.unpack("<I", data[at + 8 : at + 12])
        packet = data[at + 16 : at + 16 + size]
        at += 16 + size
        ip = (packet[14] & 15) * 4
        (total,) = struct.unpack(">H", packet[16:18])
        tcp = packet[14 + ip :]
        payload = tcp[(tcp[12] >> 4) * 4 : total - ip] if packet[23] == 6 else b""
        if payload:
            found.append(payload)
    return found


@dataclass
class Spoiler:
    """Spoils answers by chance, always the same way for a seed."""

    framing: Framing
    chance: random.Random
    captured: Sequence[bytes] = ()
    stale: deque[bytes] = field(default_factory=lambda: deque(maxlen=20))
    """Right answers to earlier requests."""

    def data(self, asked: Asked) -> bytes:
        """Data that no other answer has, where it is long enough for that."""
        data = bytearray(self.chance.randbytes(asked.size))
        spare = -asked.count % 8
        if asked.function in (1, 2) and spare:
            data[-1] &= 0xFF >> spare
        return bytes(data)

    def spoil(self, name: str, asked: Asked) -> Pieces:
        """The pieces that arrive in answer to a request."""
        right = self.framing.frame(asked, pdu_of(asked, self.data(asked)))
        pieces = MUTATIONS[name](self, asked, right)
        self.stale.append(right)
        return [piece for piece in pieces if piece]

    def noise(self, most: int = 40) -> bytes:
        """Bytes that mean nothing."""
        return self.chance.randbytes(self.chance.randint(1, most))

    def old(self) -> bytes:
        """An answer to an earlier request."""
        return self.chance.choice(self.stale) if self.stale else b""

    def capture(self) -> bytes:
        """A frame of the capture."""
        return self.chance.choice(self.captured) if self.captured else self.noise()


def _clean(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    return [right]


def _split(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    cuts = sorted(s.chance.choices(range(1, len(right)), k=s.chance.choice((1, 1, 1, 2, 6))))
    edges = [0, *cuts, len(right)]
    return [right[a:b] for a, b in pairwise(edges)]


def _bit_flips(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    frame = bytearray(right)
    for _ in range(s.chance.choice((1, 1, 1, 2, 3, 8))):
        frame[s.chance.randrange(len(frame))] ^= 1 << s.chance.randrange(8)
    return [bytes(frame)]


def _head_flips(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    frame = bytearray(right)
    frame[s.chance.randrange(min(9, len(frame)))] ^= 1 << s.chance.randrange(8)
    return [bytes(frame)]


def _bytes_set(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    frame = bytearray(right)
    for _ in range(s.chance.randint(1, 4)):
        frame[s.chance.randrange(len(frame))] = s.chance.choice((0, 1, 0x7F, 0x80, 0xFF))
    return [bytes(frame)]


def _truncated(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    return [right[: s.chance.randrange(len(right))]]


def _head_lost(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    return [right[s.chance.randint(1, len(right) - 1) :]]


def _middle_lost(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    first = s.chance.randrange(len(right))
    return [right[:first] + right[first + s.chance.randint(1, 8) :]]


def _extended(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    return [right + s.noise()]


def _twice(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    return [right + right]


def _two_answers(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    other = s.framing.frame(asked, pdu_of(asked, s.data(asked)))
    return [right + other]


def _wrong_tid(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    tid = s.chance.choice((0, asked.tid ^ 1, asked.tid + 1 & 0xFFFF, s.chance.randrange(0x10000)))
    return [s.framing.frame(asked, pdu_of(asked, s.data(asked)), tid)]


def _wrong_unit(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    other = replace(asked, unit=s.chance.choice((0, 255, asked.unit ^ 1, s.chance.randrange(256))))
    return [s.framing.frame(other, pdu_of(asked, s.data(asked)))]


def _wrong_function(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    function = s.chance.choice((1, 2, 3, 4, 5, 6, 15, 16, 0, 23, 43, s.chance.randrange(256)))
    data = s.data(asked)
    return [s.framing.frame(asked, bytes([function, len(data)]) + data)]


def _wrong_count(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    """A whole frame of another number of cells."""
    size = max(0, min(250, asked.size + s.chance.choice((-3, -2, -1, 1, 2, 3, 4))))
    return [s.framing.frame(asked, pdu_of(asked, s.chance.randbytes(size)))]


def _lying_count(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    """A byte count that is not the number of bytes that follow."""
    count = s.chance.choice((0, 255, asked.size ^ 1, asked.size + 2 & 255, s.chance.randrange(256)))
    return [s.framing.frame(asked, bytes([asked.function, count]) + s.data(asked))]


def _other_data(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    """Another valid frame: a value, and this frame's."""
    return [s.framing.frame(asked, pdu_of(asked, s.data(asked)))]


def _exception(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    code = s.chance.choice((1, 2, 3, 4, 5, 6, 8, 10, 11, s.chance.randrange(256)))
    return [s.framing.frame(asked, bytes([asked.function | 0x80, code]))]


def _foreign_exception(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    """An exception of another unit, function or transaction."""
    code = s.chance.choice((1, 2, 3, 4))
    other = replace(
        asked,
        unit=s.chance.choice((asked.unit, asked.unit ^ 1)),
        tid=s.chance.choice((asked.tid, asked.tid ^ 1)),
    )
    function = s.chance.choice((asked.function, asked.function % 4 + 1, 16))
    return [s.framing.frame(other, bytes([function | 0x80, code]))]


def _long_exception(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    return [s.framing.frame(asked, bytes([asked.function | 0x80]) + s.noise(4))]


def _stale_before(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    return [s.old() + right] if s.chance.random() < 0.5 else [s.old(), right]


def _stale_after(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    return [right + s.old()]


def _stale_alone(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    return [s.old()]


def _noise_before(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    return [s.noise() + right] if s.chance.random() < 0.5 else [s.noise(600), right]


def _noise_alone(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    return [s.noise(s.chance.choice((4, 40, 600)))]


def _silence(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    return []


def _captured(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    frame = bytearray(s.capture())
    if len(frame) > 8 and s.chance.random() < 0.5:
        frame[:2] = struct.pack(">H", asked.tid)
        frame[6] = asked.unit
    return [bytes(frame)]


def _captured_before(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    return [s.capture() + right]


def _two_faults(s: Spoiler, asked: Asked, right: bytes) -> Pieces:
    first = b"".join(MUTATIONS[s.chance.choice(_SIMPLE)](s, asked, right))
    spoiled = first if len(first) > 1 else right
    return MUTATIONS[s.chance.choice(_FRAME_TO_FRAME)](s, asked, spoiled)


Mutation = Callable[[Spoiler, Asked, bytes], Pieces]
MUTATIONS: dict[str, Mutation] = {
    "clean": _clean, "split": _split, "bit flips": _bit_flips, "head flips": _head_flips,
    "bytes set": _bytes_set, "truncated": _truncated, "head lost": _head_lost,
    "middle lost": _middle_lost, "extended": _extended, "twice": _twice,
    "two answers": _two_answers, "wrong tid": _wrong_tid, "wrong unit": _wrong_unit,
    "wrong function": _wrong_function, "wrong count": _wrong_count, "lying count": _lying_count,
    "other data": _other_data, "exception": _exception, "foreign exception": _foreign_exception,
    "long exception": _long_exception, "stale before": _stale_before, "stale after": _stale_after,
    "stale alone": _stale_alone, "noise before": _noise_before, "noise alone": _noise_alone,
    "silence": _silence, "captured": _captured, "captured before": _captured_before,
    "two faults": _two_faults,
}  # fmt: skip
_FRAME_TO_FRAME = (
    "split", "bit flips", "head flips", "bytes set", "truncated", "head lost", "middle lost",
    "extended", "twice", "stale before", "stale after", "noise before",
)  # fmt: skip
_SIMPLE = tuple(name for name in MUTATIONS if name not in {"silence", "two faults"})
MUST_BE_READ = {
    True: frozenset({"clean", "split", "other data"}),
    False: frozenset({
        "clean", "split", "other data", "twice", "two answers", "extended", "stale after",
        "stale before",
    }),
}  # fmt: skip
"""By whether the frames are RTU: those that no reader may miss."""
