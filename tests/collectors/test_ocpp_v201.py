"""OCPP 2.0.1 against a station of our own making that uses no OCPP library."""

from typing import Any

import pytest
import sqlalchemy as sa
from ocpp.messages import get_validator

from tests.collectors.mqtt_devices import now_ms
from tests.collectors.ocpp_client import REGISTER, CallFailedError, Pile, dialled, iso
from tests.collectors.ocpp_piles import RunningPiles, engine, listening, pile

__all__ = ["engine"]

MINUTE = 60_000


def counter(wh: float, at: int, context: str = "Sample.Periodic") -> dict[str, Any]:
    """A reading in kWh by its multiplier."""
    value = {
        "value": wh / 1000, "measurand": REGISTER, "context": context,
        "unitOfMeasure": {"unit": "Wh", "multiplier": 3},
    }  # fmt: skip
    return {"timestamp": iso(at), "sampledValue": [value]}


async def event(
    client: Pile, kind: str, at: int, number: int, *, state: str | None = None,
    wh: float | None = None, name: str = "T1", evse: int | None = 1, **more: Any,
) -> Any:  # fmt: skip
    """One TransactionEvent."""
    info = {"transactionId": name} | ({} if state is None else {"chargingState": state})
    context = {"Started": "Transaction.Begin", "Ended": "Transaction.End"}.get(kind, "Trigger")
    payload = {
        "eventType": kind, "timestamp": iso(at), "seqNo": number, "transactionInfo": info,
        "triggerReason": "ChargingStateChanged",
    }  # fmt: skip
    payload |= {} if evse is None else {"evse": {"id": evse, "connectorId": 1}}
    payload |= {} if wh is None else {"meterValue": [counter(wh, at, context)]}
    return await client.call("TransactionEvent", payload | more)


async def status(client: Pile, word: str, at: int, evse: int = 1, socket: int = 1) -> None:
    payload = {"timestamp": iso(at), "connectorStatus": word, "evseId": evse, "connectorId": socket}
    assert await client.call("StatusNotification", payload) == {}


def states(line: RunningPiles, device: str = "p1/c1") -> list[object]:
    found = [
        (s.at, s.values["state"])
        for s in line.sink.samples if s.device == device and "state" in s.values
    ]  # fmt: skip
    return list(dict.fromkeys(word for _, word in sorted(found, key=lambda one: one[0])))


def once(line: RunningPiles, point: str) -> list[tuple[int, object]]:
    """What a journal would keep of a point, each identity once."""
    kept = {s.identity: (s.at, s.values[point]) for s in line.sink.samples if point in s.values}
    return sorted(kept.values(), key=lambda one: one[0])


async def test_a_session(engine: sa.Engine) -> None:
    now = now_ms() - 60 * MINUTE
    async with (
        listening([pile("p1")], engine) as line,
        dialled(line.port, "P1", version="2.0.1") as client,
    ):
        station = {"model": "S", "vendorName": "V", "firmwareVersion": "1.2"}
        answer = await client.call(
            "BootNotification", {"chargingStation": station, "reason": "PowerUp"}
        )
        get_validator(3, "BootNotification", "2.0.1").validate(answer)
        await status(client, "Available", now)
        await status(client, "Occupied", now + MINUTE)
        card: dict[str, Any] = {"idToken": {"idToken": "CARD", "type": "ISO14443"}}
        answer = await event(
            client, "Started", now + MINUTE, 0, state="EVConnected", wh=5000, **card
        )
        assert answer == {"idTokenInfo": {"status": "Accepted"}}
        await event(client, "Updated", now + 2 * MINUTE, 1, state="Charging")
        await event(client, "Updated", now + 10 * MINUTE, 2, wh=6500)
        await event(client, "Updated", now + 20 * MINUTE, 3, state="SuspendedEV", evse=None)
        await event(client, "Ended", now + 30 * MINUTE, 4, wh=8000, evse=None)
        await status(client, "Available", now + 40 * MINUTE)
    assert once(line, "active_energy_total") == [
        (now + MINUTE, 5000), (now + 10 * MINUTE, 6500), (now + 30 * MINUTE, 8000),
    ]  # fmt: skip
    assert [energy for _, energy in once(line, "session_energy")][-1] == 3000
    assert states(line) == ["available", "connected", "charging", "suspended", "finished"]
    assert line.sink.values("p1")["model"] == "V S"
    assert line.sink.values("p1/c1")["state"] == "available"


async def test_repeated_and_reordered_events_count_once(engine: sa.Engine) -> None:
    now = now_ms() - 60 * MINUTE
    async with (
        listening([pile("p1")], engine) as line,
        dialled(line.port, "P1", version="2.0.1") as client,
    ):
        await event(client, "Updated", now + 10 * MINUTE, 1, wh=6500, offline=True)
        for _ in range(3):
            await event(client, "Started", now, 0, state="Charging", wh=5000, offline=True)
        await event(client, "Ended", now + 20 * MINUTE, 2, wh=7000, offline=True)
        await event(client, "Updated", now + 10 * MINUTE, 1, wh=6500, offline=True)
    assert [energy for _, energy in once(line, "active_energy_total")] == [5000, 6500, 7000]
    assert states(line) == ["charging", "finished"]


async def test_sockets_of_one_evse_are_one_place(engine: sa.Engine) -> None:
    now = now_ms() - MINUTE
    async with (
        listening([pile("p1")], engine) as line,
        dialled(line.port, "P1", version="2.0.1") as client,
    ):
        for at, socket, word, whole in (
            (1, 1, "Available", "available"), (2, 2, "Available", "available"),
            (3, 2, "Occupied", "connected"), (4, 1, "Unavailable", "connected"),
            (5, 2, "Available", "available"), (6, 2, "Unavailable", "unavailable"),
            (7, 1, "Faulted", "fault"),
        ):  # fmt: skip
            await status(client, word, now + at, socket=socket)
            assert line.sink.values("p1/c1")["state"] == whole


async def test_events_of_variables_are_faults(engine: sa.Engine) -> None:
    one = {
        "eventId": 1, "timestamp": iso(now_ms()), "trigger": "Alerting", "actualValue": "true",
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "Connector", "evse": {"id": 1}}, "variable": {"name": "Problem"},
    }  # fmt: skip
    async with (
        listening([pile("p1")], engine) as line,
        dialled(line.port, "P1", version="2.0.1") as client,
    ):
        body = {"generatedAt": iso(now_ms()), "seqNo": 0, "eventData": [one]}
        assert await client.call("NotifyEvent", body) == {}
        assert line.sink.values("p1/c1") == {"fault_other": True}
        body["eventData"] = [one | {"actualValue": "false"}]
        assert await client.call("NotifyEvent", body) == {}
        assert line.sink.values("p1/c1") == {"fault_other": False}


async def test_every_answer_is_as_its_schema_says(engine: sa.Engine) -> None:
    token = {"idToken": "X", "type": "Central"}
    calls: dict[str, dict[str, Any]] = {
        "Authorize": {"idToken": token}, "ClearedChargingLimit": {}, "DataTransfer": {},
        "FirmwareStatusNotification": {}, "Get15118EVCertificate": {}, "GetCertificateStatus": {},
        "Heartbeat": {}, "LogStatusNotification": {}, "MeterValues": {"evseId": 0},
        "NotifyChargingLimit": {}, "NotifyEVChargingNeeds": {}, "NotifyEVChargingSchedule": {},
        "NotifyEvent": {}, "NotifyMonitoringReport": {}, "NotifyReport": {},
        "ReportChargingProfiles": {}, "ReservationStatusUpdate": {},
        "SecurityEventNotification": {}, "SignCertificate": {}, "NotifyDisplayMessages": {},
        "NotifyCustomerInformation": {}, "PublishFirmwareStatusNotification": {},
    }  # fmt: skip
    async with (
        listening([pile("p1")], engine) as line,
        dialled(line.port, "P1", version="2.0.1") as client,
    ):
        for action, payload in calls.items():
            answer = await client.call(action, payload)
            get_validator(3, action, "2.0.1").validate(answer)
        for action, code in (("Reset", "NotSupported"), ("StartTransaction", "NotImplemented")):
            with pytest.raises(CallFailedError) as caught:
                await client.call(action, {})
            assert caught.value.code == code
        await client.send("{")
        assert (await client.hear())[:3] == [4, "-1", "FormatViolation"]
        with pytest.raises(CallFailedError):
            await event(client, "Paused", now_ms(), 0)
        assert {frame[0] for frame in client.heard} <= {3, 4}
