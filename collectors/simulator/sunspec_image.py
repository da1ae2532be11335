"""The memory of a simulated SunSpec inverter: a chain of models 1, 103 and 160.

The tables are those the driver reads by, so that this proves the plumbing, not the tables.
"""

from collections.abc import Iterator, Mapping, Sequence

from collectors.convert import Raw, to_raw
from collectors.modbus_schema import Table
from collectors.registers import EncodeError, encode
from collectors.sample import Value
from collectors.sunspec import SunSpecAddress
from collectors.sunspec_models import (
    ModelPoint,
    Reference,
    SunSpecType,
    groups,
    locate,
    unimplemented,
)
from device_configs.profile import Profile, ProfilePoint

BASE = 40000
TRACKERS = 4
"""Modules in model 160."""
_MARK = (0x5375, 0x6E53)
_END = (0xFFFF, 0)
# Model and its length L: SunSpec information models 1, 103 and 160 (8 + 20 a module).
_CHAIN: Mapping[str, tuple[int, int]] = {
    "common": (1, 66),
    "inverter": (103, 50),
    "mppt": (160, 8 + 20 * TRACKERS),
}
# As fine as 16 bits allow for an inverter of some hundred kilowatt.
_SCALES = {
    "A_SF": -2, "V_SF": -1, "W_SF": 1, "Hz_SF": -2, "VA_SF": 1, "VAr_SF": 1, "PF_SF": -3,
    "WH_SF": 0, "DCA_SF": -2, "DCV_SF": -1, "DCW_SF": 1, "Tmp_SF": -1, "DCWH_SF": 0,
}  # fmt: skip


def sunspec_memory(
    profile: Profile, values: Mapping[str, Value]
) -> Mapping[Table, Mapping[int, int]]:
    """The holding registers of an inverter that shows these values.

    Raises:
        EncodeError: a value does not fit its registers.
    """
    blocks = {name: _empty(name) for name in _CHAIN}
    for point in profile.points.values():
        raw = _raw(point, values)
        reference = _reference(point)
        if raw is not None and reference is not None:
            model_point, at = locate(reference)
            words = _words(raw, model_point)
            blocks[reference.group][at : at + len(words)] = words
    words = [*_MARK, *(word for block in blocks.values() for word in block), *_END]
    return {Table.HOLDING: {BASE + place: word for place, word in enumerate(words)}}


def _raw(point: ProfilePoint, values: Mapping[str, Value]) -> Raw:
    """The raw value of a point; None where it has none."""
    bits = point.mapping.bits
    if bits:
        return sum(1 << bit for bit, name in bits.items() if values.get(name))
    if values.get(point.name) is None:
        return None
    try:
        return to_raw(values[point.name], point)
    except ValueError as error:
        raise EncodeError(str(error)) from error


def _reference(point: ProfilePoint) -> Reference | None:
    """The place of a point in this chain; None where the chain has none."""
    if not isinstance(point.address, SunSpecAddress):
        return None
    for reference in point.address.references:
        if reference.group in _CHAIN and (reference.module or 1) <= TRACKERS:
            return reference
    return None


def _empty(name: str) -> list[int]:
    """A model in which nothing is implemented but its scale factors and its count of modules."""
    group, (model, length) = groups()[name], _CHAIN[name]
    block = [model, length, *([0x8000] * length)]
    for key, point in group.points.items():
        raw: Raw = _SCALES.get(key, unimplemented(point.type))
        if group.repeat is not None and key == group.repeat.count:
            raw = TRACKERS
        _put(block, point.at, point, raw)
    for module in range(TRACKERS if group.repeat else 0):
        for at, point in _repeated(name, module):
            _put(block, at, point, unimplemented(point.type))
    return block


def _repeated(name: str, module: int) -> Iterator[tuple[int, ModelPoint]]:
    repeat = groups()[name].repeat
    if repeat is not None:
        for point in repeat.points.values():
            yield repeat.at + module * repeat.size + point.at, point


def _put(block: list[int], at: int, point: ModelPoint, raw: Raw) -> None:
    words = encode(raw, point.word_type, length=point.size)
    if at + len(words) <= len(block):
        block[at : at + len(words)] = words


def _words(raw: Raw, point: ModelPoint) -> Sequence[int]:
    if point.symbols:
        numbers = {name: number for number, name in point.symbols.items()}
        if raw not in numbers:
            raise EncodeError(f"{raw!r} is no symbol of the model")
        return encode(numbers[str(raw)], point.word_type)
    if isinstance(raw, (int, float)) and not isinstance(raw, bool) and point.sf is not None:
        power = _SCALES[point.sf] if isinstance(point.sf, str) else point.sf
        raw = raw / 10.0**power
    if point.type is SunSpecType.STRING and isinstance(raw, str):
        raw = raw[: (point.size or 0) * 2]
    return encode(raw, point.word_type, length=point.size)
