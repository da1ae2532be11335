"""What the watching process must know of the time before it: it has no store to ask.

How new each device's newest word was stands in the journal, which keeps what was read for a while;
whose clock was wrong stands in the alarms, which would else never hear that it is right again.
"""

import asyncio
from collections.abc import Sequence

import sqlalchemy as sa

from alerts import tables
from collectors.sample import Quality
from ingest.bus import Cursor
from ingest.journal import Journal
from ingest.latest import Latest
from ingest.standing import CLOCK_FAULT
from ingest.stores.store import LatestValue
from records.engine import reading

_NEWEST = 20_000
"""How many of the newest samples are read again: some tenths of a second."""
_AT_ONCE = 5000


async def recall(latest: Latest, journal: Journal, engine: sa.Engine) -> None:
    """Bring the latest values up to what the journal and the alarms tell.

    Raises:
        IngestError: the journal cannot be read.
        sa.exc.SQLAlchemyError: the database cannot be read.
    """
    latest.load(await asyncio.to_thread(wrong_clocks, engine))
    begin = max(0, journal.statistics().last_seq - _NEWEST)
    cursor = Cursor(begin, begin)
    while samples := await journal.read(cursor, _AT_ONCE, 0):
        latest.apply(samples)
        cursor = cursor.advanced(samples)


def wrong_clocks(engine: sa.Engine) -> Sequence[LatestValue]:
    """The devices whose clock was wrong, as far as an alarm of it is open or about to be."""
    alarms, timers = tables.alarms, tables.rule_timers
    queries = (
        sa.select(alarms.c.device, alarms.c.observed_at).where(
            alarms.c.is_open, alarms.c.active, alarms.c.point == CLOCK_FAULT
        ),
        sa.select(timers.c.device, timers.c.observed_at).where(timers.c.point == CLOCK_FAULT),
    )
    with reading(engine) as connection:
        found = [row for query in queries for row in connection.execute(query).all()]
    return [
        LatestValue(device, CLOCK_FAULT, True, Quality.GOOD, None, None, observed_at)
        for device, observed_at in found
    ]
