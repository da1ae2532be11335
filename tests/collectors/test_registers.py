"""Registers to values and back."""

import datetime as dt
import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.modbus import SCHEMA
from collectors.modbus_schema import (
    Address,
    ByteOrder,
    ModbusSettings,
    Scale,
    ScaleUse,
    Table,
    WordOrder,
    WordType,
)
from collectors.point_decoder import point_decoder
from collectors.register_memory import Cells, encode_point, encode_values
from collectors.registers import (
    DecodeError,
    EncodeError,
    decode,
    encode,
    factor_of,
    read_cell,
    write_cell,
)
from device_configs.kinds import kinds
from device_configs.point_mapping import PointMapping, Verified
from device_configs.profile import LIBRARY, Profile, ProfilePoint, read_profile
from device_configs.quantities import conversion

ORDERS = st.sampled_from(list(WordOrder))
INTEGERS = {
    WordType.UINT16: (0, 2**16 - 1), WordType.INT16: (-(2**15), 2**15 - 1),
    WordType.UINT32: (0, 2**32 - 1), WordType.INT32: (-(2**31), 2**31 - 1),
    WordType.UINT64: (0, 2**64 - 1), WordType.INT64: (-(2**63), 2**63 - 1),
    WordType.BCD16: (0, 9999), WordType.BCD32: (0, 99999999),
}  # fmt: skip
WORDS = st.lists(st.integers(0, 0xFFFF), min_size=0, max_size=8)


@st.composite
def typed_integers(draw: st.DrawFn) -> tuple[WordType, int]:
    kind = draw(st.sampled_from(list(INTEGERS)))
    return kind, draw(st.integers(*INTEGERS[kind]))


@given(typed_integers(), ORDERS)
def test_integers_survive(typed: tuple[WordType, int], order: WordOrder) -> None:
    kind, number = typed
    words = encode(number, kind, order)
    assert len(words) == kind.words
    assert all(0 <= word <= 0xFFFF for word in words)
    assert decode(words, kind, order) == number


@given(st.floats(width=32, allow_nan=False, allow_infinity=False), ORDERS)
def test_float32_survives(number: float, order: WordOrder) -> None:
    assert decode(encode(number, WordType.FLOAT32, order), WordType.FLOAT32, order) == number


@given(st.floats(allow_nan=False, allow_infinity=False), ORDERS)
def test_float64_survives(number: float, order: WordOrder) -> None:
    assert decode(encode(number, WordType.FLOAT64, order), WordType.FLOAT64, order) == number


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=16))
def test_strings_survive(text: str) -> None:
    assert decode(encode(text, WordType.STRING, length=8), WordType.STRING) == text


@given(WORDS, st.sampled_from(list(WordType)), ORDERS)
def test_arbitrary_registers_never_crash(
    words: list[int], kind: WordType, order: WordOrder
) -> None:
    try:
        raw = decode(words, kind, order)
    except DecodeError:
        return
    assert not isinstance(raw, float) or math.isfinite(raw), "no NaN and no infinity gets out"


@pytest.mark.parametrize("kind", [WordType.FLOAT32, WordType.FLOAT64])
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_unknown(kind: WordType, number: float) -> None:
    packed = struct.pack(">f" if kind is WordType.FLOAT32 else ">d", number)
    words = struct.unpack(f">{len(packed) // 2}H", packed)
    assert decode(words, kind) is None


def test_the_vendors_example_of_a_float() -> None:
    # Eastron SDM630 Modbus protocol, example response 04 04 43 66 33 34: 230.2 V.
    assert decode([0x4366, 0x3334], WordType.FLOAT32) == pytest.approx(230.2, abs=5e-5)
    assert decode([0x3334, 0x4366], WordType.FLOAT32, WordOrder.LITTLE) == pytest.approx(
        230.2, abs=5e-5
    )


def test_text_ends_at_nul_and_empty_is_unknown() -> None:
    assert decode([0x4142, 0x4300, 0x4444], WordType.STRING) == "ABC"
    assert decode([0, 0], WordType.STRING) is None
    assert decode([0xFFFF, 0xFFFF], WordType.STRING) is None


def test_digits_that_are_not_decimal() -> None:
    assert decode([0x1234, 0x5678], WordType.BCD32) == 12345678
    with pytest.raises(DecodeError):
        decode([0x12A4], WordType.BCD16)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (70000, WordType.UINT16), (-1, WordType.UINT32), (10000, WordType.BCD16),
        ("a", WordType.UINT16), (None, WordType.UINT16), (1e40, WordType.FLOAT32),
        (1, WordType.BOOL),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(raw: Any, kind: WordType) -> None:
    with pytest.raises(EncodeError):
        encode(raw, kind)


@given(st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=3), st.booleans()))
def test_scale_registers_give_a_number_or_nothing(raw: Any) -> None:
    for use in ScaleUse:
        factor = factor_of(raw, Scale(address=0, use=use))
        assert factor is None or isinstance(factor, float)


def point(name: str, mapping: dict[str, Any], **address: Any) -> ProfilePoint:
    kind = kinds()["water_meter" if name in {"flow", "volume_total"} else "water_pressure"]
    spec = kind.point(name)
    assert spec is not None
    unit = mapping.get("unit", spec.unit)
    return ProfilePoint(
        name, spec, PointMapping(**mapping), conversion(unit, spec.unit),
        Address(**address), Verified.DOCUMENT,
    )  # fmt: skip


def test_a_point_is_encoded_with_base_order_and_scale() -> None:
    settings = ModbusSettings(table=Table.INPUT, address_base=1, word_order=WordOrder.LITTLE)
    flow = point("flow", {"unit": "L/h", "scale": 0.1}, address=101, type="uint32")
    assert encode_point(flow, 7.0, settings) == (Cells(Table.INPUT, 100, (4464, 1)),)


def test_a_parts_point_is_shifted_by_its_stride() -> None:
    flow = point("flow", {}, address=100, type="uint16", stride=4)
    assert encode_point(flow, 3, ModbusSettings(), part=5)[0].address == 120


def test_whole_and_fraction_are_split() -> None:
    volume = point("volume_total", {"unit": "m3"}, address=2, type="int32",
                   add={"address": 4, "type": "uint32", "scale": 1e-6})  # fmt: skip
    whole, fraction = encode_point(volume, 12.25, ModbusSettings())
    assert (whole.words, fraction.address, fraction.words) == ((0, 12), 4, (3, 53392))


def test_unknown_needs_a_way_to_say_so() -> None:
    flow = point("flow", {"missing": [0xFFFF]}, address=0, type="uint16")
    assert encode_point(flow, None, ModbusSettings())[0].words == (0xFFFF,)
    with pytest.raises(EncodeError):
        encode_point(point("flow", {}, address=0, type="uint16"), None, ModbusSettings())


def fire_panel() -> Profile:
    return read_profile(LIBRARY / "generic_fire_panel_modbus.yaml", {"modbus": SCHEMA})


def test_bits_of_a_register_are_put_together() -> None:
    image = encode_values(
        fire_panel(),
        {"fire": True, "bus_fault": True, "part_count": 242},
        {0: {"smoke": True}, 241: {"fault": True, "shielded": True}, 7: {"smoke": None}},
    )
    assert image[Table.INPUT] == {0: 0x81, 1: 242, 100: 1, 341: 6, 107: 0xFFFF}


def test_swapped_bytes_and_words_are_put_right() -> None:
    # 230.2 V as in the vendor's example above, as a device of the other order sends it.
    swapped = ModbusSettings(byte_order=ByteOrder.LITTLE, word_order=WordOrder.LITTLE)
    cell = Address(address=0, type=WordType.FLOAT32)
    assert read_cell([0x3433, 0x6643], cell, swapped) == pytest.approx(230.2, abs=5e-5)
    assert write_cell(read_cell([0x3433, 0x6643], cell, swapped), cell, swapped) == (0x3433, 0x6643)
    text = Address(address=0, type=WordType.STRING, length=2, byte_order=ByteOrder.LITTLE)
    assert read_cell([0x4241, 0x0043], text, ModbusSettings()) == "ABC"


def test_one_byte_of_a_register_may_be_a_text() -> None:
    low = Address(address=0, type=WordType.STRING, length=1, bytes=(1, 1))
    high = Address(address=0, type=WordType.STRING, length=1, bytes=(0, 1))
    assert read_cell([0x4142], low, ModbusSettings()) == "B"
    assert read_cell([0x4142], high, ModbusSettings()) == "A"
    assert read_cell([0x0042], high, ModbusSettings()) is None
    assert read_cell([0x00FF], low, ModbusSettings()) is None
    assert write_cell("B", low, ModbusSettings()) == (0x0042,)
    with pytest.raises(EncodeError):
        write_cell("BC", low, ModbusSettings())


def test_the_section_says_what_is_missing_for_a_type() -> None:
    settings = ModbusSettings(missing={WordType.UINT16: (0xFFFF,), WordType.INT32: (0x7FFFFFFF,)})
    assert read_cell([0xFFFF], Address(address=0), settings) is None
    assert read_cell([0xFFFE], Address(address=0), settings) == 0xFFFE
    big = Address(address=0, type=WordType.INT32)
    assert read_cell([0x7FFF, 0xFFFF], big, settings) is None
    assert read_cell([0xFFFF, 0xFFFF], big, settings) == -1
    assert write_cell(None, big, settings) == (0x7FFF, 0xFFFF)
    flow, absent = point("flow", {}, address=0), settings.missing[WordType.UINT16]
    quick = point_decoder(flow, WordType.UINT16, WordOrder.BIG, absent)
    assert quick((0xFFFF,)) is None
    assert quick((7,)) == (7, None)


@given(st.datetimes().filter(lambda moment: 2000 <= moment.year <= 2255))
def test_dates_survive(moment: dt.datetime) -> None:
    text = moment.replace(microsecond=0).isoformat()
    for kind in (WordType.DATE_BYTES, WordType.DATE_WORDS):
        words = encode(text, kind)
        assert len(words) == kind.words
        assert decode(words, kind) == text


def test_a_clock_that_was_never_set_is_unknown_and_a_wrong_one_garbled() -> None:
    assert decode([0, 0, 0], WordType.DATE_BYTES) is None
    assert decode([0xFFFF] * 6, WordType.DATE_WORDS) is None
    with pytest.raises(DecodeError, match="no date"):
        decode([0x1A0D, 0x190A, 0x0000], WordType.DATE_BYTES)
