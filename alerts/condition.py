"""Conditions: whether values mean trouble. Pure; 'unknown' is an answer of its own."""

import math
from collections.abc import Callable, Iterable, Mapping
from enum import Enum, auto
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from alerts.fault_codes import FaultCodes
from collectors.sample import Value
from device_configs.durations import Seconds
from device_configs.quantities import Strict

Scalar = bool | int | float | str


class Verdict(Enum):
    """What a condition says of a value."""

    TRUE = auto()
    FALSE = auto()
    UNKNOWN = auto()
    """There is no value; it raises nothing and clears nothing."""
    BETWEEN = auto()
    """Inside the deadband: whatever was, stays."""


def _as_list(data: object) -> object:
    return data if isinstance(data, list | tuple) else [data]


Scalars = Annotated[tuple[Scalar, ...], BeforeValidator(_as_list)]


def _as_state(data: object) -> object:
    return data if isinstance(data, dict | State) else {"equals": data}


class State(Strict):
    """True for one of `equals`, or for anything but one of `differs`."""

    equals: Scalars = ()
    differs: Scalars = ()

    @model_validator(mode="after")
    def _one(self) -> "State":
        if bool(self.equals) == bool(self.differs):
            raise ValueError("give the values after 'equals' or after 'differs'")
        return self

    def judge(self, value: Value) -> Verdict:
        """Judge one value."""
        if value is None:
            return Verdict.UNKNOWN
        wanted = self.equals or self.differs
        found = False
        for one in wanted:
            # 1 is 1.0, but not true.
            if value == one and isinstance(value, bool) == isinstance(one, bool):
                found = True
                break
        return Verdict.TRUE if found == bool(self.equals) else Verdict.FALSE


AsState = Annotated[State, BeforeValidator(_as_state)]


class Threshold(Strict):
    """True above or below a limit; false again only past the deadband. Stored units."""

    above: float | None = None
    below: float | None = None
    deadband: float = Field(default=0.0, ge=0)
    connected_above: float | None = None
    """What is not above it is taken as not connected: neither low nor high."""
    of_rating: bool = False
    """The limit and the deadband are shares of the device's rating; without one it never holds."""

    @model_validator(mode="after")
    def _one(self) -> "Threshold":
        if (self.above is None) == (self.below is None):
            raise ValueError("give a limit after 'above' or after 'below'")
        if self.of_rating and self.connected_above is not None:
            raise ValueError("'connected_above' does not go with 'of_rating'")
        return self

    def rated(self, rating: float) -> "Threshold":
        """The same limit for a device of this rating, in the stored unit."""
        above = None if self.above is None else self.above * rating
        below = None if self.below is None else self.below * rating
        return Threshold(above=above, below=below, deadband=self.deadband * rating)

    def judge(self, value: Value) -> Verdict:
        """Judge one number; what is no number is unknown."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return Verdict.UNKNOWN
        if self.connected_above is not None and value <= self.connected_above:
            return Verdict.FALSE
        if self.above is not None:
            excess, deadband = value - self.above, self.deadband
        else:
            excess, deadband = (self.below or 0.0) - value, self.deadband
        if excess > 0:
            return Verdict.TRUE
        return Verdict.FALSE if excess <= -deadband else Verdict.BETWEEN


class Silence(Strict):
    """True when nothing was heard of a device for longer than `after` (see `silence_ms`)."""

    after: Seconds | None = None


class Missing(Strict):
    """True while the device answers, but this point has no value."""


class Refused(Strict):
    """True while the device answers, and says that it does not have points of its profile."""

    protecting: bool = False
    """Of the points that protect (safety points of fire and elevator kinds); else of all others."""


class Unlisted(Strict):
    """True for a device or part that sends and is not in the estate."""


class ByService(Strict):
    """Raised by sitewatch itself, not by a sample."""

    proof: str | None = None
    """Of devices: when this proof of them is over, or is soon to be (`alerts.deadlines`)."""
    days_before: int | None = Field(default=None, ge=1, le=366)
    """How long before it is over, and not when it is. [d]"""

    @model_validator(mode="after")
    def _of_a_proof(self) -> "ByService":
        if self.days_before is not None and self.proof is None:
            raise ValueError("'days_before' goes with 'proof'")
        return self


class Together(Strict):
    """True while alarms of these rules are active, outside a test, for several at one place."""

    rules: tuple[str, ...] = Field(min_length=1)
    at_least: int = Field(default=2, ge=2)
    """How many devices or parts."""
    same: Literal["place", "panel", "zone"] = "place"
    """What they share: the place they stand at, the device that they are or are parts of, or the
    zone of a panel; of a zone, places are counted, for a place has a rule of its own."""


class Term(Strict):
    """One part of a combination."""

    point: str
    state: AsState | None = None
    above: float | None = None
    below: float | None = None
    fault_code: FaultCodes | None = None
    """Codes of the device's table; `alerts.fault_choice` makes a state of them."""

    @model_validator(mode="after")
    def _one(self) -> "Term":
        given = (self.state, self.above, self.below, self.fault_code)
        if sum(x is not None for x in given) != 1:
            raise ValueError("give exactly one of 'state', 'above', 'below' and 'fault_code'")
        return self

    def judge(self, values: Mapping[str, Value]) -> Verdict:
        """Judge the point's last value; one that was never seen is unknown."""
        value = values.get(self.point)
        if self.fault_code is not None:
            return Verdict.UNKNOWN
        if self.state is not None:
            return self.state.judge(value)
        return Threshold(above=self.above, below=self.below).judge(value)


class Combination(Strict):
    """True when all of `all`, one of `any` (where given) and none of `unless` hold."""

    all: tuple[Term, ...] = Field(min_length=1)
    any: tuple[Term, ...] = ()
    unless: tuple[Term, ...] = ()

    @cached_property
    def points(self) -> frozenset[str]:
        """The points it reads."""
        return frozenset(term.point for term in (*self.all, *self.any, *self.unless))

    def alike(self, point: str, one: Value, other: Value) -> bool:
        """Whether two values of a point are the same to it."""
        terms = [term for term in (*self.all, *self.any, *self.unless) if term.point == point]
        return all(term.judge({point: one}) is term.judge({point: other}) for term in terms)

    def judge(self, values: Mapping[str, Value]) -> Verdict:
        """Judge the last values. An unknown exemption exempts nobody."""
        if any(term.judge(values) is Verdict.TRUE for term in self.unless):
            return Verdict.FALSE
        every = _all(term.judge(values) for term in self.all)
        one = _any(term.judge(values) for term in self.any) if self.any else Verdict.TRUE
        return _all((every, one))


def _all(verdicts: Iterable[Verdict]) -> Verdict:
    found = set(verdicts)
    if Verdict.FALSE in found:
        return Verdict.FALSE
    return Verdict.UNKNOWN if Verdict.UNKNOWN in found else Verdict.TRUE


def _any(verdicts: Iterable[Verdict]) -> Verdict:
    found = set(verdicts)
    if Verdict.TRUE in found:
        return Verdict.TRUE
    return Verdict.UNKNOWN if Verdict.UNKNOWN in found else Verdict.FALSE


Calm = Callable[[Value], bool]
"""Whether a value is surely no trouble to any of the conditions it was made of."""


def calm_of(conditions: Iterable[Threshold | State | Missing]) -> Calm:
    """A quick look for the many values that change nothing; what it cannot tell, it denies."""
    low, high = -math.inf, math.inf
    trouble: set[Scalar] = set()
    fine: frozenset[Scalar] | None = None
    missing = False
    for one in conditions:
        if isinstance(one, Missing):
            missing = True
        elif isinstance(one, Threshold):
            high = min(high, math.inf if one.above is None else one.above)
            low = max(low, -math.inf if one.below is None else one.below)
        elif one.equals:
            trouble |= set(one.equals)
        else:
            fine = frozenset(one.differs) if fine is None else fine & frozenset(one.differs)
    # true is 1 to a set; where it matters, the exact judgement must look.
    mixed = any(isinstance(value, bool) for value in fine or ())

    def calm(value: Value) -> bool:
        if value is None:
            return not missing
        if value in trouble or (fine is not None and (mixed or value not in fine)):
            return False
        kind = type(value)
        return low <= value <= high if kind is float or kind is int else fine is None  # type: ignore[operator]

    return calm
