"""Readings divided into portions that fit into memory, in order of device and time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ingest.stores.duckdb_database import Connection
from ingest.stores.duckdb_layout import Span

_BUCKETS = 256
"""Into so many equal times a device is divided at once that has too many readings."""
_BIGINT = 2**63

Relation = Callable[[Span], str]
"""The readings of a span as SQL."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Some readings; no other portion has any of the same device and moment."""

    span: Span
    readings: int


class _Cell(NamedTuple):
    """Readings that are counted together."""

    series: Sequence[int]
    first: int
    last: int
    readings: int

    def portion(self) -> Portion:
        return Portion(Span(self.series, self.first, self.last + 1), self.readings)


def portions(
    connection: Connection,
    relation: Relation,
    devices: Sequence[Sequence[int]],
    time: tuple[int, int],
    most: int,
) -> Iterator[Portion]:
    """Portions of at most `most` readings, unless a device has more of one millisecond.

    `devices` are the series of each, in the order in which the portions come; the caller
    translates the errors of the library.
    """
    wanted = [one for series in devices for one in series]
    if not wanted:
        return
    query = f"SELECT series, min(t), max(t), count(*) FROM ({relation(Span(wanted, *time))})"
    rows = connection.execute(f"{query} GROUP BY series").fetchall()
    found = {series: _Cell((series,), *rest) for series, *rest in rows}
    known = ([found[one] for one in series if one in found] for series in devices)
    for cell in _joined((_sum(cells) for cells in known if cells), most):
        yield from _by_time(connection, relation, cell, most)


def _by_time(
    connection: Connection, relation: Relation, cell: _Cell, most: int
) -> Iterator[Portion]:
    if cell.readings <= most or cell.first == cell.last:
        yield cell.portion()
        return
    length = cell.last - cell.first
    moment = "t::HUGEINT" if length >= _BIGINT else "t"
    query = (
        f"SELECT min(t), max(t), count(*) FROM ({relation(cell.portion().span)})"
        f" GROUP BY ({moment} - {cell.first}) // {length // _BUCKETS + 1} ORDER BY 1"
    )
    rows = connection.execute(query).fetchall()
    for part in _joined((_Cell(cell.series, *row) for row in rows), most):
        yield from _by_time(connection, relation, part, most)


def _joined(cells: Iterable[_Cell], most: int) -> Iterator[_Cell]:
    """Neighbours together, up to the size of a portion."""
    held: list[_Cell] = []
    readings = 0
    for cell in cells:
        if held and readings + cell.readings > most:
            yield _sum(held)
            held, readings = [], 0
        held.append(cell)
        readings += cell.readings
    if held:
        yield _sum(held)


def _sum(cells: Sequence[_Cell]) -> _Cell:
    return _Cell(
        sorted({one for cell in cells for one in cell.series}),
        min(cell.first for cell in cells),
        max(cell.last for cell in cells),
        sum(cell.readings for cell in cells),
    )
