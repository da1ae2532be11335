"""What the two halves of a split service say to each other, and how it is framed.

Nothing in it is needed for safety: who hears nothing looks for himself, in the journal or in SQL.
"""

import asyncio

import msgspec

from alerts.deviations import Finding
from collectors.driver import LineHealth
from ingest.bus import IngestError
from sitewatch.metric_values import Value

NAME = "watch.sock"
"""Of the socket in the data folder."""
_LENGTH = 4
_LONGEST = 64 * 1024 * 1024


class BadFrameError(IngestError):
    """The other side speaks another language: it is of another version."""


class Written(msgspec.Struct, frozen=True, tag=True):
    """There is something new in the journal."""


class Alarmed(msgspec.Struct, frozen=True, tag=True):
    """There is something new in the table of alarm events."""


class Report(msgspec.Struct, frozen=True, tag=True):
    """How the watching half is doing."""

    at_ms: int
    lines: tuple[LineHealth, ...]
    reasons: dict[str, str | None]
    letters_kept: int
    letters_not_kept: int
    skip_damaged: bool
    """The journal is damaged and could not be repaired: readers go on without what is damaged."""
    metrics: tuple[Value, ...]
    """What Prometheus is told of its stages."""


class Committed(msgspec.Struct, frozen=True, tag=True):
    """How far a consumer in the serving half is."""

    consumer: str
    safety: int
    routine: int


class Damaged(msgspec.Struct, frozen=True, tag=True):
    """The serving half has read in the journal what nobody wrote."""


class Acted(msgspec.Struct, frozen=True, tag=True):
    """Somebody acknowledged or reset: there may be something in the outbox."""


class Found(msgspec.Struct, frozen=True, tag=True):
    """What was counted against what was expected, for the judge."""

    findings: tuple[Finding, ...]


ToServing = Written | Alarmed | Report
ToWatching = Committed | Damaged | Acted | Found
_encode = msgspec.msgpack.Encoder().encode
_to_serving: msgspec.msgpack.Decoder[ToServing] = msgspec.msgpack.Decoder(ToServing)
_to_watching: msgspec.msgpack.Decoder[ToWatching] = msgspec.msgpack.Decoder(ToWatching)


def framed(message: ToServing | ToWatching) -> bytes:
    """A message as it goes over the socket."""
    body = _encode(message)
    return len(body).to_bytes(_LENGTH) + body


async def _body(reader: asyncio.StreamReader) -> bytes:
    length = int.from_bytes(await reader.readexactly(_LENGTH))
    if length > _LONGEST:
        raise BadFrameError(f"a frame of {length} bytes is none of ours")
    return await reader.readexactly(length)


async def read_to_serving(reader: asyncio.StreamReader) -> ToServing:
    """The next message of the watching half.

    Raises:
        BadFrameError: it is none.
        EOFError, OSError: the connection is lost.
    """
    try:
        return _to_serving.decode(await _body(reader))
    except msgspec.DecodeError as error:
        raise BadFrameError(f"the watching process is not understood: {error}") from error


async def read_to_watching(reader: asyncio.StreamReader) -> ToWatching:
    """The next message of the serving half.

    Raises:
        BadFrameError: it is none.
        EOFError, OSError: the connection is lost.
    """
    try:
        return _to_watching.decode(await _body(reader))
    except msgspec.DecodeError as error:
        raise BadFrameError(f"the serving process is not understood: {error}") from error
