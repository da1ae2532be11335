"""The heartbeat to somebody outside: a real receiver by HTTP, a real broker."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import SecretStr

from alerts.channels.webhook import signature
from collectors.mqtt_settings import BrokerSettings
from records.audit import SYSTEM, append
from records.engine import make_engine, migrate, sqlite_url, transaction
from sitewatch.outside import Outside
from sitewatch.settings import HeartbeatSettings
from tests.brokers import Broker, broker  # noqa: F401
from tests.collectors.mqtt_devices import until
from tests.webhook import Behaviour, receiving

NOW = 1_700_000_000_000
EVERY_S = 1.0


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = make_engine(sqlite_url(tmp_path / "records.sqlite"))
    migrate(engine)
    yield engine
    engine.dispose()


def outside(
    engine: sa.Engine, settings: HeartbeatSettings, url: str = "mqtt://127.0.0.1:1",
    trouble: Sequence[str] = (),
) -> Outside:  # fmt: skip
    reached = BrokerSettings(url=url, client_id="hb")
    return Outside("town", settings, reached, engine, lambda: trouble, lambda: NOW)


@asynccontextmanager
async def running(one: Outside) -> AsyncIterator[None]:
    task = asyncio.ensure_future(one.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_it_carries_the_heads_of_the_evidence_and_is_signed(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        head = append(connection, SYSTEM, "person.added", "li", 1)
    with receiving() as receiver:
        settings = HeartbeatSettings(url=receiver.url, secret=SecretStr("k"), every_s=EVERY_S)
        one = outside(engine, settings)
        async with running(one):
            (first,) = (await asyncio.to_thread(receiver.wait, 1))[:1]
            await until(lambda: one.sent == 1)
    said = first.json
    assert said["sitewatch"] == "town"
    assert said["heads"]["audit"] == str(head)
    assert said["heads"]["alarms"] == "0:" + "0" * 64
    expected = signature("k", NOW // 1000, first.body.decode())
    assert first.headers["x-sitewatch-signature"] == expected


async def test_it_is_not_sent_while_a_stage_does_not_work(engine: sa.Engine) -> None:
    with receiving() as receiver:
        one = outside(
            engine, HeartbeatSettings(url=receiver.url, every_s=EVERY_S), trouble=["engine"]
        )
        async with running(one):
            await asyncio.sleep(0.05)
        assert (receiver.requests, one.sent) == ([], 0)


async def test_a_receiver_that_refuses_is_named_and_does_not_stop_it(engine: sa.Engine) -> None:
    with receiving() as receiver:
        receiver.behave(Behaviour(status=503), Behaviour(reset=True), Behaviour())
        one = outside(engine, HeartbeatSettings(url=receiver.url, every_s=EVERY_S))
        async with running(one):
            await until(lambda: one.reason == "answered 503")
            await until(lambda: one.sent == 1 and one.reason is None)
        assert len(receiver.requests) == 3


async def test_without_a_receiver_it_is_off(engine: sa.Engine) -> None:
    await asyncio.wait_for(outside(engine, HeartbeatSettings()).run(), 5)


async def test_by_mqtt_it_is_a_device_whose_last_will_says_offline(
    engine: sa.Engine,
    broker: Broker,  # noqa: F811
) -> None:
    heard: list[tuple[str, str]] = []

    def on_message(client: Client, userdata: object, message: MQTTMessage) -> None:
        heard.append((message.topic.rpartition("/")[2], message.payload.decode()))

    listener = Client(CallbackAPIVersion.VERSION2)
    listener.on_message = on_message
    listener.on_connect = lambda client, *_: client.subscribe("v1/centre/gateway/sw-1/#", qos=1)
    listener.connect("127.0.0.1", broker.port)
    listener.loop_start()
    try:
        topic = HeartbeatSettings(mqtt_topic="v1/centre/gateway/sw-1", every_s=EVERY_S)
        async with running(outside(engine, topic, broker.url)):
            await until(lambda: {"status", "state"} <= {name for name, _ in heard})
        await until(lambda: heard[-1] == ("status", "offline"))
    finally:
        listener.disconnect()
        listener.loop_stop()
    assert ("status", "online") in heard
    state = json.loads(next(text for name, text in heard if name == "state"))
    assert state["ts"] == NOW
    assert state["seq"] >= 1
