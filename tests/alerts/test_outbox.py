import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from alerts import tables
from alerts.channels.message import Channel, Message
from alerts.channels.webhook import Webhook, WebhookSettings
from alerts.errors import SendError
from alerts.ledger import Ledger
from alerts.outbox import Dispatcher, Outbox, retry_ms
from alerts.routes import Route, Routes
from alerts.rules import load_rules
from api.schemas import AlarmItem
from records.engine import make_engine, migrate, sqlite_url
from tests.alerts.desk import START, Desk
from tests.alerts.estates import default_devices, make_estate
from tests.alerts.waiting import until
from tests.webhook import Behaviour, Receiver, receiving

RULES = load_rules()


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


def to(url: str, **more: object) -> Routes:
    return Routes((Route.model_validate({"notify": [{"webhook": {"url": url}}], **more}),))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = make_engine(sqlite_url(tmp_path / "records.db"))
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def desk(engine: sa.Engine, routes: Routes) -> Desk:
    return Desk(make_estate(), RULES, routes, engine)


class Recorder:
    """A channel that keeps what it is given, and fails as it is told."""

    def __init__(self, *failures: Exception | None, delay_s: float = 0.0) -> None:
        self.messages: list[Mapping[str, object]] = []
        self.failures = list(failures)
        self.delay_s = delay_s

    async def send(self, parameters: Mapping[str, object], message: Message) -> None:
        self.messages.append(message.payload)
        await asyncio.sleep(self.delay_s)
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure


@asynccontextmanager
async def dispatching(
    engine: sa.Engine, channels: Mapping[str, Channel], routes: Routes | None = None
) -> AsyncIterator[Dispatcher]:
    given = routes or Routes()
    dispatcher = Dispatcher(
        engine, channels, now_ms=wall_ms, routes=lambda: given,
        failure_rule=lambda: RULES.find("channel_failed"),
    )  # fmt: skip
    task = asyncio.ensure_future(dispatcher.run())
    try:
        yield dispatcher
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def settled(engine: sa.Engine, waiting: int = 0) -> None:
    await until(lambda: Outbox(engine).waiting() == waiting)


async def test_an_alarm_arrives_as_the_alarm_item_and_its_transition(
    engine: sa.Engine, receiver: Receiver
) -> None:
    routes = to(receiver.url, when={"severity": "emergency"})
    desk(engine, routes).say("panel-1/p002", 1, {"smoke": True})
    secrets = WebhookSettings(secrets={"duty": SecretStr("x")})
    async with Webhook(secrets, wall_ms) as webhook, dispatching(engine, {"webhook": webhook}):
        (request,) = await asyncio.to_thread(receiver.wait, 1)
        await settled(engine)
    body = request.json
    assert body.pop("transition") == "raised"
    item = AlarmItem.model_validate_json(json.dumps(body))
    assert (item.rule, item.device, item.place) == ("smoke_detector_fire", "panel-1/p002", "room-2")
    assert [step["en"] for step in item.place_path] == ["centre", "room-2"]
    assert item.state == "active_unacked"
    assert item.raised_at.timestamp() * 1000 == START + 1000


async def test_it_tries_again_after_errors_and_resets_and_sends_once(
    engine: sa.Engine, receiver: Receiver
) -> None:
    receiver.behave(Behaviour(status=500), Behaviour(reset=True), Behaviour())
    desk(engine, to(receiver.url)).say("smoke-1", 1, {"smoke": True})
    async with (
        Webhook(WebhookSettings(), wall_ms) as webhook,
        dispatching(engine, {"webhook": webhook}) as dispatcher,
    ):
        await asyncio.to_thread(receiver.wait, 3)
        await settled(engine)
        assert dispatcher.health.sent == 1
        assert dispatcher.health.failures == 2
    assert len(receiver.requests) == 3
    assert len({request.body for request in receiver.requests}) == 1


async def test_what_a_channel_refuses_for_good_is_given_up_and_is_an_alarm(
    engine: sa.Engine,
) -> None:
    own = desk(engine, to("http://127.0.0.1:9/x"))
    own.say("smoke-1", 1, {"smoke": True})
    recorder = Recorder(SendError("never", permanent=True))
    async with dispatching(engine, {"webhook": recorder}, own.routes) as dispatcher:
        await settled(engine)
        assert dispatcher.health.given_up == 1
    failed = own.alarm("channel_failed", "sitewatch")
    assert failed is not None
    assert failed.active
    assert failed.severity == "high"
    with engine.begin() as connection:
        error = connection.execute(sa.select(tables.outbox.c.last_error)).scalars().all()
    assert error == ["never"], "the channel that failed is not asked to tell of it"


async def test_a_channel_alarm_returns_when_the_channel_works_again(engine: sa.Engine) -> None:
    own = desk(engine, to("http://127.0.0.1:9/x"))
    own.say("smoke-1", 1, {"smoke": True})
    recorder = Recorder(SendError("later"), SendError("later"))
    async with dispatching(engine, {"webhook": recorder}):
        await settled(engine)
    assert own.events("channel_failed", "sitewatch") == ["raised", "returned"]


async def test_a_fault_in_a_channel_stops_no_other(engine: sa.Engine) -> None:
    routes = Routes(
        (
            Route.model_validate({"notify": [{"email": {"to": "a@example.com"}}]}),
            Route.model_validate({"notify": [{"webhook": {"url": "http://127.0.0.1:9/x"}}]}),
        )
    )
    desk(engine, routes).say("smoke-1", 1, {"smoke": True})
    broken, good = Recorder(*[ZeroDivisionError()] * 50), Recorder()
    async with dispatching(engine, {"email": broken, "webhook": good}) as dispatcher:
        await settled(engine, waiting=1)
        assert dispatcher.health.reason is None
    assert len(good.messages) == 1
    assert len(broken.messages) >= 1


async def test_slow_others_do_not_hold_up_an_emergency(engine: sa.Engine) -> None:
    own = desk(engine, to("http://127.0.0.1:9/x"))
    for n in range(1, 30):
        own.say(f"panel-1/p{n:03d}", 1, {"fault": True})
    slow = Recorder(delay_s=30)
    async with dispatching(engine, {"webhook": slow}) as dispatcher:
        await until(lambda: bool(slow.messages))
        own.say("smoke-1", 2, {"smoke": True})
        dispatcher.wake()
        await until(lambda: any(m["rule"] == "smoke_detector_fire" for m in slow.messages))
    assert len(slow.messages) <= 6


async def test_one_alarm_keeps_its_order_for_a_target(engine: sa.Engine) -> None:
    only = make_estate([one for one in default_devices() if one.id == "gas-1"])
    own = Desk(only, RULES, to("http://127.0.0.1:9/x"), engine)
    own.say("gas-1", 1, {"fault": True})
    own.say("gas-1", 2, {"fault": False})
    own.say("gas-1", 33, {"fault": False})
    recorder = Recorder(SendError("later"))
    async with dispatching(engine, {"webhook": recorder}):
        await settled(engine)
    steps = [message["transition"] for message in recorder.messages]
    assert steps == ["raised", "raised", "returned"]


async def test_a_claim_that_was_never_finished_is_taken_up_after_its_lease(
    engine: sa.Engine,
) -> None:
    desk(engine, to("http://127.0.0.1:9/x")).say("smoke-1", 1, {"smoke": True})
    outbox, now = Outbox(engine), wall_ms()
    assert len(outbox.claim(5, True, now)) == 1
    assert outbox.claim(5, True, now + 59_000) == ()
    (again,) = outbox.claim(5, True, now + 61_000)
    assert again.attempts == 2


async def test_a_clock_that_is_set_back_holds_up_no_notification(engine: sa.Engine) -> None:
    own = desk(engine, to("http://127.0.0.1:9/x"))
    own.say("smoke-1", 1, {"smoke": True})
    outbox, now, hour_ms = Outbox(engine), wall_ms(), 3_600_000
    (one,) = outbox.claim(5, True, now)
    outbox.failed(one, SendError("later"), now + 30_000, now, None, own.routes)
    assert outbox.claim(5, True, now + 29_000) == ()
    Ledger(engine).free_outbox(now - hour_ms)
    (again,) = outbox.claim(5, True, now - hour_ms)
    assert again.attempts == 2
    Ledger(engine).free_outbox(now - 2 * hour_ms)
    (taken_up,) = outbox.claim(5, True, now - 2 * hour_ms)
    assert taken_up.attempts == 3, "its claim was from a time that the clock has left"


async def test_what_a_killed_dispatcher_had_claimed_is_sent_at_once(engine: sa.Engine) -> None:
    desk(engine, to("http://127.0.0.1:9/x")).say("smoke-1", 1, {"smoke": True})
    assert len(Outbox(engine).claim(5, True, wall_ms())) == 1
    recorder = Recorder()
    async with dispatching(engine, {"webhook": recorder}):
        await settled(engine)
    assert len(recorder.messages) == 1


async def test_tests_and_drills_go_to_the_duty_desk_only(engine: sa.Engine) -> None:
    everyone = to("http://127.0.0.1:9/everyone")
    duty = to("http://127.0.0.1:9/duty", duty_desk=True)
    own = desk(engine, Routes((*everyone.routes, *duty.routes)))
    own.say("panel-1/p001", 1, {"test": True, "smoke": True})
    with engine.begin() as connection:
        told = connection.execute(sa.select(tables.outbox.c.parameters)).scalars().all()
    assert [parameters["url"] for parameters in told] == ["http://127.0.0.1:9/duty"]
    own.say("panel-1/p001", 5, {"test": False, "smoke": True})
    with engine.begin() as connection:
        query = sa.select(tables.outbox.c.parameters, tables.outbox.c.transition)
        rows = connection.execute(query.order_by(tables.outbox.c.id)).all()[1:]
    assert {(row[0]["url"], row[1]) for row in rows} == {
        ("http://127.0.0.1:9/everyone", "became_real"),
        ("http://127.0.0.1:9/duty", "became_real"),
    }


def test_retries_grow_and_are_bounded() -> None:
    assert 800 <= retry_ms(1, emergency=True) <= 1000
    assert retry_ms(50, emergency=True) <= 60_000
    assert 240_000 <= retry_ms(50, emergency=False) <= 300_000


async def test_a_new_revision_frees_nothing_that_is_being_sent(engine: sa.Engine) -> None:
    own = desk(engine, to("http://127.0.0.1:9/x"))
    own.say("smoke-1", 1, {"smoke": True})
    outbox, now = Outbox(engine), wall_ms()
    (one,) = outbox.claim(5, True, now)
    own.ledger.set_back(now)
    assert outbox.claim(5, True, now) == (), "the judge starts anew; the dispatcher goes on"
    outbox.failed(one, SendError("later"), now + 30_000, now, None, own.routes)
    own.ledger.set_back(now)
    assert outbox.claim(5, True, now + 29_000) == (), "nor is a retry early"
    outbox.release(now)
    assert len(outbox.claim(5, True, now)) == 1, "a start of the dispatcher is"
