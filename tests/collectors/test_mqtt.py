"""The MQTT line against a real broker: acknowledged after the sink, never lost, never guessed."""

import asyncio
import json
import logging
from pathlib import Path

import pytest

from collectors.driver import CollectorsError, Wiring
from collectors.mqtt import DRIVER, MqttLine, SinkTimeoutError
from collectors.mqtt_settings import BrokerSettingsError
from collectors.payload import encode_payload
from collectors.sample import Lane, Quality, Reason, is_hearing
from ingest.latest import Latest
from tests.brokers import Broker, broker, publisher, running_broker
from tests.collectors.mqtt_devices import (
    Letters,
    MemorySink,
    device,
    now_ms,
    running_line,
    until,
)

__all__ = ["broker"]

SMOKE = "zigbee2mqtt/smoke-1"


def lift_state(seq: int, **values: float) -> tuple[str, bytes]:
    lift = device("lift-1", "generic_elevator_mqtt")
    (message,) = encode_payload(lift, {"floor": seq, **values}, at_ms=now_ms(), seq=seq)
    return message.topic, message.payload


@pytest.mark.needs_captures
async def test_captured_payloads_come_through_a_broker(broker: Broker, captures: Path) -> None:
    items = json.loads((captures / "mqtt_json_payloads.json").read_text("utf-8"))["items"]
    payloads = {item["device"]: item["payload"] for item in items}
    devices = [
        device("smoke-1", "zigbee2mqtt_smoke", "zigbee2mqtt/0x005043c95333194d"),
        device("leak-1", "zigbee2mqtt_leak", "zigbee/czujnikzalania1"),
    ]
    async with running_line(broker, devices) as line:
        with publisher(broker) as gateway:
            gateway.publish(
                "zigbee2mqtt/0x005043c95333194d", payloads["Zigbee smoke detector (Heiman) alarm"]
            )
            gateway.publish("zigbee/czujnikzalania1", payloads["Zigbee water-leak sensor (Aqara)"])
        await until(lambda: len(line.sink.samples) == 4)
    assert line.sink.values("smoke-1") == {"smoke": True, "signal": 134}
    assert line.sink.values("leak-1") == {
        "water_leak": False,
        "battery": 100.0,
        "battery_voltage": 3.045,
        "signal": 99,
    }
    lanes = {(s.device, tuple(s.values)): s.lane for s in line.sink.samples}
    assert lanes["smoke-1", ("smoke",)] is Lane.SAFETY
    assert lanes["smoke-1", ("signal",)] is Lane.ROUTINE


async def test_nothing_is_acknowledged_before_append_has_returned(broker: Broker) -> None:
    smoke = device("smoke-1", "zigbee2mqtt_smoke")
    async with running_line(broker, [smoke]) as line:
        line.sink.gate.clear()
        with publisher(broker) as gateway:
            gateway.publish(SMOKE, '{"smoke":true}')
        await line.sink.waiting.wait()
        assert line.count("acked") == 0
    async with running_line(broker, [smoke]) as line:
        await until(lambda: line.sink.values("smoke-1") == {"smoke": True})
        await until(lambda: line.count("acked") == 1)
        assert line.count("duplicates") == 1
    async with running_line(broker, [smoke]) as line:
        with publisher(broker) as gateway:
            gateway.publish(SMOKE, '{"smoke":false}')
        await until(lambda: bool(line.sink.samples))
        assert [dict(s.values) for s in line.sink.samples] == [{"smoke": False}]


async def test_a_sink_that_fails_ends_the_line_and_everything_comes_again(broker: Broker) -> None:
    smoke = device("smoke-1", "zigbee2mqtt_smoke")
    sink = MemorySink()
    sink.failures = 1
    async with running_line(broker, [smoke], sink=sink) as line:
        with publisher(broker) as gateway:
            gateway.publish_all([(SMOKE, b'{"smoke":true}'), (SMOKE, b'{"smoke":false}')])
        await until(line.ended)
        assert line.task is not None
        assert isinstance(line.task.exception(), OSError)
        line.task = None
    async with running_line(broker, [smoke], sink=sink):
        await until(lambda: len(sink.samples) == 2)
    assert [s.values["smoke"] for s in sink.samples] == [True, False]


async def test_a_sink_that_hangs_ends_the_line(broker: Broker) -> None:
    smoke = device("smoke-1", "zigbee2mqtt_smoke")
    async with running_line(broker, [smoke], append_timeout_s=0.05) as line:
        line.sink.gate.clear()
        with publisher(broker) as gateway:
            gateway.publish(SMOKE, '{"smoke":true}')
        await until(line.ended)
        assert line.task is not None
        assert isinstance(line.task.exception(), SinkTimeoutError)
        line.task = None
        assert line.count("acked") == 0


async def test_what_cannot_be_understood_is_kept_acknowledged_and_no_value(broker: Broker) -> None:
    smoke = device("smoke-1", "zigbee2mqtt_smoke")
    poison = [b"\x00\xff", b"{", b'{"colour":1}']
    async with running_line(broker, [smoke]) as line:
        with publisher(broker) as gateway:
            gateway.publish_all([(SMOKE, payload) for payload in poison])
            gateway.publish(SMOKE, '{"smoke":true}')
        await until(lambda: line.count("acked") >= 4)
        assert [payload for _, payload, _ in line.letters.kept] == poison
        assert all(reason.startswith("smoke-1: ") for _, _, reason in line.letters.kept)
        assert [dict(s.values) for s in line.sink.samples] == [{"smoke": True}]
    async with running_line(broker, [smoke]) as line:
        with publisher(broker) as gateway:
            gateway.publish(SMOKE, '{"smoke":false}')
        await until(lambda: bool(line.sink.samples))
        assert line.letters.kept == []


async def test_offline_is_unknown_with_its_reason_and_never_false(broker: Broker) -> None:
    devices = [device("smoke-1", "zigbee2mqtt_smoke"), device("smoke-2", "zigbee2mqtt_smoke")]
    async with running_line(broker, devices) as line:
        with publisher(broker) as gateway:
            gateway.publish(SMOKE, '{"smoke":true,"battery":80}')
            gateway.publish(f"{SMOKE}/availability", '{"state":"offline"}')
            await until(lambda: line.sink.values("smoke-1").get("battery", 0) is None)
            values = line.sink.values("smoke-1")
            assert set(values.values()) == {None}
            assert {r for s in line.sink.samples[2:] for r in s.reasons.values()} == {
                Reason.OFFLINE
            }
            health = {d.device: d for d in line.health().devices}
            assert (health["smoke-1"].connected, health["smoke-1"].reason) == (
                False,
                Reason.OFFLINE,
            )
            gateway.publish("zigbee2mqtt/bridge/state", '{"state":"offline"}')
            await until(lambda: line.sink.values("smoke-2").get("smoke", 0) is None)
            gateway.publish("zigbee2mqtt/bridge/state", "online")
            gateway.publish(SMOKE, '{"smoke":false}')
            await until(lambda: line.sink.values("smoke-1")["smoke"] is False)
            health = {d.device: d for d in line.health().devices}
            assert (health["smoke-1"].connected, health["smoke-1"].reason) == (True, None)


async def test_a_last_will_is_the_gateways_own_point(broker: Broker) -> None:
    gateway = device("gw-1", "generic_gateway_mqtt")
    topic = "v1/centre/gateway/gw-1"
    async with running_line(broker, [gateway]) as line:
        with publisher(broker) as client:
            client.publish(f"{topic}/status", "online")
            client.publish(f"{topic}/state", '{"uptime_s":60,"rssi_dbm":-70}')
            await until(lambda: line.sink.values("gw-1").get("uptime") == 60)
            client.publish(f"{topic}/status", "offline")
            await until(lambda: line.sink.values("gw-1")["uptime"] is None)
    assert line.sink.values("gw-1") == {"connected": False, "uptime": None, "signal": None}


async def test_a_retained_alarm_is_an_alarm_and_a_retained_calm_is_not_live(
    broker: Broker,
) -> None:
    with publisher(broker) as gateway:
        gateway.publish("zigbee2mqtt/smoke-1", '{"smoke":true}', retain=True)
        gateway.publish("zigbee2mqtt/smoke-2", '{"smoke":false}', retain=True)
        gateway.publish("zigbee2mqtt/smoke-2/availability", "offline", retain=True)
    devices = [device("smoke-1", "zigbee2mqtt_smoke"), device("smoke-2", "zigbee2mqtt_smoke")]
    async with running_line(broker, devices) as line:
        await until(lambda: line.count("acked") >= 3)
        alarm = next(s for s in line.sink.samples if s.device == "smoke-1")
        assert alarm.values == {"smoke": True}
        assert alarm.quality("smoke") is Quality.SUSPECT
        assert alarm.reasons == {"smoke": Reason.NOT_CURRENT}
        assert line.sink.values("smoke-2")["smoke"] is None
        assert {d.connected for d in line.health().devices} == {None, False}


@pytest.mark.parametrize("padding", ["", " " * 5000])
async def test_a_reconnect_does_not_make_a_live_value_suspect(broker: Broker, padding: str) -> None:
    async with running_line(broker, [device("smoke-1", "zigbee2mqtt_smoke")]) as line:
        with publisher(broker) as gateway:
            gateway.publish(SMOKE, '{"smoke":false}' + padding, retain=True)
        await until(lambda: len(line.sink.samples) == 1)
        broker.stop()
        await until(lambda: not line.health().connected)
        broker.start()
        await until(lambda: line.count("retained_known") == 1)
        assert [s.reasons for s in line.sink.samples] == [{}]


async def test_what_is_stored_and_comes_again_is_acknowledged_and_not_stored_again(
    broker: Broker,
) -> None:
    """A connection lost between disk and acknowledgement repeats no alarm that has ended."""
    async with running_line(broker, [device("smoke-1", "zigbee2mqtt_smoke")]) as line:
        line.sink.gate.clear()
        with publisher(broker) as gateway:
            gateway.publish_all([(SMOKE, b'{"smoke":true}'), (SMOKE, b'{"smoke":false}')])
        await line.sink.waiting.wait()
        await until(lambda: line.count("messages") + line.count("queue") == 2)
        broker.stop()
        await until(lambda: not line.health().connected)
        line.sink.gate.set()
        await until(lambda: len(line.sink.samples) == 2)
        broker.start()
        await until(lambda: line.count("acked") == 2)
        assert line.count("repeats_known") == 2
        with publisher(broker) as gateway:
            gateway.publish(SMOKE, '{"smoke":true}')
        await until(lambda: line.count("acked") == 3)
    assert [s.values["smoke"] for s in line.sink.samples] == [True, False, True]


async def test_a_retained_value_of_a_clock_that_is_ahead_does_not_show_life(
    broker: Broker,
) -> None:
    ahead = json.dumps({"ts": now_ms() + 86_400_000, "seq": 1, "floor": 3})
    with publisher(broker) as gateway:
        gateway.publish("v1/centre/elevator/lift-1/state", ahead, retain=True)
    async with running_line(broker, [device("lift-1", "generic_elevator_mqtt")]) as line:
        await until(lambda: bool(line.sink.samples))
        (sample,) = line.sink.samples
        assert sample.reasons == {"floor": Reason.NOT_CURRENT}
        assert not is_hearing(sample)


async def test_an_older_message_of_a_device_with_a_clock_replaces_nothing(broker: Broker) -> None:
    """Stored for the history, and neither the latest value nor a way back in time."""
    now = now_ms()
    async with running_line(broker, [device("lift-1", "generic_elevator_mqtt")]) as line:
        with publisher(broker) as gateway:
            for floor, at in ((5, now), (3, now - 4000), (4, now - 2000)):
                payload = json.dumps({"ts": at, "seq": floor, "floor": floor})
                gateway.publish("v1/centre/elevator/lift-1/state", payload)
        await until(lambda: line.count("acked") == 3)
    latest = Latest(lambda device, point: 60_000)
    latest.apply(line.sink.samples)
    found = latest.value("lift-1", "floor", now)
    assert found is not None
    assert (found.value, found.source_at) == (5, now)


async def test_a_payload_that_is_far_too_long_is_a_dead_letter(tmp_path: Path) -> None:
    with running_broker(tmp_path / "mosquitto", {"max_packet_size": "4000000"}) as broker:
        async with running_line(broker, [device("smoke-1", "zigbee2mqtt_smoke")]) as line:
            with publisher(broker) as gateway:
                gateway.publish(SMOKE, b'{"smoke":true,"x":"' + b"x" * 2_000_000 + b'"}')
                gateway.publish(SMOKE, '{"smoke":false}')
            await until(lambda: line.count("acked") == 2)
            assert line.sink.values("smoke-1") == {"smoke": False}
            assert "longer than" in line.letters.kept[0][2]


async def test_documents_for_others_are_counted_and_no_dead_letters(broker: Broker) -> None:
    meter = device("m-1", "shelly_gen2_switch")
    async with running_line(broker, [meter]) as line:
        with publisher(broker) as gateway:
            gateway.publish("m-1/events/rpc", '{"method":"NotifyEvent","params":{"events":[]}}')
            status = {"method": "NotifyStatus", "params": {"switch:0": {"apower": 12.5}}}
            gateway.publish("m-1/events/rpc", json.dumps(status))
        await until(lambda: line.count("acked") == 2)
        assert line.count("other_documents") == 1
        assert line.letters.kept == []
        assert line.sink.values("m-1") == {"active_power": 12.5}


async def test_channels_of_one_product_are_devices_of_their_own(broker: Broker) -> None:
    devices = [
        device(f"phase-{n}", "shelly_gen1_em", "shellies/em3-a", channel=n) for n in range(3)
    ]
    async with running_line(broker, devices) as line:
        with publisher(broker) as gateway:
            for n in range(3):
                gateway.publish(f"shellies/em3-a/emeter/{n}/power", str(n * 100))
            gateway.publish("shellies/em3-a/online", "false")
        await until(lambda: line.count("acked") == 4)
        found = [s.values["active_power"] for s in line.sink.samples if "active_power" in s.values]
        assert found[:3] == [0, 100, 200]
        assert [d.connected for d in line.health().devices] == [False] * 3
        assert all(line.sink.values(f"phase-{n}")["active_power"] is None for n in range(3))


async def test_topics_of_no_device_are_counted_acknowledged_and_named_once(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_line(broker, [device("smoke-1", "zigbee2mqtt_smoke")]) as line:
        with publisher(broker) as gateway:
            for _ in range(3):
                gateway.publish("zigbee2mqtt/smoke-99", '{"smoke":true}')
            gateway.publish(SMOKE, b"")
        await until(lambda: line.count("acked") >= 4)
        assert line.count("unknown_topics") == 3
        assert line.count("empty") == 1
    assert line.sink.samples == []
    assert len([r for r in caplog.records if "smoke-99" in r.message]) == 1


def test_a_topic_cannot_write_lines_of_its_own_into_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """mosquitto refuses such a topic; others need not."""
    wiring = Wiring(MemorySink(), Letters(), now_ms, {"url": "mqtt://127.0.0.1"})
    (line,) = DRIVER.open([device("smoke-1", "zigbee2mqtt_smoke")], wiring)
    assert isinstance(line, MqttLine)
    line._note_unknown("zigbee2mqtt/x\nERROR all is well" + "y" * 5000)
    (record,) = [r for r in caplog.records if "no device has the topic" in r.message]
    assert "\n" not in record.message
    assert len(record.message) < 400


async def test_messages_of_a_device_stay_in_order_beside_those_of_others(broker: Broker) -> None:
    devices = [device("lift-1", "generic_elevator_mqtt"), device("smoke-1", "zigbee2mqtt_smoke")]
    messages = [lift_state(n) for n in range(1, 501)]
    async with running_line(broker, devices) as line:
        with publisher(broker) as gateway:
            gateway.publish_all(
                [m for pair in messages for m in (pair, (SMOKE, b'{"smoke":false}'))]
            )
        await until(lambda: line.count("acked") >= 1000)
    floors = [s.values["floor"] for s in line.sink.samples if "floor" in s.values]
    assert floors == list(range(1, 501))
    identities = [s.identity for s in line.sink.samples if s.device == "lift-1"]
    assert len(set(identities)) == len(identities) == 500


async def test_one_topic_may_serve_several_devices(broker: Broker) -> None:
    devices = [device(name, "zigbee2mqtt_smoke", SMOKE) for name in ("smoke-1", "twin-1")]
    async with running_line(broker, devices) as line:
        with publisher(broker) as gateway:
            gateway.publish(SMOKE, '{"smoke":true}')
        await until(lambda: len(line.sink.samples) == 2)
    assert line.sink.values("smoke-1") == line.sink.values("twin-1") == {"smoke": True}


async def test_an_event_code_of_no_point_is_a_fault_and_a_dead_letter(broker: Broker) -> None:
    async with running_line(broker, [device("lift-1", "generic_elevator_mqtt")]) as line:
        with publisher(broker) as gateway:
            payload = {"ts": now_ms(), "event_id": "e1", "code": 317, "phase": "raise"}
            gateway.publish("v1/centre/elevator/lift-1/event", json.dumps(payload))
        await until(lambda: bool(line.letters.kept))
    assert line.sink.values("lift-1") == {"fault_other": True}
    assert "317" in line.letters.kept[0][2]


async def test_dead_letters_that_cannot_be_kept_are_logged_and_hold_nothing_up(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_line(broker, [device("smoke-1", "zigbee2mqtt_smoke")]) as line:
        line.letters.broken = True
        with publisher(broker) as gateway:
            gateway.publish_all([(SMOKE, b"not json"), (SMOKE, b'{"smoke":true}')])
        await until(lambda: line.count("acked") == 2)
        assert line.sink.values("smoke-1") == {"smoke": True}
        assert line.count("dead_letters_not_kept") == 1
    assert "payload b'not json'" in caplog.text


async def test_a_database_that_hangs_holds_up_alarms_once_and_not_once_a_letter(
    broker: Broker, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collectors.mqtt._LETTERS_S", 0.1)
    async with running_line(broker, [device("smoke-1", "zigbee2mqtt_smoke")]) as line:
        line.letters.hangs = True
        line.sink.gate.clear()
        with publisher(broker) as gateway:
            gateway.publish(SMOKE, '{"battery":1}')
            await line.sink.waiting.wait()
            gateway.publish_all([(SMOKE, b"not json %d" % n) for n in range(60)])
            gateway.publish(SMOKE, '{"smoke":true}')
        await until(lambda: line.count("queue") == 61)
        line.sink.gate.set()
        await until(lambda: line.count("acked") == 62)
        assert line.sink.values("smoke-1")["smoke"] is True
        assert line.count("dead_letters_not_kept") == 60
    assert caplog.text.count("payload b'not json") == 20
    assert "40 more dead letters could not be kept" in caplog.text


# The broker goes and comes.


async def test_a_broker_that_is_killed_and_comes_back_is_found_again(broker: Broker) -> None:
    async with running_line(broker, [device("smoke-1", "zigbee2mqtt_smoke")]) as line:
        broker.kill()
        await until(lambda: not line.health().connected)
        (health,) = line.health().devices
        assert (health.connected, health.reason) == (False, Reason.NO_ANSWER)
        broker.start()
        await until(lambda: line.health().connected)
        with publisher(broker) as gateway:
            gateway.publish(SMOKE, '{"smoke":true}')
        await until(lambda: line.sink.values("smoke-1") == {"smoke": True})
        assert line.count("reconnects") >= 1


async def test_an_acknowledgement_is_not_given_on_another_connection(broker: Broker) -> None:
    async with running_line(broker, [device("lift-1", "generic_elevator_mqtt")]) as line:
        line.sink.gate.clear()
        with publisher(broker) as gateway:
            gateway.publish_all([lift_state(n) for n in range(1, 11)])
        await line.sink.waiting.wait()
        broker.stop()
        await until(lambda: not line.health().connected)
        broker.start()
        await until(lambda: line.health().connected)
        line.sink.gate.set()
        await until(lambda: line.count("acked") >= 10)
        floors = {s.values["floor"] for s in line.sink.samples if "floor" in s.values}
        assert floors == set(range(1, 11))
    async with running_line(broker, [device("lift-1", "generic_elevator_mqtt")]) as line:
        with publisher(broker) as gateway:
            gateway.publish(*lift_state(11))
        await until(lambda: line.sink.values("lift-1").get("floor") == 11)
        assert line.count("messages") <= 3


async def test_a_broker_that_is_not_there_yet_is_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running_broker(tmp_path) as broker:
        broker.stop()
        wiring = Wiring(MemorySink(), Letters(), now_ms, {"url": broker.url})
        (line,) = DRIVER.open([device("smoke-1", "zigbee2mqtt_smoke")], wiring)
        assert line.name == f"mqtt[127.0.0.1:{broker.port}]"
        task = asyncio.create_task(line.run())
        await until(lambda: "cannot be reached: [Errno 111]" in caplog.text)
        assert line.health().connected is False
        broker.start()
        await until(lambda: line.health().connected)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert caplog.text.count("cannot be reached") == 1


async def test_a_broker_that_refuses_us_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    with running_broker(tmp_path, {"allow_anonymous": "false"}) as broker:
        wiring = Wiring(MemorySink(), Letters(), now_ms, {"url": broker.url})
        (line,) = DRIVER.open([device("smoke-1", "zigbee2mqtt_smoke")], wiring)
        task = asyncio.create_task(line.run())
        await until(lambda: "refuses us: Not authorized" in caplog.text)
        assert line.health().connected is False
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


# Limits.


async def test_a_slow_sink_holds_the_broker_back_and_loses_nothing(broker: Broker) -> None:
    count = 300
    async with running_line(
        broker, [device("lift-1", "generic_elevator_mqtt")], max_inflight=10, keepalive_s=5
    ) as line:
        line.sink.gate.clear()
        with publisher(broker) as gateway:
            gateway.publish_all([lift_state(n) for n in range(1, count + 1)])
        await until(lambda: line.count("pauses") > 0)
        assert line.count("queue") <= 20
        line.sink.gate.set()
        await until(lambda: line.count("acked") >= count)
        floors = [s.values["floor"] for s in line.sink.samples if "floor" in s.values]
        assert floors == list(range(1, count + 1))
        assert line.count("reconnects") == 0


async def test_what_the_broker_drops_is_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    limits = {"max_inflight_messages": "5", "max_queued_messages": "10", "sys_interval": "1"}
    with running_broker(tmp_path, limits) as broker:
        async with running_line(broker, [device("lift-1", "generic_elevator_mqtt")]) as line:
            await until(lambda: line.count("broker_reports") > 0)
            line.sink.gate.clear()
            with publisher(broker) as gateway:
                gateway.publish_all([lift_state(n) for n in range(1, 101)])
            await line.sink.waiting.wait()
            line.sink.gate.set()
            await until(lambda: line.count("broker_dropped") > 0)
            got = len({s.identity for s in line.sink.samples})
            assert got + line.count("broker_dropped") <= 100
            assert "has dropped" in caplog.text


def test_settings_and_profiles_are_checked_before_anything_is_opened() -> None:
    wiring = Wiring(MemorySink(), Letters(), now_ms, {"url": "nonsense"})
    assert list(DRIVER.open([], wiring)) == []
    with pytest.raises(BrokerSettingsError, match=r"mqtt\.url"):
        DRIVER.open([device("smoke-1", "zigbee2mqtt_smoke")], wiring)
    assert issubclass(BrokerSettingsError, CollectorsError)
