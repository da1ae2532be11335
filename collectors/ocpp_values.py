"""Fields of OCPP messages, and the values that a meter sampled. Pure; what is odd is no value."""

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from collectors.ocpp_frames import Fault, MessageError
from device_configs.quantities import Conversion, UnknownUnitError, conversion

REGISTER = "Energy.Active.Import.Register"
"""The counter, and what a value without a measurand is (OCPP 1.6, section 7.43)."""
_UNITS = {
    "Celsius": "degC", "Celcius": "degC", "Fahrenheit": "degF", "Percent": "%", "Hertz": "Hz",
}  # fmt: skip
"""Units that OCPP writes otherwise (1.6, section 7.45; `Celcius` is its own spelling)."""
_LONGEST = 500
"""Of a text that is looked at. [characters]"""
_MOST = 1e15
MOST_CONNECTORS = 200
"""Of one pile; what counts higher is a mistake. [P]"""
_MULTIPLIERS = range(-9, 10)

Payload = Mapping[str, object]


class Stamp(NamedTuple):
    """When something was, by the pile's clock."""

    ms: int | None
    """None where it does not say, or says no zone. [ms, UTC]"""
    text: str
    """As it was written."""


class Sampled(NamedTuple):
    """One sampled value as it was written."""

    measurand: str
    phase: str | None
    location: str
    value: float | None
    """None where it is no number."""
    unit: str | None
    begins: bool
    """Whether it was taken as the transaction began."""


@dataclass(frozen=True)
class Sampling:
    """The values of one moment."""

    at: Stamp
    values: Sequence[Sampled]

    def counter(self) -> float | None:
        """The counter of active energy [Wh], where it is among them."""
        for one in self.values:
            if one.measurand == REGISTER and one.phase is None and one.location == "Outlet":
                return _in_wh(one)
        return None


def text_of(payload: Payload, key: str) -> str | None:
    """A text, or None."""
    value = payload.get(key)
    if not isinstance(value, str):
        return None
    # A JSON escape can name half a surrogate pair, which no database takes.
    return value[:_LONGEST].encode("utf-8", "replace").decode()


def whole_of(payload: Payload, key: str) -> int | None:
    """A whole number, also one that is written as a text or as a float; or None."""
    number = number_of(payload.get(key))
    return int(number) if number is not None and number.is_integer() else None


def number_of(value: object) -> float | None:
    """A finite number, also one that is written as a text; or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value.replace("_", "x") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and abs(number) <= _MOST else None


def needed_whole(payload: Payload, key: str, least: int = 0) -> int:
    """A whole number that the message cannot be understood without.

    Raises:
        MessageError: it is not there, or is none.
    """
    if payload.get(key) is None:
        raise MessageError(Fault.MISSING, f"{key} is missing")
    number = whole_of(payload, key)
    if number is None:
        raise MessageError(Fault.TYPE, f"{key} is no whole number")
    if number < least:
        raise MessageError(Fault.PROPERTY, f"{key} is less than {least}")
    return number


def needed_connector(payload: Payload, key: str, least: int = 0) -> int:
    """The number of a connector.

    Raises:
        MessageError: it is not there, or no pile has so many.
    """
    number = needed_whole(payload, key, least)
    if number > MOST_CONNECTORS:
        raise MessageError(Fault.PROPERTY, f"{key} is more than {MOST_CONNECTORS}")
    return number


def connector_of(payload: Payload) -> int | None:
    """The number of an EVSE, in `id`; or None.

    Raises:
        MessageError: no pile has so many.
    """
    return None if whole_of(payload, "id") is None else needed_connector(payload, "id")


def needed_text(payload: Payload, key: str) -> str:
    """A text that the message cannot be understood without.

    Raises:
        MessageError: it is not there, or is none.
    """
    if payload.get(key) is None:
        raise MessageError(Fault.MISSING, f"{key} is missing")
    found = text_of(payload, key)
    if not found:
        raise MessageError(Fault.TYPE, f"{key} is no text")
    return found


def object_of(payload: Payload, key: str) -> Payload:
    """An object; an empty one where there is none."""
    value = payload.get(key)
    return value if isinstance(value, dict) else {}


def stamp_of(payload: Payload, key: str = "timestamp") -> Stamp:
    """A moment. A time without its zone is no clock."""
    text = text_of(payload, key) or ""
    try:
        moment = dt.datetime.fromisoformat(text)
        ms = None if moment.tzinfo is None else round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        ms = None
    return Stamp(ms if ms is not None and ms >= 0 else None, text)


def samplings_of(value: object) -> Iterator[Sampling]:
    """What `meterValue` and `transactionData` hold; parts that are odd are left out.

    What is missing there is a value that was not read.
    """
    for entry in value if isinstance(value, list) else ():
        if not isinstance(entry, dict):
            continue
        found = entry.get("sampledValue")
        # OCPP 1.5 had one value for a list, and some piles still do.
        many = found if isinstance(found, list) else [found]
        values = tuple(_sampled(one) for one in many if isinstance(one, dict) and _is_plain(one))
        if values:
            yield Sampling(stamp_of(entry), values)


def _is_plain(one: Payload) -> bool:
    """Whether a value is a number; signed data is for who bills."""
    return one.get("format") != "SignedData"


def _sampled(one: Payload) -> Sampled:
    phase = text_of(one, "phase") or None
    if phase is not None and phase.endswith("-N"):
        phase = phase.removesuffix("-N")
    unit, power = text_of(one, "unit"), 0
    measure = object_of(one, "unitOfMeasure")
    if measure:
        unit = text_of(measure, "unit")
        found = whole_of(measure, "multiplier") if "multiplier" in measure else 0
        power = found if found in _MULTIPLIERS and found is not None else _MULTIPLIERS.stop
    number = number_of(one.get("value"))
    if power == _MULTIPLIERS.stop:
        number = None
    elif power and number is not None:
        number = number * 10**power if power > 0 else number / 10**-power
    return Sampled(
        text_of(one, "measurand") or REGISTER, phase, text_of(one, "location") or "Outlet",
        number, unit or None, text_of(one, "context") == "Transaction.Begin",
    )  # fmt: skip


def _in_wh(one: Sampled) -> float | None:
    if one.value is None or one.unit is None:
        return one.value
    found = to_stored(one.unit, "Wh")
    return None if found is None else found.apply(one.value)


@lru_cache(maxsize=256)
def to_stored(unit: str, stored: str) -> Conversion | None:
    """The conversion from a unit as OCPP writes it; None where it cannot become the stored one."""
    try:
        return conversion(_UNITS.get(unit, unit), stored)
    except UnknownUnitError:
        return None
