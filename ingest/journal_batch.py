"""What goes into the journal and comes out of it: samples, encoded one by one, in batches."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from collectors.sample import Lane, Sample
from ingest.bus import IngestError

LANES = (Lane.SAFETY, Lane.ROUTINE)
_ARRAY32 = struct.Struct(">BI")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Sample]).decode


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One sample on its way to the disk, already encoded."""

    sample: Sample
    encoded: bytes


def encoded(sample: Sample) -> Entry:
    """Encode a sample.

    Raises:
        IngestError: a value cannot be written, for example an integer of more than 64 bits.
    """
    try:
        return Entry(sample, _encode(sample))
    except (TypeError, ValueError, OverflowError) as error:
        raise IngestError(f"a sample of {sample.device} cannot be written: {error}") from error


@dataclass(frozen=True, slots=True)
class Batch:
    """The samples of one lane that went to disk in one commit, with their numbers."""

    lane: Lane
    first_seq: int
    last_seq: int
    lane_total: int
    """Samples of the lane ever written, this batch included."""
    written_at: int
    size: int
    """Of the payload. [bytes]"""
    samples: Sequence[Sample]


@dataclass(frozen=True, slots=True)
class Unread:
    """Where a consumer's first unread batch stands."""

    written_at: int
    before: int
    """Samples of the lane ever written before it."""


@dataclass
class Totals:
    """What the file has counted since it was made."""

    last_seq: int = 0
    dropped: int = 0
    duplicates: int = 0
    lost: int = 0
    """Samples that a damaged file no longer had."""


def joined(entries: Sequence[Entry]) -> bytes:
    """The payload of a batch."""
    return _ARRAY32.pack(0xDD, len(entries)) + b"".join([entry.encoded for entry in entries])


def decoded(payload: bytes, first: int) -> list[Sample]:
    """The samples of a payload, with their numbers.

    Raises:
        msgspec.DecodeError: it is no payload of ours.
    """
    return numbered(_decode(payload), first)


def numbered(samples: Sequence[Sample], first: int) -> list[Sample]:
    """Samples with the numbers that begin at `first`."""
    return [
        msgspec.structs.replace(sample, seq=number) for number, sample in enumerate(samples, first)
    ]
