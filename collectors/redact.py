"""Takes out of a recording what tells one device from all others of its model: serial numbers.

A name plate is no secret, but a capture is made to be given away.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from collectors.capture import Block
from collectors.modbus_schema import Address, ModbusSettings, table_of, wire
from collectors.probe import ProbedPoint
from collectors.record import Recording
from device_configs.kinds import PointType
from device_configs.profile import Profile, ProfilePoint

_OF_THE_MODEL = {"maker", "model", "firmware"}
"""Texts that all devices of a model share."""
_SHORTEST = 3
"""Words of a text that is looked for everywhere; shorter ones would be found by chance."""


def is_private(point: ProfilePoint) -> bool:
    """Whether a point can tell one device from another: a serial number, a text of the owner."""
    name = point.name
    if name in _OF_THE_MODEL or point.spec.values or point.mapping.values or point.mapping.bits:
        return False
    return "serial" in name or point.spec.type is PointType.STRING


def redact(recording: Recording) -> Recording:
    """Blank the private points: where the profile says they are, and wherever their words recur."""
    profile, probe = recording.profile, recording.probe
    if profile is None or probe is None:
        return recording
    points = [*profile.points.values(), *(profile.parts.points.values() if profile.parts else ())]
    private = {point.name: point for point in points if is_private(point)}
    blocks = list(recording.capture.blocks)
    for point in private.values():
        blocks = _blank_place(blocks, point, profile)
    for device in probe.devices:
        for name, seen in device.points.items():
            if name in private:
                blocks = _blank_words(blocks, seen)
    capture = replace(recording.capture, blocks=blocks)
    return replace(recording, capture=capture, redacted=frozenset(private))


def _blank_place(blocks: Iterable[Block], point: ProfilePoint, profile: Profile) -> list[Block]:
    """Blank a point of a register map; its like in every part, too."""
    address, settings = point.address, profile.settings
    if not isinstance(address, Address) or not isinstance(settings, ModbusSettings):
        return list(blocks)
    first, table = wire(address, settings), table_of(address, settings)
    stride = address.stride
    cleaned = []
    for block in blocks:
        words = list(block.words)
        for at in range(len(words)):
            away = block.start + at - first
            inside = away % stride if stride and away >= 0 else away
            if block.table is table and 0 <= inside < address.words:
                words[at] = 0
        cleaned.append(replace(block, words=tuple(words)))
    return cleaned


def _blank_words(blocks: Iterable[Block], seen: ProbedPoint) -> list[Block]:
    """Blank a text wherever it stands: many devices repeat it elsewhere."""
    text = tuple(seen.raw)
    while text and text[-1] == 0:
        text = text[:-1]
    if len(text) < _SHORTEST:
        return list(blocks)
    return [replace(block, words=_without(block.words, text)) for block in blocks]


def _without(words: Sequence[int], text: Sequence[int]) -> tuple[int, ...]:
    kept = list(words)
    for at in range(len(kept) - len(text) + 1):
        if tuple(kept[at : at + len(text)]) == tuple(text):
            kept[at : at + len(text)] = [0] * len(text)
    return tuple(kept)
