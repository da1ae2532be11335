"""Dead letters: payloads that could not be understood or stored, kept with the reason.

Bounded in number, in size and in how many of one source are kept a minute, so that one device
that sends nonsense cannot fill or slow the database; what is not kept is counted.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

import sqlalchemy as sa

from records.engine import RecordsError, metadata, reading, transaction

dead_letters = sa.Table(
    "dead_letters",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("received_at", sa.BigInteger, nullable=False),
    sa.Column("source", sa.String(500), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
)
_MINUTE_MS = 60_000


@dataclass(frozen=True)
class DeadLetterLimits:
    """The bounds of what is kept."""

    letters: int = 10_000
    """The newest that stay."""
    payload_bytes: int = 64 * 1024
    """What is kept of one payload; its whole size is noted."""
    per_minute: int = 60
    """How many of one source are kept a minute; more are counted only."""
    sources: int = 10_000
    """How many sources are told apart in one minute."""


@dataclass(frozen=True)
class DeadLetter:
    """One payload that was not understood."""

    id: int
    received_at: int
    """[ms, UTC]"""
    source: str
    """The topic or endpoint it came by."""
    reason: str
    size: int
    """Of the whole payload. [bytes]"""
    payload: bytes
    """Its beginning, or all of it."""


@dataclass(frozen=True)
class DeadLetterStatistics:
    """What was counted since the start of the process."""

    kept: int
    not_kept: int
    """Those above the limit of their source."""


class DeadLetterBox:
    """Keeps dead letters in SQL; implements `collectors.driver.DeadLetters`."""

    def __init__(
        self,
        engine: sa.Engine,
        now_ms: Callable[[], int],
        limits: DeadLetterLimits | None = None,
    ) -> None:
        self._engine = engine
        self._now_ms = now_ms
        self._limits = limits or DeadLetterLimits()
        self._lock = Lock()
        self._minute = 0
        self._counts: dict[str, int] = {}
        self._kept = self._not_kept = 0

    async def keep(self, source: str, payload: bytes, reason: str) -> None:
        """Keep one payload.

        Raises:
            RecordsError: the database refused it.
        """
        now = self._now_ms()
        if self._is_within_limit(source, now):
            await asyncio.to_thread(self._insert, source, payload, reason, now)

    def keep_now(self, source: str, payload: bytes, reason: str) -> None:
        """Keep one payload, from a thread that may wait for the database.

        Raises:
            RecordsError: the database refused it.
        """
        now = self._now_ms()
        if self._is_within_limit(source, now):
            self._insert(source, payload, reason, now)

    def _is_within_limit(self, source: str, now: int) -> bool:
        with self._lock:
            minute = now // _MINUTE_MS
            if minute != self._minute:
                self._minute, self._counts = minute, {}
            if source not in self._counts and len(self._counts) >= self._limits.sources:
                source = ""
            count = self._counts.get(source, 0) + 1
            self._counts[source] = count
            within = count <= self._limits.per_minute
            self._not_kept += not within
            return within

    def _insert(self, source: str, payload: bytes, reason: str, now: int) -> None:
        row = {
            "received_at": now,
            "source": _text(source),
            "reason": _text(reason),
            "size": len(payload),
            "payload": payload[: self._limits.payload_bytes],
        }
        try:
            with transaction(self._engine) as connection:
                inserted = connection.execute(sa.insert(dead_letters), row).inserted_primary_key
                newest = 0 if inserted is None else int(inserted[0])
                old = dead_letters.c.id <= newest - self._limits.letters
                connection.execute(sa.delete(dead_letters).where(old))
        except sa.exc.SQLAlchemyError as error:
            raise RecordsError(f"a dead letter cannot be kept: {error}") from error
        with self._lock:
            self._kept += 1

    def list(self, limit: int = 100, before: int | None = None) -> Sequence[DeadLetter]:
        """The newest letters, or those with a lower id than `before`; newest first.

        Raises:
            RecordsError: the database cannot be read.
        """
        query = sa.select(dead_letters).order_by(dead_letters.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(dead_letters.c.id < before)
        try:
            with reading(self._engine) as connection:
                rows = connection.execute(query).all()
        except sa.exc.SQLAlchemyError as error:
            raise RecordsError(f"the dead letters cannot be read: {error}") from error
        return [DeadLetter(**row._mapping) for row in rows]

    def statistics(self) -> DeadLetterStatistics:
        """What was counted so far."""
        return DeadLetterStatistics(self._kept, self._not_kept)


def _text(text: str) -> str:
    """Text that every database takes: no half surrogates, no NUL, no more than its column."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")[:500]
