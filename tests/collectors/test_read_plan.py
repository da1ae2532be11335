"""Requests cover every point, stay within the limits and touch nothing forbidden."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.modbus_schema import ModbusSettings, Span, Table
from collectors.read_plan import Block, PlanError, Want, limit_of, plan, split

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
