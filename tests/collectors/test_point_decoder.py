"""The short way gives exactly what the long way gives, or leaves it to it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.convert import to_values
from collectors.modbus_schema import WordOrder, WordType
from collectors.point_decoder import point_decoder
from collectors.registers import decode
from device_configs.profile import ProfilePoint
from tests.collectors.test_convert import (
    BITS,
    CELL,
    LEVEL,
    LOOPS,
    OUTWARDS,
    POWER,
    SMOKE,
    STATE,
    TEMPERATURE,
    point,
)

POINTS = [
    POWER, TEMPERATURE, LEVEL, STATE, SMOKE, BITS,
    point("electricity_meter", "voltage_l1", "V"),
    point("electricity_meter", "active_energy_import", "kWh"),
    point("pv_inverter", "temperature", "degC", scale=0.1, missing=[-1, 0x7FFF]),
    point("electricity_meter", "power_factor", scale=0.001, offset=-1.0),
    CELL, LOOPS, OUTWARDS,
]  # fmt: skip
KINDS = [kind for kind in WordType if kind.words in (1, 2) and kind.value[:3] != "bcd"]


@given(
    st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF)),
    st.sampled_from(POINTS),
    st.sampled_from(KINDS),
    st.sampled_from(list(WordOrder)),
)
def test_it_is_the_same(
    words: tuple[int, int], where: ProfilePoint, kind: WordType, order: WordOrder
) -> None:
    cells = words[: kind.words]
    quick = point_decoder(where, kind, order)(cells)
    if quick is not None:
        slow = to_values(decode(cells, kind, order), where)
        assert slow == {where.name: quick}
        assert type(quick[0]) is type(slow[where.name][0])


@pytest.mark.parametrize("words", [(0x7FC0, 0), (0x7F80, 0), (0xFF80, 0)])
def test_what_is_no_number_takes_the_long_way(words: Any) -> None:
    assert point_decoder(POWER, WordType.FLOAT32, WordOrder.BIG)(words) is None


def test_numbers_take_the_short_way() -> None:
    quick = point_decoder(POWER, WordType.FLOAT32, WordOrder.BIG)
    found = quick((0x4366, 0x3334))
    assert found is not None
    assert found[0] == pytest.approx(23020.0, abs=0.01)
