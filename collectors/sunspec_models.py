"""SunSpec models as data: where a point stands in its model, and what its registers say.

Pure. The tables are in `sunspec_models.yaml`.
"""

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path

from pydantic import Field, ValidationError

from collectors.convert import Raw
from collectors.modbus_schema import WordType
from collectors.registers import DecodeError, decode
from device_configs.faults import InvalidConfigError, from_validation
from device_configs.quantities import Strict
from device_configs.yaml_file import read_yaml

_FILE = Path(__file__).with_name("sunspec_models.yaml")
_LARGEST_POWER = 10
"""A scale factor is a power of ten from -10 to 10 (SunSpec Device Information Model, type
sunssf)."""


class SunSpecType(StrEnum):
    """The types of the SunSpec Device Information Model that the tables use."""

    INT16 = "int16"
    UINT16 = "uint16"
    COUNT = "count"
    ENUM16 = "enum16"
    BITFIELD16 = "bitfield16"
    SUNSSF = "sunssf"
    ACC16 = "acc16"
    INT32 = "int32"
    UINT32 = "uint32"
    ENUM32 = "enum32"
    BITFIELD32 = "bitfield32"
    ACC32 = "acc32"
    FLOAT32 = "float32"
    INT64 = "int64"
    UINT64 = "uint64"
    ACC64 = "acc64"
    STRING = "string"


_WORDS: Mapping[SunSpecType, WordType] = {
    SunSpecType.INT16: WordType.INT16, SunSpecType.UINT16: WordType.UINT16,
    SunSpecType.COUNT: WordType.UINT16, SunSpecType.ENUM16: WordType.UINT16,
    SunSpecType.BITFIELD16: WordType.UINT16, SunSpecType.SUNSSF: WordType.INT16,
    SunSpecType.ACC16: WordType.UINT16, SunSpecType.INT32: WordType.INT32,
    SunSpecType.UINT32: WordType.UINT32, SunSpecType.ENUM32: WordType.UINT32,
    SunSpecType.BITFIELD32: WordType.UINT32, SunSpecType.ACC32: WordType.UINT32,
    SunSpecType.FLOAT32: WordType.FLOAT32, SunSpecType.INT64: WordType.INT64,
    SunSpecType.UINT64: WordType.UINT64, SunSpecType.ACC64: WordType.UINT64,
    SunSpecType.STRING: WordType.STRING,
}  # fmt: skip
_ACCUMULATORS = {SunSpecType.ACC16, SunSpecType.ACC32, SunSpecType.ACC64}
_SIGNED = {WordType.INT16, WordType.INT32, WordType.INT64}


def unimplemented(kind: SunSpecType) -> int | None:
    """The raw value that says 'not implemented' (SunSpec Device Information Model, null values).

    None for floats and strings, whose NaN and NULs `registers.decode` knows.
    """
    words = _WORDS[kind]
    if kind in _ACCUMULATORS:
        return 0
    if words in {WordType.FLOAT32, WordType.STRING}:
        return None
    bits = words.words * 16
    return -(1 << bits - 1) if words in _SIGNED else (1 << bits) - 1


class ModelPoint(Strict):
    """One point of a model."""

    at: int = Field(ge=0)
    """Offset from the model's ID register, or from the start of its repeated block."""
    type: SunSpecType
    size: int | None = None
    """Registers of a string."""
    sf: str | int | None = None
    symbols: Mapping[int, str] = Field(default_factory=dict)

    @property
    def word_type(self) -> WordType:
        """How its registers are read."""
        return _WORDS[self.type]

    @property
    def words(self) -> int:
        """Registers it takes."""
        return self.size or self.word_type.words


class Repeat(Strict):
    """The block of a model that repeats for each module or port."""

    at: int
    size: int
    count: str
    """The point that says how many there are."""
    points: Mapping[str, ModelPoint]


class Group(Strict):
    """Models of the same layout."""

    models: Sequence[int]
    points: Mapping[str, ModelPoint]
    repeat: Repeat | None = None

    @property
    def extent(self) -> int:
        """Registers from the ID to the end of the last point, without what repeats."""
        return max(point.at + point.words for point in self.points.values())


class Quirk(Strict):
    """A maker who counts some points of a group differently."""

    maker: str
    group: str
    points: Sequence[str]
    factor: float


class _File(Strict):
    groups: Mapping[str, Group]
    quirks: Sequence[Quirk]


@cache
def _load() -> _File:
    document = read_yaml(_FILE)
    try:
        return _File.model_validate(document.data)
    except ValidationError as error:
        faults = from_validation(error, _FILE, document.lines, model=_File)
        raise InvalidConfigError(faults) from error


def groups() -> Mapping[str, Group]:
    """All groups by name.

    Raises:
        InvalidConfigError: the table itself is wrong.
    """
    return _load().groups


@cache
def group_of(model: int) -> str | None:
    """The group a model belongs to; None for one that is not read."""
    for name, group in groups().items():
        if model in group.models:
            return name
    return None


def quirk(maker: str, group: str, point: str) -> float:
    """What a maker's value is multiplied by to have the sign that the others give it."""
    for known in _load().quirks:
        if (known.group, point in known.points) == (group, True) and maker.startswith(known.maker):
            return known.factor
    return 1.0


class Reference(Strict):
    """Names a point of a group: `inverter.W`, or `mppt.2.DCV` for the second module's."""

    group: str
    module: int | None
    point: str

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """Read a reference.

        Raises:
            ValueError: there is no such group or point.
        """
        name, *rest = text.split(".")
        group = groups().get(name)
        if group is None:
            raise ValueError(f"{text!r}: the groups are {', '.join(groups())}")
        repeated = len(rest) == 2 and rest[0].isdecimal() and group.repeat is not None
        if repeated and group.repeat is not None and rest[1] in group.repeat.points:
            return cls(group=name, module=int(rest[0]), point=rest[1])
        if len(rest) != 1 or rest[0] not in group.points:
            raise ValueError(f"{text!r}: group {name} has no such point")
        return cls(group=name, module=None, point=rest[0])


def locate(reference: Reference) -> tuple[ModelPoint, int]:
    """The point a reference names, and its offset from the model's ID register."""
    group = groups()[reference.group]
    if reference.module is None or group.repeat is None:
        point = group.points[reference.point]
        return point, point.at
    point = group.repeat.points[reference.point]
    return point, group.repeat.at + (reference.module - 1) * group.repeat.size + point.at


def modules_in(group: Group, block: Sequence[int]) -> int:
    """How many modules a model block has: what it says, as far as it is long enough for them."""
    if group.repeat is None:
        return 0
    room = (len(block) - group.repeat.at) // group.repeat.size
    told = decode_point(
        block, group.points[group.repeat.count], group.points[group.repeat.count].at
    )
    return max(0, min(room, told)) if isinstance(told, int) else max(0, room)


def decode_point(block: Sequence[int], point: ModelPoint, at: int) -> Raw:
    """The unscaled raw value of a point; None where it is not implemented or not in the block."""
    words = block[at : at + point.words]
    if len(words) < point.words:
        return None
    raw = decode(words, point.word_type)
    return None if raw == unimplemented(point.type) else raw


def read_point(reference: Reference, block: Sequence[int], maker: str = "") -> Raw:
    """The value of a point in a model block, scaled; an enumeration's name where it has one.

    Args:
        reference: Which point.
        block: The model's registers, its ID first.
        maker: As the common model names it.

    Raises:
        DecodeError: the scale factor is none.
    """
    group = groups()[reference.group]
    if reference.module is not None and reference.module > modules_in(group, block):
        return None
    point, at = locate(reference)
    raw = decode_point(block, point, at)
    if raw is None or isinstance(raw, str):
        return raw
    if point.symbols:
        return point.symbols.get(int(raw), str(raw))
    power = _power(group, point, block)
    if power is None:
        return None
    factor = quirk(maker, reference.group, reference.point)
    scaled = _scaled(raw, power)
    return scaled if factor == 1.0 else scaled * factor


def _power(group: Group, point: ModelPoint, block: Sequence[int]) -> int | None:
    """The power of ten of a point; None where its scale factor is not implemented."""
    if point.sf is None or isinstance(point.sf, int):
        return point.sf or 0
    scale = group.points[point.sf]
    power = decode_point(block, scale, scale.at)
    if power is None:
        return None
    if not isinstance(power, int) or abs(power) > _LARGEST_POWER:
        raise DecodeError(f"{power} is no scale factor")
    return power


def _scaled(raw: float, power: int) -> float:
    """Exact as a decimal is: dividing by a power of ten rounds once, multiplying by 0.1 twice."""
    if power >= 0:
        return raw * int(10**power)
    scaled = raw / 10**-power
    return scaled if math.isfinite(scaled) else raw
