"""A fire in a flood, lists that are tried in order, merged messages; covers: alerts/outbox.py."""

import asyncio
import functools
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from alerts import tables
from alerts.budgets import Allowance
from alerts.channels.message import Message, Receipt
from alerts.errors import SendError
from alerts.outbox import Outbox
from alerts.routes import Route, Routes
from records.engine import make_engine, migrate, sqlite_url
from tests.alerts.desk import Desk
from tests.alerts.estates import make_estate
from tests.alerts.test_outbox import RULES, Recorder, dispatching, settled, wall_ms
from tests.alerts.waiting import until

FLOOD = 10_000
ROBOT = {"wecom": {"robot": "duty"}}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = make_engine(sqlite_url(tmp_path / "records.db"))
    migrate(engine)
    yield engine
    engine.dispose()


def routes(*notify: Mapping[str, object]) -> Routes:
    return Routes((Route.model_validate({"notify": list(notify)}),))


def desk(engine: sa.Engine, *notify: Mapping[str, object]) -> Desk:
    return Desk(make_estate(), RULES, routes(*notify), engine)


def flood(engine: sa.Engine, count: int, base: int = 1000) -> None:
    """Copies of the first notification, each of an alarm of its own, as a power cut makes them."""
    fresh = {"sent_at": None, "claimed_until": 0, "attempts": 0, "delivery": None}
    with engine.begin() as connection:
        alarm, event, row = (
            dict(connection.execute(sa.select(table).limit(1)).mappings().one())
            for table in (tables.alarms, tables.alarm_events, tables.outbox)
        )
        numbers = range(base, base + count)
        for table, copies in (
            (tables.alarms, [alarm | {"id": n, "point": f"p{n}"} for n in numbers]),
            (tables.alarm_events, [event | {"id": n, "alarm": n} for n in numbers]),
            (tables.outbox, [row | fresh | {"id": n, "alarm": n, "event": n} for n in numbers]),
        ):
            connection.execute(sa.insert(table), copies)


class Robot:
    """A robot of a provider that counts as the provider does, and blocks who sends too often."""

    def __init__(self) -> None:
        self.sent: list[tuple[float, Mapping[str, object]]] = []

    async def send(self, parameters: Mapping[str, object], message: Message) -> Receipt | None:
        now = time.monotonic()
        if len([at for at, _ in self.sent if at > now - 60]) >= 20:
            raise SendError("too often", blocked_s=600)
        self.sent.append((now, message.payload))
        await asyncio.sleep(0.02)
        return None

    def has_sent(self, count: int) -> bool:
        return len(self.sent) >= count

    def rules(self) -> list[object]:
        return [payload["rule"] for _, payload in self.sent]


def deliveries(engine: sa.Engine) -> list[dict[str, Any]]:
    with engine.begin() as connection:
        found = connection.execute(sa.select(tables.deliveries).order_by(tables.deliveries.c.id))
        return [dict(row) for row in found.mappings()]


async def test_a_fire_in_a_flood_goes_out_before_the_backlog(engine: sa.Engine) -> None:
    own = desk(engine, ROBOT)
    own.say("panel-1/p001", 1, {"fault": True})
    robot, step = Robot(), FLOOD // 10
    async with dispatching(engine, {"wecom": robot}, own.routes) as dispatcher:
        for wave, told in enumerate((11, 12)):
            await asyncio.to_thread(flood, engine, step, (wave + 1) * FLOOD)
            dispatcher.wake()
            await until(functools.partial(robot.has_sent, told))
        for wave in range(3, 6):
            await asyncio.to_thread(flood, engine, step, wave * FLOOD)
        own.say("smoke-1", 2, {"smoke": True})
        dispatcher.wake()
        for wave in range(6, 11):
            await asyncio.to_thread(flood, engine, step, wave * FLOOD)
        await until(lambda: "smoke_detector_fire" in robot.rules())
        backlog = Outbox(engine).waiting()
    assert robot.rules().index("smoke_detector_fire") == 12, "before all that waited"
    assert backlog >= 8 * step
    assert len(robot.sent) == 13, "the fire came out of the reserve"


async def test_what_does_not_fit_is_one_message_that_counts_the_others(engine: sa.Engine) -> None:
    own = desk(engine, ROBOT)
    own.say("panel-1/p001", 1, {"fault": True})
    flood(engine, 300)
    robot = Robot()
    async with dispatching(engine, {"wecom": robot}, own.routes):
        await settled(engine)
    assert len(robot.sent) <= 12
    merged = [one for _, one in robot.sent if "further" in one]
    told = len(robot.sent) + sum(one["further"]["count"] for one in merged)  # type: ignore[index]
    assert told == 301, "each is told once"
    kept = deliveries(engine)
    assert sum(one["notifications"] for one in kept) == 301
    assert {one["state"] for one in kept} == {"taken"}
    title = merged[0]["further"]["titles"][0]  # type: ignore[index]
    assert title["zh"]
    assert title["count"] == merged[0]["further"]["count"]  # type: ignore[index]


async def test_many_fires_at_once_are_all_told_within_the_budget(engine: sa.Engine) -> None:
    own = desk(engine, ROBOT)
    for n in range(1, 31):
        own.say(f"panel-1/p{n:03d}", n, {"smoke": True})
    robot, count = Robot(), Outbox(engine).waiting()
    assert count >= 30
    async with dispatching(engine, {"wecom": robot}, own.routes):
        await settled(engine)
    assert len(robot.sent) <= 18
    told = sum(1 + one.get("further", {"count": 0})["count"] for _, one in robot.sent)  # type: ignore[index]
    assert told == count


async def test_a_real_alarm_leads_a_message_with_tests_in_it(engine: sa.Engine) -> None:
    both = Route.model_validate({"notify": [ROBOT], "duty_desk": True})
    own = Desk(make_estate(), RULES, Routes((both,)), engine)
    for n in range(1, 25):
        own.say(f"panel-1/p{n:03d}", n, {"test": n < 20, "fault": True})
    robot = Robot()
    async with dispatching(engine, {"wecom": robot}, own.routes):
        await settled(engine)
    merged = [one for _, one in robot.sent if "further" in one]
    assert merged[0]["test"] is False
    assert merged[0]["further"]["tests"] > 0  # type: ignore[index]


async def test_what_waits_for_its_turn_was_not_tried(engine: sa.Engine) -> None:
    own = desk(engine, {"tencent_sms": {"phone": "13800000000"}})
    own.say("panel-1/p001", 1, {"fault": True})
    own.say("panel-1/p002", 2, {"fault": True})
    sms = Recorder()
    tries = sa.select(tables.outbox.c.attempts).where(tables.outbox.c.sent_at.is_(None))

    def untried() -> bool:
        with engine.begin() as connection:
            return connection.execute(tries).scalars().all() == [0]

    async with dispatching(engine, {"tencent_sms": sms}, own.routes) as dispatcher:
        await settled(engine, waiting=1)
        await until(untried)
        assert dispatcher.health.failures == 0
    assert len(sms.messages) == 1


async def test_budgets_survive_a_restart(engine: sa.Engine) -> None:
    own = desk(engine, ROBOT)
    own.say("panel-1/p001", 1, {"fault": True})
    flood(engine, 100)
    robot = Robot()
    async with dispatching(engine, {"wecom": robot}, own.routes):
        await settled(engine)
    before = len(robot.sent)
    assert len(Outbox(engine).used(wall_ms())) == before
    for n in range(2, 20):
        own.say(f"panel-1/p{n:03d}", n, {"fault": True})
    own.say("smoke-1", 30, {"smoke": True})
    async with dispatching(engine, {"wecom": robot}, own.routes):
        await until(lambda: "smoke_detector_fire" in robot.rules())
        await until(lambda: len(robot.sent) >= 13)
    assert len(robot.sent) == 13


async def test_an_emergency_goes_the_next_way_when_one_fails(engine: sa.Engine) -> None:
    steps = [
        {"wecom": {"robot": "duty"}},
        {"aliyun_sms": {"phone": "13800000000"}},
        {"aliyun_voice": {"phone": "13800000000"}},
    ]
    own = desk(engine, {"first": steps})
    own.say("smoke-1", 1, {"smoke": True})
    robot, sms, voice = Recorder(SendError("no", permanent=True)), Recorder(), Recorder()
    channels = {"wecom": robot, "aliyun_sms": sms, "aliyun_voice": voice}
    async with dispatching(engine, channels, own.routes) as dispatcher:
        await settled(engine)
        assert dispatcher.health.failures == 0
    assert (len(robot.messages), len(sms.messages), len(voice.messages)) == (1, 1, 0)
    assert [(one["channel"], one["state"]) for one in deliveries(engine)] == [
        ("wecom", "refused"), ("aliyun_sms", "taken"),
    ]  # fmt: skip
    assert own.alarm("channel_failed", "sitewatch") is None


async def test_when_every_way_fails_there_is_an_alarm(engine: sa.Engine) -> None:
    own = desk(engine, {"first": [ROBOT, {"smpp": {"phone": "13800000000"}}]})
    own.say("smoke-1", 1, {"smoke": True})
    never = [SendError("never", permanent=True)]
    channels = {"wecom": Recorder(*never), "smpp": Recorder(*never)}
    async with dispatching(engine, channels, own.routes):
        await settled(engine)
    failed = own.alarm("channel_failed", "sitewatch")
    assert failed is not None
    assert failed.value == "wecom, smpp"


async def test_a_provider_that_blocks_is_left_alone_and_an_emergency_is_an_alarm_at_once(
    engine: sa.Engine,
) -> None:
    own = desk(engine, ROBOT)
    own.say("smoke-1", 1, {"smoke": True})
    robot = Recorder(SendError("blocked", blocked_s=600))
    async with dispatching(engine, {"wecom": robot}, own.routes):
        await until(lambda: own.alarm("channel_failed", "sitewatch") is not None)
        own.say("panel-1/p003", 2, {"smoke": True})
        await until(lambda: _attempted(engine) >= 2)
    assert len(robot.messages) == 1, "nothing is sent to it while it blocks"
    async with dispatching(engine, {"wecom": robot}, own.routes):
        own.say("panel-1/p002", 3, {"smoke": True})
        await until(lambda: _attempted(engine) >= 3)
    assert len(robot.messages) == 1, "nor after a restart"


def _attempted(engine: sa.Engine) -> int:
    query = sa.select(sa.func.count()).where(
        tables.outbox.c.last_error.is_not(None), tables.outbox.c.rank == 0
    )
    with engine.begin() as connection:
        return int(connection.execute(query).scalar_one())


async def test_those_of_one_turn_do_not_use_up_what_merges_the_rest(engine: sa.Engine) -> None:
    own = desk(engine, ROBOT)
    own.say("panel-1/p001", 1, {"fault": True})
    flood(engine, 300)
    three_left = Allowance(left={"wecom:duty": 3})
    claimed = Outbox(engine).claim(4, False, wall_ms(), three_left)
    assert [len(one.rows) for one in claimed] == [1, 300]
