"""The frames of OCPP-J: calls of a pile, and what it is answered. Pure.

A call is `[2, id, action, payload]`, a result `[3, id, payload]`, an error `[4, id, code,
description, details]` (OCPP 1.6J, section 4; OCPP 2.0.1, part 4, section 4). There is nothing here
that writes a call: sitewatch asks a pile for nothing.
"""

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from collectors.driver import CollectorsError
from collectors.payload import PayloadError, read_json

_CALL, _RESULT, _ERROR = 2, 3, 4
_LONGEST_ID = 255
"""Of a message's id [characters]; the documents allow 36, some piles take more."""
_DESCRIPTION = 255
"""Of an error's description [characters] (OCPP 1.6J, section 4.2.3)."""
_INT64 = 2**63
_CARDS = re.compile(
    rb'("(?:idTag|parentIdTag|idToken|additionalIdToken)"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^\s,{}\[\]]+)'
)


class Version(StrEnum):
    """A version of OCPP, as its subprotocol is called after `ocpp`."""

    V16 = "1.6"
    V201 = "2.0.1"


class Fault(StrEnum):
    """Why a call is answered with an error; the names are those of OCPP 2.0.1."""

    FORMAT = "FormatViolation"
    PROPERTY = "PropertyConstraintViolation"
    TYPE = "TypeConstraintViolation"
    MISSING = "OccurrenceConstraintViolation"
    NOT_IMPLEMENTED = "NotImplemented"
    """The action is not known."""
    NOT_SUPPORTED = "NotSupported"
    """The action is known, and not meant for a central system."""


_NAMES_16 = {
    Fault.FORMAT: "FormationViolation",
    Fault.MISSING: "OccurenceConstraintViolation",
}
"""What OCPP 1.6J calls them, its spelling included."""


class MessageError(CollectorsError):
    """A call that cannot be understood; answered with its code."""

    def __init__(self, fault: Fault, text: str) -> None:
        super().__init__(text)
        self.fault = fault


Id = str | int


class Call(NamedTuple):
    """What a pile says."""

    id: Id
    action: str
    payload: Mapping[str, object]


class Reply(NamedTuple):
    """An answer to something that sitewatch never asked."""

    id: object


class Garbled(NamedTuple):
    """A frame that is no message; answered where it has an id."""

    id: Id | None
    fault: Fault
    text: str


def read_frame(frame: bytes) -> Call | Reply | Garbled:
    """What a frame says."""
    try:
        data = read_json(frame)
    except PayloadError as error:
        return Garbled(None, Fault.FORMAT, str(error))
    if not isinstance(data, list) or not data:
        return Garbled(None, Fault.FORMAT, "is no list that begins with a message type")
    kind = data[0]
    if isinstance(kind, int) and not isinstance(kind, bool) and kind in (_RESULT, _ERROR):
        return Reply(data[1] if len(data) > 1 else None)
    given = data[1] if len(data) > 1 else None
    known = given if _is_id(given) else None
    if kind != _CALL or isinstance(kind, bool):
        return Garbled(known, Fault.FORMAT, "has a message type other than 2, 3 and 4")
    if known is None:
        return Garbled(None, Fault.FORMAT, "has no message id")
    if len(data) < 3 or not isinstance(data[2], str):
        return Garbled(known, Fault.FORMAT, "names no action")
    payload = data[3] if len(data) > 3 else {}
    if payload is None:
        payload = {}
    if not isinstance(payload, dict):
        return Garbled(known, Fault.TYPE, "has a payload that is no object")
    return Call(known, data[2], payload)


def _is_id(given: object) -> bool:
    if isinstance(given, str):
        return len(given) <= _LONGEST_ID
    return isinstance(given, int) and not isinstance(given, bool) and abs(given) < _INT64


def result(call: Call, payload: Mapping[str, object]) -> str:
    """The answer to a call."""
    return _written([_RESULT, call.id, payload])


def error(version: Version, call_id: Id, fault: Fault, text: str) -> str:
    """The answer to a call that cannot be understood."""
    code = _NAMES_16.get(fault, fault.value) if version is Version.V16 else fault.value
    return _written([_ERROR, call_id, code, text[:_DESCRIPTION], {}])


def _written(frame: object) -> str:
    # In ASCII, for an id may hold half of a surrogate pair.
    return json.dumps(frame, ensure_ascii=True, separators=(",", ":"))


def without_cards(frame: bytes) -> bytes:
    """A frame without card numbers, to be kept as a dead letter."""
    return _CARDS.sub(rb'\1"***"', frame)
