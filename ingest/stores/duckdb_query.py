"""The questions to the embedded store and what the answers mean."""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import structlog

from collectors.sample import Quality, Value
from ingest.stores.duckdb_answer import Group, columns_of, readings, steps
from ingest.stores.duckdb_columns import BOOL, MISSING, NUMBER, TEXT
from ingest.stores.duckdb_database import Connection, Database
from ingest.stores.duckdb_hours import distrust, fits, parts_by_hour
from ingest.stores.duckdb_layout import Span, everything, in_generation
from ingest.stores.duckdb_schema import ROW, generations
from ingest.stores.store import Aggregate, LatestValue, StoreError

_LOG = structlog.get_logger(__name__)

_AGGREGATES = {
    Aggregate.MEAN: "avg(number)",
    Aggregate.MIN: "min(number)",
    Aggregate.MAX: "max(number)",
    Aggregate.LAST: "any_value(number)",
    Aggregate.COUNT: "count(number)",
}
_LAST = (
    "unnest(arg_max({k: type, n: number, x: text}, {t: t, b: batch, p: pos})"
    f" FILTER (type > {MISSING}))"
)
"""What stands last: of several readings at one moment, the last written one."""
_PARTS = {
    Aggregate.MEAN: "sum(total) / nullif(sum(known) - sum(others), 0)",
    Aggregate.MIN: "min(low)",
    Aggregate.MAX: "max(high)",
    Aggregate.LAST: "NULL",
    Aggregate.COUNT: "NULL",
}
_LAST_PART = (
    "unnest(arg_max({k: type, n: number, x: text}, {t: last_at, b: batch, p: pos})"
    " FILTER (known > 0))"
)
_NOT_OF_A_FILE = (
    duckdb.InterruptException,
    duckdb.OutOfMemoryException,
    duckdb.ParserException,
    duckdb.BinderException,
)


@dataclass(frozen=True)
class Steps:
    """How readings become one a step."""

    start: int
    """[ms, UTC]"""
    step_ms: int
    aggregate: Aggregate

    def step_of(self, moment: str) -> str:
        """The step of a moment as SQL."""
        return f"{self.start} + (({moment} - {self.start}) // {self.step_ms}) * {self.step_ms}"


def raw(database: Database, span: Span, limit: int) -> list[Group]:
    """Readings by series, in order of time, at most `limit` together."""
    with database.snapshot() as connection:
        source = everything(database, connection, span)
        query = (
            'SELECT series, t AS "at", type, number, text, reason IS NOT NULL AS suspect'
            f" FROM ({source}) ORDER BY series, t, batch, pos LIMIT {limit}"
        )
        return readings(columns_of(connection, query))


def stepped(database: Database, span: Span, asked: Steps, limit: int) -> list[Group]:
    """One reading a step by series, in order of time, at most `limit` together."""
    end = f" GROUP BY series, step ORDER BY series, step LIMIT {limit}"
    if fits(asked.step_ms, span.start, asked.start):
        try:
            with database.snapshot() as connection:
                chosen = _of_parts(parts_by_hour(database, connection, span), asked)
                return _stepped(connection, chosen, _LAST_PART, end, asked.aggregate)
        except StoreError as error:
            if not _is_of_a_file(error.__cause__):
                raise
            _LOG.error("hours cannot be read and are written again", error=str(error))
            distrust(database, span)
    with database.snapshot() as connection:
        chosen = _of_readings(everything(database, connection, span), asked)
        return _stepped(connection, chosen, _LAST, end, asked.aggregate)


def _is_of_a_file(cause: BaseException | None) -> bool:
    return isinstance(cause, duckdb.Error) and not isinstance(cause, _NOT_OF_A_FILE)


def _stepped(
    connection: Connection, chosen: tuple[str, str], last: str, end: str, aggregate: Aggregate
) -> list[Group]:
    """Finding the last of each step takes longer, and numbers do without."""
    columns, source = chosen
    with_last = f"SELECT {columns}, {last} FROM ({source}){end}"
    if aggregate is not Aggregate.LAST:
        found = columns_of(connection, f"SELECT {columns} FROM ({source}){end}")
        if not found["others"].any():
            return steps(found, aggregate)
    return steps(columns_of(connection, with_last), aggregate)


def _of_readings(source: str, asked: Steps) -> tuple[str, str]:
    columns = (
        f'series, {asked.step_of("t")} AS step, step AS "at",'
        f" count(*) FILTER (type > {MISSING}) AS known,"
        f" count(*) FILTER (type > {NUMBER}) AS others,"
        f" ({_AGGREGATES[asked.aggregate]} FILTER (type = {NUMBER}))::DOUBLE AS number,"
        f" coalesce(bool_or(reason IS NOT NULL) FILTER (type > {MISSING}), false) AS suspect"
    )
    return columns, source


def _of_parts(source: str, asked: Steps) -> tuple[str, str]:
    columns = (
        f'series, {asked.step_of("begun")} AS step, step AS "at",'
        " sum(known)::BIGINT AS known, sum(others)::BIGINT AS others,"
        f" ({_PARTS[asked.aggregate]})::DOUBLE AS number, bool_or(suspect) AS suspect"
    )
    return columns, source


def latest(database: Database, names: Mapping[int, tuple[str, str]]) -> list[LatestValue]:
    """The newest value of every point.

    The table `newest` knows what is in Parquet; only what came since then is looked through.
    """
    with database.snapshot() as connection:
        parts = [f"SELECT {ROW}, -1 AS batch, 0::BIGINT AS pos FROM newest"]
        parts += [in_generation(number) for number in generations(connection)]
        query = (
            f"WITH heard AS ({' UNION ALL '.join(parts)}),"
            " top AS (SELECT series, max(t) AS t FROM heard GROUP BY series)"
            " SELECT series, t, lag, own_clock, type, number, text, reason"
            " FROM heard SEMI JOIN top USING (series, t) ORDER BY batch, pos"
        )
        # Of several at one moment the last written one stays.
        rows = {row[0]: row for row in connection.execute(query).fetchall()}
        if not rows.keys() <= names.keys():
            # A writer has committed new series and is about to make them known.
            found = connection.execute("SELECT id, device, point FROM series").fetchall()
            names = {identifier: (device, point) for identifier, device, point in found}
    return [_latest_value(*names[series], *row) for series, *row in rows.values()]


def _latest_value(
    device: str,
    point: str,
    t: int,
    lag: int,
    own_clock: bool,
    kind: int,
    number: float | None,
    text: str | None,
    reason: str | None,
) -> LatestValue:
    value = number if kind == NUMBER else _value(kind, number, text)
    source_at = t if own_clock else None
    return LatestValue(device, point, value, quality(kind, reason), reason, source_at, t + lag)


def _value(kind: int, number: float | None, text: str | None) -> Value:
    if kind == BOOL:
        return bool(number)
    return text if kind == TEXT else number


def quality(kind: int, reason: str | None) -> Quality:
    """The quality of a reading by the kind of its row and its reason."""
    if kind == MISSING:
        return Quality.MISSING
    return Quality.GOOD if reason is None else Quality.SUSPECT
