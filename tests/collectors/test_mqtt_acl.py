"""The broker's list of rights, tried on a broker: each device says only what is its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from collectors.mqtt_acl import AccountError, access, mosquitto
from collectors.mqtt_profile import MqttLink
from tests.brokers import Broker, running_broker, write_passwords
from tests.collectors.mqtt_devices import device, running_line, until

DEVICES = [
    device("lift-1", "generic_elevator_mqtt"),
    device("lift-2", "generic_elevator_mqtt"),
    device("smoke-1", "zigbee2mqtt_smoke"),
    device("leak-1", "zigbee2mqtt_leak", "zigbee2mqtt/kitchen"),
    device("pile-1", "goe_api_v2"),
]
PASSWORDS = {
    name: f"word of {name}" for name in ("sitewatch", "lift-1", "lift-2", "zigbee2mqtt", "pile-1")
}


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Broker]:
    """A broker with the estate's list and a password for every account."""
    lists, passwords = tmp_path / "acl", tmp_path / "passwords"
    lists.write_text("\n".join(mosquitto(access(DEVICES, "sitewatch"))), encoding="utf-8")
    write_passwords(passwords, PASSWORDS)
    changes = {
        "allow_anonymous": "false",
        "password_file": str(passwords),
        "acl_file": str(lists),
        "sys_interval": "1",
    }
    with running_broker(tmp_path / "mosquitto", changes) as broker:
        yield broker


class Account:
    """A client of the broker under a name; MQTT 5 tells it what was refused."""

    def __init__(self, broker: Broker, name: str) -> None:
        self.answers: list[ReasonCode] = []
        self.heard: list[str] = []
        self.subscribed: list[bool] = []
        client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        client.username_pw_set(name, PASSWORDS[name])
        client.on_publish = lambda c, u, mid, reason, properties: self.answers.append(reason)
        client.on_message = lambda c, u, message: self.heard.append(message.topic)
        client.on_subscribe = lambda *_: self.subscribed.append(True)
        client.connect("127.0.0.1", broker.port)
        client.loop_start()
        self.client = client

    async def publish(self, topic: str, payload: str) -> bool:
        """Whether the broker took it."""
        before = len(self.answers)
        self.client.publish(topic, payload, qos=1)
        await until(lambda: len(self.answers) > before)
        return not self.answers[-1].is_failure


@contextmanager
def account(broker: Broker, name: str) -> Iterator[Account]:
    some = Account(broker, name)
    try:
        yield some
    finally:
        some.client.disconnect()
        some.client.loop_stop()


LIFT_1, LIFT_2 = "v1/centre/elevator/lift-1", "v1/centre/elevator/lift-2"


async def test_a_device_says_what_is_its_own_and_nothing_of_a_neighbour(guarded: Broker) -> None:
    async with running_line(
        guarded, DEVICES, username="sitewatch", password=PASSWORDS["sitewatch"]
    ) as line:
        with account(guarded, "lift-1") as lift, account(guarded, "zigbee2mqtt") as gateway:
            assert not await lift.publish(f"{LIFT_2}/state", '{"floor":9}')
            assert not await lift.publish(f"{LIFT_2}/status", "offline")
            assert not await lift.publish("zigbee2mqtt/smoke-1", '{"smoke":false}')
            assert not await gateway.publish(f"{LIFT_1}/state", '{"floor":9}')
            assert await gateway.publish("zigbee2mqtt/smoke-1", '{"smoke":true}')
            assert await gateway.publish("zigbee2mqtt/kitchen", '{"water_leak":true}')
            assert await gateway.publish("zigbee2mqtt/bridge/state", '{"state":"online"}')
            assert await lift.publish(f"{LIFT_1}/status", "online")
            assert await lift.publish(f"{LIFT_1}/state", '{"floor":3}')
        await until(lambda: line.count("acked") == 5)
        assert line.sink.values("lift-1") == {"floor": 3}
        assert line.sink.values("lift-2") == {}
        assert line.sink.values("smoke-1") == {"smoke": True}
        assert line.sink.values("leak-1") == {"water_leak": True}
        assert line.count("refused_subscriptions") == 0
        await until(lambda: line.count("broker_reports") > 0)


async def test_sitewatch_publishes_nothing_and_a_device_reads_nothing(guarded: Broker) -> None:
    with account(guarded, "sitewatch") as reader, account(guarded, "lift-2") as lift:
        assert not await reader.publish(f"{LIFT_1}/state", "{}")
        assert not await reader.publish("zigbee2mqtt/smoke-1/set", "{}")
        for client in (lift, reader):
            client.client.subscribe("#", qos=1)
        await until(lambda: bool(lift.subscribed and reader.subscribed))
        with account(guarded, "pile-1") as pile:
            assert await pile.publish("/go-eCharger/pile-1/car", "1")
            assert not await pile.publish("go-eCharger/pile-1/car", "1")
        await until(lambda: reader.heard == ["/go-eCharger/pile-1/car"])
        assert lift.heard == []


def test_a_gateway_has_one_account_for_all_its_devices() -> None:
    given = access(DEVICES, "sitewatch")
    assert set(given.publishes) == set(PASSWORDS) - {"sitewatch"}
    assert "zigbee2mqtt/bridge/state" in given.publishes["zigbee2mqtt"]
    assert set(given.publishes["lift-1"]) == {
        f"{LIFT_1}/{suffix}" for suffix in ("state", "stat", "event", "status")
    }


def test_an_account_of_the_link_counts_first() -> None:
    link = MqttLink(topic="hall/smoke", account="hall-gateway")
    smoke = device("smoke-1", "zigbee2mqtt_smoke")
    object.__setattr__(smoke, "link", link)
    assert list(access([smoke], "sitewatch").publishes) == ["hall-gateway"]


def test_a_device_cannot_have_the_account_of_sitewatch() -> None:
    with pytest.raises(AccountError, match="lift-1"):
        access(DEVICES, "lift-1")


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a#", "a\nuser b", "x" * 129])
def test_an_account_is_a_name_that_no_list_can_misread(name: str) -> None:
    with pytest.raises(ValueError, match="account"):
        MqttLink(account=name)
