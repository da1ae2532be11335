"""A damaged journal becomes a sound one with all that can still be read of it.

The damaged file is kept beside the new one; every batch in the new one is proven by its checksum.
"""

import itertools
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from ingest.bus import IngestError
from ingest.journal_mark import Mark
from ingest.journal_pages import Pages, Place
from ingest.journal_row import LANE_COUNT, Row
from ingest.journal_sqlite import INSERT_BATCH, SCHEMA, VERSION, connect, translated

_BATCH_FIELDS, _IDENTITY_FIELDS = 9, 4
_AT_ONCE = 500
_FRESH = ".salvaged"
_DAMAGED = ".damaged-"
_T = TypeVar("_T")
_KEPT_ASIDE = 2
"""Damaged files that stay; they take the room of the journal that is in use."""


@dataclass(frozen=True)
class Salvaged:
    """What came of a damaged journal."""

    kept_as: Path
    """The damaged file."""
    batches: int
    samples: int
    lost: int
    """Samples that were in the journal and are not any more."""
    last_seq: int
    """Above every number that was ever given."""
    totals: tuple[int, int]
    """Samples ever written, by lane."""


@dataclass(frozen=True)
class _Found:
    """A whole batch in the damaged file."""

    lane: int
    first_seq: int
    last_seq: int
    lane_total: int
    place: Place

    @property
    def count(self) -> int:
        return self.last_seq - self.first_seq + 1


def resume(path: Path) -> None:
    """Finish or undo a salvage that the end of the process cut off.

    Raises:
        IngestError: the folder cannot be written.
    """
    fresh = path.with_name(path.name + _FRESH)
    try:
        if not fresh.exists():
            return
        if path.exists():
            _remove(fresh)
        else:
            fresh.rename(path)
    except OSError as error:
        raise IngestError(f"the journal's folder cannot be written: {error}") from error


def salvage(path: Path, wal: bytes, mark: Mark | None, first: int) -> Salvaged:
    """Replace a damaged journal; `wal` is its write-ahead log as it was before SQLite opened it.

    `first` is the number before the first one, where no number can be read any more.

    Raises:
        IngestError: there is no room for the new file, or the disk refuses.
    """
    fresh = path.with_name(path.name + _FRESH)
    try:
        _remove(fresh)
    except OSError as error:
        raise IngestError(f"the journal's folder cannot be written: {error}") from error
    with closing(Pages(path, wal)) as pages:
        found = _batches(pages, mark)
        totals = _totals(found, mark)
        lost = _lost(found, mark, totals)
        with translated("salvaged"):
            _write(fresh, pages, found, totals)
    kept_as = _aside(path)
    try:
        _swap(path, fresh, kept_as, wal)
    except OSError as error:
        raise IngestError(f"the salvaged journal cannot take its place: {error}") from error
    last_seq = max([first, mark.last_seq if mark else 0, *(one.last_seq for one in found)])
    samples = sum(one.count for one in found)
    return Salvaged(kept_as, len(found), samples, lost, last_seq, totals)


def _batches(pages: Pages, mark: Mark | None) -> list[_Found]:
    """The whole batches, each once, in the order of their numbers."""
    gone = mark.gone if mark else (0, 0)
    whole: dict[tuple[int, int], _Found] = {}
    for place, fields in pages.records():
        row = _as_row(fields)
        # What was deleted may still lie in a page that nobody has used since.
        if row is not None and row.lane_total > gone[row.lane]:
            key = (row.first_seq, row.last_seq)
            whole[key] = _Found(row.lane, *key, row.lane_total, place)
    found: list[_Found] = []
    for key in sorted(whole):
        if not found or key[0] > found[-1].last_seq:
            found.append(whole[key])
    return found


def _as_row(fields: Sequence[Any]) -> Row | None:
    if len(fields) != _BATCH_FIELDS or fields[0] is not None:
        return None
    row = Row(*fields[1:])
    return row if row.is_whole else None


def _totals(found: Sequence[_Found], mark: Mark | None) -> tuple[int, int]:
    known = mark.totals if mark else (0, 0)
    safety, routine = (
        max([known[lane], *(one.lane_total for one in found if one.lane == lane)])
        for lane in range(LANE_COUNT)
    )
    return safety, routine


def _lost(found: Sequence[_Found], mark: Mark | None, totals: tuple[int, int]) -> int:
    if mark is not None:
        return sum(
            min(mark.unread[lane], _missing(found, mark, totals, lane))
            for lane in range(LANE_COUNT)
        )
    # Without the mark only holes between the numbers show; one more stands for the unknown end.
    holes = sum(
        after.first_seq - before.last_seq - 1 for before, after in itertools.pairwise(found)
    )
    return holes + 1


def _missing(found: Sequence[_Found], mark: Mark, totals: tuple[int, int], lane: int) -> int:
    here = sum(one.count for one in found if one.lane == lane)
    return max(0, totals[lane] - mark.gone[lane] - here)


def _write(fresh: Path, pages: Pages, found: Sequence[_Found], totals: tuple[int, int]) -> None:
    with closing(connect(fresh)) as connection:
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.executescript(SCHEMA)
        connection.execute(f"PRAGMA user_version={VERSION}")
        for rows in _groups(_renumbered(pages, found, totals)):
            connection.execute("BEGIN")
            connection.executemany(INSERT_BATCH, rows)
            connection.execute("COMMIT")
        for known in _groups(_identities(pages)):
            connection.execute("BEGIN")
            connection.executemany(
                "INSERT OR IGNORE INTO identity (device, identity, written_at) VALUES (?, ?, ?)",
                known,
            )
            connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _renumbered(pages: Pages, found: Sequence[_Found], totals: tuple[int, int]) -> Iterator[Row]:
    """The rows, with totals by lane that have no holes, so that the next damage shows by them."""
    running = [
        totals[lane] - sum(one.count for one in found if one.lane == lane)
        for lane in range(LANE_COUNT)
    ]
    for one in found:
        row = _as_row(pages.record(one.place) or [])
        if row is not None:
            running[one.lane] += row.samples
            yield row.with_total(running[one.lane])


def _identities(pages: Pages) -> Iterator[tuple[str, str, int]]:
    for _, fields in pages.records():
        if len(fields) != _IDENTITY_FIELDS or fields[0] is not None:
            continue
        _, device, identity, at = fields
        if isinstance(device, bytes) and isinstance(identity, bytes) and isinstance(at, int):
            try:
                yield device.decode(), identity.decode(), at
            except UnicodeDecodeError:
                continue


def _groups(rows: Iterator[_T]) -> Iterator[list[_T]]:
    group: list[_T] = []
    for row in rows:
        group.append(row)
        if len(group) == _AT_ONCE:
            yield group
            group = []
    yield group


def _swap(path: Path, fresh: Path, kept_as: Path, wal: bytes) -> None:
    _synced(fresh)
    kept = sorted(path.parent.glob(f"{path.name}{_DAMAGED}*Z"))
    for old in kept[: max(0, len(kept) + 1 - _KEPT_ASIDE)]:
        _remove(old)
    path.rename(kept_as)
    # From here to the next line `resume` finds the fresh file alone, and takes it.
    _remove(path)
    fresh.rename(path)
    _synced(path.parent)
    if wal:
        kept_as.with_name(kept_as.name + "-wal").write_bytes(wal)


def _aside(path: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    return path.with_name(f"{path.name}{_DAMAGED}{stamp}")


def _remove(path: Path) -> None:
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def _synced(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
