"""Conditions in words, for the tables of rules that people read."""

from collections.abc import Callable, Mapping

from alerts.condition import (
    ByService,
    Combination,
    Missing,
    Refused,
    Silence,
    State,
    Term,
    Threshold,
    Together,
    Unlisted,
)
from alerts.conditions import Condition
from alerts.deviation import Deviation, Expected
from alerts.expression import Expression
from alerts.fault_codes import FaultCodes
from alerts.window import Count, Increase, Occurrence, Rate

_SPANS = ((86_400, "d"), (3600, "h"), (60, "min"))


def seconds_text(milliseconds: float) -> str:
    """A duration as a person writes it: `90 s`, `2 min`."""
    seconds = milliseconds / 1000
    for size, unit in _SPANS:
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def _state(state: State) -> str:
    word = "is" if state.equals else "is not"
    return f"{word} {' or '.join(str(v).lower() for v in state.equals or state.differs)}"


def _fault_code(codes: FaultCodes, point: str) -> str:
    named = [" or ".join(one.value for one in codes.severities)] if codes.severities else []
    named += [" or ".join(one.value for one in codes.classes)] if codes.classes else []
    words = f"{point} is a code of {' and of '.join(named)}" if named else f"{point} is a code"
    return f"{words}, or is not in the table" if codes.unknown else words


def _limit(above: float | None, below: float | None) -> str:
    return f"> {above:g}" if above is not None else f"< {below:g}"


def _term(term: Term | Occurrence, point: str) -> str:
    if term.fault_code is not None:
        return _fault_code(term.fault_code, point)
    if term.state is not None:
        return f"{point} {_state(term.state)}"
    return f"{point} {_limit(term.above, term.below)}"


def _band(deadband: float) -> str:
    return f", deadband {deadband:g}" if deadband else ""


def _threshold(one: Threshold, point: str, unit: str) -> str:
    of = "of its rating" if one.of_rating else unit
    limit = f"{point} {_limit(one.above, one.below)} {of}".rstrip()
    return limit + _band(one.deadband)


def _combination(one: Combination) -> str:
    words = " and ".join(_term(term, term.point) for term in one.all)
    if one.any:
        words += f" and ({' or '.join(_term(term, term.point) for term in one.any)})"
    if one.unless:
        words += f", unless {' or '.join(_term(term, term.point) for term in one.unless)}"
    return words


def _rate(one: Rate, point: str, unit: str) -> str:
    limit = f"{point} changes by {_limit(one.above, one.below)} {unit}".rstrip()
    window = f" over {seconds_text(one.window_ms)}" if one.within is not None else ""
    return f"{limit} per {seconds_text(one.per * 1000)}{window}{_band(one.deadband)}"


def _increase(one: Increase, point: str, unit: str) -> str:
    limit = f"{point} rises by > {one.above:g} {unit}".rstrip()
    return f"{limit} within {seconds_text(one.window_ms)}"


def _count(one: Count, point: str) -> str:
    often = f"at least {one.at_least} times within {seconds_text(one.window_ms)}"
    return f"{_term(one.of, point)}, {often}"


_EXPECTED: Mapping[Expected, str] = {
    Expected.BASELINE: "its baseline",
    Expected.PEERS: "what its peers give by rating",
    Expected.IRRADIANCE: "what the irradiance gives",
}


def _deviation(one: Deviation, point: str, unit: str) -> str:
    factor = f"{_limit(one.above, one.below)} times {_EXPECTED[one.of]}"
    span = f"from {one.hours[0]} to {one.hours[1]} h" if one.hours else "in an hour"
    row = f", {one.spans} in a row" if one.spans > 1 else ""
    floor = f", by at least {one.at_least:g} {unit}".rstrip() if one.at_least else ""
    return f"{point} {span} {factor}{row}{floor}"


def _together(one: Together) -> str:
    if one.same == "zone":
        return f"{' or '.join(one.rules)} at {one.at_least} places or more of one zone"
    return f"{' or '.join(one.rules)} of at least {one.at_least} at one {one.same}"


def _refused(one: Refused) -> str:
    which = "safety points" if one.protecting else "other points"
    return f"the device says that it does not have {which} of its profile"


def _by_service(one: ByService) -> str:
    if one.proof is None:
        return "raised by sitewatch"
    name = one.proof.replace("_", " ")
    return f"{name} {f'due within {one.days_before} d' if one.days_before else 'overdue'}"


def condition_text(condition: Condition, point: str, unit: str) -> str:
    """What a condition asks, in one line.

    Args:
        condition: the condition.
        point: the point or pattern that the rule names.
        unit: the stored unit of that point, empty where it has none.
    """
    words: Mapping[type, Callable[..., str]] = {
        Threshold: lambda one: _threshold(one, point, unit),
        State: lambda one: f"{point} {_state(one)}",
        FaultCodes: lambda one: _fault_code(one, point),
        Combination: _combination,
        Expression: lambda one: f"`{one.text}`",
        Rate: lambda one: _rate(one, point, unit),
        Increase: lambda one: _increase(one, point, unit),
        Count: lambda one: _count(one, point),
        Deviation: lambda one: _deviation(one, point, unit),
        Together: _together,
        Refused: _refused,
        Silence: lambda _: "nothing heard",
        Missing: lambda _: f"{point} has no value although the device answers",
        Unlisted: lambda _: "sends, and is not in the estate",
        ByService: _by_service,
    }
    return words[type(condition)](condition)
