"""The points of a device as places on the wire, and how what stands there becomes values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from msgspec import structs

from collectors.convert import Raw, to_values
from collectors.modbus_schema import (
    Address,
    Fraction,
    ModbusSettings,
    Scale,
    order_of,
    swaps_bytes,
    table_of,
    type_of,
    wire,
)
from collectors.point_decoder import PointDecoder, never, point_decoder
from collectors.read_plan import Want
from collectors.reading import PointReading, ReadError, failed
from collectors.registers import DecodeError, factor_of, read_cell
from collectors.sample import Reason
from device_configs.kinds import Kind, Speed
from device_configs.profile import PartsProfile, Profile, ProfilePoint

Answers = Mapping[int, tuple[int, ...] | Reason]
"""Want's key to its cells, or why there are none."""


@dataclass(frozen=True, slots=True)
class Target:
    """A point, and the wants whose cells make its value: its own, then scales and fraction."""

    point: ProfilePoint
    address: Address
    own: Want
    extra: tuple[Want, ...]
    part: str | None
    """Id of the part it belongs to, without the device's."""
    speed: Speed
    quick: PointDecoder
    key: int
    """The own want's."""

    @property
    def wants(self) -> tuple[Want, ...]:
        """Everything that must be read for it."""
        return (self.own, *self.extra)

    @property
    def name(self) -> str:
        """The point's name, behind its part's id where it is a part's."""
        return self.point.name if self.part is None else f"{self.part}/{self.point.name}"


def part_id(parts: PartsProfile, number: int) -> str:
    """The id of the part at a 0-based place."""
    return parts.id_format.format(n=parts.first + number)


def room_for_parts(parts: PartsProfile, settings: ModbusSettings) -> int:
    """How many parts fit below the end of the address space."""
    rooms = [0]
    for point in parts.points.values():
        address = point.address
        if isinstance(address, Address) and address.stride:
            free = 0x10000 - wire(address, settings) - address.words
            rooms.append(free // address.stride + 1)
    return min(rooms[1:] or rooms)


def targets_of(profile: Profile, settings: ModbusSettings, parts: int) -> tuple[Target, ...]:
    """Every point of a device and of so many parts, in the order of the profile.

    Devices of one profile share them: of 10,000 meters they would take 300 MB.
    """
    key = (*map(id, profile.points.values()), id(profile.parts), id(settings), parts)
    held = _MADE.get(key)
    if held is None:
        if len(_MADE) >= _MOST_HELD:
            _MADE.clear()
        targets = tuple(_Numbering(settings).targets(profile, parts))
        # What is held keeps its ids from being given to anything else.
        held = _MADE[key] = (profile, settings, targets)
    return held[2]


_MADE: dict[tuple[int, ...], tuple[Profile, ModbusSettings, tuple[Target, ...]]] = {}
_MOST_HELD = 500
"""Sets of targets that are held; more means that an estate was changed many times."""


class _Numbering:
    """Makes targets whose wants have keys of their own."""

    def __init__(self, settings: ModbusSettings) -> None:
        self._settings = settings
        self._last = 0

    def targets(self, profile: Profile, parts: int) -> Iterator[Target]:
        for point in profile.points.values():
            yield self._target(point, profile.kind)
        if profile.parts is not None:
            for number in range(parts):
                for point in profile.parts.points.values():
                    name = part_id(profile.parts, number)
                    yield self._target(point, profile.parts.kind, number, name)

    def _target(
        self, point: ProfilePoint, kind: Kind, number: int = 0, part: str | None = None
    ) -> Target:
        address, settings = point.address, self._settings
        if not isinstance(address, Address):
            raise TypeError(f"{point.name} has no Modbus address")
        shift = number * (address.stride or 0)
        own = self._want(address, address.words, shift)
        extra = [self._want(scale, scale.type.words) for scale in address.scale_from]
        if address.add is not None:
            extra.append(self._want(address.add, address.add.type.words, shift))
        quick: PointDecoder = never
        if not swaps_bytes(address, settings):
            word_type = type_of(address, settings)
            absent = settings.missing.get(word_type, ())
            quick = point_decoder(point, word_type, order_of(address, settings), absent)
        return Target(
            point, address, own, tuple(extra), part, speed_of(point, kind), quick, own.key
        )

    def _want(self, cell: Address | Scale | Fraction, count: int, shift: int = 0) -> Want:
        self._last += 1
        settings = self._settings
        return Want(self._last, table_of(cell, settings), wire(cell, settings) + shift, count)


_URGENCY = {Speed.SAFETY: 0, Speed.FAST: 1, Speed.SLOW: 2}


def speed_of(point: ProfilePoint, kind: Kind) -> Speed:
    """The speed of a profile's point: that of the most urgent point it gives."""
    names = point.mapping.bits.values() or (point.name,)
    speeds = [spec.speed for name in names if (spec := kind.point(name)) is not None]
    return min(speeds or [Speed.FAST], key=_URGENCY.__getitem__)


def decoded(
    target: Target, words: tuple[int, ...], answers: Answers, settings: ModbusSettings
) -> PointReading:
    """The long way: any type, fraction, scale registers, and every way to be unknown."""
    point = target.point
    try:
        raw = read_cell(words, target.address, settings)
        if target.extra and raw is not None and raw not in point.mapping.missing:
            raw = _composed(raw, target, answers, settings)
    except DecodeError:
        return structs.replace(failed(point, Reason.GARBLED), words=words)
    except ReadError as error:
        return structs.replace(failed(point, error.reason), words=words)
    return PointReading(point, words, to_values(raw, point))


def _composed(raw: Raw, target: Target, answers: Answers, settings: ModbusSettings) -> Raw:
    """Add the fraction and apply the scale registers."""
    if isinstance(raw, str) or raw is None:
        raise ReadError(Reason.WRONG_TYPE, "a text cannot be scaled")
    number: float = raw
    if target.address.add is not None:
        add = target.address.add
        rest = read_cell(_words(answers, target.extra[-1]), add, settings)
        if not isinstance(rest, (int, float)):
            raise ReadError(Reason.NOT_IMPLEMENTED, "the fraction is not available")
        number = number + rest * add.scale
    for want, scale in zip(target.extra, target.address.scale_from, strict=False):
        factor = factor_of(read_cell(_words(answers, want), scale, settings), scale)
        if factor is None:
            raise ReadError(Reason.UNKNOWN_VALUE, "the scale register holds nothing known")
        number = number * factor
    return number


def _words(answers: Answers, want: Want) -> tuple[int, ...]:
    words = answers.get(want.key, Reason.NO_ANSWER)
    if isinstance(words, Reason):
        raise ReadError(words, "a register the value depends on was not read")
    return words
