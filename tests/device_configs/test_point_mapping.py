"""What a profile point may say of its raw value, and what contradicts itself."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from device_configs.point_mapping import AnyCell, PointMapping


@given(st.data())
def test_a_cell_is_found_wherever_it_stands(data: st.DataObject) -> None:
    width = data.draw(st.integers(1, 8))
    count = data.draw(st.integers(1, 64 // width))
    first = data.draw(st.integers(0, 64 - width * count))
    code = data.draw(st.integers(0, (1 << width) - 1))
    cells = data.draw(st.lists(st.integers(0, (1 << width) - 1), min_size=count, max_size=count))
    around = data.draw(st.integers(0, (1 << first) - 1))
    raw = around + sum(cell << first + width * n for n, cell in enumerate(cells))
    rule = AnyCell(width=width, count=count, first=first, of=(code,))
    assert rule.holds(raw) is (code in cells)


@given(st.data())
def test_what_a_simulator_writes_is_what_is_read(data: st.DataObject) -> None:
    width = data.draw(st.integers(1, 8))
    count = data.draw(st.integers(1, 64 // width))
    codes = data.draw(st.sets(st.integers(0, (1 << width) - 1), min_size=1))
    rule = AnyCell(width=width, count=count, of=tuple(codes))
    if 0 not in codes:
        assert rule.holds(rule.raw(True)) is True
    if len(codes) < 1 << width:
        assert rule.holds(rule.raw(False)) is False


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"bit": 1, "bits": {0: "fault_x"}}, "bit and bits"),
        ({"values": {1: "on"}, "bit": 3}, "bit and values"),
        ({"cut": [0, 4], "bit": 3}, "'cut' goes with"),
        ({"cut": [60, 8]}, "within 64 bits"),
        ({"cut": [0, 0]}, "within 64 bits"),
        ({"scale": 0}, "would make every value 0"),
        ({"any_cell": {"width": 2, "count": 40, "of": [1]}}, "beyond 64 bits"),
        ({"any_cell": {"width": 2, "count": 4, "of": [4]}}, "cannot hold"),
        ({"positive": "outwards"}, "'import' or 'export'"),
    ],
)
def test_contradictions_are_told(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        PointMapping.model_validate(keys)


def test_export_turns_scale_and_offset() -> None:
    turned = PointMapping(scale=0.1, offset=5, positive="export")
    assert (turned.slope, turned.intercept) == (-0.1, -5)
    assert not PointMapping(positive="export").is_linear
    assert PointMapping().is_linear


def test_a_sentinel_of_64_bits_stays_exact() -> None:
    every_bit = (1 << 64) - 1
    assert every_bit in PointMapping(missing=(every_bit,)).missing
    assert float(every_bit) not in PointMapping(missing=(every_bit,)).missing
