"""One row of the journal's table of batches, and the checksum over all of it."""

import struct
import zlib
from typing import NamedTuple

_HEADER = struct.Struct(">6q")
LANE_COUNT = 2


class Row(NamedTuple):
    """A batch as it stands in the file, without its id."""

    lane: int
    first_seq: int
    last_seq: int
    samples: int
    lane_total: int
    """Samples of the lane ever written, this batch included."""
    written_at: int
    """[ms, UTC]"""
    crc: int
    payload: bytes

    @property
    def is_whole(self) -> bool:
        """Whether it is what was written: numbers that agree, and the checksum over all of it."""
        typed = isinstance(self.payload, bytes) and all(isinstance(one, int) for one in self[:7])
        if not typed or not 0 <= self.lane < LANE_COUNT:
            return False
        numbers = self.last_seq - self.first_seq + 1 == self.samples
        return numbers and self.crc == checksum(*self[:6], payload_crc=zlib.crc32(self.payload))

    def with_total(self, lane_total: int) -> "Row":
        """The same samples under another total of the lane."""
        return sealed(
            self.lane, self.first_seq, self.samples, lane_total, self.written_at, self.payload
        )


def checksum(
    lane: int,
    first_seq: int,
    last_seq: int,
    count: int,
    lane_total: int,
    written_at: int,
    payload_crc: int,
) -> int:
    """CRC-32 over the numbers of a row and the CRC-32 of its payload."""
    return zlib.crc32(
        _HEADER.pack(lane, first_seq, last_seq, count, lane_total, written_at), payload_crc
    )


def sealed(
    lane: int,
    first_seq: int,
    count: int,
    lane_total: int,
    written_at: int,
    payload: bytes,
) -> Row:
    """A row with its checksum."""
    last_seq = first_seq + count - 1
    crc = checksum(lane, first_seq, last_seq, count, lane_total, written_at, zlib.crc32(payload))
    return Row(lane, first_seq, last_seq, count, lane_total, written_at, crc, payload)
