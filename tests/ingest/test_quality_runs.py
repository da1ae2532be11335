import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from ingest.quality_runs import RunLog
from ingest.quality_tables import read_runs
from records.engine import make_engine, migrate, reading, sqlite_url
from tests.ingest.samples import NOW, until


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = make_engine(sqlite_url(tmp_path / "sitewatch.sqlite"))
    migrate(made)
    yield made
    made.dispose()


def runs(engine: sa.Engine) -> list[tuple[int, int]]:
    with reading(engine) as connection:
        return read_runs(connection)


async def test_a_run_is_written_from_its_start_to_its_last_sign_of_life(engine: sa.Engine) -> None:
    moments = iter(range(NOW, NOW + 10_000, 10))
    log = RunLog(engine, now_ms=lambda: next(moments), every_s=0.01)
    running = asyncio.create_task(log.run())
    await until(lambda: bool(runs(engine)) and runs(engine)[0][1] >= NOW + 30)
    before = runs(engine)[0][1]
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    ((start, last),) = runs(engine)
    assert start == log.started_ms == NOW
    assert last > before, "its end is a sign of life"


async def test_a_database_that_is_away_ends_nothing(tmp_path: Path) -> None:
    engine = make_engine(sqlite_url(tmp_path / "empty.sqlite"))
    log = RunLog(engine, now_ms=lambda: NOW, every_s=0.01)
    running = asyncio.create_task(log.run())
    await asyncio.sleep(0.05)
    assert not running.done()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    engine.dispose()
