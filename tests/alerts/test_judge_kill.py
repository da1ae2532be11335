"""A single unrepeated smoke message, killed anywhere between its acknowledgement and its alarm."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import pytest
import sqlalchemy as sa

from alerts import tables
from alerts.judge import Judge
from alerts.ledger import CONSUMER
from alerts.repository import AlarmRepository
from alerts.routes import Route, Routes
from alerts.rules import load_rules
from collectors.sample import Lane, Sample
from ingest.bus import Cursor
from ingest.journal import Journal
from records.engine import make_engine, migrate, sqlite_url
from tests.alerts.estates import make_estate
from tests.alerts.waiting import until

ROUNDS = 100 if os.environ.get("SITEWATCH_FULL") else 10
POINTS = (
    "append", "read", "before_commit", "alarm_row",
    "outbox_row", "cursor_row", "committed", "later",
)  # fmt: skip
RULES = load_rules()
ROUTES = Routes(
    (Route.model_validate({"notify": [{"webhook": {"url": "http://127.0.0.1:9/none"}}]}),)
)


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


class DeadlyBus:
    """The journal, with a place to die after it has given the sample."""

    def __init__(self, journal: Journal, point: str) -> None:
        self._journal = journal
        self._point = point

    async def append(self, samples: Sequence[Sample]) -> int:
        return await self._journal.append(samples)

    async def read(self, after: Cursor, limit: int, timeout: float) -> Sequence[Sample]:
        found = await self._journal.read(after, limit, timeout)
        if found and self._point == "read":
            die()
        return found

    async def commit(self, consumer: str, cursor: Cursor) -> None:
        if self._point == "committed":
            die()
        await self._journal.commit(consumer, cursor)


def arm(engine: sa.Engine, point: str) -> None:
    """Die inside the transaction: before it begins to write, between its rows, before COMMIT."""
    words = {"alarm_row": "INSERT INTO alarms", "outbox_row": "INSERT INTO outbox"}

    @sa.event.listens_for(engine, "after_cursor_execute")
    def _executed(
        _c: object, _u: object, statement: str, _p: object, _x: object, _m: object
    ) -> None:
        if point in words and statement.startswith(words[point]):
            die()
        if point == "cursor_row" and "judge_cursor" in statement and "SELECT" not in statement:
            die()

    @sa.event.listens_for(engine, "begin")
    def _begun(_c: object) -> None:
        if point == "before_commit":
            die()


async def doomed(folder: Path, point: str, delay_s: float) -> None:
    """The service up to its death: journal and judge, and one smoke message."""
    engine = make_engine(sqlite_url(folder / "records.db"))
    async with Journal.open(folder / "journal.db", [CONSUMER]) as journal:
        bus = DeadlyBus(journal, point)
        judge = Judge(engine, bus, make_estate(), RULES, ROUTES, now_ms=wall_ms)
        task = asyncio.ensure_future(judge.run())
        # Not before its first look at the database is over: listeners are added below.
        await until(lambda: judge.health.reason is None and judge.health.judged_until > 0)
        arm(engine, point)
        await journal.append([Sample("smoke-1", wall_ms(), {"smoke": True}, lane=Lane.SAFETY)])
        # The return of append is the word that the broker may forget the message.
        (folder / "acknowledged").write_text("yes", encoding="utf-8")
        if point == "append":
            die()
        await asyncio.sleep(delay_s if point == "later" else 10)
        die() if point == "later" else task.cancel()


async def restarted(folder: Path, engine: sa.Engine) -> None:
    """The service after its restart, until it has judged everything."""
    repository = AlarmRepository(engine)
    async with Journal.open(folder / "journal.db", [CONSUMER]) as journal:
        judge = Judge(engine, journal, make_estate(), RULES, ROUTES, now_ms=wall_ms)
        task = asyncio.ensure_future(judge.run())
        await until(lambda: task.done() or bool(repository.open_alarms()))
        # One more turn: a second judgement of the same sample would show now.
        await journal.append([Sample("gas-1", wall_ms(), {"gas_alarm": True}, lane=Lane.SAFETY)])
        await until(lambda: task.done() or len(repository.open_alarms()) == 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def one_death(folder: Path, point: str, delay_s: float) -> bool:
    """Run the service in a child and let it die; whether it was killed at the wanted point."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            asyncio.run(doomed(folder, point, delay_s))
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.timeout(600)
def test_a_smoke_message_survives_kill_9_anywhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(20261123)
    counts: dict[str, int] = {}
    for number in range(ROUNDS):
        point = POINTS[number % len(POINTS)]
        folder = tmp_path / str(number)
        folder.mkdir()
        engine = make_engine(sqlite_url(folder / "records.db"))
        migrate(engine)
        engine.dispose()
        assert one_death(folder, point, chance.uniform(0, 0.05)), f"{point} was not reached"
        # In "read" and later the judge may overtake the writing of this file, never the journal.
        acknowledged = (folder / "acknowledged").exists()
        assert acknowledged or point not in {"append", "later"}
        asyncio.run(restarted(folder, engine))
        with engine.begin() as connection:
            rows = connection.execute(sa.select(tables.alarms.c.device)).scalars().all()
            events = connection.execute(sa.select(tables.alarm_events.c.event)).scalars().all()
            told = connection.execute(sa.select(tables.outbox.c.transition)).scalars().all()
        engine.dispose()
        assert sorted(rows) == ["gas-1", "smoke-1"], point
        assert list(events) == ["raised", "raised"], point
        assert list(told) == ["raised", "raised"], point
        counts[point] = counts.get(point, 0) + 1
    with capsys.disabled():
        print(f"\nkill -9 between acknowledgement and evaluation: {ROUNDS} rounds, {counts}")
