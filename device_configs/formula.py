"""Formulas of virtual meters: sums, differences and multiples of meters, `grid - (a + 0.5 * b)`.

A formula comes to one factor for each meter. There is nothing else to write in it: no names but
those of meters, no calls, no division; so a formula from a file can do no harm.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from device_configs.faults import DeviceConfigsError

_TOKEN = re.compile(r"\s*(?:([A-Za-z0-9][A-Za-z0-9_./:-]*)|([-+*()]))")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_DEEPEST = 20
"""Brackets within brackets."""


class InvalidFormulaError(DeviceConfigsError):
    """A formula that cannot be read, or means no energy."""


@dataclass(frozen=True)
class Operand:
    """A meter in a formula: `m1`, a part `pile/c1`, a certain counter `m1:active_energy_export`."""

    device: str
    """`device` or `device/part`."""
    point: str | None = None
    """None: what the meter counts of the energy drawn, or the volume."""


@dataclass(frozen=True)
class Formula:
    """A sum of meters, each with its factor."""

    factors: Mapping[Operand, Fraction]
    """None of them is 0."""


_Sum = tuple[Fraction, dict[Operand, Fraction]]
"""A constant, and the factor of each meter."""


def read_formula(text: str) -> Formula:
    """Read a formula.

    Raises:
        InvalidFormulaError: it cannot be read, multiplies meters, or adds a number.
    """
    reader = _Reader(_tokens(text))
    constant, factors = reader.sum(0)
    if reader.left is not None:
        raise InvalidFormulaError(f"{reader.left!r} cannot stand here in {text!r}")
    if constant:
        raise InvalidFormulaError(f"{text!r} adds a number: energy comes from meters only")
    factors = {operand: factor for operand, factor in factors.items() if factor}
    if not factors:
        raise InvalidFormulaError(f"{text!r} names no meter that counts")
    return Formula(factors)


def _tokens(text: str) -> list[str]:
    found, place = [], 0
    while place < len(text.rstrip()):
        match = _TOKEN.match(text, place)
        if match is None:
            raise InvalidFormulaError(f"{text[place:].strip()!r} cannot be read in {text!r}")
        found.append(match[1] or match[2])
        place = match.end()
    return found


class _Reader:
    """Reads tokens from left to right; `*` binds more than `+` and `-`."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._place = 0

    @property
    def left(self) -> str | None:
        """The next token, None at the end."""
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _take(self) -> str:
        token = self.left
        if token is None:
            raise InvalidFormulaError(f"{' '.join(self._tokens)!r} ends too early")
        self._place += 1
        return token

    def sum(self, depth: int) -> _Sum:
        found = self._product(depth)
        while self.left in ("+", "-"):
            sign = 1 if self._take() == "+" else -1
            found = _added(found, self._product(depth), Fraction(sign))
        return found

    def _product(self, depth: int) -> _Sum:
        found = self._factor(depth)
        while self.left == "*":
            self._take()
            found = _multiplied(found, self._factor(depth))
        return found

    def _factor(self, depth: int) -> _Sum:
        if depth > _DEEPEST:
            raise InvalidFormulaError(f"more than {_DEEPEST} brackets within brackets")
        word = self._take()
        if word == "-":
            return _multiplied((Fraction(-1), {}), self._factor(depth + 1))
        if word == "(":
            found = self.sum(depth + 1)
            if self.left != ")":
                raise InvalidFormulaError("a bracket is not closed")
            self._take()
            return found
        if word in "+*)":
            raise InvalidFormulaError(f"{word!r} stands where a meter or a number should")
        if _NUMBER.fullmatch(word):
            return Fraction(word), {}
        device, _, point = word.partition(":")
        return Fraction(0), {Operand(device, point or None): Fraction(1)}


def _added(one: _Sum, other: _Sum, sign: Fraction) -> _Sum:
    factors = dict(one[1])
    for operand, factor in other[1].items():
        factors[operand] = factors.get(operand, Fraction(0)) + sign * factor
    return one[0] + sign * other[0], factors


def _multiplied(one: _Sum, other: _Sum) -> _Sum:
    if one[1] and other[1]:
        raise InvalidFormulaError("a meter times a meter is no energy")
    number, (constant, factors) = (other[0], one) if one[1] else (one[0], other)
    return number * constant, {operand: number * factor for operand, factor in factors.items()}
