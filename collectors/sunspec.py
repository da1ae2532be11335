"""SunSpec: devices that say themselves which models they have and where.

The chain of models is walked once at the connect; a poll then reads only the models that the
profile has points in, and walks the chain again when a model is no longer where it was (SunSpec
Device Information Model; lengths differ per maker, so that no address is ever assumed).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator

from collectors.convert import to_values
from collectors.modbus_links import LINKS, conflicts
from collectors.modbus_reading import Registers
from collectors.modbus_schema import Table
from collectors.read_plan import Block, Want, plan, split
from collectors.reading import PointReading, ReadError, Reading, failed
from collectors.registers import DecodeError
from collectors.sample import Reason
from collectors.sunspec_chain import Chain, ModelAt, SunSpecSettings, discover
from collectors.sunspec_models import (
    Reference,
    decode_point,
    group_of,
    groups,
    locate,
    modules_in,
    read_point,
)
from device_configs.profile import Profile, ProfilePoint, ProtocolSchema
from device_configs.quantities import Strict


def _one_or_many(data: object) -> object:
    return [data] if isinstance(data, str) else data


@cache
def _reference(text: str) -> Reference:
    return Reference.parse(text)


class SunSpecAddress(Strict):
    """Where one point stands: `inverter.W`, or the second module's `mppt.2.DCV`."""

    at: Annotated[Sequence[str], BeforeValidator(_one_or_many), Field(min_length=1)]
    """Tried in this order: the first that the device has and implements counts."""
    percent_above_one: bool = False
    """A ratio that some makers give in percent: beyond 1 it is divided by 100."""

    @field_validator("at")
    @classmethod
    def _known(cls, at: Sequence[str]) -> Sequence[str]:
        for text in at:
            _reference(text)
        return at

    @property
    def references(self) -> Sequence[Reference]:
        """The parsed references."""
        return tuple(_reference(text) for text in self.at)


@dataclass(frozen=True)
class Served:
    """One device of the chain with the models that are read for it."""

    part: str | None
    """None for the device itself."""
    points: Mapping[str, ProfilePoint]
    models: Mapping[str, ModelAt]
    """Group to model."""


def serve(chain: Chain, profile: Profile) -> Sequence[Served]:
    """Which device of the chain is the profile's own, and which are its parts."""
    own_groups, part_groups = _groups(profile.points), frozenset[str]()
    if profile.parts is not None:
        part_groups = _groups(profile.parts.points)
    served: list[Served] = []
    number = profile.parts.first if profile.parts is not None else 1
    for models in chain:
        if all(one.part is not None for one in served) and (kept := _kept(models, own_groups)):
            served.append(Served(None, profile.points, kept))
        elif profile.parts is not None and (kept := _kept(models, part_groups)):
            part = profile.parts.id_format.format(n=number)
            served.append(Served(part, profile.parts.points, kept))
            number += 1
    return served


def _kept(models: Sequence[ModelAt], wanted: frozenset[str]) -> dict[str, ModelAt]:
    """The first model of each wanted group; none where only the common model is wanted."""
    kept: dict[str, ModelAt] = {}
    for model in models:
        group = group_of(model.id)
        if group in wanted and group is not None:
            kept.setdefault(group, model)
    return kept if set(kept) - {"common"} else {}


def _groups(points: Mapping[str, ProfilePoint]) -> frozenset[str]:
    return frozenset(r.group for point in points.values() for r in address_of(point).references)


def address_of(point: ProfilePoint) -> SunSpecAddress:
    """The SunSpec address of a point."""
    if not isinstance(point.address, SunSpecAddress):
        raise TypeError(f"{point.name} has no SunSpec address")
    return point.address


ModelBlock = Sequence[int] | Reason
"""A model's registers from its ID on, or why they could not be read."""


class SunSpecReader:
    """The `Reader` of one SunSpec device."""

    def __init__(self, profile: Profile, settings: SunSpecSettings) -> None:
        self._profile = profile
        self._settings = settings
        self._served: Sequence[Served] | None = None
        self._plan: Sequence[Block] = ()
        self._known: Mapping[str | None, Sequence[ProfilePoint]] = {}
        self.models: Sequence[int] = ()
        """Every model id that was found, for people."""

    async def read(self, registers: Registers, timeouts: int = 1) -> Reading:
        """Poll the device once; finds its chain first where it is not known.

        Raises:
            LinkLostError: the connection is gone.
        """
        for _ in range(2):
            try:
                served = self._served or await self._discover(registers)
                blocks, heard = await self._blocks(registers, served, timeouts)
            except ReadError as error:
                return replace(self.lost(error.reason), message=str(error))
            if not self._moved(served, blocks):
                return self._reading(served, blocks) if heard else self.lost(_reason(blocks))
            self._served = None
        return self.lost(Reason.GARBLED)

    async def _discover(self, registers: Registers) -> Sequence[Served]:
        chain = await discover(registers, self._settings)
        self.models = [model.id for device in chain for model in device]
        served = serve(chain, self._profile)
        if not served:
            known = ", ".join(str(model) for model in self.models)
            raise ReadError(Reason.REFUSED, f"none of the models {known} has a point")
        wants: list[Want] = []
        for model in sorted({m.address: m for one in served for m in one.models.values()}.items()):
            wants += self._wants(model[1])
        self._plan = plan(wants, self._settings)
        self._served = served
        return served

    def _wants(self, model: ModelAt) -> Sequence[Want]:
        """The registers of a model that are read, in pieces a request can hold."""
        group = groups()[group_of(model.id) or ""]
        size = model.length + 2
        if group.repeat is None:
            size = min(size, group.extent)
        step = self._settings.max_registers
        return [
            Want(model.address, Table.HOLDING, model.address + at, min(step, size - at))
            for at in range(0, size, step)
        ]

    async def _blocks(
        self, registers: Registers, served: Sequence[Served], timeouts: int
    ) -> tuple[dict[int, ModelBlock], bool]:
        """The registers of every model by its address, and whether the device was heard."""
        pieces: dict[int, list[int] | Reason] = {}
        heard = False
        pending = list(self._plan)
        while pending:
            block = pending.pop(0)
            if timeouts <= 0:
                pieces |= {want.key: Reason.NO_ANSWER for want in block.wants}
                continue
            try:
                cells = list(await registers.read(block.table, block.address, block.count))
            except ReadError as error:
                silent = error.reason not in (Reason.REFUSED, Reason.BUSY)
                timeouts -= silent
                heard = heard or not silent
                if error.reason is Reason.REFUSED and len(block.wants) > 1:
                    pending = [*split(block, self._settings), *pending]
                    continue
                pieces |= {want.key: error.reason for want in block.wants}
                continue
            heard = True
            for want in block.wants:
                so_far = pieces.setdefault(want.key, [])
                if isinstance(so_far, list):
                    so_far += cells[want.address - block.address : want.end - block.address]
        return dict(pieces), heard

    def _moved(self, served: Sequence[Served], blocks: Mapping[int, ModelBlock]) -> bool:
        """Whether a model is no longer where it was found."""
        for one in served:
            for model in one.models.values():
                block = blocks.get(model.address)
                if isinstance(block, Reason) or not block:
                    continue
                if tuple(block[:2]) != (model.id, model.length):
                    return True
        return False

    def _reading(self, served: Sequence[Served], blocks: Mapping[int, ModelBlock]) -> Reading:
        own: Sequence[PointReading] = ()
        parts: dict[str, Sequence[PointReading]] = {}
        known: dict[str | None, Sequence[ProfilePoint]] = {}
        for one in served:
            found = _device_reading(one, blocks)
            known[one.part] = [reading.point for reading in found]
            if one.part is None:
                own = found
            else:
                parts[one.part] = found
        self._known = known
        return Reading(own, parts)

    def refused(self) -> Mapping[str, str]:
        """Nothing: a model that is in the chain is there, and no other is asked for."""
        return {}

    def lost(self, reason: Reason) -> Reading:
        """The reading of a device of which nothing can be read: the points it is known to have."""
        own = self._known.get(None) or _usual(self._profile)
        parts = {
            part: [failed(point, reason) for point in points]
            for part, points in self._known.items()
            if part is not None
        }
        return Reading([failed(point, reason) for point in own], parts, reason)


def _reason(blocks: Mapping[int, ModelBlock]) -> Reason:
    reasons = [block for block in blocks.values() if isinstance(block, Reason)]
    return reasons[0] if reasons else Reason.NO_ANSWER


def _usual(profile: Profile) -> Sequence[ProfilePoint]:
    """The points that any device of the profile may be taken to have: no modules, no events."""
    return [
        point
        for point in profile.points.values()
        if not point.mapping.bits and all(r.module is None for r in address_of(point).references)
    ]


def _device_reading(one: Served, blocks: Mapping[int, ModelBlock]) -> Sequence[PointReading]:
    common = one.models.get("common")
    maker = _text(blocks.get(common.address) if common else None)
    found = []
    for point in one.points.values():
        reading = _point_reading(point, one.models, blocks, maker)
        if reading is not None:
            found.append(reading)
    return found


def _text(block: ModelBlock | None) -> str:
    if block is None or isinstance(block, Reason):
        return ""
    maker = groups()["common"].points["Mn"]
    text = decode_point(block, maker, maker.at)
    return text if isinstance(text, str) else ""


def _point_reading(
    point: ProfilePoint,
    models: Mapping[str, ModelAt],
    blocks: Mapping[int, ModelBlock],
    maker: str,
) -> PointReading | None:
    """The first implemented of a point's references; None where the device has none of them."""
    best: PointReading | None = None
    for reference in address_of(point).references:
        model = models.get(reference.group)
        if model is None or model.address not in blocks:
            continue
        block = blocks[model.address]
        if isinstance(block, Reason):
            best = best or failed(point, block)
            continue
        if (reference.module or 0) > modules_in(groups()[reference.group], block):
            continue
        reading = _decoded(point, reference, block, maker)
        if any(value is not None for value, _ in reading.values.values()):
            return reading
        best = best or reading
    return best


def _decoded(
    point: ProfilePoint, reference: Reference, block: Sequence[int], maker: str
) -> PointReading:
    where, at = locate(reference)
    words = tuple(block[at : at + where.words])
    try:
        raw = read_point(reference, block, maker)
    except DecodeError:
        return PointReading(point, words, failed(point, Reason.GARBLED).values)
    if address_of(point).percent_above_one and isinstance(raw, (int, float)) and abs(raw) > 1:
        raw = raw / 100
    return PointReading(point, words, to_values(raw, point))


SCHEMA = ProtocolSchema(
    protocol="sunspec",
    settings=SunSpecSettings,
    address=SunSpecAddress,
    links=LINKS,
    conflicts=conflicts,
)
