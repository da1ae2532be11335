"""The registers of a device that shows given values: for simulators and tests, from its profile."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from collectors.convert import Raw, to_raw
from collectors.modbus_schema import (
    Address,
    Fraction,
    ModbusSettings,
    Scale,
    ScaleUse,
    Table,
    table_of,
    wire,
)
from collectors.registers import Cell, EncodeError, write_cell
from collectors.sample import Value
from device_configs.profile import Profile, ProfilePoint


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
    shift = part * (address.stride or 0)
    extra: list[Cells] = []
    for scale in address.scale_from:
        code, factor = _chosen(scale, raw)
        extra.append(_cells(scale, code, settings))
        if isinstance(raw, (int, float)) and raw not in point.mapping.missing:
            raw = raw / factor
    if address.add is not None:
        raw, rest = _split(raw, address.add)
        extra.append(_cells(address.add, rest, settings, shift))
    return (_cells(address, raw, settings, shift), *extra)


def _address(point: ProfilePoint) -> Address:
    if not isinstance(point.address, Address):
        raise EncodeError(f"{point.name} has no Modbus address")
    return point.address


def _raw(value: Value, point: ProfilePoint) -> Raw:
    try:
        return to_raw(value, point)
    except ValueError as error:
        raise EncodeError(str(error)) from error


def _cells(cell: Cell, raw: Raw, settings: ModbusSettings, shift: int = 0) -> Cells:
    words = write_cell(raw, cell, settings)
    return Cells(table_of(cell, settings), wire(cell, settings) + shift, words)


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
                    _lay(image[cells.table], cells, shared=_shares(point))
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


def _shares(point: ProfilePoint) -> bool:
    return point.mapping.shares_cells or _address(point).bytes is not None


def _lay(table: dict[int, int], cells: Cells, *, shared: bool) -> None:
    for offset, word in enumerate(cells.words):
        at = cells.address + offset
        table[at] = table.get(at, 0) | word if shared else word
