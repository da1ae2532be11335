"""Columns of an answer as readings: a year by hour is many, and they hold up every other thread."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from collectors.sample import Quality, Value
from ingest.stores.duckdb_columns import BOOL, MISSING, NUMBER, TEXT
from ingest.stores.duckdb_database import Connection
from ingest.stores.store import Aggregate, Reading

Answer = Mapping[str, npt.NDArray[Any]]
"""Columns by name; what is NULL is masked."""
Group = tuple[int, Sequence[Reading]]
"""A series and its readings."""


def columns_of(connection: Connection, query: str) -> Answer:
    """The answer to a query, without an object for each value."""
    found: Answer = connection.execute(query).fetchnumpy()
    return found


def readings(columns: Answer) -> list[Group]:
    """Single readings: `series`, `at`, `type`, `number`, `text`, `suspect`."""
    kinds = np.asarray(columns["type"])
    values = _values(columns["number"], kinds, columns["text"])
    return _grouped(columns, values, kinds == MISSING, np.asarray(columns["suspect"]))


def steps(columns: Answer, aggregate: Aggregate) -> list[Group]:
    """Readings of steps: `series`, `at`, `known`, `number`, `suspect`.

    Where it was asked for, the last known reading is `k`, `n`, `x`: its type, number and text.
    """
    known = np.asarray(columns["known"])
    if aggregate is Aggregate.COUNT:
        values: list[Value] = known.tolist()
    elif aggregate is Aggregate.LAST:
        values = _values(columns["n"], _kinds(columns), columns["x"])
    else:
        values = columns["number"].tolist()
        if "k" in columns:
            kinds = _kinds(columns)
            lasts = _values(columns["n"], kinds, columns["x"])
            for place in np.flatnonzero(kinds > NUMBER).tolist():
                values[place] = lasts[place]
    return _grouped(columns, values, known == 0, np.asarray(columns["suspect"]))


def _kinds(columns: Answer) -> npt.NDArray[Any]:
    """Of the last known reading; where there is none, it is missing."""
    return np.ma.filled(columns["k"], MISSING)


def _values(
    numbers: npt.NDArray[Any], kinds: npt.NDArray[Any], texts: npt.NDArray[Any]
) -> list[Value]:
    values: list[Value] = numbers.tolist()
    for place in np.flatnonzero(kinds != NUMBER).tolist():
        kind = kinds[place]
        if kind == BOOL:
            values[place] = bool(values[place])
        else:
            values[place] = str(texts[place]) if kind == TEXT else None
    return values


def _grouped(
    columns: Answer,
    values: list[Value],
    missing: npt.NDArray[Any],
    suspect: npt.NDArray[Any],
) -> list[Group]:
    qualities = [Quality.GOOD] * len(values)
    for place in np.flatnonzero(suspect).tolist():
        qualities[place] = Quality.SUSPECT
    for place in np.flatnonzero(missing).tolist():
        qualities[place] = Quality.MISSING
    made = list(map(Reading, columns["at"].tolist(), values, qualities))
    series = np.asarray(columns["series"])
    edges = [0, *(np.flatnonzero(np.diff(series)) + 1).tolist(), len(made)]
    return [(int(series[a]), made[a:b]) for a, b in pairwise(edges) if a < b]
