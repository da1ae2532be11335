"""Fields and sampled values of messages."""

import pytest

from collectors.ocpp_frames import Fault, MessageError
from collectors.ocpp_values import (
    needed_connector,
    needed_text,
    needed_whole,
    number_of,
    samplings_of,
    stamp_of,
    text_of,
    to_stored,
)


def counter(**value: object) -> float | None:
    (sampling,) = samplings_of([{"timestamp": "2026-11-25T10:00:00Z", "sampledValue": [value]}])
    return sampling.counter()


@pytest.mark.parametrize(
    ("value", "wh"),
    [
        ({"value": "12.5", "unit": "kWh"}, 12_500),
        ({"value": "12500"}, 12_500),
        ({"value": 12.5, "unitOfMeasure": {"unit": "Wh", "multiplier": 3}}, 12_500),
        ({"value": 125_000, "unitOfMeasure": {"multiplier": -1}}, 12_500),
        ({"value": "12.5", "unit": "Celsius"}, None),
        ({"value": "twelve"}, None),
        ({"value": "1e999"}, None),
        ({"value": "1_000"}, None),
        ({"value": 1, "unitOfMeasure": {"multiplier": 99}}, None),
        ({"value": 1, "measurand": "Voltage"}, None),
        ({"value": 1, "phase": "L1"}, None),
        ({"value": 1, "location": "Inlet"}, None),
    ],
)
def test_the_counter(value: dict[str, object], wh: float | None) -> None:
    assert counter(**value) == wh


def test_what_is_signed_or_odd_is_left_out() -> None:
    assert not list(samplings_of([{"sampledValue": [{"value": "AA", "format": "SignedData"}]}]))
    assert not list(samplings_of([None, 3, {}, {"sampledValue": 7}, {"sampledValue": [4]}]))
    assert not list(samplings_of({"sampledValue": []}))
    (one,) = samplings_of([{"sampledValue": {"value": "3"}}])
    assert one.counter() == 3
    assert one.at.ms is None


def test_a_time_without_its_zone_is_no_clock() -> None:
    assert stamp_of({"timestamp": "1970-01-01T00:00:01Z"}).ms == 1000
    assert stamp_of({"timestamp": "1970-01-01T08:00:01.5+08:00"}).ms == 1500
    for text in ("2026-11-25T10:00:00", "yesterday", "1969-01-01T00:00:00Z", 17, None):
        assert stamp_of({"timestamp": text}).ms is None


def test_units_are_those_of_ocpp() -> None:
    for unit, stored in (("Celcius", "degC"), ("K", "degC"), ("Percent", "%"), ("kvarh", "varh")):
        assert to_stored(unit, stored) is not None
    assert to_stored("furlong", "Wh") is None


def test_numbers_and_texts() -> None:
    assert number_of(True) is None
    assert number_of(" 7 ") == 7
    assert text_of({"a": "\ud800"}, "a") == "?"
    assert text_of({"a": "x" * 900}, "a") == "x" * 500
    for payload, fault in (
        ({}, Fault.MISSING),
        ({"n": "x"}, Fault.TYPE),
        ({"n": -1}, Fault.PROPERTY),
    ):
        with pytest.raises(MessageError) as caught:
            needed_whole(payload, "n")
        assert caught.value.fault is fault
    with pytest.raises(MessageError):
        needed_connector({"n": 201}, "n")
    with pytest.raises(MessageError):
        needed_text({"n": 5}, "n")
    assert needed_whole({"n": "12"}, "n") == needed_whole({"n": 12.0}, "n") == 12
