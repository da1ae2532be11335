"""Rows out of an SQLite file that SQLite itself may no longer read, page by page.

Nothing of the tree above the leaves is needed: whoever reads must recognise his rows, here by the
checksum over the whole row. Source: SQLite, "Database File Format", 1.6 (pages of a B-tree), 2.1
(records) and 4.1 (write-ahead log).
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from ingest.bus import IngestError

PAGE = 4096
"""Size of a page; the journal's files are made with it. [bytes]"""
_WAL_HEADER, _FRAME_HEADER = 32, 24
_FILE_HEADER = 100
_TABLE_LEAF = 13
_MOST_HERE = PAGE - 35
"""The largest record that a leaf of a table keeps without overflow pages. [bytes]"""
_LEAST_HERE = (PAGE - 12) * 32 // 255 - 23
_LARGEST = 1 << 28
"""No record of the journal is as large. [bytes]"""

PageOf = Callable[[int], bytes]
"""The newest content of a page by its number; empty where there is no such page."""
Field = int | float | bytes | None
"""A field of a record; text as its bytes."""


class Place(NamedTuple):
    """Where a record begins."""

    in_wal: bool
    page: int
    """Number of the page, or its offset in the write-ahead log."""
    cell: int
    """Offset in the page."""


class Pages:
    """The pages of a database file and of its write-ahead log.

    Raises:
        IngestError: the file cannot be read at all.
    """

    def __init__(self, path: Path, wal: bytes) -> None:
        try:
            self._file = path.open("rb")
            self._count = (path.stat().st_size + PAGE - 1) // PAGE
        except OSError as error:
            raise IngestError(f"the damaged journal cannot be read: {error}") from error
        self._wal = wal
        self._frames = _committed(wal)
        self._newest = {number: offset for number, offset in self._frames}

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def records(self) -> Iterator[tuple[Place, list[Field]]]:
        """Every record of every leaf of a table, also of leaves that are no longer used."""
        for number in range(1, self._count + 1):
            start = _FILE_HEADER if number == 1 else 0
            for cell, record in _cells(self._on_disk(number), start, self._newest_page):
                yield Place(False, number, cell), record
        for number, offset in self._frames:
            start = _FILE_HEADER if number == 1 else 0
            page = self._wal[offset : offset + PAGE]
            for cell, record in _cells(page, start, self._newest_page):
                yield Place(True, offset, cell), record

    def record(self, place: Place) -> list[Field] | None:
        """One record again."""
        if place.in_wal:
            page = self._wal[place.page : place.page + PAGE]
        else:
            page = self._on_disk(place.page)
        return _record(page, place.cell, self._newest_page)

    def _newest_page(self, number: int) -> bytes:
        offset = self._newest.get(number)
        if offset is not None:
            return self._wal[offset : offset + PAGE]
        return self._on_disk(number) if 0 < number <= self._count else b""

    def _on_disk(self, number: int) -> bytes:
        try:
            self._file.seek((number - 1) * PAGE)
            return self._file.read(PAGE)
        except OSError:
            # A sector that the disk no longer gives is a page without records.
            return b""


def _committed(wal: bytes) -> list[tuple[int, int]]:
    """Number and offset of the pages in the log, up to its last commit."""
    size = _FRAME_HEADER + PAGE
    starts = range(_WAL_HEADER, len(wal) - size + 1, size)
    salts = wal[16:24]
    if not any(wal[start + 8 : start + 16] == salts for start in starts):
        # The header itself is damaged: the first frame belongs to the newest run.
        salts = wal[_WAL_HEADER + 8 : _WAL_HEADER + 16]
    found: list[tuple[int, int]] = []
    committed = 0
    for start in starts:
        if wal[start + 8 : start + 16] == salts:
            number = int.from_bytes(wal[start : start + 4])
            found.append((number, start + _FRAME_HEADER))
            if any(wal[start + 4 : start + 8]):
                committed = len(found)
    return found[:committed]


def _cells(page: bytes, start: int, pages: PageOf) -> Iterator[tuple[int, list[Field]]]:
    if len(page) < PAGE or page[start] != _TABLE_LEAF:
        return
    count = int.from_bytes(page[start + 3 : start + 5])
    first = start + 8
    for pointer in range(first, min(first + 2 * count, PAGE - 1), 2):
        cell = int.from_bytes(page[pointer : pointer + 2])
        record = _record(page, cell, pages)
        if record is not None:
            yield cell, record


def _record(page: bytes, cell: int, pages: PageOf) -> list[Field] | None:
    try:
        size, at = _varint(page, cell)
        _, at = _varint(page, at)
        return _fields(_payload(page, at, size, pages))
    except (IndexError, ValueError):
        return None


def _payload(page: bytes, at: int, size: int, pages: PageOf) -> bytes:
    if size > _LARGEST:
        raise ValueError
    if size <= _MOST_HERE:
        return _slice(page, at, size)
    here = _LEAST_HERE + (size - _LEAST_HERE) % (PAGE - 4)
    here = here if here <= _MOST_HERE else _LEAST_HERE
    parts = [_slice(page, at, here)]
    left = size - here
    following = int.from_bytes(_slice(page, at + here, 4))
    seen: set[int] = set()
    while left > 0:
        if following in seen:
            raise ValueError
        seen.add(following)
        content = pages(following)
        following = int.from_bytes(_slice(content, 0, 4))
        parts.append(_slice(content, 4, min(left, PAGE - 4)))
        left -= PAGE - 4
    return b"".join(parts)


def _fields(payload: bytes) -> list[Field]:
    end, at = _varint(payload, 0)
    types: list[int] = []
    while at < end:
        kind, at = _varint(payload, at)
        types.append(kind)
    at = end
    found: list[Field] = []
    for kind in types:
        size = _length(kind)
        content = _slice(payload, at, size)
        found.append(_value(kind, content))
        at += size
    return found


_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
"""Serial type of a whole number to its length. [bytes]"""


def _length(kind: int) -> int:
    if kind >= 12:
        return (kind - 12) // 2
    return 8 if kind == 7 else _INTEGERS.get(kind, 0)


def _value(kind: int, content: bytes) -> Field:
    if kind >= 12:
        return content
    if kind in _INTEGERS:
        return int.from_bytes(content, signed=True)
    return {8: 0, 9: 1}.get(kind)


def _slice(content: bytes, at: int, size: int) -> bytes:
    if at + size > len(content):
        raise ValueError
    return content[at : at + size]


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where the next one begins."""
    value = 0
    for count in range(8):
        byte = content[at + count]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + count + 1
    return value << 8 | content[at + 8], at + 9
