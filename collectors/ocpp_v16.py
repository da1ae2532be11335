"""OCPP 1.6J: what a pile's calls say, and what they are answered. Pure.

Sections are those of "Open Charge Point Protocol 1.6, edition 2".
"""

from collections.abc import Callable, Mapping

from collectors.ocpp_answers import Answering, nothing, unknown_vendor
from collectors.ocpp_facts import Begun, Booted, Ended, Fact, Measured, Message, Stated
from collectors.ocpp_frames import Fault, MessageError
from collectors.ocpp_values import (
    Payload,
    needed_connector,
    needed_text,
    needed_whole,
    samplings_of,
    stamp_of,
    text_of,
    whole_of,
)
from records.charge_points import card_mark

_CHARGING = "Charging"
_AFTER = "Finishing"
"""A car usually still stands there when its transaction has ended (section 4.9)."""
_LEFT = "Available"


def _boot(payload: Payload, answering: Answering) -> Message:
    vendor, model = text_of(payload, "chargePointVendor"), text_of(payload, "chargePointModel")
    named = " ".join(part for part in (vendor, model) if part) or None
    return Message(answering.boot(), [Booted(named, text_of(payload, "firmwareVersion"))])


def _heartbeat(_payload: Payload, answering: Answering) -> Message:
    return Message({"currentTime": answering.time()})


def _status(payload: Payload, _answering: Answering) -> Message:
    connector = needed_connector(payload, "connectorId")
    word = needed_text(payload, "status")
    error = text_of(payload, "errorCode")
    stated = Stated(
        connector, word, stamp_of(payload), error or "NoError", text_of(payload, "vendorErrorCode")
    )
    return Message({}, [stated])


def _authorize(payload: Payload, answering: Answering) -> Message:
    return Message({"idTagInfo": {"status": answering.status(needed_text(payload, "idTag"))}})


def _start(payload: Payload, answering: Answering) -> Message:
    connector = needed_connector(payload, "connectorId", 1)
    meter = needed_whole(payload, "meterStart", -(2**31))
    card = text_of(payload, "idTag") or ""
    at = stamp_of(payload)
    name = f"{connector}:{meter}:{at.text[:40]}:{card_mark(card)}"
    begun = Begun(connector, name, at, float(meter), _CHARGING, counts=True)
    return Message({"idTagInfo": {"status": answering.status(card)}}, [begun], numbered=True)


def _meter_values(payload: Payload, _answering: Answering) -> Message:
    connector = needed_connector(payload, "connectorId")
    return Message({}, [_measured(payload, "meterValue", connector)])


def _measured(payload: Payload, key: str, connector: int | None) -> Measured:
    samplings = tuple(samplings_of(payload.get(key)))
    if key in payload and payload[key] and not samplings:
        raise MessageError(Fault.TYPE, f"{key} holds no value that can be understood")
    return Measured(connector, samplings, number=whole_of(payload, "transactionId"))


def _stop(payload: Payload, answering: Answering) -> Message:
    number = needed_whole(payload, "transactionId", -(2**31))
    meter = needed_whole(payload, "meterStop", -(2**31))
    card, facts, remarks = text_of(payload, "idTag"), list[Fact](), list[str]()
    try:
        facts.append(_measured(payload, "transactionData", None))
    except MessageError as error:
        # What the transaction came to is worth more than what it was on its way.
        remarks.append(str(error))
    word = _LEFT if text_of(payload, "reason") == "EVDisconnected" else _AFTER
    facts.append(Ended(stamp_of(payload), float(meter), word, number=number))
    answer = {"idTagInfo": {"status": answering.status(card)}} if card else {}
    return Message(answer, facts, remarks=remarks)


def _rejected(_payload: Payload, _answering: Answering) -> Message:
    return Message({"status": "Rejected"})


ACTIONS: Mapping[str, Callable[[Payload, Answering], Message]] = {
    "Authorize": _authorize,
    "BootNotification": _boot,
    "DataTransfer": unknown_vendor,
    "DiagnosticsStatusNotification": nothing,
    "FirmwareStatusNotification": nothing,
    "Heartbeat": _heartbeat,
    "LogStatusNotification": nothing,
    "MeterValues": _meter_values,
    "SecurityEventNotification": nothing,
    "SignCertificate": _rejected,
    "SignedFirmwareStatusNotification": nothing,
    "StartTransaction": _start,
    "StatusNotification": _status,
    "StopTransaction": _stop,
}
"""What a pile may say (section 4, and the security white paper, edition 2)."""
