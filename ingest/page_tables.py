"""The table of pages: what counting again after a late reading needs, kept for some weeks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa

from ingest.counter_pages import Page, merged, pack, pack_state, unpack, unpack_state
from ingest.counters import CounterState
from ingest.interval_tables import HISTORY, LIVE, Series
from records.engine import metadata

KEPT_MS = 14 * 86_400_000
"""How long pages are kept; a reading older than that is too late to be counted. [ms]"""

pages = sa.Table(
    "counter_pages",
    metadata,
    sa.Column("device", sa.String(160), nullable=False),
    sa.Column("point", sa.String(80), nullable=False),
    sa.Column("segment", sa.String(8), nullable=False),
    sa.Column("start_ms", sa.BigInteger, nullable=False),
    sa.Column("state_before", sa.LargeBinary),
    sa.Column("readings", sa.LargeBinary, nullable=False),
    sa.PrimaryKeyConstraint("device", "point", "segment", "start_ms"),
    sqlite_with_rowid=False,
)
"""The readings of a counter in one quarter of an hour, packed (`ingest.counter_pages`)."""

_PUT = sa.text("""
INSERT INTO counter_pages (device, point, segment, start_ms, state_before, readings)
VALUES (:device, :point, :segment, :start_ms, :state_before, :readings)
ON CONFLICT (device, point, segment, start_ms) DO UPDATE SET
  state_before = excluded.state_before, readings = excluded.readings
""")

_PRUNE = sa.text("""
DELETE FROM counter_pages
WHERE device = :device AND point = :point AND segment = :segment AND start_ms < (
  SELECT MAX(kept.start_ms) FROM counter_pages AS kept
  WHERE kept.device = :device AND kept.point = :point AND kept.segment = :segment
    AND kept.start_ms < :cutoff)
""")

# Made once: a late reading asks these, and to make a statement takes longer than to run it.
_FROM = sa.text("""
SELECT start_ms, state_before, readings FROM counter_pages
WHERE device = :device AND point = :point AND segment = :segment AND start_ms >= :moment
ORDER BY start_ms
""")
_STARTS = sa.text("""
SELECT start_ms FROM counter_pages
WHERE device = :device AND point = :point AND segment = :segment AND start_ms <= :moment
ORDER BY start_ms DESC LIMIT :most
""")


def put_pages(
    connection: sa.Connection, segment: str, found: Iterable[tuple[Series, Page]]
) -> None:
    """Write pages."""
    rows: list[dict[str, object]] = [
        {
            "device": series.device,
            "point": series.point,
            "segment": segment,
            "start_ms": page.start_ms,
            "state_before": pack_state(page.before),
            "readings": pack(page),
        }
        for series, page in found
    ]
    if rows:
        connection.execute(_PUT, rows)


def newest_pages(connection: sa.Connection, segment: str) -> Mapping[Series, Page]:
    """The last page of every counter of a segment."""
    columns = pages.c
    newest = (
        sa.select(columns.device, columns.point, sa.func.max(columns.start_ms).label("start_ms"))
        .where(columns.segment == segment)
        .group_by(columns.device, columns.point)
        .subquery()
    )
    query = sa.select(pages).join(
        newest,
        sa.and_(
            columns.device == newest.c.device,
            columns.point == newest.c.point,
            columns.start_ms == newest.c.start_ms,
            columns.segment == segment,
        ),
    )
    return {Series(row.device, row.point): _page(row) for row in connection.execute(query)}


def pages_from(
    connection: sa.Connection, series: Series, segment: str, start_ms: int
) -> Sequence[Page]:
    """The pages of a counter from a moment on, in order."""
    rows = connection.execute(_FROM, _keys(series, segment) | {"moment": start_ms})
    return [_page(row) for row in rows]


def page_starts_before(
    connection: sa.Connection, series: Series, segment: str, moment_ms: int, limit: int
) -> Sequence[int]:
    """Where the pages begin that begin no later than a moment, the newest first."""
    values = _keys(series, segment) | {"moment": moment_ms, "most": limit}
    return list(connection.execute(_STARTS, values).scalars())


def _keys(series: Series, segment: str) -> dict[str, object]:
    return {"device": series.device, "point": series.point, "segment": segment}


def join_pages(connection: sa.Connection, series: Series, history: CounterState) -> None:
    """Make the pages of the history those of the live segment; `history` is how it ended.

    The first live page then knows of the history before it. Where that page is no longer kept,
    neither are the older ones: between the two there would be a hole.
    """
    columns = pages.c
    row = connection.execute(_of(series, LIVE).order_by(columns.start_ms).limit(1)).first()
    if row is not None:
        first = _page(row)
        same = connection.execute(
            _of(series, HISTORY).where(columns.start_ms == first.start_ms)
        ).first()
        if first.before is not None:
            connection.execute(sa.delete(pages).where(*_is(series, HISTORY)))
        elif same is None:
            put_pages(connection, LIVE, [(series, replace(first, before=history))])
        else:
            earlier = _page(same)
            readings = merged(earlier.readings, first.readings)
            put_pages(connection, LIVE, [(series, replace(earlier, readings=readings))])
            connection.execute(
                sa.delete(pages).where(*_is(series, HISTORY), columns.start_ms == first.start_ms)
            )
    connection.execute(sa.update(pages).where(*_is(series, HISTORY)).values(segment=LIVE))


def first_page_start(connection: sa.Connection, series: Series, segment: str) -> int | None:
    """Where the pages of a counter begin [ms, UTC]; None where none is kept."""
    query = sa.select(sa.func.min(pages.c.start_ms)).where(*_is(series, segment))
    return connection.execute(query).scalar()


def newest_page(connection: sa.Connection, series: Series, segment: str) -> Page | None:
    """The last page of one counter."""
    row = connection.execute(
        _of(series, segment).order_by(pages.c.start_ms.desc()).limit(1)
    ).first()
    return None if row is None else _page(row)


def prune_pages(
    connection: sa.Connection, segment: str, found: Iterable[Series], now_ms: int
) -> None:
    """Delete the pages of some counters that are older than they are kept.

    The newest of the old ones stays: a device that comes back after weeks of silence may still
    send what it kept of them.
    """
    rows = [
        {"device": one.device, "point": one.point, "segment": segment, "cutoff": now_ms - KEPT_MS}
        for one in found
    ]
    if rows:
        connection.execute(_PRUNE, rows)


def _of(series: Series, segment: str) -> sa.Select[tuple[object, ...]]:
    return sa.select(pages).where(*_is(series, segment))


def _is(series: Series, segment: str) -> tuple[sa.ColumnElement[bool], ...]:
    columns = pages.c
    return (
        columns.device == series.device,
        columns.point == series.point,
        columns.segment == segment,
    )


def _page(row: sa.Row[tuple[object, ...]]) -> Page:
    return Page(row.start_ms, unpack_state(row.state_before), unpack(row.start_ms, row.readings))
