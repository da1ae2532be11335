"""The questions to the embedded store and what the answers mean."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from collectors.sample import Quality, Value
from ingest.stores.duckdb_columns import BOOL, MISSING, NUMBER, TEXT
from ingest.stores.duckdb_database import Connection, Database, Row
from ingest.stores.duckdb_layout import Span, everything, in_generation
from ingest.stores.duckdb_schema import ROW, generations
from ingest.stores.store import Aggregate, LatestValue, Reading

_AGGREGATES = {
    Aggregate.MEAN: "avg(number)",
    Aggregate.MIN: "min(number)",
    Aggregate.MAX: "max(number)",
    Aggregate.LAST: "any_value(number)",
    Aggregate.COUNT: "count(number)",
}


@dataclass(frozen=True)
class Steps:
    """How readings become one a step."""

    start: int
    """[ms, UTC]"""
    step_ms: int
    aggregate: Aggregate

    @property
    def of_t(self) -> str:
        """The step of a moment as SQL."""
        return f"{self.start} + ((t - {self.start}) // {self.step_ms}) * {self.step_ms}"


def raw(database: Database, span: Span, limit: int) -> list[tuple[int, Reading]]:
    """Readings with their series, in order of series and time, at most `limit`."""
    with database.snapshot() as connection:
        source = everything(database, connection, span)
        query = (
            f"SELECT series, t, type, number, text, reason FROM ({source})"
            f" ORDER BY series, t, batch, pos LIMIT {limit}"
        )
        rows = connection.execute(query).fetchall()
    return [(row[0], _reading(*row[1:])) for row in rows]


def stepped(database: Database, span: Span, steps: Steps, limit: int) -> list[tuple[int, Reading]]:
    """One reading a step with its series, in order of series and time, at most `limit`."""
    with database.snapshot() as connection:
        source = everything(database, connection, span)
        query = (
            f"SELECT series, {steps.of_t} AS step, count(*) FILTER (type > {MISSING}) AS known,"
            f" count(*) FILTER (type > {NUMBER}) AS others,"
            f" {_AGGREGATES[steps.aggregate]} FILTER (type = {NUMBER}) AS number,"
            f" coalesce(bool_or(reason IS NOT NULL) FILTER (type > {MISSING}), false) AS suspect"
            f" FROM ({source}) GROUP BY ALL ORDER BY series, step LIMIT {limit}"
        )
        rows = connection.execute(query).fetchall()
        lasts: dict[tuple[int, int], tuple[int, Value]] = {}
        if steps.aggregate is Aggregate.LAST or any(others for _, _, _, others, _, _ in rows):
            lasts = _last_values(connection, source, steps)
    return list(_step_readings(rows, lasts, steps.aggregate))


def _last_values(
    connection: Connection, source: str, steps: Steps
) -> dict[tuple[int, int], tuple[int, Value]]:
    """What stands last in each step, where anything is known in it."""
    query = (
        f"WITH known AS (SELECT * FROM ({source}) WHERE type > {MISSING}),"
        f" top AS (SELECT series, max(t) AS t FROM known GROUP BY series, {steps.of_t})"
        f" SELECT series, {steps.of_t} AS step, type, number, text FROM known"
        " SEMI JOIN top USING (series, t) ORDER BY series, t, batch, pos"
    )
    rows = connection.execute(query).fetchall()
    # Of several at one moment the last written one stays.
    return {(series, step): (kind, _value(kind, *rest)) for series, step, kind, *rest in rows}


def _step_readings(
    rows: Sequence[Row], lasts: dict[tuple[int, int], tuple[int, Value]], aggregate: Aggregate
) -> Iterator[tuple[int, Reading]]:
    counting = aggregate is Aggregate.COUNT
    for series, step, known, _, number, suspect in rows:
        if not known:
            yield series, Reading(step, 0 if counting else None, Quality.MISSING)
            continue
        kind, last = lasts.get((series, step), (NUMBER, number))
        if counting:
            value: Value = known
        elif kind == NUMBER and aggregate is not Aggregate.LAST:
            value = number
        else:
            value = last
        yield series, Reading(step, value, Quality.SUSPECT if suspect else Quality.GOOD)


def latest(database: Database) -> list[LatestValue]:
    """The newest value of every point.

    The table `newest` knows what is in Parquet; only what came since then is looked through.
    """
    with database.snapshot() as connection:
        parts = [f"SELECT {ROW}, -1 AS batch, 0::BIGINT AS pos FROM newest"]
        parts += [in_generation(number) for number in generations(connection)]
        query = (
            f"WITH heard AS ({' UNION ALL '.join(parts)}),"
            " top AS (SELECT series, max(t) AS t FROM heard GROUP BY series)"
            " SELECT heard.series, device, point, t, lag, own_clock, type, number, text, reason"
            " FROM heard JOIN top USING (series, t) JOIN series ON series.id = heard.series"
            " ORDER BY batch, pos"
        )
        rows = connection.execute(query).fetchall()
    found: dict[int, LatestValue] = {}
    for series, device, point, t, lag, own_clock, kind, number, text, reason in rows:
        # Of several at one moment the last written one stays.
        found[series] = LatestValue(
            device,
            point,
            _value(kind, number, text),
            quality(kind, reason),
            reason,
            t if own_clock else None,
            t + lag,
        )
    return list(found.values())


def _value(kind: int, number: float | None, text: str | None) -> Value:
    if kind == BOOL:
        return bool(number)
    return text if kind == TEXT else number


def quality(kind: int, reason: str | None) -> Quality:
    """The quality of a reading by the kind of its row and its reason."""
    if kind == MISSING:
        return Quality.MISSING
    return Quality.GOOD if reason is None else Quality.SUSPECT


def _reading(
    t: int, kind: int, number: float | None, text: str | None, reason: str | None
) -> Reading:
    return Reading(t, _value(kind, number, text), quality(kind, reason))
