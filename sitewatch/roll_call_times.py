"""Roll-calls at a random moment of every day, so that no duty desk can wait for them.

The moment is drawn anew at every start, so a service that is restarted may call twice in a day, or
skip the rest of it: the evidence is in the calls that were made.
"""

import asyncio
import functools
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from alerts.roll_call import RollCallError, RollCalls
from records.audit import SYSTEM

_LOG = structlog.get_logger(__name__)
_NOON = 12
_HALF_DAY_S = 43_000
"""Around noon, so that every moment of the day is as likely. [s]"""


async def call_daily(calls: RollCalls, sites: Sequence[str], zone: ZoneInfo) -> None:
    """Call each site once a day at a random moment until cancelled."""
    scheduler = AsyncIOScheduler(timezone=zone)
    for site in sites:
        scheduler.add_job(
            functools.partial(call, calls, site), "cron", hour=_NOON, jitter=_HALF_DAY_S,
            misfire_grace_time=None, coalesce=True, id=f"roll-call {site}",
        )  # fmt: skip
    scheduler.start()
    try:
        await asyncio.Event().wait()
    finally:
        scheduler.shutdown(wait=False)


async def call(calls: RollCalls, site: str) -> None:
    """Call one site; a call that cannot be made now is said in the log."""
    try:
        await asyncio.to_thread(calls.ask, site, SYSTEM)
    except (RollCallError, sa.exc.SQLAlchemyError) as error:
        _LOG.warning("a roll-call was not made", site=site, error=str(error))
