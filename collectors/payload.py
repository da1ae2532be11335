"""MQTT payloads to values: pure; what is wrong with a payload is said, never guessed.

What a payload does not mention was not read. What it gives as null, or as something a point cannot
be, is unknown, with its reason. A payload that says nothing a profile knows is an error for the
dead letters; it never becomes a value.
"""

import json
import math
from collections.abc import Mapping
from typing import Final

import msgspec

from collectors.convert import Raw, to_values
from collectors.driver import CollectorsError
from collectors.json_path import ABSENT
from collectors.mqtt_profile import Payload
from collectors.payload_encode import Message, encode_payload
from collectors.payload_plan import INT64, EventPlan, TopicPlan, event_code, plans
from collectors.sample import Reason, Value
from device_configs.profile import ProfilePoint

__all__ = ["Decoded", "Message", "PayloadError", "decode", "encode_payload", "plans"]

_TEXT_LIMIT = 1024
"""Longest text kept as a value. [characters]"""
_OTHER = "other"


class PayloadError(CollectorsError):
    """A payload that cannot be understood; the text is the dead letter's reason."""


class Decoded(msgspec.Struct, frozen=True):
    """What one payload says."""

    values: Mapping[str, Value]
    reasons: Mapping[str, Reason]
    source_at: int | None
    """By the device's clock, where it is trusted and plausible. [ms, UTC]"""
    identity: str | None
    remark: str | None
    """Why a part of the payload goes to the dead letters although the rest was understood."""


NOT_MEANT: Final = Decoded({}, {}, None, None, None)
"""What a document says that is not for the profile: nothing, and that is as it should be."""


def decode(plan: TopicPlan, payload: bytes) -> Decoded:
    """Decode one payload of a topic.

    Raises:
        PayloadError: it is not what the profile says, or holds nothing the profile knows.
    """
    data = _scalar(payload) if plan.payload is Payload.SCALAR else read_json(payload)
    if plan.only is not None and plan.only(data) is not True:
        return NOT_MEANT
    if plan.root is not None:
        data = plan.root(data)
    values: dict[str, Value] = {}
    reasons: dict[str, Reason] = {}
    keys = data if type(data) is dict else None
    for key, get, quick, point in plan.readings:
        found = keys.get(key, ABSENT) if key is not None and keys is not None else get(data)
        if found is ABSENT:
            continue
        value = quick(found)
        if value is None:
            _read(found, point, values, reasons)
        else:
            values[point.name] = value
    remark = _read_event(plan.events, data, values) if plan.events else None
    if not values:
        raise PayloadError("nothing in it is a point of the profile")
    source_at = plan.time(data) if plan.time else None
    return Decoded(values, reasons, source_at, _identity(plan, data), remark)


def read_payload(plan: TopicPlan, payload: bytes) -> object:
    """The document that the points of a topic are looked up in.

    Raises:
        PayloadError: it is not what the profile says.
    """
    data = _scalar(payload) if plan.payload is Payload.SCALAR else read_json(payload)
    return data if plan.root is None else plan.root(data)


def _read(
    found: object, point: ProfilePoint, values: dict[str, Value], reasons: dict[str, Reason]
) -> None:
    raw = _plain(found, point)
    if raw is ABSENT:
        for name in point.mapping.bits.values() or (point.name,):
            values[name], reasons[name] = None, Reason.WRONG_TYPE
        return
    for name, (value, reason) in to_values(raw, point).items():  # type: ignore[arg-type]
        values[name] = value
        if reason is not None:
            reasons[name] = reason


def _plain(found: object, point: ProfilePoint) -> object:
    """A decoded JSON value as a raw one; `ABSENT` for what no point can hold."""
    if found is None or isinstance(found, bool | float):
        return found
    if isinstance(found, int):
        return found if -INT64 <= found < INT64 else _as_float(found)
    if not isinstance(found, str) or len(found) > _TEXT_LIMIT or not _is_text(found):
        return ABSENT
    mapping = point.mapping
    if (mapping.bits or mapping.bit is not None) and found.isascii() and found.isdecimal():
        return _plain(int(found), point)
    return found


def _as_float(number: int) -> object:
    try:
        return float(number)
    except OverflowError:
        return ABSENT


def _is_text(text: str) -> bool:
    """Whether UTF-8 can hold it; a JSON escape can name half a surrogate pair."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_json(payload: bytes) -> object:
    """A JSON document, also as devices write it.

    Raises:
        PayloadError: it is none.
    """
    try:
        return msgspec.json.decode(payload)
    except (ValueError, RecursionError):
        return _lenient_json(payload)


def _lenient_json(payload: bytes) -> object:
    """Read what devices really send: NaN, a byte order mark, Chinese text in GB 18030."""
    try:
        try:
            text = payload.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = payload.decode("gb18030")
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PayloadError(f"is not JSON: {_short(error)}") from error


def _short(error: Exception) -> str:
    return str(error)[:120] or type(error).__name__


def _scalar(payload: bytes) -> Raw:
    try:
        text = payload.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise PayloadError(f"is not UTF-8 text: {_short(error)}") from error
    if len(text) > _TEXT_LIMIT:
        raise PayloadError(f"is longer than {_TEXT_LIMIT} characters")
    if not text:
        raise PayloadError("is empty")
    return None if text.lower() in {"null", "none", "nan"} else text.strip('"')


def _read_event(plan: EventPlan, data: object, values: dict[str, Value]) -> str | None:
    """Add the points an event speaks of; returns a remark on a code that no point names."""
    code, phase = event_code(plan.code(data)), plan.phase(data)
    if code is None:
        raise PayloadError("the event has no code")
    word = str(phase).strip().lower() if isinstance(phase, str | int) else ""
    begun = word in plan.settings.begun
    if not begun and word not in plan.settings.ended:
        raise PayloadError(f"the event's phase {word[:40]!r} is neither a begin nor an end")
    if code in map(str, plan.settings.none):
        if not begun:
            raise PayloadError(f"the event says that 'no fault' (code {code}) ended")
        values.update(dict.fromkeys(plan.all_points(), False))
        return None
    named = plan.points.get(code)
    if named:
        values.update(dict.fromkeys(named, begun))
        return None
    others = plan.points.get(_OTHER, ())
    values.update(dict.fromkeys(others, begun))
    return f"event code {code[:40]} is no point of the profile"


def _identity(plan: TopicPlan, data: object) -> str | None:
    if not plan.identity:
        return None
    parts: list[str | int | float] = [plan.suffix]
    for get in plan.identity:
        part = get(data)
        if not isinstance(part, str | int | float) or part == "":
            return None
        if isinstance(part, float) and not math.isfinite(part):
            return None
        parts.append(part)
    try:
        text = msgspec.json.encode(parts).decode()
    except (ValueError, OverflowError):
        return None
    return text if len(text) <= _TEXT_LIMIT else None
