"""Virtual meters: exact, and missing where one of their meters is."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from device_configs.estate import Estate
from device_configs.estate_entries import VirtualMeterEntry
from device_configs.virtual_meters import virtual_meter
from ingest.counters import INTERVAL_MS
from ingest.interval_tables import Series, add_amounts, intervals
from ingest.rollup import Amounts, Span
from ingest.rollup_tables import ensure_rollups
from ingest.virtual_meters import amounts_with_virtual, combined, combined_sums, operand_series
from records.engine import transaction
from tests.reports import estates
from tests.reports.ledgers import SHANGHAI, ledger, ms

DAY = ms("2026-11-23 00:00")
IMPORT = "active_energy_import"
REST = Series("rest", IMPORT)


def an_estate(formula: object) -> Estate:
    plain = estates.estate(
        {"c1": None},
        [estates.device(name, "electricity_meter", "c1") for name in ("grid", "a", "b")]
        + [estates.device("pile", "ev_charger", "c1")],
    )
    entry = VirtualMeterEntry.model_validate({"id": "rest", "place": "c1", "formula": formula})
    return Estate(
        plain.id, plain.name, plain.timezone, plain.sites, plain.devices, plain.profiles,
        {"rest": virtual_meter(entry)},
    )  # fmt: skip


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    made = ledger()
    yield made
    made.dispose()


def book(engine: sa.Engine, device: str, quarter: int, amount: int, *, kind: str = "read") -> None:
    sums = {
        "read": [amount, 0, INTERVAL_MS, 0],
        "bridged": [amount, amount, 0, INTERVAL_MS],
        "half": [amount, 0, INTERVAL_MS // 2, 0],
        "made": [amount, 0, 0, 0, amount, INTERVAL_MS],
    }[kind]
    point = "active_energy_total" if device == "pile" else IMPORT
    with transaction(engine) as connection:
        add_amounts(connection, {(device, point, DAY + quarter * INTERVAL_MS): sums})


def rest(engine: sa.Engine, estate: Estate, begin: int = 0, end: int = 96) -> Amounts | None:
    span = Span(DAY + begin * INTERVAL_MS, DAY + end * INTERVAL_MS)
    with engine.connect() as connection:
        [found] = amounts_with_virtual(connection, estate, [REST], [span])
    return found.get(REST)


def test_by_hand_what_is_left_of_the_grid_meter(engine: sa.Engine) -> None:
    estate = an_estate("grid - (a + 0.5 * b)")
    for device, amount in (("grid", 10_000), ("a", 3_000), ("b", 1_001)):
        book(engine, device, 0, amount)
    # 10 - 3 - 0.5005 Wh = 6.4995 Wh, in whole mWh rounded down.
    assert rest(engine, estate) == Amounts(6_499, 0, INTERVAL_MS, 0)


@pytest.mark.parametrize("kind", ["missing", "half"])
def test_where_one_meter_is_not_known_throughout_nothing_is(engine: sa.Engine, kind: str) -> None:
    estate = an_estate("grid - a")
    for quarter in range(3):
        book(engine, "grid", quarter, 1_000)
        if quarter != 1 or kind == "half":
            book(engine, "a", quarter, 100, kind="half" if quarter == 1 else "read")
    assert rest(engine, estate) == Amounts(1_800, 0, 2 * INTERVAL_MS, 0)
    assert rest(engine, estate, 1, 2) is None


def test_its_marks_are_the_worst_of_its_meters(engine: sa.Engine) -> None:
    estate = an_estate("grid - a")
    book(engine, "grid", 0, 1_000)
    book(engine, "a", 0, 100, kind="bridged")
    assert rest(engine, estate) == Amounts(900, 900, 0, INTERVAL_MS)


def test_a_formula_holds_from_its_day_on_and_there_is_nothing_before_the_first(
    engine: sa.Engine,
) -> None:
    estate = an_estate(
        [{"from": "2026-11-23", "value": "grid"}, {"from": "2026-11-24", "value": "grid - a"}]
    )
    for quarter in (-1, 0, 95, 96):
        book(engine, "grid", quarter, 1_000)
        book(engine, "a", quarter, 1)
    assert rest(engine, estate, -96, 192) == Amounts(2_000 + 999, 0, 3 * INTERVAL_MS, 0)
    assert rest(engine, estate, -96, 0) is None


def test_a_meter_in_a_formula_is_what_it_counts_of_the_energy_drawn() -> None:
    estate = an_estate("pile + grid:active_energy_export - a")
    found = {
        operand_series(estate, one) for one in estate.virtual_meters["rest"].formulas[0].factors
    }
    assert found == {
        Series("pile", "active_energy_total"),
        Series("grid", "active_energy_export"),
        Series("a", IMPORT),
    }


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["grid", "a", "b"]), st.integers(0, 11), st.integers(0, 10**9)),
        max_size=40,
    ),
    st.sets(st.integers(1, 11), max_size=4),
    st.sampled_from(["grid - (a + b)", "0.3 * grid - a", "2 * b"]),
)
def test_the_parts_of_a_span_add_up_to_it(
    heard: list[tuple[str, int, int]], cuts: set[int], formula: str
) -> None:
    engine, estate = ledger(), an_estate(formula)
    for device, quarter, amount in {one[:2]: one for one in heard}.values():
        book(engine, device, quarter, amount)
    edges = [0, *sorted(cuts), 12]
    parts = [rest(engine, estate, a, b) for a, b in pairwise(edges)]
    whole = rest(engine, estate, 0, 12) or Amounts()
    assert sum((part for part in parts if part), Amounts()) == whole
    engine.dispose()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["grid", "a", "b"]), st.integers(0, 5), st.integers(0, 10**12),
            st.sampled_from(["read", "half", "bridged", "made"]),
        ),
        max_size=18,
    ),
    st.lists(
        st.dictionaries(
            st.sampled_from(["grid", "a", "b"]).map(lambda name: Series(name, IMPORT)),
            st.sampled_from([Fraction(1), Fraction(-1), Fraction(3), Fraction(1, 2)]),
        ),
        min_size=1, max_size=2,
    ),
)  # fmt: skip
def test_the_database_sums_as_the_intervals_one_by_one(
    heard: list[tuple[str, int, int, str]], combinations: list[dict[Series, Fraction]]
) -> None:
    engine = ledger()
    for device, quarter, amount, kind in {one[:2]: one for one in heard}.values():
        book(engine, device, quarter, amount, kind=kind)
    span = Span(DAY, DAY + 5 * INTERVAL_MS)
    with engine.connect() as connection:
        each = combined(connection, combinations, span).values()
        expected = [
            sum((one[place] for one in each), Amounts()) for place in range(len(combinations))
        ]
        if not any(combinations):
            expected = [Amounts()] * len(combinations)
        assert list(combined_sums(connection, combinations, span)) == expected
    engine.dispose()


def test_days_come_from_their_roll_ups_and_are_the_same(engine: sa.Engine) -> None:
    estate = an_estate("grid")
    spans = [Span(DAY + n * 96 * INTERVAL_MS, DAY + (n + 1) * 96 * INTERVAL_MS) for n in range(3)]
    for quarter in (0, 5, 95, 96, 200):
        book(engine, "grid", quarter, 1_000 + quarter)
    grid = Series("grid", IMPORT)
    with transaction(engine) as connection:
        summed = amounts_with_virtual(connection, estate, [grid, REST], spans)
        assert ensure_rollups(connection, SHANGHAI)
        assert amounts_with_virtual(connection, estate, [grid, REST], spans) == summed
        connection.execute(sa.delete(intervals))
        [first, *_] = amounts_with_virtual(connection, estate, [grid], spans)
        assert first[grid] == Amounts(3_100, 0, 3 * INTERVAL_MS, 0)
