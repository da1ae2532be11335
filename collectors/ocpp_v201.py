"""OCPP 2.0.1: what a pile's calls say, and what they are answered. Pure.

What is called connector here is an EVSE: a place where one car charges at a time, whatever plugs it
has. Names are those of "OCPP 2.0.1, part 2, edition 2".
"""

from collections.abc import Callable, Mapping, Sequence

from collectors.ocpp_answers import Answering, nothing, unknown_vendor
from collectors.ocpp_facts import (
    Begun,
    Booted,
    Charging,
    Ended,
    Event,
    Fact,
    Measured,
    Message,
    Stated,
)
from collectors.ocpp_frames import Fault, MessageError
from collectors.ocpp_values import (
    Payload,
    Sampling,
    connector_of,
    needed_connector,
    needed_text,
    object_of,
    samplings_of,
    stamp_of,
    text_of,
)

_CAR_IS_THERE = frozenset({"Charging", "EVConnected", "SuspendedEV", "SuspendedEVSE"})
"""Values of chargingState that say so; `Idle` does not."""
_LEFT = frozenset({"EVDisconnected", "EVDeparted", "EVCommunicationLost"})
"""Reasons and triggers of an end that say that the car has gone."""
_PHASES = frozenset({"Started", "Updated", "Ended"})


def _boot(payload: Payload, answering: Answering) -> Message:
    station = object_of(payload, "chargingStation")
    vendor, model = text_of(station, "vendorName"), text_of(station, "model")
    named = " ".join(part for part in (vendor, model) if part) or None
    return Message(answering.boot(), [Booted(named, text_of(station, "firmwareVersion"))])


def _heartbeat(_payload: Payload, answering: Answering) -> Message:
    return Message({"currentTime": answering.time()})


def _status(payload: Payload, _answering: Answering) -> Message:
    evse = needed_connector(payload, "evseId")
    socket = needed_connector(payload, "connectorId")
    word = needed_text(payload, "connectorStatus")
    return Message({}, [Stated(evse, word, stamp_of(payload), socket=socket)])


def _authorize(payload: Payload, answering: Answering) -> Message:
    card = needed_text(object_of(payload, "idToken"), "idToken")
    return Message({"idTokenInfo": {"status": answering.status(card)}})


def _meter_values(payload: Payload, _answering: Answering) -> Message:
    evse = needed_connector(payload, "evseId")
    samplings = tuple(samplings_of(payload.get("meterValue")))
    if payload.get("meterValue") and not samplings:
        raise MessageError(Fault.TYPE, "meterValue holds no value that can be understood")
    return Message({}, [Measured(evse, samplings)])


def _transaction(payload: Payload, answering: Answering) -> Message:
    phase = needed_text(payload, "eventType")
    if phase not in _PHASES:
        raise MessageError(Fault.PROPERTY, f"eventType {phase[:40]!r} is not known")
    info = object_of(payload, "transactionInfo")
    name = needed_text(info, "transactionId")
    at = stamp_of(payload)
    samplings = tuple(samplings_of(payload.get("meterValue")))
    evse = connector_of(object_of(payload, "evse"))
    facts = list(_events(payload, info, phase, evse, samplings))
    if samplings:
        facts.append(Measured(evse, samplings, name=name))
    if phase == "Ended":
        reasons = {text_of(info, "stoppedReason"), text_of(payload, "triggerReason")}
        word = "Available" if reasons & _LEFT else "Finishing"
        facts.append(Ended(at, None, word, evse, name=name))
    card = text_of(object_of(payload, "idToken"), "idToken")
    answer = {"idTokenInfo": {"status": answering.status(card)}} if card else {}
    return Message(answer, facts)


def _events(
    payload: Payload, info: Payload, phase: str, evse: int | None, samplings: Sequence[Sampling]
) -> Sequence[Fact]:
    """The begin of a transaction, told first by whichever of its messages comes first."""
    name, at = needed_text(info, "transactionId"), stamp_of(payload)
    state = text_of(info, "chargingState")
    there = state if state in _CAR_IS_THERE else None
    facts: list[Fact] = []
    if evse:
        is_first = phase == "Started"
        begin = _begin_wh(samplings, or_any=is_first)
        facts.append(Begun(evse, name, at, begin, (there or "Occupied") if is_first else None))
    if there is not None and phase != "Ended":
        facts.append(Charging(evse or None, there, at, name))
    return facts


def _begin_wh(samplings: Sequence[Sampling], *, or_any: bool) -> float | None:
    """The counter at the begin [Wh]: what is marked as such, or the first of the first message."""
    for sampling in samplings:
        if any(one.begins for one in sampling.values) or or_any:
            counter = sampling.counter()
            if counter is not None:
                return counter
    return None


def _notify_event(payload: Payload, _answering: Answering) -> Message:
    data = payload.get("eventData")
    facts: list[Fact] = []
    for one in data if isinstance(data, list) else ():
        if not isinstance(one, dict):
            continue
        component, variable = object_of(one, "component"), object_of(one, "variable")
        name = f"{text_of(component, 'name')}.{text_of(variable, 'name')}"
        said = (text_of(one, "actualValue") or "").casefold()
        if said in ("true", "false"):
            evse = connector_of(object_of(component, "evse")) or 0
            active = said == "true" and one.get("cleared") is not True
            facts.append(Event(evse, name, active, stamp_of(one)))
    return Message({}, facts)


def _status_only(status: str) -> Callable[[Payload, Answering], Message]:
    return lambda _payload, _answering: Message({"status": status})


def _no_15118(_payload: Payload, _answering: Answering) -> Message:
    return Message({"status": "Failed", "exiResponse": ""})


ACTIONS: Mapping[str, Callable[[Payload, Answering], Message]] = {
    "Authorize": _authorize,
    "BootNotification": _boot,
    "ClearedChargingLimit": nothing,
    "DataTransfer": unknown_vendor,
    "FirmwareStatusNotification": nothing,
    "Get15118EVCertificate": _no_15118,
    "GetCertificateStatus": _status_only("Failed"),
    "Heartbeat": _heartbeat,
    "LogStatusNotification": nothing,
    "MeterValues": _meter_values,
    "NotifyChargingLimit": nothing,
    "NotifyCustomerInformation": nothing,
    "NotifyDisplayMessages": nothing,
    "NotifyEVChargingNeeds": _status_only("Rejected"),
    "NotifyEVChargingSchedule": _status_only("Rejected"),
    "NotifyEvent": _notify_event,
    "NotifyMonitoringReport": nothing,
    "NotifyReport": nothing,
    "PublishFirmwareStatusNotification": nothing,
    "ReportChargingProfiles": nothing,
    "ReservationStatusUpdate": nothing,
    "SecurityEventNotification": nothing,
    "SignCertificate": _status_only("Rejected"),
    "StatusNotification": _status,
    "TransactionEvent": _transaction,
}
"""What a charging station may say (part 2, section 1)."""
