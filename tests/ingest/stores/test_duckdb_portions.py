from collections.abc import Iterator, Sequence
from itertools import pairwise

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.stores.duckdb_layout import Span
from ingest.stores.duckdb_portions import Portion, portions

Reading = tuple[int, int]
"""Series and moment."""
MOST = 4
FAR = 2**62


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("CREATE TABLE reading (series INTEGER, t BIGINT)")
        yield opened


def divided(
    connection: duckdb.DuckDBPyConnection,
    readings: Sequence[Reading],
    devices: Sequence[Sequence[int]],
    time: tuple[int, int] = (-FAR, FAR + 1),
) -> list[Portion]:
    connection.execute("DELETE FROM reading")
    if readings:
        connection.executemany("INSERT INTO reading VALUES (?, ?)", readings)

    def relation(span: Span) -> str:
        return f"SELECT * FROM reading WHERE {span.where}"

    return list(portions(connection, relation, devices, time, MOST))


def _inside(portion: Portion, reading: Reading) -> bool:
    series, t = reading
    return series in portion.span.series and portion.span.start <= t < portion.span.end


MOMENTS = st.one_of(st.integers(0, 12), st.integers(-FAR, FAR), st.sampled_from([FAR, -FAR]))


@given(readings=st.lists(st.tuples(st.integers(1, 6), MOMENTS), max_size=40))
def test_every_reading_is_in_one_portion_in_order_and_few_are_in_each(
    connection: duckdb.DuckDBPyConnection, readings: list[Reading]
) -> None:
    devices = [(5, 2), (1, 6), (3,)]
    of = {series: place for place, some in enumerate(devices) for series in some}
    wanted = [one for one in readings if one[0] in of]
    found = divided(connection, readings, devices)
    inside = [[one for one in wanted if _inside(portion, one)] for portion in found]
    assert sorted(one for some in inside for one in some) == sorted(wanted)
    assert [portion.readings for portion in found] == [len(some) for some in inside]
    for portion, some in zip(found, inside, strict=True):
        assert portion.readings <= MOST or len({t for _, t in some}) == 1
    order = [[(of[series], t) for series, t in some] for some in inside]
    assert all(max(a) <= min(b) for a, b in pairwise(order))


def test_small_devices_share_a_portion_and_one_without_readings_has_none(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    readings = [(1, 5), (2, 7), (4, 1), (4, 9), (4, 9)]
    found = divided(connection, readings, [(1,), (2,), (3,), (4,)])
    assert found == [Portion(Span([1, 2], 5, 8), 2), Portion(Span([4], 1, 10), 3)]
    assert divided(connection, [], [(1,)]) == []
    assert divided(connection, readings, []) == []


def test_more_of_one_millisecond_than_may_be_stay_together(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    found = divided(connection, [(1, 5)] * 9 + [(1, 6)], [(1,)])
    assert found == [Portion(Span([1], 5, 6), 9), Portion(Span([1], 6, 7), 1)]


def test_only_the_time_that_is_wanted(connection: duckdb.DuckDBPyConnection) -> None:
    found = divided(connection, [(1, 5), (1, 6), (1, 7)], [(1,)], (6, 7))
    assert found == [Portion(Span([1], 6, 7), 1)]
