"""The session: TLS, refused subscriptions, and a network thread that must not die unseen."""

import shutil
import subprocess
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from collectors.mqtt_session import NetworkThreadError, Session
from collectors.mqtt_settings import read_settings
from tests.brokers import Broker, broker, free_port, running_broker
from tests.collectors.mqtt_devices import device, now_ms, running_line, until

__all__ = ["broker"]


def session(url: str, *filters: str) -> Session:
    return Session(read_settings({"url": url}), filters, frozenset(), now_ms)


async def test_a_network_thread_that_ended_is_noticed(broker: Broker) -> None:
    some = session(broker.url, "a/+")
    some.open()
    await until(lambda: some.is_ready)
    some.check_thread()
    await some.close(10)
    with pytest.raises(NetworkThreadError, match="has ended"):
        some.check_thread()


async def test_many_filters_are_subscribed_and_asked_for_in_parts(broker: Broker) -> None:
    some = session(broker.url, *(f"a/{n}" for n in range(450)))
    some.open()
    await until(lambda: some.is_ready)
    assert some.refused_filters == frozenset()
    await some.close(10)


async def test_a_refused_subscription_is_named(caplog: pytest.LogCaptureFixture) -> None:
    some = session("mqtt://127.0.0.1", "a/+", "b/+")
    client = Client(CallbackAPIVersion.VERSION2)
    some._asked = {7: ["a/+", "b/+"]}
    granted = ReasonCode(PacketTypes.SUBACK, identifier=1)
    refused = ReasonCode(PacketTypes.SUBACK, identifier=128)
    some._on_subscribe(client, None, 7, [granted, refused], None)
    assert some.refused_filters == {"b/+"}
    assert "refuses our subscriptions to b/+" in caplog.text


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    file = tmp_path / "broker.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", str(tmp_path / "broker.key"), "-out", str(file)),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    return file


async def test_an_encrypted_connection_carries_messages(tmp_path: Path, certificate: Path) -> None:
    encrypted = free_port()
    # A listener of its own beside the plain one, which the publisher uses.
    changes = {
        "sys_interval": "10",
        f"listener {encrypted}": "127.0.0.1",
        "certfile": str(certificate),
        "keyfile": str(tmp_path / "broker.key"),
    }
    with running_broker(tmp_path / "mosquitto", changes) as broker:
        url = f"mqtts://127.0.0.1:{encrypted}"
        smoke = device("smoke-1", "zigbee2mqtt_smoke")
        async with running_line(broker, [smoke], url=url, ca_file=certificate) as line:
            client = Client(CallbackAPIVersion.VERSION2)
            client.connect("127.0.0.1", broker.port)
            client.loop_start()
            payloads = ['{"smoke":true}', '{"battery":80}' + " " * 100_000]
            for payload in payloads:
                client.publish("zigbee2mqtt/smoke-1", payload, qos=1).wait_for_publish(10)
            client.disconnect()
            client.loop_stop()
            await until(lambda: line.count("acked") == 2)
            assert line.sink.values("smoke-1") == {"smoke": True, "battery": 80}


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_broker_whose_certificate_is_not_trusted_is_not_used(
    tmp_path: Path, certificate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    changes = {"certfile": str(certificate), "keyfile": str(tmp_path / "broker.key")}
    with running_broker(tmp_path / "mosquitto", changes) as broker:
        some = session(f"mqtts://127.0.0.1:{broker.port}", "a/+")
        some.open()
        await until(lambda: "cannot be reached" in caplog.text)
        assert "certificate" in caplog.text
        assert not some.is_ready
        await some.close(10)
