"""Requests cover every point, stay within the limits and touch nothing forbidden."""

import itertools
import math
import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.modbus_schema import ModbusSettings, Span, Table
from collectors.read_plan import (
    NETWORK,
    Block,
    LineCost,
    PlanError,
    Want,
    limit_of,
    paced_plan,
    plan,
    serial_cost,
    split,
)

TABLES = st.sampled_from(list(Table))
SETTINGS = st.builds(
    ModbusSettings,
    max_registers=st.integers(4, 125),
    max_bits=st.integers(4, 2000),
    max_gap=st.integers(0, 125),
    one_value_per_read=st.booleans(),
    forbidden=st.lists(
        st.builds(
            lambda first, size, table: Span(first=first, last=first + size, table=table),
            st.integers(0, 400),
            st.integers(0, 30),
            st.one_of(st.none(), TABLES),
        ),
        max_size=4,
    ),
)


@st.composite
def wants(draw: st.DrawFn) -> list[Want]:
    places = draw(st.lists(st.tuples(TABLES, st.integers(0, 500), st.integers(1, 4)), max_size=40))
    return [Want(key, *place) for key, place in enumerate(places)]


def allowed(want: Want, settings: ModbusSettings) -> bool:
    return not any(
        span.table in {None, want.table} and span.first < want.end and want.address <= span.last
        for span in settings.forbidden
    )


def assert_sound(blocks: tuple[Block, ...], asked: list[Want], settings: ModbusSettings) -> None:
    served = [want.key for block in blocks for want in block.wants]
    assert sorted(served) == sorted(want.key for want in asked), "each want exactly once"
    for block in blocks:
        assert 1 <= block.count <= limit_of(block.table, settings)
        assert allowed(Want(0, block.table, block.address, block.count), settings)
        for want in block.wants:
            assert want.table is block.table
            assert block.address <= want.address
            assert want.end <= block.address + block.count
        if settings.one_value_per_read:
            assert {(w.address, w.count) for w in block.wants} == {(block.address, block.count)}


@given(wants(), SETTINGS)
def test_every_plan_is_sound(asked: list[Want], settings: ModbusSettings) -> None:
    asked = [want for want in asked if allowed(want, settings)]
    assert_sound(plan(asked, settings), asked, settings)


@given(wants(), SETTINGS)
def test_cutting_keeps_every_want(asked: list[Want], settings: ModbusSettings) -> None:
    asked = [want for want in asked if allowed(want, settings)]
    for block in plan(asked, settings):
        pending: list[Block] = [block]
        ends: list[Block] = []
        while pending:
            halves = split(pending.pop(), settings)
            if len(halves) == 1:
                ends += halves
            else:
                assert all(half.count <= block.count for half in halves)
                pending += halves
        assert sorted(w.key for end in ends for w in end.wants) == sorted(
            w.key for w in block.wants
        )
        assert all(len({(w.address, w.count) for w in end.wants}) == 1 for end in ends)


def test_gaps_are_not_wider_than_allowed() -> None:
    asked = [Want(0, Table.HOLDING, 0, 2), Want(1, Table.HOLDING, 7, 2)]
    assert len(plan(asked, ModbusSettings(max_gap=5))) == 1
    assert len(plan(asked, ModbusSettings(max_gap=4))) == 2


def test_a_hundred_scattered_floats_take_two_requests() -> None:
    chance = random.Random(7)
    for _ in range(50):
        places = sorted(chance.sample(range(124), 100))
        asked = [Want(n, Table.INPUT, 2 * place, 2) for n, place in enumerate(places)]
        assert len(plan(asked, ModbusSettings())) <= 2


@pytest.mark.parametrize(
    ("want", "settings"),
    [
        (Want(0, Table.HOLDING, 0, 126), ModbusSettings()),
        (Want(0, Table.HOLDING, 0, 4), ModbusSettings(max_registers=2)),
        (Want(0, Table.HOLDING, 0xFFFF, 2), ModbusSettings()),
        (Want(0, Table.HOLDING, -1, 1), ModbusSettings()),
        (Want(0, Table.HOLDING, 9, 2), ModbusSettings(forbidden=[Span(first=10, last=12)])),
    ],
)
def test_what_cannot_be_read_is_refused(want: Want, settings: ModbusSettings) -> None:
    with pytest.raises(PlanError):
        plan([want], settings)


def price(blocks: Iterable[Block], cost: LineCost) -> float:
    return sum(cost.of(block.table, block.count) for block in blocks)


def cheapest_by_trying(asked: list[Want], settings: ModbusSettings, cost: LineCost) -> float:
    """Every way to cut the sorted wants into requests, tried one by one."""
    best = math.inf
    ordered = sorted(asked, key=lambda want: (want.address, -want.count))
    for cuts in itertools.product([False, True], repeat=max(0, len(ordered) - 1)):
        groups: list[list[Want]] = [[ordered[0]]]
        for want, cut in zip(ordered[1:], cuts, strict=True):
            if cut:
                groups.append([want])
            else:
                groups[-1].append(want)
        spans = [(g[0].address, max(w.end for w in g)) for g in groups]
        if all(end - first <= settings.max_registers for first, end in spans):
            best = min(best, sum(cost.of(Table.HOLDING, e - f) for f, e in spans))
    return best


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 4)), min_size=1, max_size=9),
    st.sampled_from([4, 20, 60, 125]),
    st.sampled_from([NETWORK, serial_cost(1200), serial_cost(9600), serial_cost(115_200, 0.06)]),
)
def test_no_cut_is_cheaper_than_the_plan(
    places: list[tuple[int, int]], limit: int, cost: LineCost
) -> None:
    asked = [Want(n, Table.HOLDING, *place) for n, place in enumerate(places)]
    settings = ModbusSettings(max_registers=limit)
    planned = price(plan(asked, settings, cost), cost)
    assert planned == pytest.approx(cheapest_by_trying(asked, settings, cost))


def test_a_slow_line_does_not_read_across_wide_holes() -> None:
    asked = [Want(0, Table.HOLDING, 0, 2), Want(1, Table.HOLDING, 40, 2)]
    assert len(plan(asked, ModbusSettings(), NETWORK)) == 1
    assert len(plan(asked, ModbusSettings(), serial_cost(9600))) == 2
    near = [Want(0, Table.HOLDING, 0, 2), Want(1, Table.HOLDING, 6, 2)]
    assert len(plan(near, ModbusSettings(), serial_cost(9600))) == 1


def test_even_requests_begin_and_end_even() -> None:
    asked = [Want(0, Table.INPUT, 3, 2), Want(1, Table.INPUT, 90, 1)]
    blocks = plan(asked, ModbusSettings(even=True, max_registers=80))
    assert [(block.address, block.count) for block in blocks] == [(2, 4), (90, 2)]
    forbidden = [Span(first=2, last=2)]
    with pytest.raises(PlanError):
        plan(asked, ModbusSettings(even=True, forbidden=forbidden))


def test_what_is_wanted_seldom_rides_where_it_costs_less() -> None:
    fast = [Want(0, Table.INPUT, 0, 10), Want(1, Table.INPUT, 20, 10)]
    inside, far = Want(2, Table.INPUT, 12, 2), Want(3, Table.INPUT, 3000, 2)
    every = {0: 1, 1: 1, 2: 12, 3: 12}
    paces = paced_plan([*fast, inside, far], every, ModbusSettings(), NETWORK)
    assert sorted((block.address, block.count, pace) for block, pace in paces.items()) == [
        (0, 30, 1),
        (3000, 2, 12),
    ]
    near = Want(3, Table.INPUT, 60, 2)
    slow = serial_cost(1200)
    on_serial = paced_plan([*fast, near], {0: 1, 1: 1, 3: 12}, ModbusSettings(), slow)
    assert (60, 2, 12) in {(b.address, b.count, pace) for b, pace in on_serial.items()}


@given(wants(), SETTINGS, st.randoms())
def test_a_paced_plan_is_sound_and_never_slower_than_asked(
    asked: list[Want], settings: ModbusSettings, chance: random.Random
) -> None:
    asked = [want for want in asked if allowed(want, settings)]
    every = {want.key: chance.choice([1, 6]) for want in asked}
    paces = paced_plan(asked, every, settings, NETWORK)
    assert_sound(tuple(paces), asked, settings)
    for block, pace in paces.items():
        assert all(pace <= every[want.key] for want in block.wants)
