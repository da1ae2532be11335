"""Registers to raw values and back: pure, exact, and the same for a meter and its simulator."""

import datetime as dt
import math
import struct
from collections.abc import Iterator, Sequence

from collectors.convert import Raw
from collectors.driver import CollectorsError
from collectors.modbus_schema import (
    Address,
    Fraction,
    ModbusSettings,
    Scale,
    ScaleUse,
    WordOrder,
    WordType,
    order_of,
    swaps_bytes,
    type_of,
)

_FORMATS = {
    WordType.UINT16: ">H", WordType.INT16: ">h", WordType.UINT32: ">I", WordType.INT32: ">i",
    WordType.UINT64: ">Q", WordType.INT64: ">q", WordType.FLOAT32: ">f", WordType.FLOAT64: ">d",
}  # fmt: skip
_STRUCTS = {kind: struct.Struct(text) for kind, text in _FORMATS.items()}
_FLOATS = {WordType.FLOAT32, WordType.FLOAT64}
_BCD = {WordType.BCD16, WordType.BCD32}
_DATES = {WordType.DATE_BYTES, WordType.DATE_WORDS}


Cell = Address | Scale | Fraction
"""A place on the wire with its type."""


class EncodeError(CollectorsError):
    """A value that a point's registers cannot hold."""


class DecodeError(CollectorsError):
    """Registers that do not hold what the profile says."""


def decode(words: Sequence[int], kind: WordType, order: WordOrder = WordOrder.BIG) -> Raw:
    """Read registers as one raw value; None where they say 'not available' (NaN).

    Raises:
        DecodeError: wrong number of registers, or digits that are not decimal.
    """
    if kind is WordType.STRING:
        return _text(words)
    if len(words) != kind.words:
        raise DecodeError(f"{kind.value} takes {kind.words} registers, not {len(words)}")
    if kind is WordType.BOOL:
        return bool(words[0])
    if kind in _DATES:
        return _date(words, kind)
    if order is WordOrder.LITTLE:
        words = words[::-1]
    data = b"".join(word.to_bytes(2, "big") for word in words)
    if kind in _BCD:
        return _decimal(data)
    raw: int | float = _STRUCTS[kind].unpack(data)[0]
    return None if isinstance(raw, float) and not math.isfinite(raw) else raw


def _text(words: Sequence[int]) -> Raw:
    """A string ends at the first NUL; bytes outside ASCII are replaced; nothing is unknown."""
    data = b"".join(word.to_bytes(2, "big") for word in words)
    if all(word == 0xFFFF for word in words):
        return None
    text = data.partition(b"\0")[0].decode("ascii", errors="replace").strip()
    return text or None


def _date(words: Sequence[int], kind: WordType) -> Raw:
    """A date and time as text; all zeros or ones say that the clock was never set."""
    if all(word == 0 for word in words) or all(word == 0xFFFF for word in words):
        return None
    fields = list(words)
    if kind is WordType.DATE_BYTES:
        fields = [part for word in words for part in divmod(word, 256)]
        fields[0] += 2000
    try:
        year, month, day, hour, minute, second = fields
        return dt.datetime(year, month, day, hour, minute, second).isoformat()  # noqa: DTZ001
    except ValueError as error:
        raise DecodeError(f"{fields} is no date") from error


def _date_words(raw: Raw, kind: WordType) -> tuple[int, ...]:
    if raw is None:
        return (0,) * kind.words
    try:
        at = dt.datetime.fromisoformat(str(raw))
    except ValueError as error:
        raise EncodeError(f"{raw!r} is no date") from error
    fields = [at.year, at.month, at.day, at.hour, at.minute, at.second]
    if kind is WordType.DATE_WORDS:
        return tuple(fields)
    fields[0] -= 2000
    if not 0 <= fields[0] <= 255:
        raise EncodeError(f"a byte cannot hold the year of {raw!r}")
    return tuple(high << 8 | low for high, low in _pairs(fields))


def _pairs(fields: Sequence[int]) -> Iterator[tuple[int, int]]:
    return zip(fields[::2], fields[1::2], strict=True)


def _decimal(data: bytes) -> int:
    text = data.hex()
    if not text.isdecimal():
        raise DecodeError(f"{text} are not decimal digits")
    return int(text)


def encode(
    raw: Raw, kind: WordType, order: WordOrder = WordOrder.BIG, length: int | None = None
) -> tuple[int, ...]:
    """Write one raw value as registers; None becomes NaN where the type has it.

    Raises:
        EncodeError: the type cannot hold the value.
    """
    if kind is WordType.STRING:
        return _text_words(raw, length or 0)
    if kind in _DATES:
        return _date_words(raw, kind)
    if kind is WordType.BOOL:
        if not isinstance(raw, bool):
            raise EncodeError(f"{raw!r} is not a boolean")
        return (int(raw),)
    data = _bytes(raw, kind)
    words = struct.unpack(f">{len(data) // 2}H", data)
    return words if order is WordOrder.BIG else words[::-1]


def _bytes(raw: Raw, kind: WordType) -> bytes:
    if raw is None and kind in _FLOATS:
        raw = math.nan
    if isinstance(raw, str) and kind.is_integer and raw.isdecimal():
        raw = int(raw)  # a product code or a firmware number, which is a text here
    if raw is None or isinstance(raw, str):
        raise EncodeError(f"{kind.value} cannot hold {raw!r}")
    try:
        if kind in _FLOATS:
            return _STRUCTS[kind].pack(raw)
        number = round(raw)
        if kind not in _BCD:
            return _STRUCTS[kind].pack(number)
        digits = kind.words * 4
        if not 0 <= number < 10**digits:
            raise EncodeError(f"{number} does not fit {kind.value}")
        return bytes.fromhex(f"{number:0{digits}d}")
    except (struct.error, OverflowError, ValueError) as error:
        raise EncodeError(f"{raw} does not fit {kind.value}") from error


def _text_words(raw: Raw, length: int) -> tuple[int, ...]:
    try:
        data = ("" if raw is None else str(raw)).encode("ascii")
    except UnicodeEncodeError as error:
        raise EncodeError(f"{raw!r} is not ASCII") from error
    if len(data) > length * 2:
        raise EncodeError(f"{raw!r} is longer than {length} registers")
    return struct.unpack(f">{length}H", data.ljust(length * 2, b"\0"))


def read_cell(words: Sequence[int], cell: Cell, settings: ModbusSettings) -> Raw:
    """Read a cell of a profile: its bytes, words and type, and what means 'not available' there.

    Raises:
        DecodeError: the registers do not hold what the profile says.
    """
    kind = type_of(cell, settings)
    if swaps_bytes(cell, settings) and kind is not WordType.BOOL:
        words = [_swapped(word) for word in words]
    if isinstance(cell, Address) and cell.bytes is not None:
        return _text(_part(words, *cell.bytes))
    raw = decode(words, kind, order_of(cell, settings))
    return None if raw in settings.missing.get(kind, ()) else raw


def write_cell(raw: Raw, cell: Cell, settings: ModbusSettings) -> tuple[int, ...]:
    """Write a raw value as a cell's registers: the inverse of `read_cell`.

    Raises:
        EncodeError: the cell cannot hold it.
    """
    kind = type_of(cell, settings)
    absent = settings.missing.get(kind)
    if raw is None and absent:
        raw = int(absent[0]) if kind.is_integer else absent[0]
    if kind is WordType.BOOL and isinstance(raw, (int, float)):
        raw = bool(raw)
    length = cell.length if isinstance(cell, Address) else None
    if isinstance(cell, Address) and cell.bytes is not None:
        words = _at_bytes(raw, length or 0, *cell.bytes)
    else:
        words = encode(raw, kind, order_of(cell, settings), length)
    if swaps_bytes(cell, settings) and kind is not WordType.BOOL:
        words = tuple(_swapped(word) for word in words)
    return words


def _swapped(word: int) -> int:
    return (word & 0xFF) << 8 | word >> 8


def _part(words: Sequence[int], first: int, count: int) -> Sequence[int]:
    """These bytes of a string as registers of their own, ended by NUL where they are odd."""
    data = b"".join(word.to_bytes(2, "big") for word in words)[first : first + count]
    if data.strip(b"\xff") == b"":
        return (0xFFFF,)
    data += b"\0" * (count % 2)
    return struct.unpack(f">{len(data) // 2}H", data)


def _at_bytes(raw: Raw, length: int, first: int, count: int) -> tuple[int, ...]:
    text = struct.pack(f">{length}H", *_text_words(raw, length))
    if text[count:].strip(b"\0"):
        raise EncodeError(f"{raw!r} is longer than {count} bytes")
    data = (b"\0" * first + text[:count]).ljust(2 * length, b"\0")
    return struct.unpack(f">{length}H", data)


def factor_of(raw: Raw, scale: Scale) -> float | None:
    """What a scale register multiplies its value by; None where it says nothing known."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float)):
        return None
    if scale.factors:
        return scale.factors.get(int(raw))
    if scale.use is ScaleUse.FACTOR:
        return float(raw) if raw else None
    if not -12 <= raw <= 12:
        return None
    return 10.0 ** (raw if scale.use is ScaleUse.EXPONENT else -raw)
