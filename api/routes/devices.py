"""Devices, their values now, and their history."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Annotated, Literal

import anyio.to_thread
from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.auth import Asking
from api.device_items import DevicesNow, to_detail, to_part_detail, to_summary
from api.errors import Refusal
from api.estate_index import EstateIndex
from api.items import encode_items, read_latest
from api.parts_of_app import Behind, IndexOfNow, Workers
from api.report_jobs import File
from api.routes.report_forms import download
from api.schemas import DeviceDetail, DeviceSummary, Latest, Series
from api.schemas_admin import DeviceMap
from api.series_items import CSV, series_csv, series_name, to_series
from api.wire_items import to_map
from device_configs.kinds import PointType
from ingest.stores.store import Aggregate, Reading

router = APIRouter(tags=["devices"])
MAX_POINTS = 40
"""Most points of one series request."""
MAX_READINGS = 20_000
"""Most readings of one point in one answer; longer spans need a `step`."""
_STEP = re.compile(r"(\d{1,9})(ms|s|min|h|d)?")
_STEP_MS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}

Site = Annotated[str | None, Query(description="a site; everything below it is included")]


async def _now(house: Behind, index: EstateIndex) -> DevicesNow:
    alarms = await anyio.to_thread.run_sync(house.alarms.open_alarms)
    return DevicesNow(index, house.line_health(), house.latest.heard_at, alarms, house.now_ms())


@router.get("/devices")
async def get_devices(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    site: Site = None,
    kind: str | None = None,
    system: str | None = None,
) -> list[DeviceSummary]:
    """The devices of a site, with how well they answer."""
    sites = caller.within(index.estate, site)
    now = await _now(house, index)
    return [
        to_summary(device, now)
        for device in index.estate.devices.values()
        if device.place in sites
        and kind in (None, device.profile.kind.kind)
        and system in (None, device.profile.kind.system.value)
    ]


@router.get("/devices/{device:path}/series", response_model=Series)
async def get_series(
    device: str,
    points: str,
    start: dt.datetime,
    end: dt.datetime,
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    threads: Workers,
    step: str | None = None,
    aggregate: Aggregate = Aggregate.MEAN,
    format: Literal["json", "csv"] = "json",
) -> Series | Response:
    """The history of some points of a device, or of a part (`panel-1/p017`).

    `points` are names with commas; `step` is `90s`, `15min`, `1h`, `1d` or a number of seconds.
    Numbers are aggregated as asked; of what is not a number, the last value of a step is given.
    `format=csv` gives one line a value, with the times of the estate.
    """
    index.device(device, caller.visible(index.estate))
    names = list(dict.fromkeys(name for name in points.split(",") if name))
    unknown = [name for name in names if index.spec_of(device, name) is None]
    if unknown or not 1 <= len(names) <= MAX_POINTS:
        raise Refusal("invalid", f"points: 1 to {MAX_POINTS} points of the device's kind")
    span = _milliseconds(start, "start"), _milliseconds(end, "end")
    step_ms = _step_ms(step)
    if span[0] >= span[1]:
        raise Refusal("invalid", "start lies before end")
    if step_ms is not None and (span[1] - span[0]) / step_ms > MAX_READINGS:
        raise Refusal("invalid", f"step: more than {MAX_READINGS} steps from start to end")
    numbers = [name for name in names if _is_number(index, device, name)]
    others = [name for name in names if name not in numbers]

    def unit_of(name: str) -> str:
        counted = aggregate is Aggregate.COUNT and name in numbers
        return "count" if counted else index.unit_of(device, name)

    def read() -> dict[str, Sequence[Reading]]:
        found: dict[str, Sequence[Reading]] = {}
        for wanted, how in ((numbers, aggregate), (others, Aggregate.LAST)):
            if wanted:
                found |= house.store.series(device, wanted, *span, step_ms, how, MAX_READINGS + 1)
        if any(len(readings) > MAX_READINGS for readings in found.values()):
            raise Refusal("invalid", f"step: more than {MAX_READINGS} readings from start to end")
        return {name: found.get(name, ()) for name in names}

    if format == "csv":
        zone = index.estate.timezone

        def written() -> str:
            return series_csv(device, read(), unit_of, zone)

        return download(File((await threads.query(written)).encode(), CSV, series_name(device)))
    return to_series(await threads.query(read), unit_of)


@router.get("/devices/{device:path}/map")
async def get_map(device: str, caller: Asking, house: Behind, index: IndexOfNow) -> DeviceMap:
    """How a device is read off the wire: addresses, types and scales as its profile has them."""
    found = index.device(device, caller.visible(index.estate))
    now = await _now(house, index)
    return to_map(found, device, now)


def _is_number(index: EstateIndex, device: str, point: str) -> bool:
    spec = index.spec_of(device, point)
    return spec is not None and spec.type is PointType.NUMBER


def _milliseconds(moment: dt.datetime, name: str) -> int:
    if moment.tzinfo is None:
        raise Refusal("invalid", f"{name}: a time has a zone: 2026-11-23T08:00:00Z")
    return round(moment.timestamp() * 1000)


def _step_ms(text: str | None) -> int | None:
    if text is None:
        return None
    match = _STEP.fullmatch(text)
    milliseconds = int(match[1]) * _STEP_MS[match[2] or "s"] if match else 0
    if milliseconds < 1:
        raise Refusal("invalid", "step is 90s, 15min, 1h, 1d or a number of seconds")
    return milliseconds


@router.get("/devices/{device:path}")
async def get_device(device: str, caller: Asking, house: Behind, index: IndexOfNow) -> DeviceDetail:
    """One device with its points and parts, or one part (`panel-1/p017`) with its points."""
    visible = caller.visible(index.estate)
    found = index.device(device, visible)
    part = device.partition("/")[2]
    now = await _now(house, index)
    heard = house.latest.parts(found.id)
    if not part:
        return to_detail(found, now, heard, visible)
    if part not in found.parts and device not in heard:
        raise Refusal("not_found", f"there is no part {device!r}")
    return to_part_detail(found, part, now)


@router.get("/latest", response_model=Latest)
async def get_latest(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    site: Site = None,
    kind: str | None = None,
    device: str | None = None,
) -> Response:
    """The newest values; `device` takes a device with its parts, or one part."""
    sites = caller.within(index.estate, site)
    now = house.now_ms()
    if device is not None:
        index.device(device, caller.visible(index.estate))
        values = [
            value
            for value in house.latest.items([device], now)
            if index.place_of(value.device) in sites
        ]
    else:
        values = await read_latest(house.latest, index, sites, now)
    if kind is not None:
        values = [v for v in values if (k := index.kind_of(v.device)) and k.kind == kind]
    items = await anyio.to_thread.run_sync(encode_items, values, index)
    return Response(b'{"items":%b}' % items, media_type="application/json")
