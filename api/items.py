"""Live values as they go out: read in the event loop, encoded once."""

import asyncio
import datetime as dt
from collections.abc import Iterable, Sequence

import msgspec

from api.estate_index import EstateIndex
from collectors.sample import Value
from ingest.latest import Latest
from ingest.stores.store import LatestValue

_DEVICES_AT_ONCE = 50
"""Devices that are read before others in the event loop get their turn."""
_encoder = msgspec.json.Encoder()


def moment(ms: int) -> dt.datetime:
    """A time [ms, UTC] as an aware datetime."""
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC)


class Item(msgspec.Struct, frozen=True):
    """A `LatestItem` that encodes fast; a test holds the two against each other."""

    device: str
    point: str
    value: Value
    unit: str
    quality: str
    reason: str | None
    source_at: dt.datetime | None
    received_at: dt.datetime


def to_item(value: LatestValue, index: EstateIndex) -> Item:
    """One value with its unit."""
    return Item(
        value.device, value.point, value.value, index.unit_of(value.device, value.point),
        value.quality.value, value.reason,
        None if value.source_at is None else moment(value.source_at), moment(value.received_at),
    )  # fmt: skip


async def read_latest(
    latest: Latest, index: EstateIndex, sites: frozenset[str], now_ms: int
) -> list[LatestValue]:
    """The newest values in some sites; gives way to others in the event loop as it goes.

    A value that changes meanwhile is read before or after its change, never half.
    """
    found: list[LatestValue] = []
    devices = [*index.estate.devices, *index.own]
    for start in range(0, len(devices), _DEVICES_AT_ONCE):
        values = latest.items(devices[start : start + _DEVICES_AT_ONCE], now_ms)
        found += [value for value in values if index.place_of(value.device) in sites]
        await asyncio.sleep(0)
    return found


def encode_items(values: Sequence[LatestValue], index: EstateIndex) -> bytes:
    """Values as a JSON list; for many of them, to be called in a worker thread."""
    return _encoder.encode([to_item(value, index) for value in values])


def encode_by_place(values: Iterable[LatestValue], index: EstateIndex) -> dict[str, list[bytes]]:
    """Each value encoded once, by the site it stands at."""
    found: dict[str, list[bytes]] = {}
    for value in values:
        place = index.place_of(value.device)
        if place is not None:
            found.setdefault(place, []).append(_encoder.encode(to_item(value, index)))
    return found
