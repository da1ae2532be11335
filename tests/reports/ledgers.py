"""A database of intervals for the tests of reports."""

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ingest.counters import INTERVAL_MS, Step
from ingest.interval_tables import Series, add_amounts, add_steps
from records.engine import migrate, transaction

SHANGHAI = ZoneInfo("Asia/Shanghai")
REVISION = "0123456789ab"


def ms(text: str) -> int:
    """A moment in Shanghai in milliseconds UTC: `2026-11-23 09:00`."""
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp()) * 1000


def ledger() -> sa.Engine:
    """An empty database in memory, migrated."""
    engine = sa.create_engine(
        "sqlite://", poolclass=sa.pool.StaticPool, connect_args={"check_same_thread": False}
    )
    migrate(engine)
    return engine


def book(
    engine: sa.Engine, series: Series, moment: str, wh: float, recovered: bool = False
) -> None:
    """Add a whole quarter of an hour of one counter."""
    count = round(wh * 1000)
    sums = [count, count if recovered else 0, 0, INTERVAL_MS]
    if not recovered:
        sums = [count, 0, INTERVAL_MS, 0]
    with transaction(engine) as connection:
        add_amounts(connection, {(*series, ms(moment)): sums})


def fill(engine: sa.Engine, series: Series, day: str, wh_a_quarter: int) -> None:
    """Add a whole day of one counter."""
    start = ms(f"{day} 00:00")
    with transaction(engine) as connection:
        add_amounts(
            connection,
            {
                (*series, start + n * INTERVAL_MS): [wh_a_quarter * 1000, 0, INTERVAL_MS, 0]
                for n in range(96)
            },
        )


def step(engine: sa.Engine, found: Iterable[tuple[Series, Step]]) -> None:
    """Record steps that are not energy."""
    with transaction(engine) as connection:
        add_steps(connection, list(found), 0)
