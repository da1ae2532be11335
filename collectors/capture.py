"""Captures: registers that were read from a device, as files that tests and people can keep.

A capture says what each address held, what was refused and what was not answered; what is not in it
is not known.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from collectors.driver import CollectorsError
from collectors.modbus_schema import Table

_TABLES = {table.function: table for table in Table}
_RTU_HEAD = 3
"""Unit, function and byte count before the data of an RTU answer; two bytes of CRC follow it."""


class InvalidCaptureError(CollectorsError):
    """A file that cannot be served as a device; the message says what is wrong with it."""


@dataclass(frozen=True, order=True)
class Block:
    """Consecutive cells of one table."""

    table: Table
    start: int
    words: tuple[int, ...]


@dataclass(frozen=True, order=True)
class Gap:
    """Consecutive cells that were asked for and did not come."""

    table: Table
    start: int
    count: int
    exception: int | None = None
    """The device's exception code; None where it was silent."""


@dataclass(frozen=True)
class Capture:
    """What is known of one device."""

    device: str
    blocks: Sequence[Block]
    gaps: Sequence[Gap] = ()
    whole_blocks: bool = False
    """The device answers only requests for exactly one of the blocks."""
    unit: int = 1


class _Loose(BaseModel):
    """The keys that matter here; a capture may say more about itself."""

    model_config = ConfigDict(frozen=True)


class _BlockEntry(_Loose):
    fc: int = Field(ge=1, le=4)
    start: int = Field(ge=0, le=0xFFFF)
    regs: Sequence[int] = Field(min_length=1, max_length=0x10000)

    @field_validator("regs")
    @classmethod
    def _words(cls, regs: Sequence[int]) -> Sequence[int]:
        if not all(0 <= word <= 0xFFFF for word in regs):
            raise ValueError("a register is 0 to 65535")
        return regs

    @model_validator(mode="after")
    def _within(self) -> "_BlockEntry":
        if self.start + len(self.regs) > 0x10000:
            raise ValueError("it goes beyond address 65535")
        return self


class _GapEntry(_Loose):
    fc: int = Field(ge=1, le=4)
    start: int = Field(ge=0, le=0xFFFF)
    count: int = Field(ge=1, le=0x10000)
    exception: int | None = Field(default=None, ge=1, le=255)


class _Frame(_Loose):
    hex: str = Field(pattern=r"^([0-9a-fA-F]{2})+$")
    fc: int = Field(ge=1, le=4)
    start: int = Field(ge=0, le=0xFFFF)


class _Document(_Loose):
    device: str = "unnamed device"
    unit: int = Field(default=1, ge=0, le=255)
    blocks: Sequence[_BlockEntry] = ()
    refused: Sequence[_GapEntry] = ()
    silent: Sequence[_GapEntry] = ()
    frames: Mapping[str, _Frame] | Sequence[str] = Field(default_factory=dict)
    u32: Mapping[int, int] = Field(default_factory=dict)


class _Item(_Loose):
    """One frame or one read that a document or an issue quotes."""

    device: str = "unnamed device"
    fc: int | None = Field(default=None, ge=1, le=4)
    start: int | None = None
    wire_start: int | None = None
    response: str | None = None
    responses: Sequence[str] = ()
    regs: Sequence[Sequence[int]] = ()


@dataclass(frozen=True)
class _File:
    file: Path
    data: Mapping[str, object] = field(default_factory=dict)

    def fault(self, message: str) -> InvalidCaptureError:
        return InvalidCaptureError(f"{self.file}: {message}")


def read_capture(file: Path, item: int | None = None) -> Capture:
    """Read a capture.

    Args:
        file: Blocks of registers, raw frames, a map of 32-bit values, or a list of quoted frames.
        item: Which of the quoted frames, counted from 1.

    Raises:
        InvalidCaptureError: it is none of these, or holds nothing that can be served.
    """
    loaded = _load(file)
    if "items" in loaded.data:
        return _of_items(loaded, item)
    try:
        document = _Document.model_validate(loaded.data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise loaded.fault(f"{where}: {message}") from error
    gaps = [_gap(entry) for entry in (*document.refused, *document.silent)]
    if document.u32:
        blocks = [
            Block(Table.HOLDING, at, (value >> 16 & 0xFFFF, value & 0xFFFF))
            for at, value in sorted(document.u32.items())
        ]
        return Capture(document.device, blocks, gaps, whole_blocks=True, unit=document.unit)
    blocks = [Block(_TABLES[e.fc], e.start, tuple(e.regs)) for e in document.blocks]
    if not blocks and isinstance(document.frames, Mapping):
        blocks = [_of_frame(loaded, frame) for frame in document.frames.values()]
    if not blocks:
        raise loaded.fault("there are no 'blocks', 'frames' or 'u32' in it")
    return Capture(document.device, blocks, gaps, unit=document.unit)


def _load(file: Path) -> _File:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidCaptureError(f"{file}: {error.strerror or 'cannot be read'}") from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidCaptureError(f"{file}: is no JSON ({error})") from error
    if not isinstance(data, dict):
        raise InvalidCaptureError(f"{file}: is no capture, which is a mapping with 'blocks'")
    return _File(file, data)


def _gap(entry: _GapEntry) -> Gap:
    return Gap(_TABLES[entry.fc], entry.start, entry.count, entry.exception)


def _of_frame(loaded: _File, frame: _Frame) -> Block:
    """The registers of an RTU answer, which may stand behind a prefix of a maker's own."""
    data = bytes.fromhex(frame.hex)
    for at in range(len(data) - _RTU_HEAD):
        end = at + _RTU_HEAD + data[at + 2]
        if data[at + 1] == frame.fc and end + 2 == len(data):
            return Block(_TABLES[frame.fc], frame.start, _words(data[at + _RTU_HEAD : end]))
    raise loaded.fault("a frame in it is no answer to a read")


def _words(data: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))


def _of_items(loaded: _File, number: int | None) -> Capture:
    raw = loaded.data["items"]
    items = raw if isinstance(raw, list) else []
    captures: list[Capture | None] = [_of_item(loaded, one) for one in items]
    names = [f"{at} {one.device}" for at, one in enumerate(captures, 1) if one is not None]
    if not names:
        raise loaded.fault("it holds no Modbus registers")
    chosen = captures[number - 1] if number is not None and 1 <= number <= len(captures) else None
    if chosen is None:
        raise loaded.fault(f"holds several devices; choose one with --item: {'; '.join(names)}")
    return chosen


def _of_item(loaded: _File, data: object) -> Capture | None:
    try:
        item = _Item.model_validate(data)
    except ValidationError:
        return None
    start = item.start if item.start is not None else item.wire_start
    if item.fc is None or start is None:
        return None
    answers = [item.response] if item.response else list(item.responses)
    if answers:
        block = _of_frame(loaded, _Frame(hex=answers[0], fc=item.fc, start=start))
        return Capture(item.device, [block])
    if item.regs:
        return Capture(item.device, [Block(_TABLES[item.fc], start, tuple(item.regs[0]))])
    return None
