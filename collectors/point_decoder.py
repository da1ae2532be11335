"""The usual case of a register point without detours: the same as `decode` and `to_values`, sooner.

A decoder here answers for numbers that are there; for all else it says None, and the caller takes
the long way.
"""

import math
import struct
from collections.abc import Callable, Sequence

from collectors.convert import Converted
from collectors.modbus_schema import WordOrder, WordType
from device_configs.kinds import PointType
from device_configs.profile import ProfilePoint

Words = Sequence[int]
PointDecoder = Callable[[Words], Converted | None]
"""Registers to value and reason; None for 'take the long way', never for 'unknown'."""

_TWO = struct.Struct(">HH")
_FLOAT = struct.Struct(">f")


def _uint16(words: Words) -> int | float:
    return words[0]


def _int16(words: Words) -> int | float:
    word = words[0]
    return word - 0x10000 if word & 0x8000 else word


def _uint32(words: Words) -> int | float:
    return words[0] << 16 | words[1]


def _uint32_low_first(words: Words) -> int | float:
    return words[1] << 16 | words[0]


def _int32(words: Words) -> int | float:
    number = words[0] << 16 | words[1]
    return number - 0x100000000 if number & 0x80000000 else number


def _int32_low_first(words: Words) -> int | float:
    return _int32((words[1], words[0]))


def _float32(words: Words) -> int | float:
    return _FLOAT.unpack(_TWO.pack(words[0], words[1]))[0]  # type: ignore[no-any-return]


def _float32_low_first(words: Words) -> int | float:
    return _FLOAT.unpack(_TWO.pack(words[1], words[0]))[0]  # type: ignore[no-any-return]


_BIG, _LITTLE = WordOrder.BIG, WordOrder.LITTLE
_RAW: dict[tuple[WordType, WordOrder], Callable[[Words], int | float]] = {
    (WordType.UINT16, _BIG): _uint16, (WordType.UINT16, _LITTLE): _uint16,
    (WordType.INT16, _BIG): _int16, (WordType.INT16, _LITTLE): _int16,
    (WordType.UINT32, _BIG): _uint32, (WordType.UINT32, _LITTLE): _uint32_low_first,
    (WordType.INT32, _BIG): _int32, (WordType.INT32, _LITTLE): _int32_low_first,
    (WordType.FLOAT32, _BIG): _float32, (WordType.FLOAT32, _LITTLE): _float32_low_first,
}  # fmt: skip


def point_decoder(
    point: ProfilePoint, kind: WordType, order: WordOrder, absent: Sequence[float] = ()
) -> PointDecoder:
    """The decoder of one point whose value needs no other registers and no swapped bytes.

    Args:
        point: The point.
        kind: The type of its registers.
        order: Their order.
        absent: Raw values of this type that mean 'not available', beside the point's own.
    """
    raw_of = _RAW.get((kind, order))
    mapping = point.mapping
    special = mapping.needs_integer or mapping.values
    if raw_of is None or special or point.spec.type is not PointType.NUMBER:
        return never
    own = frozenset(value for value in mapping.missing if not isinstance(value, str))
    missing = own.union(absent)
    scale, offset = mapping.slope, mapping.intercept
    stored = point.to_stored
    plain = (scale, offset, stored.factor, stored.offset) == (1.0, 0.0, 1.0, 0.0)

    def decoded(words: Words) -> Converted | None:
        raw = raw_of(words)
        if raw in missing or not math.isfinite(raw):
            return None
        if plain:
            return raw, None
        value = raw
        if scale != 1.0 or offset != 0.0:
            value = value * scale + offset
        value = stored.apply(value)
        return float(f"{value:.14g}") if value != raw else value, None

    return decoded


def never(words: Words) -> Converted | None:
    """Always the long way."""
    return None
