"""The journal's SQLite file: batches, identities, consumers and totals, in one place.

Every method that writes is called by one thread alone, the journal's writer; `read` and
`first_after` have a connection of their own and may be called from any.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from collectors.sample import Lane, Sample
from ingest.bus import Cursor, IngestError
from ingest.journal_batch import (
    LANES,
    Batch,
    Entry,
    Totals,
    Unread,
    joined,
    numbered,
)
from ingest.journal_check import fault, numbers
from ingest.journal_mark import Mark, MarkFile
from ingest.journal_row import sealed
from ingest.journal_salvage import resume, salvage
from ingest.journal_select import select
from ingest.journal_sqlite import (
    INSERT_BATCH,
    PAGE,
    FileLock,
    JournalDamagedError,
    connect,
    is_damage,
    prepare,
    translated,
    wal_of,
)

_NUMBER = {lane: number for number, lane in enumerate(LANES)}


class JournalFile:
    """One open journal file.

    Raises:
        IngestError: the file cannot be opened, is not a journal, or another process has it.
    """

    def __init__(self, path: Path, consumers: Sequence[str], first: int = 0) -> None:
        """`first` is the number before the first one, where the file is new."""
        self.path = path
        self.salvaged_as: str | None = None
        """The name under which a damaged file was kept."""
        self.suspect = False
        """Whether something was read that nobody wrote: to be repaired."""
        self.beyond_repair = False
        """Whether the newest repair failed: readers then go on without what is damaged."""
        self._names = tuple(consumers)
        self._first = first
        self._reading = threading.Lock()
        self.dropped = dict.fromkeys(LANES, 0)
        """Unread samples dropped by lane, since the start of the process."""
        self._damaged: set[int] = set()
        self._damaged_before = 0
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        try:
            self._mark = MarkFile(path.with_name(path.name + ".mark"))
            resume(path)
            self._open()
        except IngestError:
            self._lock.close()
            raise

    def _open(self) -> None:
        wal, mark = wal_of(self.path), self._mark.read()
        try:
            self._connect(mark)
            wrong = fault(self._writer, mark)
        except sqlite3.Error as error:
            if not is_damage(error):
                message = f"the journal {self.path} cannot be opened: {error}"
                raise IngestError(message) from error
            wrong = str(error)
        if wrong is not None:
            self._replace(wal, mark)
        with translated("opened"):
            self._load(mark)
        self._note()

    def _connect(self, mark: Mark | None) -> None:
        self._writer = connect(self.path)
        prepare(self._writer, is_known=mark is not None)
        self._reader = connect(self.path)

    def _disconnect(self) -> None:
        for name in ("_reader", "_writer"):
            connection = getattr(self, name, None)
            if connection is not None:
                # A damaged file may refuse even to be closed.
                with suppress(sqlite3.Error):
                    connection.close()

    def _replace(self, wal: bytes, mark: Mark | None) -> None:
        """Put a sound journal in the place of a damaged one."""
        self._disconnect()
        try:
            found = salvage(self.path, wal, mark, self._first)
        except IngestError:
            with suppress(sqlite3.Error):
                self._connect(mark)
            raise
        with translated("opened"):
            self._connect(mark)
        self.salvaged_as = found.kept_as.name
        known = mark or Mark(0)
        values = {
            "last_seq": found.last_seq, "dropped": known.dropped,
            "duplicates": known.duplicates, "lost": known.lost + found.lost,
        }  # fmt: skip
        with self._transaction() as connection:
            query = "INSERT OR REPLACE INTO total VALUES (?, ?)"
            connection.executemany(query, list(values.items()))
            rows = [(name, *cursor) for name, cursor in known.cursors.items()]
            connection.executemany("INSERT OR REPLACE INTO consumer VALUES (?, ?, ?)", rows)

    def _load(self, mark: Mark | None) -> None:
        self.totals = self._read_totals()
        self.cursors = self._read_consumers(mark)
        self.sizes = {lane: self._size(lane) for lane in LANES}
        self.last_seqs = {lane: self._newest(lane, "last_seq") for lane in LANES}
        self.lane_totals = {lane: self._newest(lane, "lane_total") for lane in LANES}
        if mark is not None:
            for lane, total in zip(LANES, mark.totals, strict=True):
                self.lane_totals[lane] = max(self.lane_totals[lane], total)
        self._gone = {lane: self._before(lane, 0) for lane in LANES}

    def repair(self) -> None:
        """Salvage the file while it is in use; readers wait for it.

        Raises:
            IngestError: there is no room, or the disk refuses.
        """
        with self._reading:
            self.beyond_repair = True
            wal, mark = wal_of(self.path), self._noted()
            newest = self.last_seqs
            self._replace(wal, mark)
            with translated("opened"):
                self._load(mark)
            # What is still in memory has numbers that the file may have lost.
            self.last_seqs = {lane: max(newest[lane], self.last_seqs[lane]) for lane in LANES}
            self._damaged_before += len(self._damaged)
            self._damaged.clear()
            self.suspect = self.beyond_repair = False
        self._note()

    def _noted(self) -> Mark:
        by_lane = [self.lane_totals[lane] - self._read_by_all(lane) for lane in LANES]
        return Mark(
            self.totals.last_seq,
            (self.lane_totals[LANES[0]], self.lane_totals[LANES[1]]),
            (self._gone[LANES[0]], self._gone[LANES[1]]),
            (by_lane[0], by_lane[1]),
            self.totals.dropped,
            self.totals.duplicates,
            self.totals.lost,
            {name: (cursor.safety, cursor.routine) for name, cursor in self.cursors.items()},
        )

    def _note(self) -> None:
        # What was committed is on disk, whether the mark can be written or not.
        with suppress(IngestError):
            self._mark.write(self._noted())

    def _read_by_all(self, lane: Lane) -> int:
        try:
            return self._before(lane, self.passed(lane))
        except sqlite3.Error:
            return self._gone[lane]

    def _before(self, lane: Lane, after: int) -> int:
        """Samples of a lane ever written before the first batch that ends after a number."""
        row = self._writer.execute(
            "SELECT lane_total - count FROM batch WHERE lane = ? AND last_seq > ?"
            " ORDER BY last_seq LIMIT 1",
            (_NUMBER[lane], after),
        ).fetchone()
        return self.lane_totals[lane] if row is None else int(row[0])

    @property
    def damaged(self) -> int:
        """Batches that were skipped because their checksum is wrong."""
        return self._damaged_before + len(self._damaged)

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
        self._note()
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
        payload = joined(entries)
        total = self.lane_totals[lane] + count
        connection.execute(INSERT_BATCH, sealed(_NUMBER[lane], seq + 1, count, total, now, payload))
        samples = numbered([entry.sample for entry in entries], seq + 1)
        return Batch(lane, seq + 1, seq + count, total, now, len(payload), samples)

    def passed(self, lane: Lane) -> int:
        """The number up to which every consumer has passed a lane; 0 without consumers."""
        return min((cursor.of(lane) for cursor in self.cursors.values()), default=0)

    def save_cursors(self) -> None:
        """Write down how far each consumer is."""
        rows = [(name, cursor.safety, cursor.routine) for name, cursor in self.cursors.items()]
        with self._transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO consumer VALUES (?, ?, ?)", rows)
        self._note()

    @translated("tidied")
    def trim(self, keep: int, at_most: int) -> int:
        """Delete the oldest batches that every consumer has passed, except the newest `keep`."""
        deleted = 0
        for lane in LANES:
            passed = self.passed(lane)
            found = self._writer.execute(
                "SELECT id FROM batch WHERE lane = ? ORDER BY last_seq DESC LIMIT 1 OFFSET ?",
                (_NUMBER[lane], keep),
            ).fetchone()
            if found is None or not passed:
                continue
            rows = self._writer.execute(
                "SELECT id, length(payload), lane_total FROM batch"
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
            passed = self.passed(lane)
            while size > 0:
                rows = self._writer.execute(
                    "SELECT id, count, length(payload), last_seq, lane_total FROM batch"
                    " WHERE lane = ?"
                    " ORDER BY last_seq LIMIT ?",
                    (_NUMBER[lane], at_most),
                ).fetchall()
                chosen: list[tuple[int, int, int]] = []
                dropped = 0
                for identifier, count, length, last_seq, lane_total in rows:
                    if size <= 0:
                        break
                    chosen.append((identifier, length, lane_total))
                    size -= length
                    dropped += count if last_seq > passed else 0
                if not chosen:
                    break
                self._delete(lane, chosen, dropped)
                lost += dropped
        return lost

    def _delete(self, lane: Lane, rows: Sequence[tuple[int, int, int]], dropped: int) -> None:
        """Delete the oldest batches of a lane: id, size of the payload and total of the lane."""
        self._gone[lane] = max(self._gone[lane], rows[-1][2])
        # Before the commit: batches that are deleted and not yet noted so would count as lost.
        self._note()
        with self._transaction() as connection:
            connection.executemany("DELETE FROM batch WHERE id = ?", [(row[0],) for row in rows])
            values = [(f"gone_{_NUMBER[lane]}", self._gone[lane])]
            if dropped:
                values.append(("dropped", self.totals.dropped + dropped))
            connection.executemany("INSERT OR REPLACE INTO total VALUES (?, ?)", values)
        self.totals.dropped += dropped
        self.dropped[lane] += dropped
        self.sizes[lane] -= sum(row[1] for row in rows)

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

    def _pages(self) -> tuple[int, int]:
        """Pages of the file that are used, and that are free."""
        free = int(self._writer.execute("PRAGMA freelist_count").fetchone()[0])
        return int(self._writer.execute("PRAGMA page_count").fetchone()[0]) - free, free

    @translated("tidied")
    def returnable(self) -> int:
        """What the file still takes on the disk and does not need [B]."""
        try:
            on_disk = self.path.stat().st_size
        except OSError as error:
            raise IngestError(f"the journal's file cannot be asked: {error}") from error
        return max(0, on_disk - self._pages()[0] * PAGE)

    @translated("tidied")
    def shrink(self, pages: int = 256, *, always: bool = False) -> None:
        """Give some of the file's free pages back to the file system, when many are free."""
        used, free = self._pages()
        if always or free > max(used, 4 * pages):
            # As a script: `execute` takes one step of it, which frees a single page.
            self._writer.executescript(f"PRAGMA incremental_vacuum({pages})")
        if always:
            # The file itself becomes shorter only now.
            self._writer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def read(self, lane: Lane, after: int, limit: int) -> list[Sample]:
        """Samples of a lane after a number, whole batches until `limit` is reached.

        What lies behind a damaged batch is given when the file has been repaired: whoever reads on
        before would never get what the repair still finds.

        Raises:
            IngestError: the file cannot be read, or is to be repaired first.
        """
        with self._reading, self._watched(), translated("read"):
            skip = self.beyond_repair
            found = select(self._reader, lane, after, limit, skip=skip)
            self._damaged |= found.damaged
            self.suspect |= found.broken
        if self.suspect and not found.samples and not self.beyond_repair:
            raise JournalDamagedError("the journal is damaged and is being repaired")
        return found.samples

    def first_after(self, lane: Lane, after: int) -> Unread | None:
        """Where the first batch stands that a consumer at `after` has not wholly read.

        Raises:
            IngestError: the file cannot be read.
        """
        with self._reading, self._watched(), translated("read"):
            row = self._reader.execute(
                "SELECT written_at, lane_total - count FROM batch WHERE lane = ? AND last_seq > ?"
                " ORDER BY last_seq LIMIT 1",
                (_NUMBER[lane], after),
            ).fetchone()
        return None if row is None else Unread(*row)

    def close(self) -> None:
        """Close the connections and let another process have the file."""
        with self._reading:
            self._disconnect()
        self._mark.close()
        self._lock.close()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except JournalDamagedError:
            self.suspect = True
            raise

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._watched(), translated("written"):
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    def _size(self, lane: Lane) -> int:
        query = "SELECT coalesce(sum(length(payload)), 0) FROM batch WHERE lane = ?"
        return int(self._writer.execute(query, (_NUMBER[lane],)).fetchone()[0])

    def _newest(self, lane: Lane, column: str) -> int:
        query = f"SELECT coalesce(max({column}), 0) FROM batch WHERE lane = ?"
        return int(self._writer.execute(query, (_NUMBER[lane],)).fetchone()[0])

    def _read_totals(self) -> Totals:
        found = numbers(self._writer)
        return Totals(
            found.get("last_seq", self._first),
            found.get("dropped", 0),
            found.get("duplicates", 0),
            found.get("lost", 0),
        )

    def _read_consumers(self, mark: Mark | None) -> dict[str, Cursor]:
        rows = self._writer.execute("SELECT name, safety, routine FROM consumer").fetchall()
        known = {name: Cursor(safety, routine) for name, safety, routine in rows}
        for name, (safety, routine) in (mark.cursors if mark else {}).items():
            # The rows have no checksum, and a cursor that is too high would delete the unread.
            found = known.get(name, Cursor())
            known[name] = Cursor(min(found.safety, safety), min(found.routine, routine))
        # A consumer that no longer exists would hold every batch for ever.
        gone = [(name,) for name in known if name not in self._names]
        self._writer.executemany("DELETE FROM consumer WHERE name = ?", gone)
        return {name: known.get(name, Cursor()) for name in self._names}


def _is_new(connection: sqlite3.Connection, sample: Sample, now: int) -> bool:
    if sample.identity is None:
        return True
    row = (sample.device, sample.identity, now)
    query = "INSERT OR IGNORE INTO identity (device, identity, written_at) VALUES (?, ?, ?)"
    return connection.execute(query, row).rowcount == 1
