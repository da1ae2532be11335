"""Sums over spans: exact, aligned, and absent where nothing is known."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.counters import INTERVAL_MS, Step, StepKind
from ingest.interval_tables import Series, add_amounts, add_steps, intervals
from ingest.rollup import Amounts, Span, UnalignedSpanError, amounts_in, steps_in
from records.engine import migrate

A, B = Series("a", "active_energy_import"), Series("b", "active_energy_total")


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    engine = sa.create_engine(
        "sqlite://", poolclass=sa.pool.StaticPool, connect_args={"check_same_thread": False}
    )
    migrate(engine)
    with engine.connect() as made:
        yield made
    engine.dispose()


def test_a_span_holds_its_beginning_and_not_its_end(connection: sa.Connection) -> None:
    rows = {(*A, n * INTERVAL_MS): [10**n, 0, INTERVAL_MS, 0] for n in range(4)}
    add_amounts(connection, rows)
    spans = [Span(0, 2 * INTERVAL_MS), Span(2 * INTERVAL_MS, 3 * INTERVAL_MS), Span(0, 0)]
    first, second, none = amounts_in(connection, [A, B], spans)
    assert first == {A: Amounts(11, 0, 2 * INTERVAL_MS, 0)}
    assert second == {A: Amounts(100, 0, INTERVAL_MS, 0)}
    assert none == {}


def test_an_interval_is_added_to_and_not_replaced(connection: sa.Connection) -> None:
    add_amounts(connection, {(*A, 0): [5, 2, 30, 40]})
    add_amounts(connection, {(*A, 0): [7, 3, 1, 2]})
    [found] = amounts_in(connection, [A], [Span(0, INTERVAL_MS)])
    assert found == {A: Amounts(12, 5, 31, 42)}


def test_only_the_asked_pair_of_device_and_point_counts(connection: sa.Connection) -> None:
    for device in "ab":
        for point in (A.point, B.point):
            add_amounts(connection, {(device, point, 0): [1, 0, 1, 0]})
    [found] = amounts_in(connection, [A, B], [Span(0, INTERVAL_MS)])
    assert set(found) == {A, B}


def test_zero_energy_is_known_and_no_data_is_not(connection: sa.Connection) -> None:
    add_amounts(connection, {(*A, 0): [0, 0, INTERVAL_MS, 0]})
    [found] = amounts_in(connection, [A, B], [Span(0, INTERVAL_MS)])
    assert found[A].known_ms == INTERVAL_MS
    assert B not in found


@pytest.mark.parametrize("span", [Span(1, INTERVAL_MS), Span(0, INTERVAL_MS - 1)])
def test_a_span_that_cuts_an_interval_is_refused(connection: sa.Connection, span: Span) -> None:
    with pytest.raises(UnalignedSpanError, match="quarter"):
        amounts_in(connection, [A], [span])


def test_more_devices_than_one_statement_holds(connection: sa.Connection) -> None:
    series = [Series(f"d{n}", A.point) for n in range(1203)]
    add_amounts(connection, {(*one, 0): [2, 0, 1, 0] for one in series})
    [found] = amounts_in(connection, series, [Span(0, INTERVAL_MS)])
    assert len(found) == 1203


def test_steps_are_found_in_their_span_and_counted(connection: sa.Connection) -> None:
    outlier = Step(StepKind.OUTLIER, 2_000, 10, 0)
    again = Step(StepKind.OUTLIER, 3_000, 11, 0)
    reset = Step(StepKind.RESET, 1_000, 99, 1)
    add_steps(connection, [(A, outlier), (A, again), (A, reset), (B, reset)], 5)
    found = steps_in(connection, [A], Span(0, INTERVAL_MS))
    assert [(one.kind, one.at_ms, one.before, one.after, one.times) for one in found] == [
        (StepKind.RESET, 1_000, 99, 1, 1),
        (StepKind.OUTLIER, 2_000, 10, 0, 2),
    ]
    assert steps_in(connection, [A], Span(INTERVAL_MS, 2 * INTERVAL_MS)) == []


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(st.integers(0, 95), st.integers(0, 10**12)), max_size=60),
    st.lists(st.integers(1, 95), max_size=6),
)
def test_parts_of_a_span_add_up_to_it(
    connection: sa.Connection, heard: list[tuple[int, int]], cuts: list[int]
) -> None:
    connection.execute(sa.delete(intervals))
    for quarter, amount in heard:
        add_amounts(connection, {(*A, quarter * INTERVAL_MS): [amount, amount // 2, 1, 1]})
    edges = [0, *sorted(set(cuts)), 96]
    spans = [Span(a * INTERVAL_MS, b * INTERVAL_MS) for a, b in pairwise(edges)]
    parts = amounts_in(connection, [A], spans)
    [whole] = amounts_in(connection, [A], [Span(0, 96 * INTERVAL_MS)])
    total = sum((part.get(A, Amounts()) for part in parts), Amounts())
    assert total == whole.get(A, Amounts())
    assert total.amount == sum(amount for _, amount in heard)


def test_spans_of_many_lengths_each_get_their_own(connection: sa.Connection) -> None:
    add_amounts(connection, {(*A, n * INTERVAL_MS): [10**n, 0, 1, 0] for n in range(12)})
    edges = [0, 1, 2, 4, 6, 7, 8, 12]
    spans = [Span(a * INTERVAL_MS, b * INTERVAL_MS) for a, b in pairwise(edges)]
    expected = [sum(10**n for n in range(a, b)) for a, b in pairwise(edges)]
    assert [found[A].amount for found in amounts_in(connection, [A], spans)] == expected
    backwards = amounts_in(connection, [A], spans[::-1])
    assert [found[A].amount for found in backwards] == expected[::-1]
