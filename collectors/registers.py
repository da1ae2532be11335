"""Registers to raw values and back: pure, exact, and the same for a meter and its simulator."""

import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from collectors.convert import Raw, to_raw
from collectors.driver import CollectorsError
from collectors.modbus_schema import (
    Address,
    Fraction,
    ModbusSettings,
    Scale,
    ScaleUse,
    Table,
    WordOrder,
    WordType,
    order_of,
    table_of,
    wire,
)
from collectors.sample import Value
from device_configs.profile import Profile, ProfilePoint

_FORMATS = {
    WordType.UINT16: ">H", WordType.INT16: ">h", WordType.UINT32: ">I", WordType.INT32: ">i",
    WordType.UINT64: ">Q", WordType.INT64: ">q", WordType.FLOAT32: ">f", WordType.FLOAT64: ">d",
}  # fmt: skip
_STRUCTS = {kind: struct.Struct(text) for kind, text in _FORMATS.items()}
_FLOATS = {WordType.FLOAT32, WordType.FLOAT64}
_BCD = {WordType.BCD16, WordType.BCD32}


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


@dataclass(frozen=True)
class Cells:
    """Consecutive registers (or bits, as 0 and 1) of one table at a wire address."""

    table: Table
    address: int
    words: tuple[int, ...]


def encode_point(
    point: ProfilePoint, value: Value, settings: ModbusSettings, part: int = 0
) -> tuple[Cells, ...]:
    """Encode the stored value of a point: what a device showing it would have on the wire.

    The value of a point that fans out bits (`bits` in the profile) is the integer that carries
    them; `encode_values` makes it from the single bits. The first cells are the value's own; those
    of its fraction and its scale registers follow.

    Args:
        point: A point of a profile, or of its parts.
        value: The value in the stored unit; None becomes the profile's or type's 'not available'.
        settings: The profile's section.
        part: 0-based place of the part among its like.

    Raises:
        EncodeError: the point cannot show this value.
    """
    address = _address(point)
    raw = _raw(value, point)
    extra: list[Cells] = []
    for scale in address.scale_from:
        code, factor = _chosen(scale, raw)
        extra.append(_cells(scale, encode(code, scale.type, order_of(scale, settings)), settings))
        if isinstance(raw, (int, float)) and raw not in point.mapping.missing:
            raw = raw / factor
    if address.add is not None:
        raw, rest = _split(raw, address.add)
        words = encode(rest, address.add.type, order_of(address.add, settings))
        extra.append(_cells(address.add, words, settings))
    kind = WordType.BOOL if table_of(address, settings).is_bits else address.type
    if kind is WordType.BOOL and isinstance(raw, (int, float)):
        raw = bool(raw)
    words = encode(raw, kind, order_of(address, settings), address.length)
    own = _cells(address, words, settings)
    shifted = Cells(own.table, own.address + part * (address.stride or 0), own.words)
    return (shifted, *extra)


def _address(point: ProfilePoint) -> Address:
    if not isinstance(point.address, Address):
        raise EncodeError(f"{point.name} has no Modbus address")
    return point.address


def _raw(value: Value, point: ProfilePoint) -> Raw:
    try:
        return to_raw(value, point)
    except ValueError as error:
        raise EncodeError(str(error)) from error


def _cells(
    cell: Address | Scale | Fraction, words: tuple[int, ...], settings: ModbusSettings
) -> Cells:
    return Cells(table_of(cell, settings), wire(cell, settings), words)


def _chosen(scale: Scale, raw: Raw) -> tuple[int, float]:
    """A code for a scale register, and its factor: as fine as a 16-bit value allows."""
    if scale.factors:
        code = min(scale.factors, key=lambda code: abs(math.log10(scale.factors[code])))
        return code, scale.factors[code]
    if scale.use is ScaleUse.FACTOR or not isinstance(raw, (int, float)):
        return (1, 1.0) if scale.use is ScaleUse.FACTOR else (0, 1.0)
    decimals = next((d for d in (3, 2, 1) if abs(raw) * 10**d <= 32767), 0)
    if scale.use is ScaleUse.DECIMALS:
        return decimals, 10.0**-decimals
    return -decimals, 10.0**-decimals


def _split(raw: Raw, fraction: Fraction) -> tuple[Raw, Raw]:
    if not isinstance(raw, (int, float)) or isinstance(raw, bool):
        raise EncodeError(f"{raw!r} has no fraction")
    whole = math.floor(raw)
    return whole, (raw - whole) / fraction.scale


def encode_values(
    profile: Profile, values: Mapping[str, Value], parts: Mapping[int, Mapping[str, Value]] = {}
) -> dict[Table, dict[int, int]]:
    """The memory of a device that shows these values: table to wire address to register.

    Bits that share a register are combined; a bit that is not given is 0.

    Args:
        profile: A Modbus profile.
        values: Point name to stored value; points that are not given are left out.
        parts: 0-based place of a part to its values.

    Raises:
        EncodeError: a point cannot show its value.
    """
    settings = profile.settings
    if not isinstance(settings, ModbusSettings):
        raise EncodeError(f"{profile.id} is not a Modbus profile")
    image: dict[Table, dict[int, int]] = {table: {} for table in Table}
    groups = [(0, profile.points, values)]
    if profile.parts is not None:
        groups += [(place, profile.parts.points, given) for place, given in parts.items()]
    for place, points, given in groups:
        for point in points.values():
            for value in _given(point, given):
                for cells in encode_point(point, value, settings, place):
                    _lay(image[cells.table], cells, shared=point.mapping.bit is not None)
    return image


def _given(point: ProfilePoint, values: Mapping[str, Value]) -> Iterator[Value]:
    """The value to encode, if any; single bits become the integer that carries them."""
    if point.mapping.bits:
        held = {bit: values[name] for bit, name in point.mapping.bits.items() if name in values}
        if held:
            known = all(value is not None for value in held.values())
            yield sum(1 << bit for bit, value in held.items() if value) if known else None
    elif point.name in values:
        yield values[point.name]


def _lay(table: dict[int, int], cells: Cells, *, shared: bool) -> None:
    for offset, word in enumerate(cells.words):
        at = cells.address + offset
        table[at] = table.get(at, 0) | word if shared else word
