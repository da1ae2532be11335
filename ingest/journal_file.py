"""The journal's SQLite file: batches, identities, consumers and totals, in one place.

Every method that writes is called by one thread alone, the journal's writer; `read` and
`first_after` have a connection of their own and may be called from any.
"""

import sqlite3
import struct
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from collectors.sample import Lane, Sample
from ingest.bus import Cursor, IngestError
from ingest.journal_sqlite import SCHEMA, FileLock, connect, translated

LANES = (Lane.SAFETY, Lane.ROUTINE)
_NUMBER = {lane: number for number, lane in enumerate(LANES)}
_ARRAY32 = struct.Struct(">BI")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Sample]).decode


@dataclass(frozen=True, slots=True)
class Entry:
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


class JournalFile:
    """One open journal file.

    Raises:
        IngestError: the file cannot be opened, is not a journal, or another process has it.
    """

    def __init__(self, path: Path, consumers: Sequence[str], first: int = 0) -> None:
        """`first` is the number before the first one, where the file is new."""
        self.path = path
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        try:
            self._writer = connect(path)
            self._writer.executescript(SCHEMA)
            self._reader = connect(path)
            self.totals = self._read_totals(first)
            self.cursors = self._read_consumers(consumers)
            self.sizes = {lane: self._size(lane) for lane in LANES}
            self.lane_totals = {lane: self._newest(lane, "lane_total") for lane in LANES}
            self.last_seqs = {lane: self._newest(lane, "last_seq") for lane in LANES}
        except sqlite3.Error as error:
            self._lock.close()
            raise IngestError(f"the journal {path} cannot be opened: {error}") from error
        self._reading = threading.Lock()
        self._damaged: set[int] = set()

    @property
    def damaged(self) -> int:
        """Batches that were skipped because their checksum is wrong."""
        return len(self._damaged)

    @property
    def size(self) -> int:
        """Bytes of all payloads on disk."""
        return sum(self.sizes.values())

    def write(self, entries: Sequence[Entry], now: int) -> Sequence[Batch]:
        """Write one group in one transaction, safety first; durable when it returns.

        Raises:
            IngestError: the disk refused; nothing of the group was written.
        """
        batches: list[Batch] = []
        seq = self.totals.last_seq
        duplicates = 0
        with self._transaction() as connection:
            for lane in LANES:
                found = [entry for entry in entries if entry.sample.lane is lane]
                fresh = [entry for entry in found if _is_new(connection, entry.sample, now)]
                duplicates += len(found) - len(fresh)
                if fresh:
                    batches.append(self._insert(connection, lane, fresh, seq, now))
                    seq += len(fresh)
            values = [("last_seq", seq), ("duplicates", self.totals.duplicates + duplicates)]
            connection.executemany("INSERT OR REPLACE INTO total VALUES (?, ?)", values)
        self.totals.last_seq = seq
        self.totals.duplicates += duplicates
        for batch in batches:
            self.sizes[batch.lane] += batch.size
            self.lane_totals[batch.lane] = batch.lane_total
            self.last_seqs[batch.lane] = batch.last_seq
        return batches

    def _insert(
        self,
        connection: sqlite3.Connection,
        lane: Lane,
        entries: Sequence[Entry],
        seq: int,
        now: int,
    ) -> Batch:
        count = len(entries)
        header = _ARRAY32.pack(0xDD, count)
        payload = header + b"".join([entry.encoded for entry in entries])
        total = self.lane_totals[lane] + count
        row = (_NUMBER[lane], seq + 1, seq + count, count, total, now, zlib.crc32(payload), payload)
        connection.execute(
            "INSERT INTO batch (lane, first_seq, last_seq, count, lane_total, written_at, crc,"
            " payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        samples = _numbered([entry.sample for entry in entries], seq + 1)
        return Batch(lane, seq + 1, seq + count, total, now, len(payload), samples)

    def save_cursors(self) -> None:
        """Write down how far each consumer is."""
        rows = [(name, cursor.safety, cursor.routine) for name, cursor in self.cursors.items()]
        with self._transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO consumer VALUES (?, ?, ?)", rows)

    @translated("tidied")
    def trim(self, keep: int, at_most: int) -> int:
        """Delete the oldest batches that every consumer has passed, except the newest `keep`."""
        deleted = 0
        for lane in LANES:
            passed = self._passed(lane)
            found = self._writer.execute(
                "SELECT id FROM batch WHERE lane = ? ORDER BY last_seq DESC LIMIT 1 OFFSET ?",
                (_NUMBER[lane], keep),
            ).fetchone()
            if found is None or not passed:
                continue
            rows = self._writer.execute(
                "SELECT id, count, length(payload) FROM batch"
                " WHERE lane = ? AND last_seq <= ? AND id <= ? ORDER BY last_seq LIMIT ?",
                (_NUMBER[lane], passed, found[0], at_most),
            ).fetchall()
            if rows:
                self._delete(lane, rows, dropped=0)
                deleted += len(rows)
        return deleted

    @translated("tidied")
    def drop(self, size: int, at_most: int = 100) -> int:
        """Delete unread batches until `size` bytes are free of them, routine before safety.

        Returns how many samples were lost to a consumer.
        """
        lost = 0
        for lane in LANES[::-1]:
            passed = self._passed(lane)
            while size > 0:
                rows = self._writer.execute(
                    "SELECT id, count, length(payload), last_seq FROM batch WHERE lane = ?"
                    " ORDER BY last_seq LIMIT ?",
                    (_NUMBER[lane], at_most),
                ).fetchall()
                chosen: list[tuple[int, int, int]] = []
                dropped = 0
                for identifier, count, length, last_seq in rows:
                    if size <= 0:
                        break
                    chosen.append((identifier, count, length))
                    size -= length
                    dropped += count if last_seq > passed else 0
                if not chosen:
                    break
                self._delete(lane, chosen, dropped)
                lost += dropped
        return lost

    def _delete(self, lane: Lane, rows: Sequence[tuple[int, int, int]], dropped: int) -> None:
        with self._transaction() as connection:
            connection.executemany("DELETE FROM batch WHERE id = ?", [(row[0],) for row in rows])
            if dropped:
                value = ("dropped", self.totals.dropped + dropped)
                connection.execute("INSERT OR REPLACE INTO total VALUES (?, ?)", value)
        self.totals.dropped += dropped
        self.sizes[lane] -= sum(row[2] for row in rows)

    @translated("tidied")
    def forget(self, before: int, keep: int, at_most: int = 5000) -> int:
        """Delete identities older than a time [ms] or more than `keep`, oldest first."""
        query = "SELECT id, written_at FROM identity ORDER BY id LIMIT ?"
        newest = self._writer.execute("SELECT max(id) FROM identity").fetchone()[0] or 0

        def old_of(at_most: int) -> list[tuple[int]]:
            rows = self._writer.execute(query, (at_most,)).fetchall()
            return [(row[0],) for row in rows if row[1] < before or row[0] <= newest - keep]

        old = old_of(at_most) if old_of(1) else []
        if old:
            with self._transaction() as connection:
                connection.executemany("DELETE FROM identity WHERE id = ?", old)
        return len(old)

    @translated("tidied")
    def shrink(self, pages: int = 256, *, always: bool = False) -> None:
        """Give some of the file's free pages back to the file system, when many are free."""
        free = self._writer.execute("PRAGMA freelist_count").fetchone()[0]
        used = self._writer.execute("PRAGMA page_count").fetchone()[0] - free
        if always or free > max(used, 4 * pages):
            self._writer.execute(f"PRAGMA incremental_vacuum({pages})").fetchall()

    def read(self, lane: Lane, after: int, limit: int) -> list[Sample]:
        """Samples of a lane after a number, whole batches until `limit` is reached.

        Raises:
            IngestError: the file cannot be read.
        """
        samples: list[Sample] = []
        with self._reading, translated("read"):
            rows = self._reader.execute(
                "SELECT id, first_seq, crc, payload FROM batch WHERE lane = ? AND last_seq > ?"
                " ORDER BY last_seq",
                (_NUMBER[lane], after),
            )
            for identifier, first_seq, crc, payload in rows:
                found = self._decoded(identifier, first_seq, crc, payload)
                samples += [sample for sample in found if sample.seq > after]
                if len(samples) >= limit:
                    break
            rows.close()
        return samples

    def _decoded(self, identifier: int, first_seq: int, crc: int, payload: bytes) -> list[Sample]:
        if zlib.crc32(payload) == crc:
            try:
                return _numbered(_decode(payload), first_seq)
            except msgspec.DecodeError:
                pass
        self._damaged.add(identifier)
        return []

    def first_after(self, lane: Lane, after: int) -> Unread | None:
        """Where the first batch stands that a consumer at `after` has not wholly read."""
        with self._reading, translated("read"):
            row = self._reader.execute(
                "SELECT written_at, lane_total - count FROM batch WHERE lane = ? AND last_seq > ?"
                " ORDER BY last_seq LIMIT 1",
                (_NUMBER[lane], after),
            ).fetchone()
        return None if row is None else Unread(*row)

    def close(self) -> None:
        """Close the connections and let another process have the file."""
        with self._reading:
            self._reader.close()
        self._writer.close()
        self._lock.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with translated("written"):
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    def _passed(self, lane: Lane) -> int:
        return min((cursor.of(lane) for cursor in self.cursors.values()), default=0)

    def _size(self, lane: Lane) -> int:
        query = "SELECT coalesce(sum(length(payload)), 0) FROM batch WHERE lane = ?"
        return int(self._writer.execute(query, (_NUMBER[lane],)).fetchone()[0])

    def _newest(self, lane: Lane, column: str) -> int:
        query = f"SELECT coalesce(max({column}), 0) FROM batch WHERE lane = ?"
        return int(self._writer.execute(query, (_NUMBER[lane],)).fetchone()[0])

    def _read_totals(self, first: int) -> Totals:
        found = dict(self._writer.execute("SELECT name, value FROM total").fetchall())
        return Totals(
            found.get("last_seq", first), found.get("dropped", 0), found.get("duplicates", 0)
        )

    def _read_consumers(self, names: Sequence[str]) -> dict[str, Cursor]:
        rows = self._writer.execute("SELECT name, safety, routine FROM consumer").fetchall()
        known = {name: Cursor(safety, routine) for name, safety, routine in rows}
        # A consumer that no longer exists would hold every batch for ever.
        gone = [(name,) for name in known if name not in names]
        self._writer.executemany("DELETE FROM consumer WHERE name = ?", gone)
        return {name: known.get(name, Cursor()) for name in names}


def _is_new(connection: sqlite3.Connection, sample: Sample, now: int) -> bool:
    if sample.identity is None:
        return True
    row = (sample.device, sample.identity, now)
    query = "INSERT OR IGNORE INTO identity (device, identity, written_at) VALUES (?, ?, ?)"
    return connection.execute(query, row).rowcount == 1


def _numbered(samples: Sequence[Sample], first: int) -> list[Sample]:
    return [
        msgspec.structs.replace(sample, seq=number) for number, sample in enumerate(samples, first)
    ]
