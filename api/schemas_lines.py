"""The shapes of the acquisition: lines, the devices on them, and what was not understood."""

import datetime as dt
from enum import StrEnum

from pydantic import ConfigDict
from pydantic.config import JsonDict

from api.schemas import Labelled, Shape

_LINE: JsonDict = {
    "name": "modbus_tcp[10.0.0.5:502]",
    "protocol": "modbus",
    "link": "modbus_tcp",
    "connected": True,
    "counters": {
        "requests": 86400, "timeouts": 12, "exceptions": 3, "garbled": 0, "skipped": 1,
        "connects": 2, "lost": 1,
    },
    "rates": {"requests": 4.2, "timeouts": 0.0, "exceptions": 0.0, "garbled": 0.0, "skipped": 0.0},
    "rate_span_s": 60.0,
    "lateness_ms": 1.5,
    "lateness_p99_ms": 40.0,
    "waiting": 0,
    "refused_subscriptions": 0,
    "devices": [
        {
            "device": "m1",
            "name": {"zh": "总表", "en": "Main meter"},
            "kind": "electricity_meter",
            "place": "centre",
            "state": "answering",
            "connected": True,
            "last_answer_at": "2026-11-23T08:00:00Z",
            "failures": 0,
            "reason": None,
            "refused": {"frequency": "illegal data address (2)"},
        }
    ],
}  # fmt: skip
_LETTER: JsonDict = {
    "id": 17,
    "at": "2026-11-23T08:00:00Z",
    "source": "zigbee2mqtt/smoke-1",
    "reason": "the payload is no JSON",
    "size": 9,
    "encoding": "text",
    "payload": "smoke: on",
    "whole": True,
}


class DeviceState(StrEnum):
    """How a device answers on its line."""

    ANSWERING = "answering"
    SILENT = "silent"
    UNKNOWN = "unknown"
    """Until the first attempt has ended."""


class DeviceOnLine(Shape):
    """How well a device answers."""

    device: str
    name: Labelled
    kind: str
    place: str
    state: DeviceState
    connected: bool | None
    last_answer_at: dt.datetime | None
    failures: int
    """Failed cycles since the last good one."""
    reason: str | None
    """Why it does not answer: one of the reasons of values, `no_answer` and so on."""
    refused: dict[str, str]
    """Points that the device says it does not have, each with its word: its profile, its firmware
    or a setting is wrong. They are asked for seldom."""


class LineItem(Shape):
    """A row of `GET lines`, and `GET lines/{name}`."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [_LINE]})

    name: str
    protocol: str | None
    """Of its devices: modbus, sunspec, mqtt; None where none of them may be seen."""
    link: str
    """The kind of connection: modbus_tcp, modbus_serial, mqtt."""
    connected: bool
    counters: dict[str, int]
    """Since the line was opened. Polled lines: requests, timeouts, exceptions (refused by a
    device), garbled, skipped (polls left out because the line was late), connects, lost.
    Listening ones: messages, acked, dead_letters, dead_letters_not_kept, unknown_topics, empty,
    retained_known, duplicates, reconnects, pauses, dropped_qos0, broker_reports,
    broker_dropped."""
    rates: dict[str, float]
    """Of some counters, how many a second over the last minute. [1/s]"""
    rate_span_s: float | None
    """Over how long the rates are; None while they are not known. [s]"""
    lateness_ms: float | None
    """How late the newest cycle started; None for a line that listens. [ms]"""
    lateness_p99_ms: float | None
    """How late the worst one of a hundred of the newest cycles started. [ms]"""
    waiting: int
    """Samples or messages that the line has and the journal has not."""
    refused_subscriptions: int
    """Topics that the broker does not let us read."""
    devices: list[DeviceOnLine]
    """Those that the caller may see."""


class PayloadEncoding(StrEnum):
    """How a payload is written."""

    TEXT = "text"
    HEX = "hex"


class DeadLetterItem(Shape):
    """A payload that was not understood, or not stored."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [_LETTER]}
    )

    id: int
    at: dt.datetime
    """When it was received."""
    source: str
    """The topic or endpoint it came by."""
    reason: str
    size: int
    """Of the whole payload. [bytes]"""
    encoding: PayloadEncoding
    payload: str
    """Its beginning: as text where it is readable, else as hexadecimal digits."""
    whole: bool
    """Whether `payload` is all of it."""


class DeadLetterPage(Shape):
    """`GET dead-letters?limit=&after=`, newest first."""

    items: list[DeadLetterItem]
    next: str | None = None
