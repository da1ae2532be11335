"""Whatever a pile says is answered or kept: nothing escapes, nothing is lost. covers: ocpp"""

import json
import random
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.ocpp_answers import Answering
from collectors.ocpp_connector import (
    ConnectorStanding,
    Said,
    begun,
    charging,
    ended,
    rebooted,
    socket_stated,
    stated,
)
from collectors.ocpp_frames import (
    Call,
    Garbled,
    MessageError,
    Reply,
    Version,
    error,
    read_frame,
    result,
    without_cards,
)
from collectors.ocpp_v16 import ACTIONS as ACTIONS_16
from collectors.ocpp_v201 import ACTIONS as ACTIONS_201
from tests.collectors.mqtt_devices import now_ms
from tests.collectors.ocpp_client import dialled, iso
from tests.collectors.ocpp_piles import engine, listening, pile

__all__ = ["engine"]

NAMES = sorted(
    {
        "connectorId", "meterStart", "meterStop", "timestamp", "idTag", "transactionId", "status",
        "errorCode", "meterValue", "sampledValue", "value", "unit", "measurand", "phase", "context",
        "transactionData", "reason", "evseId", "evse", "id", "transactionInfo", "eventType",
        "chargingState", "idToken", "eventData", "component", "variable", "actualValue", "name",
        "unitOfMeasure", "multiplier", "connectorStatus", "chargingStation", "vendorErrorCode",
    }
)  # fmt: skip
WORDS = (
    "Started", "Updated", "Ended", "Charging", "Available", "Energy.Active.Import.Register", "kWh",
    "2026-11-25T10:00:00Z", "2026-11-25T10:00:00", "9999-12-31T23:59:59-23:59", "1", "1e999", "nan",
    "", "\ud800", "Wh", "SignedData", "true", "EVDisconnected", "0001-01-01T00:00:00+14:00",
)  # fmt: skip
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(WORDS),
    st.text(max_size=8),
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    ),
    max_leaves=6,
)
payloads = st.dictionaries(st.sampled_from(NAMES), values, max_size=6)
frames = st.one_of(
    st.binary(max_size=60),
    st.builds(lambda data: json.dumps(data).encode(), values),
    st.builds(
        lambda kind, own, action, payload: json.dumps([kind, own, action, payload]).encode(),
        st.sampled_from((2, 2, 2, 3, 4, 5, True)),
        st.one_of(st.text(max_size=5), leaves),
        st.one_of(st.sampled_from(sorted({*ACTIONS_16, *ACTIONS_201})), leaves),
        st.one_of(payloads, values),
    ),
)


@settings(max_examples=100, deadline=None)
@given(frames, st.sampled_from(tuple(Version)))
def test_every_frame_is_a_call_a_reply_or_kept(frame: bytes, version: Version) -> None:
    without_cards(frame)
    said = read_frame(frame)
    if isinstance(said, Garbled):
        assert said.text
        if said.id is not None:
            _is_answer(error(version, said.id, said.fault, said.text), said.id)
    elif isinstance(said, Call):
        actions = ACTIONS_16 if version is Version.V16 else ACTIONS_201
        read = actions.get(said.action)
        if read is not None:
            _is_understood(said, version)
    else:
        assert isinstance(said, Reply)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(ACTIONS_16)), payloads)
def test_every_payload_of_16_is_understood_or_refused(action: str, payload: Any) -> None:
    _is_understood(Call("x", action, payload), Version.V16)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(ACTIONS_201)), payloads)
def test_every_payload_of_201_is_understood_or_refused(action: str, payload: Any) -> None:
    _is_understood(Call("x", action, payload), Version.V201)


def _is_understood(call: Call, version: Version) -> None:
    actions = ACTIONS_16 if version is Version.V16 else ACTIONS_201
    answering = Answering(1_800_000_000_000, 60.0)
    try:
        message = actions[call.action](call.payload, answering)
    except MessageError as problem:
        _is_answer(error(version, call.id, problem.fault, str(problem)), call.id)
        return
    _is_answer(result(call, message.answer), call.id)


def _is_answer(text: str, call_id: object) -> None:
    frame = json.loads(text)
    assert frame[0] in (3, 4), "never a call"
    assert frame[1] == call_id


STEPS = ("status", "begun", "charging", "ended", "boot", "socket")
steps = st.lists(st.tuples(st.integers(1, 40), st.sampled_from(STEPS)), max_size=40)


@settings(max_examples=60, deadline=None)
@given(steps)
def test_a_connector_takes_anything_in_any_order(told: list[tuple[int, str]]) -> None:
    standing = ConnectorStanding()
    for at, step in told:
        said: tuple[Said, ...] = ()
        if step == "status":
            standing = stated(standing, at, "Preparing", "NoError", None)
        elif step == "socket":
            standing, _ = socket_stated(standing, at, 1, "Occupied")
        elif step == "begun":
            standing, said = begun(standing, at, "Charging")
        elif step == "charging":
            standing, said = charging(standing, at, "EVConnected")
        elif step == "ended":
            standing, said = ended(standing, at, "Finishing")
        else:
            standing = rebooted(standing, at)
        times = [word.at for word in standing.words]
        assert times == sorted(times)
        assert len(times) <= 32
        assert [moment for moment, _ in said] == sorted(moment for moment, _ in said)
        assert all(moment <= at for moment, _ in said)


def spoilt(value: Any, chance: random.Random) -> Any:
    """A message with some of its leaves changed, dropped or doubled."""
    if chance.random() < 0.06:
        return chance.choice((*WORDS, None, True, -1, 0, 3.5, 2**70, [], {}, [[]], {"value": "1"}))
    if isinstance(value, dict):
        return {k: spoilt(v, chance) for k, v in value.items() if chance.random() > 0.03}
    if isinstance(value, list):
        return [spoilt(v, chance) for v in value for _ in range(chance.choice((1, 1, 1, 2)))]
    return value


def _said(at: str) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    sampling = [{"timestamp": at, "sampledValue": [{"value": "7", "unit": "kWh"}]}]
    event = {
        "timestamp": at, "seqNo": 1, "triggerReason": "Trigger", "evse": {"id": 1},
        "transactionInfo": {"transactionId": "t", "chargingState": "Charging"},
        "meterValue": sampling,
    }  # fmt: skip
    return {
        "1.6": [
            ("StatusNotification", {"connectorId": 1, "status": "Charging", "errorCode": "X"}),
            ("StartTransaction", {"connectorId": 1, "meterStart": 5, "timestamp": at}),
            ("MeterValues", {"connectorId": 1, "transactionId": 3, "meterValue": sampling}),
            (
                "StopTransaction",
                {
                    "transactionId": 3, "meterStop": 9, "timestamp": at,
                    "transactionData": sampling,
                },
            ),
            ("BootNotification", {"chargePointVendor": "A", "chargePointModel": "B"}),
        ],
        "2.0.1": [
            ("TransactionEvent", {"eventType": kind} | event)
            for kind in ("Started", "Updated", "Ended")
        ]
        + [
            (
                "StatusNotification",
                {"timestamp": at, "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1},
            )
        ],
    }  # fmt: skip


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_every_spoilt_call_is_answered_on_the_same_connection(
    engine: sa.Engine, version: str
) -> None:
    chance = random.Random(20261125)
    async with (
        listening([pile("p1", 2)], engine, messages_per_second=1e6) as line,
        dialled(line.port, "P1", version=version) as client,
    ):
        for number in range(150):
            action, payload = chance.choice(_said(iso(now_ms()))[version])
            call = [2, str(number), action, spoilt(payload, chance)]
            await client.send(json.dumps(call))
            answer = await client.hear()
            assert answer[:2] in ([3, str(number)], [4, str(number)])
        assert line.count("acked") == 150
        assert line.sink.values("p1/c1")
