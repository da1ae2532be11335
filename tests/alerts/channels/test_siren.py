from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from alerts.channels.message import Message
from alerts.channels.siren import Siren, SirenOutput
from alerts.errors import SendError
from collectors.mqtt_settings import BrokerSettings
from tests.alerts.channels.contract import PAYLOAD
from tests.brokers import Broker, free_port, running_broker

OUTPUTS = {
    "hall": SirenOutput("relay/hall/set", "ON", "OFF"),
    "gate": SirenOutput("relay/gate/set", '{"on":1}'),
}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    folder: Path = tmp_path_factory.mktemp("broker")
    with running_broker(folder) as running:
        yield running


@pytest.fixture
def heard(broker: Broker) -> Iterator["Queue[tuple[str, bytes]]"]:
    found: Queue[tuple[str, bytes]] = Queue()
    ready: Queue[int] = Queue()
    client = Client(CallbackAPIVersion.VERSION2)

    def on_message(_client: Client, _data: object, message: MQTTMessage) -> None:
        found.put((message.topic, bytes(message.payload)))

    client.on_message = on_message
    client.on_subscribe = lambda *_: ready.put(1)
    client.connect("127.0.0.1", broker.port)
    client.subscribe("#", qos=1)
    client.loop_start()
    ready.get(timeout=10)
    yield found
    client.disconnect()
    client.loop_stop()


def siren(port: int, *, others: bool = False) -> Siren:
    settings = BrokerSettings(url=f"mqtt://127.0.0.1:{port}")
    return Siren(settings, OUTPUTS, lambda *_: others, timeout_s=1.0)


def step(transition: str, **more: object) -> Message:
    return Message(PAYLOAD | {"transition": transition, **more})


async def test_an_alarm_publishes_what_is_declared_and_nothing_else(
    broker: Broker, heard: "Queue[tuple[str, bytes]]"
) -> None:
    await siren(broker.port).send({"output": "gate"}, step("raised"))
    assert heard.get(timeout=10) == ("relay/gate/set", b'{"on":1}')
    for transition in ("acknowledged", "cleared", "returned", "latched"):
        await siren(broker.port).send({"output": "gate"}, step(transition))
    await siren(broker.port).send({"output": "hall"}, step("reraised"))
    assert heard.get(timeout=10) == ("relay/hall/set", b"ON")


async def test_it_is_switched_off_only_when_no_other_alarm_keeps_it_on(
    broker: Broker, heard: "Queue[tuple[str, bytes]]"
) -> None:
    await siren(broker.port, others=True).send({"output": "hall"}, step("acknowledged"))
    await siren(broker.port).send({"output": "hall"}, step("returned"))
    await siren(broker.port).send({"output": "hall"}, step("acknowledged"))
    assert heard.get(timeout=10) == ("relay/hall/set", b"OFF")
    with pytest.raises(Empty):
        heard.get_nowait()


async def test_a_test_does_not_sound_and_what_became_real_does(
    broker: Broker, heard: "Queue[tuple[str, bytes]]"
) -> None:
    await siren(broker.port).send({"output": "hall"}, step("raised", test=True))
    for now_told in ("became_real", "released"):
        await siren(broker.port).send({"output": "hall"}, step(now_told))
        assert heard.get(timeout=10) == ("relay/hall/set", b"ON")


async def test_a_broker_that_is_not_there_is_later() -> None:
    with pytest.raises(SendError) as error:
        await siren(free_port()).send({"output": "hall"}, step("raised"))
    assert not error.value.permanent


async def test_an_output_that_is_not_declared() -> None:
    with pytest.raises(SendError, match="no siren 'roof'"):
        await siren(1).send({"output": "roof"}, step("raised"))
