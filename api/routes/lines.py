"""The acquisition: how well each line works, and what came in and was not understood."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import Asking
from api.device_items import both
from api.errors import Refusal
from api.estate_index import EstateIndex
from api.items import moment
from api.lines import LineRates, counts, is_polled, moments, state_of, waiting
from api.parts_of_app import All, Behind, IndexOfNow
from api.schemas_lines import (
    DeadLetterItem,
    DeadLetterPage,
    DeviceOnLine,
    DeviceState,
    LineItem,
    PayloadEncoding,
)
from collectors.driver import DeviceHealth, LineHealth
from device_configs.estate import Device
from records.dead_letters import DeadLetter

router = APIRouter(tags=["lines"])
SHOWN_BYTES = 4096
"""How much of a dead letter's payload is shown. [bytes]"""


@router.get("/lines")
async def get_lines(
    caller: Asking,
    parts: All,
    index: IndexOfNow,
    site: Annotated[str | None, Query(description="a site; everything below is included")] = None,
) -> list[LineItem]:
    """How well each line works: those that serve a device one may see, with these devices."""
    sites = caller.within(index.estate, site)
    return [
        _item(line, devices, parts.rates)
        for line in parts.house.line_health()
        if (devices := _devices(line, index, sites))
    ]


@router.get("/lines/{name:path}")
async def get_line(name: str, caller: Asking, parts: All, index: IndexOfNow) -> LineItem:
    """One line, by its whole name: `modbus_tcp[10.0.0.5:502]`."""
    visible = caller.visible(index.estate)
    for line in parts.house.line_health():
        if line.line == name and (devices := _devices(line, index, visible)):
            return _item(line, devices, parts.rates)
    raise Refusal("not_found", f"there is no line {name!r}")


def _devices(
    line: LineHealth, index: EstateIndex, sites: frozenset[str]
) -> Sequence[tuple[Device, DeviceHealth]]:
    devices = index.estate.devices
    return [
        (devices[health.device], health)
        for health in line.devices
        if health.device in devices and devices[health.device].place in sites
    ]


def _item(
    line: LineHealth, devices: Sequence[tuple[Device, DeviceHealth]], rates: LineRates
) -> LineItem:
    protocols = sorted({device.profile.protocol for device, _ in devices})
    rated = rates.of(line)
    return LineItem(
        name=line.line,
        protocol=", ".join(protocols) or None,
        link=line.line.partition("[")[0],
        connected=line.connected,
        counters=counts(line),
        rates=dict(rated.per_s),
        rate_span_s=rated.span_s,
        lateness_ms=line.lateness_ms if is_polled(line) else None,
        lateness_p99_ms=line.lateness_p99_ms if is_polled(line) else None,
        waiting=waiting(line),
        refused_subscriptions=moments(line).get("refused_subscriptions", 0),
        devices=[_on_line(device, health) for device, health in devices],
    )


def _on_line(device: Device, health: DeviceHealth) -> DeviceOnLine:
    at = health.last_answer_at
    return DeviceOnLine(
        device=device.id,
        name=both(device.name),
        kind=device.profile.kind.kind,
        place=device.place,
        state=DeviceState(state_of(health)),
        connected=health.connected,
        last_answer_at=None if at is None else moment(at),
        failures=health.failures,
        reason=health.reason,
        refused=dict(health.refused),
    )


@router.get("/dead-letters")
def get_dead_letters(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> DeadLetterPage:
    """What came in and was not understood, newest first; for whoever sees the whole estate.

    A payload that was not understood belongs to no site that could be told.
    """
    if not caller.everywhere(index.estate):
        raise Refusal("not_found")
    letters = house.dead_letters.list(limit + 1, after)
    return DeadLetterPage(
        items=[_letter(letter) for letter in letters[:limit]],
        next=str(letters[limit - 1].id) if len(letters) > limit else None,
    )


def _letter(letter: DeadLetter) -> DeadLetterItem:
    shown = letter.payload[:SHOWN_BYTES]
    whole = len(shown) == letter.size
    encoding, payload = readable(shown, cut=not whole)
    return DeadLetterItem(
        id=letter.id,
        at=moment(letter.received_at),
        source=letter.source,
        reason=letter.reason,
        size=letter.size,
        encoding=encoding,
        payload=payload,
        whole=whole,
    )


def readable(payload: bytes, *, cut: bool) -> tuple[PayloadEncoding, str]:
    """A payload as text where every character of it can be read, else as hexadecimal digits.

    A cut may have gone through a character, of which at most three bytes are left.
    """
    for lost in range(4 if cut else 1):
        try:
            text = payload[: len(payload) - lost].decode()
        except UnicodeDecodeError:
            continue
        if all(one.isprintable() or one in "\t\r\n" for one in text):
            return PayloadEncoding.TEXT, text
        break
    return PayloadEncoding.HEX, payload.hex(" ")
