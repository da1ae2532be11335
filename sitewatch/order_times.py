"""The calendar of maintenance plans: work orders are made at the start and in every hour.

How far they are made is stored with them, so that a start in between makes nothing twice.
"""

import asyncio
import functools
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from alerts.order_planner import OrderPlanner

_LOG = structlog.get_logger(__name__)
_MINUTE = 5
"""Past the hour: a day has begun, and a changed folder is taken up within the hour."""


async def make_by_calendar(planner: OrderPlanner, zone: ZoneInfo) -> None:
    """Make what is due now and in every hour, until cancelled."""
    scheduler = AsyncIOScheduler(timezone=zone)
    scheduler.add_job(
        functools.partial(make, planner), "cron", minute=_MINUTE,
        misfire_grace_time=None, coalesce=True, max_instances=1, id="maintenance plans",
    )  # fmt: skip
    await make(planner)
    scheduler.start()
    try:
        await asyncio.Event().wait()
    finally:
        scheduler.shutdown(wait=False)


async def make(planner: OrderPlanner) -> None:
    """Make what is due; what cannot be made now is said in the log, and made within the hour."""
    try:
        made = await asyncio.to_thread(planner.make_due)
    except sa.exc.SQLAlchemyError as error:
        _LOG.error("the work orders of plans were not made", error=str(error))
        return
    if made:
        _LOG.info("work orders of plans were made", count=made)
