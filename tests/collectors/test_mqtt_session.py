"""The session: TLS, refused subscriptions, and a network thread that must not die unseen."""

import asyncio
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from collectors.mqtt_acl import access, mosquitto
from collectors.mqtt_client import Publish
from collectors.mqtt_session import NetworkThreadError, Session, _properties, told
from collectors.mqtt_settings import read_settings
from collectors.sample import Reason
from tests.brokers import (
    CONFIG,
    Broker,
    broker,
    free_port,
    publisher,
    running_broker,
    write_passwords,
)
from tests.certificates import Certificates, certificates
from tests.collectors.mqtt_devices import device, now_ms, running_line, until

__all__ = ["broker", "certificates"]


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


PROTOCOLS = ("3.1.1", "5")
SMOKE = "zigbee2mqtt/smoke-1"


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_session_lives_over_a_restart_of_the_line(broker: Broker, protocol: str) -> None:
    smoke = device("smoke-1", "zigbee2mqtt_smoke")
    async with running_line(broker, [smoke], protocol=protocol) as line:
        with publisher(broker) as gateway:
            gateway.publish(SMOKE, '{"smoke":false}', retain=True)
        await until(lambda: line.count("acked") == 1)
    with publisher(broker) as gateway:
        gateway.publish(SMOKE, '{"smoke":true}')
    async with running_line(broker, [smoke], protocol=protocol) as line:
        await until(lambda: line.count("acked") == 2)
        live, kept = line.sink.samples
        assert (live.values, live.reasons) == ({"smoke": True}, {})
        assert kept.reasons == {"smoke": Reason.NOT_CURRENT}


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_what_is_not_acknowledged_comes_again(broker: Broker, protocol: str) -> None:
    smoke = device("smoke-1", "zigbee2mqtt_smoke")
    async with running_line(broker, [smoke], protocol=protocol) as line:
        line.sink.gate.clear()
        with publisher(broker) as gateway:
            gateway.publish(SMOKE, '{"smoke":true}')
        await line.sink.waiting.wait()
        assert line.count("acked") == 0
    async with running_line(broker, [smoke], protocol=protocol) as line:
        await until(lambda: line.count("acked") == 1)
        assert line.sink.values("smoke-1") == {"smoke": True}
        assert line.count("duplicates") == 1
    async with running_line(broker, [smoke], protocol=protocol) as line:
        with publisher(broker) as gateway:
            gateway.publish(SMOKE, '{"smoke":false}')
        await until(lambda: bool(line.sink.samples))
        assert [dict(s.values) for s in line.sink.samples] == [{"smoke": False}]


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_properties_and_long_payloads_of_others_are_read(
    broker: Broker, protocol: str
) -> None:
    async with running_line(
        broker, [device("smoke-1", "zigbee2mqtt_smoke")], protocol=protocol
    ) as line:
        client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        client.connect("127.0.0.1", broker.port)
        client.loop_start()
        properties = _properties(PacketTypes.PUBLISH)
        properties.UserProperty = [("unit", "x" * 300)]
        properties.ContentType = "application/json"
        properties.MessageExpiryInterval = 1000
        payloads = ['{"smoke":true}', '{"battery":80}' + " " * 200_000]
        for payload in payloads:
            client.publish(SMOKE, payload, qos=1, properties=properties).wait_for_publish(10)
        client.disconnect()
        client.loop_stop()
        await until(lambda: line.count("acked") == 2)
        assert line.sink.values("smoke-1") == {"smoke": True, "battery": 80}
        assert line.letters.kept == []


async def test_no_more_than_the_receive_maximum_is_unacknowledged(broker: Broker) -> None:
    """With MQTT 5 the broker itself holds back what we have no room for."""
    async with running_line(
        broker, [device("smoke-1", "zigbee2mqtt_smoke")], protocol="5", max_inflight=7
    ) as line:
        line.sink.gate.clear()
        with publisher(broker) as gateway:
            gateway.publish_all([(SMOKE, b'{"smoke":true}')] * 50)
        await line.sink.waiting.wait()
        assert line.count("messages") + line.count("queue") <= 7
        assert line.count("pauses") == 0
        line.sink.gate.set()
        await until(lambda: line.count("acked") == 50)
        assert line.count("duplicates") == 0


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_session_that_the_broker_forgot_is_counted_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, protocol: str
) -> None:
    with running_broker(tmp_path / "mosquitto", {"persistence": "false"}) as broker:
        smoke = device("smoke-1", "zigbee2mqtt_smoke")
        async with running_line(broker, [smoke], protocol=protocol) as line:
            broker.stop()
            await until(lambda: not line.health().connected)
            assert line.count("sessions_lost") == 0
            broker.start()
            await until(lambda: line.health().connected)
            assert line.count("sessions_lost") == 1
            assert "has forgotten our session" in caplog.text


async def test_two_clients_of_one_id_do_not_push_each_other_out_for_ever(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    some = session(broker.url, "a/+")
    some._short_lived = 3
    some.open()
    await until(lambda: some.is_ready)
    other = Client(CallbackAPIVersion.VERSION2, client_id="sitewatch", clean_session=False)
    other.connect("127.0.0.1", broker.port)
    await until(lambda: some._short_lived == 4)
    assert "is another client called 'sitewatch'?" in caplog.text
    for lived, pause in ((1, 2), (1, 4), (1, 8), (1, 16), (1, 30), (100, 1)):
        some._pace(lived)
        assert some._client._reconnect_min_delay == pause
    other.disconnect()
    await some.close(10)


def test_a_broker_explains_itself_in_its_own_words_and_in_one_line() -> None:
    reason = ReasonCode(PacketTypes.CONNACK, identifier=135)
    properties = _properties(PacketTypes.CONNACK)
    assert told(reason, None) == told(reason, properties) == "Not authorized"
    properties.ReasonString = "ask the\noffice " + "x" * 500
    words = told(reason, properties)
    assert words.startswith("Not authorized (ask the?office xxx")
    assert len(words) < 250


async def test_a_broker_that_does_not_speak_the_version_says_so_and_is_asked_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An old broker answers a CONNECT of MQTT 5 with the two bytes of MQTT 3.1.1."""
    asked = 0

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        await reader.read(1000)
        asked += 1
        writer.write(b"\x20\x02\x00\x01")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        settings = read_settings({"url": f"mqtt://127.0.0.1:{port}", "protocol": "5"})
        some = Session(settings, ["a/+"], frozenset(), now_ms)
        some.open()
        await until(lambda: "refuses us: Unsupported protocol version" in caplog.text)
        await until(lambda: asked >= 2)
        some.check_thread()
        assert not some.is_ready
        await some.close(10)


async def test_a_topic_that_is_no_text_is_a_topic_of_nobody() -> None:
    some = session("mqtt://127.0.0.1", "a/+")
    message = MQTTMessage(7, b"a/\xff")
    message.qos, message.payload = 1, b"x"
    some._on_message(some._client, None, message)
    some._deliver(Publish(b"a/\xff", b"y", 8, 1, False, False))
    taken = await some.inbox.take(10, 1)
    assert [(m.mid, m.payload) for m in taken] == [(7, b"x"), (8, b"y")]
    assert all("\ufffd" in m.topic for m in taken)


def encrypted(certificates: Certificates, port: int) -> dict[str, str]:
    """A TLS listener that asks for a certificate, beside the plain one the publisher uses."""
    certificate, key = certificates.make("broker", "/CN=127.0.0.1")
    return {
        "sys_interval": "10",
        f"listener {port}": "127.0.0.1",
        "cafile": str(certificates.ca),
        "certfile": str(certificate),
        "keyfile": str(key),
    }


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_an_encrypted_connection_with_a_certificate_of_ours_carries_messages(
    tmp_path: Path, certificates: Certificates, protocol: str
) -> None:
    port = free_port()
    changes = encrypted(certificates, port) | {"require_certificate": "true"}
    ours, key = certificates.make("sitewatch", "/CN=sitewatch")
    with running_broker(tmp_path / "mosquitto", changes) as broker:
        smoke = device("smoke-1", "zigbee2mqtt_smoke")
        async with running_line(
            broker,
            [smoke],
            url=f"mqtts://127.0.0.1:{port}",
            protocol=protocol,
            ca_file=certificates.ca,
            cert_file=ours,
            key_file=key,
        ) as line:
            with publisher(broker) as gateway:
                gateway.publish(SMOKE, '{"smoke":true}')
                gateway.publish(SMOKE, '{"battery":80}' + " " * 100_000)
            await until(lambda: line.count("acked") == 2)
            assert line.sink.values("smoke-1") == {"smoke": True, "battery": 80}


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_broker_whose_certificate_is_not_trusted_is_not_used(
    tmp_path: Path, certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    with running_broker(tmp_path / "mosquitto", encrypted(certificates, port)):
        some = session(f"mqtts://127.0.0.1:{port}", "a/+")
        some.open()
        await until(lambda: "cannot be reached" in caplog.text)
        assert "certificate" in caplog.text
        assert not some.is_ready
        await some.close(10)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_without_a_certificate_of_ours_a_broker_that_asks_for_one_is_not_used(
    tmp_path: Path, certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    changes = encrypted(certificates, port) | {"require_certificate": "true"}
    with running_broker(tmp_path / "mosquitto", changes):
        url = f"mqtts://127.0.0.1:{port}"
        some = Session(
            read_settings({"url": url, "ca_file": certificates.ca}), ["a/+"], frozenset(), now_ms
        )
        some.open()
        await until(lambda: "trying again" in caplog.text)
        assert not some.is_ready
        await some.close(10)


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_user_and_password_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, protocol: str
) -> None:
    passwords, ours = tmp_path / "passwords", tmp_path / "ours"
    write_passwords(passwords, {"sitewatch": "p:ä s"})
    ours.write_text("p:ä s\n", encoding="utf-8")
    changes = {"allow_anonymous": "false", "password_file": str(passwords)}
    with running_broker(tmp_path / "mosquitto", changes) as broker:
        known = {"url": broker.url, "protocol": protocol, "username": "sitewatch"}
        some = Session(read_settings(known | {"password_file": ours}), ["a/+"], frozenset(), now_ms)
        some.open()
        await until(lambda: some.is_ready)
        await some.close(10)
        other = Session(read_settings(known | {"password": "wrong"}), [], frozenset(), now_ms)
        other.open()
        await until(lambda: "refuses us: Not authorized" in caplog.text)
        assert "wrong" not in caplog.text
        await other.close(10)


async def test_the_example_for_the_network_is_encrypted_and_lets_nobody_in_without_a_name(
    tmp_path: Path, certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    """deploy/mosquitto-tls.conf after deploy/mosquitto.conf, with files of the test's own."""
    certificate, key = certificates.make("example", "/CN=127.0.0.1")
    smoke, port = device("smoke-1", "zigbee2mqtt_smoke"), free_port()
    passwords, rights = tmp_path / "passwords", tmp_path / "acl"
    write_passwords(passwords, {"sitewatch": "s", "zigbee2mqtt": "z"})
    rights.write_text("\n".join(mosquitto(access([smoke], "sitewatch"))), encoding="utf-8")
    text = (CONFIG.parent / "mosquitto-tls.conf").read_text("utf-8")
    for old, new in {
        "/etc/mosquitto/passwords": str(passwords),
        "acl_file /etc/mosquitto/acl": f"acl_file {rights}",
        "/etc/mosquitto/certs/ca.pem": str(certificates.ca),
        "/etc/mosquitto/certs/broker.pem": str(certificate),
        "/etc/mosquitto/certs/broker.key": str(key),
        "listener 8883": f"listener {port} 127.0.0.1",
    }.items():
        assert old in text
        text = text.replace(f"{old}\n", f"{new}\n")
    with running_broker(tmp_path / "mosquitto", more=text) as broker:
        url = f"mqtts://127.0.0.1:{port}"
        async with running_line(
            broker, [smoke], url=url, ca_file=certificates.ca, username="sitewatch", password="s"
        ) as line:
            gateway = Client(CallbackAPIVersion.VERSION2)
            gateway.username_pw_set("zigbee2mqtt", "z")
            gateway.tls_set(str(certificates.ca))
            gateway.connect("127.0.0.1", port)
            gateway.loop_start()
            gateway.publish(SMOKE, '{"smoke":true}', qos=1)
            await until(lambda: line.sink.values("smoke-1") == {"smoke": True})
            gateway.disconnect()
            gateway.loop_stop()
        # The plain listener of the first file is there for programs on the same machine.
        nobody = session(broker.url, "a/+")
        nobody.open()
        await until(lambda: "refuses us: Not authorized" in caplog.text)
        await nobody.close(10)
