"""Data quality by device, site, kind, line or day."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import Asking
from api.errors import Refusal
from api.items import moment
from api.parts_of_app import Behind, IndexOfNow, Workers
from api.quality_items import to_quality
from api.schemas_quality import Quality
from device_configs.estate import local_day
from reports.errors import InvalidPeriodError
from reports.quality import By, quality_report

router = APIRouter(tags=["quality"])
USUAL_DAYS = 7
"""Days without `from`."""
EARLIEST_YEAR = 2000
"""No device was read before."""

Date = Annotated[dt.date | None, Query(description="2026-11-24, in the estate's time zone")]


@router.get("/quality")
async def get_quality(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    threads: Workers,
    site: Annotated[str | None, Query(description="a site; everything below is included")] = None,
    kind: str | None = None,
    device: str | None = None,
    first: Annotated[Date, Query(alias="from")] = None,
    last: Annotated[Date, Query(alias="to")] = None,
    by: By = By.DEVICE,
    limit: Annotated[int, Query(ge=1, le=2000)] = 500,
) -> Quality:
    """How complete, how reachable and how fresh the data was; the worst first.

    Without `from` and `to` the last seven days, today until now. By site, a row is one of the
    sites right below `site`. Of one `device` every day has its reasons.
    """
    estate = index.estate
    sites = caller.within(estate, site)
    if device is not None:
        found = [index.device(device, sites)]
    else:
        found = [
            one
            for one in estate.devices.values()
            if one.place in sites and kind in (None, one.profile.kind.kind)
        ]
    if last is not None and last.year < EARLIEST_YEAR:
        raise Refusal("invalid", f"to: {last} is before {EARLIEST_YEAR}")
    to = last or local_day(estate, moment(house.now_ms()))
    since = first or to - dt.timedelta(days=USUAL_DAYS - 1)
    lines = {health.device: line.line for line in house.line_health() for health in line.devices}
    try:
        report = await threads.query(
            lambda: quality_report(
                house.engine, estate, found, since, to, by, site=site, lines=lines
            )
        )
    except InvalidPeriodError as error:
        raise Refusal("invalid", str(error)) from error
    return to_quality(report, limit, reasons=device is not None)
