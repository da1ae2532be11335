"""What each hour of each series adds up to, in a file beside each Parquet file that is worth it.

An hour of one file is a part of a step, as is a single reading: parts of one step are put together
by `ingest.stores.duckdb_query`. Since a file never changes, neither do its hours; late readings
are in a file of their own with hours of their own, and whatever rewrites or drops a file does the
same to its hours. A file whose hours are not there yet, or cannot be read, is read itself.
"""

from collections.abc import Sequence

from ingest.stores.duckdb_columns import MISSING, NUMBER
from ingest.stores.duckdb_database import Connection, Database
from ingest.stores.duckdb_layout import OUTSIDE, Segment, Span, in_files, in_generation, segments
from ingest.stores.duckdb_schema import generations

HOUR_MS = 3_600_000
WORTH = 4
"""Readings an hour, on the average of a file, from which on the hours are the shorter way."""
_FORMAT = (
    "(FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE 16384,"
    " DICTIONARY_SIZE_LIMIT 8192, WRITE_BLOOM_FILTER false)"
)
"""A row group is two years of one series; sums and extremes of measured numbers repeat."""


def next_without(database: Database, connection: Connection) -> Segment | None:
    """A file whose hours are still to be written."""
    for one in segments(connection):
        wanted = one.hours is None or one.file in database.lost_hours
        if wanted and one.month != OUTSIDE and one.file not in database.damaged:
            return one
    return None


def write_hours(database: Database, connection: Connection, segment: Segment) -> int:
    """Write the hours of a file; returns their size, 0 where they are not worth it [bytes].

    The caller takes it into the manifest; before that nobody looks for them.
    """
    source = in_files(database, [segment])
    query = (
        "WITH hours AS ("
        f"SELECT series, t - t % {HOUR_MS} AS t,"
        f" (count(*) FILTER (type > {MISSING}))::INTEGER AS known,"
        f" (count(*) FILTER (type > {NUMBER}))::INTEGER AS others,"
        f" sum(number) FILTER (type = {NUMBER}) AS total,"
        f" min(number) FILTER (type = {NUMBER}) AS low,"
        f" max(number) FILTER (type = {NUMBER}) AS high,"
        f" coalesce(bool_or(reason IS NOT NULL) FILTER (type > {MISSING}), false) AS suspect,"
        f" max(pos) FILTER (type > {MISSING}) AS pos FROM ({source}) GROUP BY ALL)"
        # The file is in order of time and arrival: the last position is the last reading.
        " SELECT hours.* EXCLUDE (pos), (found.t - hours.t)::INTEGER AS last_ms,"
        " found.batch, found.type, found.number, found.text"
        f" FROM hours LEFT JOIN ({source}) AS found ON found.pos = hours.pos"
        " ORDER BY hours.series, hours.t"
    )
    path = str(database.files.unfinished(segment.hours_file)).replace("'", "''")
    row = connection.execute(f"COPY ({query}) TO '{path}' {_FORMAT}").fetchone()
    if row is None or int(row[0]) * WORTH > segment.readings:
        database.files.unfinished(segment.hours_file).unlink()
        return 0
    return database.files.finish(segment.hours_file)


def fits(*moments: int) -> bool:
    """Whether starts and steps are full hours, so that no hour is of two steps [ms, UTC]."""
    return all(moment % HOUR_MS == 0 for moment in moments)


def distrust(database: Database, span: Span) -> None:
    """Read no hours that were read for a span until they are written again."""
    with database.snapshot() as connection:
        named = {one.file for one in segments(connection, span) if one.hours}
    database.lost_hours |= named


def parts_by_hour(database: Database, connection: Connection, span: Span) -> str:
    """A relation of parts of all readings of a span that begins at a full hour.

    Hours where they are written; single readings where not, and for a last hour that is not full.
    A part of a step is how many readings are known, how many of these are no numbers, what the
    numbers add up to, their extremes, whether one is suspect, and the last one with its place.
    """
    end = span.end - span.end % HOUR_MS
    chosen = [one for one in segments(connection, span) if one.file not in database.damaged]
    ready = [one for one in chosen if one.hours and one.file not in database.lost_hours]
    rest = [one for one in chosen if one not in ready]
    readings = [f"{in_generation(number)} WHERE {span.where}" for number in generations(connection)]
    if rest:
        readings.append(f"{in_files(database, rest)} WHERE {span.where}")
    if after := [one for one in ready if one.last_t >= end]:
        tail = Span(span.series, end, span.end)
        readings.append(f"{in_files(database, after)} WHERE {tail.where}")
    parts = [_single(one) for one in readings]
    if ready:
        whole = Span(span.series, span.start, end)
        parts.append(f"{_in_hours(database, ready)} WHERE {whole.where}")
    return " UNION ALL ".join(f"({part})" for part in parts)


def _single(readings: str) -> str:
    """Each reading as a part of its own."""
    number = f"CASE WHEN type = {NUMBER} THEN number END"
    return (
        f"SELECT series, t AS begun, (type > {MISSING})::INTEGER AS known,"
        f" (type > {NUMBER})::INTEGER AS others, {number} AS total, {number} AS low,"
        f" {number} AS high, type > {MISSING} AND reason IS NOT NULL AS suspect, t AS last_at,"
        f" batch, pos, type, number, text FROM ({readings})"
    )


def _in_hours(database: Database, chosen: Sequence[Segment]) -> str:
    paths = (str(database.files.path(one.hours_file)).replace("'", "''") for one in chosen)
    listed = ", ".join(f"'{path}'" for path in paths)
    # Of one series, moment and batch all readings are in one file: the place within is decided.
    return (
        "SELECT series, t AS begun, known, others, total, low, high, suspect,"
        f" t + last_ms AS last_at, batch, 0::BIGINT AS pos, type, number, text"
        f" FROM read_parquet([{listed}])"
    )
