"""The OCPP line against a pile of our own making that uses no OCPP library."""

import asyncio
import datetime as dt
import json
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa
from ocpp.messages import get_validator
from websockets.exceptions import ConnectionClosed, InvalidStatus

from collectors.driver import CollectorsError, Wiring
from collectors.ocpp import DRIVER, NotStoredError
from collectors.sample import Sample
from records.charge_points import ChargePoints
from records.engine import metadata
from tests.collectors.mqtt_devices import Letters, MemorySink, now_ms, until
from tests.collectors.ocpp_client import CallFailedError, dialled, iso, register
from tests.collectors.ocpp_piles import engine, listening, pile

__all__ = ["engine"]

MINUTE = 60_000


def series(sink: MemorySink, device: str, point: str) -> list[tuple[int, object]]:
    """What was said of a point, in order of its own time."""
    found = [
        (s.at, s.values[point]) for s in sink.samples if s.device == device and point in s.values
    ]
    return sorted(found, key=lambda one: one[0])


def once(samples: list[Sample]) -> list[Sample]:
    """What a journal would keep: each identity once."""
    seen: set[tuple[str, str]] = set()
    kept = []
    for one in samples:
        if one.identity is None or (one.device, one.identity) not in seen:
            kept.append(one)
        if one.identity is not None:
            seen.add((one.device, one.identity))
    return kept


async def test_a_session_of_16(engine: sa.Engine) -> None:
    now = now_ms()
    async with listening([pile("p1")], engine) as line, dialled(line.port, "P1") as client:
        answer = await client.boot()
        assert (answer["status"], answer["interval"]) == ("Accepted", 300)
        assert abs(_ms(answer["currentTime"]) - now) < MINUTE
        await client.status(0, "Available", now - 10 * MINUTE)
        await client.status(1, "Preparing", now - 9 * MINUTE)
        number = await client.start(1, 1_000_000, now - 8 * MINUTE)
        await client.status(1, "Charging", now - 8 * MINUTE + 500)
        await client.meter(
            1, number, now - 7 * MINUTE, register(1000.5, "kWh"),
            {"value": "11", "measurand": "Power.Active.Import", "unit": "kW"},
            {"value": "231.5", "measurand": "Voltage", "phase": "L1-N", "unit": "V"},
            {"value": "16.1", "measurand": "Current.Import", "phase": "L2", "unit": "A"},
            {"value": "55", "measurand": "SoC", "location": "EV", "unit": "Percent"},
            {"value": "104", "measurand": "Temperature", "unit": "Fahrenheit"},
        )  # fmt: skip
        await client.stop(number, 1_002_000, now - 2 * MINUTE, reason="Local")
        await client.status(1, "Finishing", now - 2 * MINUTE + 500)
        await client.status(1, "Available", now - MINUTE)
        assert await client.call("Heartbeat", {})
    values = line.sink.values("p1/c1")
    assert values["state"] == "available"
    assert values["active_energy_total"] == 1_002_000
    assert values["session_energy"] == 2000
    assert values["active_power"] == 11_000
    assert (values["voltage_l1"], values["current_l2"]) == (231.5, 16.1)
    assert values["vehicle_charge"] == 55
    assert values["connector_temperature"] == pytest.approx(40)
    assert values["fault_ground"] is False
    counts = [value for _, value in series(line.sink, "p1/c1", "active_energy_total")]
    assert counts == [1_000_000, 1_000_500, 1_002_000]
    states = [value for _, value in series(line.sink, "p1/c1", "state")]
    assert list(dict.fromkeys(states)) == ["connected", "charging", "finished", "available"]
    own = line.sink.values("p1")
    assert own == {"online": False, "state": "available", "model": "Acme P1"}
    assert line.letters.kept == []


def _ms(text: str) -> int:
    return round(dt.datetime.fromisoformat(text).timestamp() * 1000)


async def test_every_answer_is_as_its_schema_says_and_no_call_leaves(engine: sa.Engine) -> None:
    at = iso(now_ms())
    calls = {
        "BootNotification": {"chargePointVendor": "A", "chargePointModel": "B"},
        "Heartbeat": {},
        "StatusNotification": {"connectorId": 1, "status": "Available", "errorCode": "NoError"},
        "Authorize": {"idTag": "CARD"},
        "StartTransaction": {"connectorId": 1, "idTag": "C", "meterStart": 5, "timestamp": at},
        "MeterValues": {
            "connectorId": 1,
            "meterValue": [{"timestamp": at, "sampledValue": [{"value": "6"}]}],
        },
        "StopTransaction": {"transactionId": 7, "meterStop": 9, "timestamp": at, "idTag": "C"},
        "DataTransfer": {"vendorId": "x"},
        "DiagnosticsStatusNotification": {"status": "Idle"},
        "FirmwareStatusNotification": {"status": "Idle"},
        "LogStatusNotification": {"status": "Idle"},
        "SecurityEventNotification": {"type": "TamperDetectionActivated", "timestamp": at},
        "SignedFirmwareStatusNotification": {"status": "Idle"},
        "SignCertificate": {"csr": "x"},
    }
    async with listening([pile("p1")], engine) as line, dialled(line.port, "P1") as client:
        for action, payload in calls.items():
            answer = await client.call(action, payload)
            get_validator(3, action, "1.6").validate(answer)
        for action, code in (("RemoteStartTransaction", "NotSupported"), ("Foo", "NotImplemented")):
            with pytest.raises(CallFailedError) as caught:
                await client.call(action, {})
            assert caught.value.code == code
        assert {frame[0] for frame in client.heard} <= {3, 4}
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.hear()


async def test_nothing_is_answered_before_it_is_on_disk(engine: sa.Engine) -> None:
    now = now_ms()
    async with listening([pile("p1")], engine) as line, dialled(line.port, "P1") as client:
        await client.boot()
        line.sink.waiting.clear()
        line.sink.gate.clear()
        task = asyncio.ensure_future(client.start(1, 100, now))
        await line.sink.waiting.wait()
        await asyncio.sleep(0.02)
        assert not task.done()
        line.sink.gate.set()
        number = await task
        line.sink.gate.clear()
        stop = asyncio.ensure_future(client.stop(number, 200, now))
        await asyncio.sleep(0.02)
        assert not stop.done()
        line.sink.gate.set()
        await stop


async def test_a_sink_that_fails_ends_the_line_and_a_repeat_is_the_same_transaction(
    engine: sa.Engine,
) -> None:
    now, sink = now_ms(), MemorySink()
    async with listening([pile("p1")], engine, sink=sink) as line:
        async with dialled(line.port, "P1") as client:
            first = await client.start(1, 100, now)
            sink.failures = 1
            with pytest.raises(ConnectionClosed):
                await client.stop(first, 300, now + 1000)
        await until(line.ended)
        assert line.task is not None
        assert isinstance(line.task.exception(), NotStoredError)
        line.task = None
    async with (
        listening([pile("p1")], engine, sink=sink) as line,
        dialled(line.port, "P1") as client,
    ):
        assert await client.start(1, 100, now) == first
        await client.stop(first, 300, now + 1000)
        await client.stop(first, 300, now + 1000)
        assert await client.start(1, 300, now + 2000) != first
    kept = [s for s in once(sink.samples) if "active_energy_total" in s.values]
    assert [s.values["active_energy_total"] for s in kept] == [100, 300, 300]
    assert [s.values["session_energy"] for s in kept] == [0, 200, 0]


async def test_transactions_of_an_offline_time_come_late_with_their_own_times(
    engine: sa.Engine,
) -> None:
    now = now_ms()
    begin = now - 120 * MINUTE
    async with listening([pile("p1")], engine) as line, dialled(line.port, "P1") as client:
        await client.status(1, "Available", begin - MINUTE)
        await client.status(1, "Available", now)
        for n in range(3):
            at, wh = begin + n * 20 * MINUTE, 1000 + 500 * n
            number = await client.start(1, wh, at)
            await client.stop(number, wh + 500, at + 10 * MINUTE)
    states = series(line.sink, "p1/c1", "state")
    assert [(at - begin, state) for at, state in states if state != "available"] == [
        (n * 20 * MINUTE + part, state)
        for n in range(3)
        for part, state in ((0, "charging"), (10 * MINUTE, "finished"))
    ]
    free = [at - begin for at, state in states if state == "available"]
    assert {20 * MINUTE - 1, 40 * MINUTE - 1} < set(free), "each car left before the next came"
    assert series(line.sink, "p1/c1", "active_energy_total")[-1] == (begin + 50 * MINUTE, 2500)


async def test_what_is_no_message_is_a_dead_letter_and_the_connection_stays(
    engine: sa.Engine,
) -> None:
    frames = [
        "{", "[]", "17", "null", '["2","a","Heartbeat",{}]', '[2,"a"]', '[2,"b","Heartbeat",7]',
        '[2,null,"Heartbeat",{}]', '[9,"c",{}]', "[2,", "\x00", '[2,"d",5,{}]', "[true]",
    ]  # fmt: skip
    async with listening([pile("p1")], engine) as line, dialled(line.port, "P1") as client:
        for frame in frames:
            await client.send(frame)
        await client.send('[3,"never-asked",{}]')
        await client.send('[4,"never-asked","InternalError","",{}]')
        await client.send(json.dumps([2, "end", "Heartbeat", {}]))
        answers = [await client.hear()]
        while answers[-1][1] != "end":
            answers.append(await client.hear())
        assert {(a[0], a[1]) for a in answers[:-1]} == {(4, "a"), (4, "b"), (4, "c"), (4, "d")}
        assert all(a[2] in ("FormationViolation", "TypeConstraintViolation") for a in answers[:-1])
        assert len(line.letters.kept) == len(frames)
        assert line.count("unasked_answers") == 2
        with pytest.raises(CallFailedError) as caught:
            await client.call("StartTransaction", {"connectorId": "x", "meterStart": 1})
        assert caught.value.code == "TypeConstraintViolation"
        assert line.sink.values("p1/c1") == {}


async def test_card_numbers_are_kept_nowhere(engine: sa.Engine, tmp_path: Path) -> None:
    now = now_ms()
    async with listening([pile("p1")], engine) as line, dialled(line.port, "P1") as client:
        await client.start(1, 100, now, card="SECRETCARD")
        with pytest.raises(CallFailedError):
            await client.call("StartTransaction", {"idTag": "SECRETCARD", "connectorId": 1})
        await client.send('[2,"x","Authorize",{"idTag":"SECRETCARD"')
        await client.call("Authorize", {"idTag": "SECRETCARD", "more": {"idToken": "SECRETCARD"}})
    assert len(line.letters.kept) == 3
    assert not any(b"SECRET" in payload for _, payload, _ in line.letters.kept)
    assert "SECRET" not in repr(line.sink.samples)
    engine.dispose()
    files = [file.read_bytes() for file in tmp_path.iterdir()]  # noqa: ASYNC240
    assert not any(b"SECRETCARD" in content for content in files)


async def test_a_frame_that_is_far_too_long_closes_the_connection(engine: sa.Engine) -> None:
    async with listening([pile("p1")], engine, max_message_bytes=4096) as line:
        async with dialled(line.port, "P1") as client:
            await client.send('[2,"a","Heartbeat",{"x":"' + "y" * 8000 + '"}]')
            with pytest.raises(ConnectionClosed) as caught:
                await client.hear()
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 1009
        async with dialled(line.port, "P1") as client:
            assert await client.call("Heartbeat", {})


async def test_the_newest_connection_of_a_pile_counts(engine: sa.Engine) -> None:
    async with listening([pile("p1")], engine) as line:
        async with dialled(line.port, "P1") as old, dialled(line.port, "P1") as new:
            assert await new.boot()
            with pytest.raises(ConnectionClosed):
                await old.hear()
            assert line.count("replaced") == 1
            assert await new.call("Heartbeat", {})
            assert {d.connected for d in line.health().devices} == {True}
            assert line.sink.values("p1")["online"] is True
        await until(lambda: line.sink.values("p1")["online"] is False)
        assert {d.connected for d in line.health().devices} == {False}


async def test_who_is_not_of_the_estate_is_refused_and_named_once(engine: sa.Engine) -> None:
    async with listening([pile("p1")], engine) as line:
        for _ in range(3):
            with pytest.raises(InvalidStatus) as caught:
                async with dialled(line.port, "STRANGER"):
                    pass
            assert caught.value.response.status_code == 404
        with pytest.raises(InvalidStatus):
            async with dialled(line.port, "P1", path="/elsewhere/"):
                pass
        assert [(source, reason) for source, _, reason in line.letters.kept] == [
            ("ocpp:STRANGER", "no device has the identity 'STRANGER'")
        ]
        assert line.count("unknown_identities") == 3
        async with dialled(line.port, "P1", version="1.5") as client:
            with pytest.raises(ConnectionClosed):
                await client.hear()


async def test_a_state_is_said_again_while_its_pile_is_heard(engine: sa.Engine) -> None:
    device = pile("p1", interval_s=0.04)
    async with listening([device], engine) as line, dialled(line.port, "P1") as client:
        await client.status(1, "SuspendedEV", now_ms())
        await asyncio.sleep(0.03)
        await client.call("Heartbeat", {})
        said = series(line.sink, "p1/c1", "state")
        assert [state for _, state in said] == ["suspended", "suspended"]
    async with listening([device], engine) as line, dialled(line.port, "P1") as client:
        await client.call("Heartbeat", {})
        assert line.sink.values("p1/c1") == {}, "it may still have to tell what came since"
        await asyncio.sleep(0.03)
        await client.call("Heartbeat", {})
        assert line.sink.values("p1/c1")["state"] == "suspended", "kept over a restart"
        await client.boot()
        await asyncio.sleep(0.03)
        line.sink.samples.clear()
        await client.call("Heartbeat", {})
        assert line.sink.values("p1/c1") == {}, "nothing holds after a boot"


async def test_a_state_is_not_said_again_before_the_pile_has_told_what_is_late(
    engine: sa.Engine,
) -> None:
    now = now_ms()
    async with listening([pile("p1", interval_s=0.04)], engine) as line:
        async with dialled(line.port, "P1") as client:
            await client.status(1, "Charging", now - 60 * MINUTE)
        async with dialled(line.port, "P1") as client:
            await asyncio.sleep(0.03)
            await client.status(1, "Finishing", now - 50 * MINUTE)
            await client.status(1, "Available", now - 40 * MINUTE)
            states = [state for _, state in series(line.sink, "p1/c1", "state")]
            assert states == ["charging", "finished", "available"]


async def test_a_transaction_of_before_our_time_is_placed_or_kept(engine: sa.Engine) -> None:
    now = now_ms()
    devices = [pile("p1"), pile("p2", 2)]
    async with listening(devices, engine) as line:
        async with dialled(line.port, "P1") as client:
            await client.stop(4711, 900, now)
            assert line.sink.values("p1/c1")["active_energy_total"] == 900
        async with dialled(line.port, "P2") as client:
            await client.stop(4711, 900, now)
        assert "active_energy_total" not in line.sink.values("p2/c1")
        assert "transaction is not known" in line.letters.kept[-1][2]


async def test_error_codes_are_faults(engine: sa.Engine) -> None:
    now = now_ms()
    async with listening([pile("p1")], engine) as line, dialled(line.port, "P1") as client:
        await client.status(1, "Faulted", now - 2, errorCode="GroundFailure")
        values = line.sink.values("p1/c1")
        assert (values["state"], values["fault_ground"], values["fault_other"]) == (
            "fault", True, False,
        )  # fmt: skip
        await client.status(1, "Faulted", now - 1, errorCode="SomethingNew")
        assert line.sink.values("p1/c1")["fault_other"] is True
        await client.status(1, "Available", now, errorCode="WeakSignal")
        values = line.sink.values("p1/c1")
        assert not any(value for name, value in values.items() if name.startswith("fault_"))


async def test_a_database_that_does_not_answer_closes_and_acknowledges_nothing(
    engine: sa.Engine,
) -> None:
    now = now_ms()
    async with listening([pile("p1")], engine) as line:
        async with dialled(line.port, "P1") as client:
            await client.boot()
            metadata.drop_all(engine)
            with pytest.raises(ConnectionClosed) as caught:
                await client.start(1, 100, now)
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 1013
        metadata.create_all(engine)
        async with dialled(line.port, "P1") as client:
            number = await client.start(1, 100, now)
        assert ChargePoints(engine).numbered("p1", number) is not None


async def test_many_messages_at_once_wait_and_none_is_refused(engine: sa.Engine) -> None:
    async with (
        listening([pile("p1")], engine, messages_per_second=4) as line,
        dialled(line.port, "P1") as client,
    ):
        for n in range(41):
            await client.send(json.dumps([2, str(n), "Heartbeat", {}]))
        answers = [await client.hear() for _ in range(41)]
        assert [answer[1] for answer in answers] == [str(n) for n in range(41)]
        assert line.count("slowed") >= 1


async def test_the_line_needs_the_database() -> None:
    wiring = Wiring(MemorySink(), Letters(), now_ms, {})
    with pytest.raises(CollectorsError, match="relational database"):
        DRIVER.open([pile("p1")], wiring)


async def test_what_knocks_and_says_nothing_is_bounded(engine: sa.Engine) -> None:
    async with listening([pile("p1")], engine, max_connections=2) as line:
        knocking = [await asyncio.open_connection("127.0.0.1", line.port) for _ in range(6)]
        cut = 0
        for reader, _ in knocking:
            with suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout(0.05):
                    cut += await reader.read(1) == b""
        assert cut >= 2, "four may wait for their handshake"
        for _, writer in knocking:
            writer.close()
        await until(lambda: not line.line._sockets)
        async with dialled(line.port, "P1") as client:
            assert await client.call("Heartbeat", {})


async def test_connectors_charge_at_once_and_an_end_may_come_before_its_begin(
    engine: sa.Engine,
) -> None:
    now = now_ms() - 30 * MINUTE
    async with listening([pile("p1", 2)], engine) as line, dialled(line.port, "P1") as client:
        first, second = await client.start(1, 100, now), await client.start(2, 9000, now)
        await client.meter(1, first, now + MINUTE, register(150))
        await client.meter(2, second, now + MINUTE, register(9400))
        sampling = [{"timestamp": iso(now + MINUTE), "sampledValue": [register(9400)]}]
        await client.stop(second, 9500, now + 2 * MINUTE, transactionData=sampling)
        await client.stop(first, 300, now + 2 * MINUTE)
        await client.meter(2, second, now + MINUTE, register(9400))
        await client.status(7, "Available", now)
    kept = once(line.sink.samples)
    for part, counts in (("c1", [100, 150, 300]), ("c2", [9000, 9400, 9500])):
        mine = [s.values for s in kept if s.device == f"p1/{part}" and "session_energy" in s.values]
        assert [values["active_energy_total"] for values in mine] == counts
        assert [values["session_energy"] for values in mine] == [n - counts[0] for n in counts]
    assert line.sink.values("p1/c7")["state"] == "available", "a part that is not listed alarms"
    sink = MemorySink()
    async with (
        listening([pile("p3", identity="P3")], engine, sink=sink) as line,
        dialled(line.port, "P3") as client,
    ):
        await client.stop(12345, 700, now + 2 * MINUTE)
        await client.start(1, 500, now)
    assert series(sink, "p3/c1", "active_energy_total") == [(now, 500), (now + 2 * MINUTE, 700)]
    assert [word for _, word in series(sink, "p3/c1", "state")] == ["charging", "finished"]
