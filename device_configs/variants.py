"""Variants of a product: what a firmware or model does otherwise, and how the device tells."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from pydantic import Field, model_validator

from device_configs.quantities import Strict

Told = float | int | bool | str | None
"""What a device told in one point."""


class Undecided(Enum):
    """The device has not told, or cannot tell, which variant it is."""

    UNDECIDED = "undecided"


UNDECIDED = Undecided.UNDECIDED


class Condition(Strict):
    """What the value of a point must be; every part that is given must hold."""

    below: float | str | None = None
    """A number or a version such as `60.3` that the value must stay under."""
    at_least: float | str | None = Field(default=None, alias="from")
    one_of: tuple[float | str, ...] = Field(default=(), alias="is")
    begins: str | None = None
    """A text that the value must begin with."""

    @model_validator(mode="before")
    @classmethod
    def _listed(cls, data: object) -> object:
        if isinstance(data, dict) and "is" in data and not isinstance(data["is"], list):
            return data | {"is": [data["is"]]}
        return data

    @model_validator(mode="after")
    def _says_something(self) -> "Condition":
        if self.below is self.at_least is self.begins is None and not self.one_of:
            raise ValueError("a condition needs 'below', 'from', 'is' or 'begins'")
        return self

    def holds(self, told: float | int | bool | str) -> bool:
        """Whether what the device told fits; a version is compared part by part."""
        text = _text(told)
        if self.begins is not None and not text.startswith(self.begins):
            return False
        if self.one_of and text not in {_text(one) for one in self.one_of}:
            return False
        version = _version(text)
        if self.below is not None and not (version and version < _version(_text(self.below))):
            return False
        return self.at_least is None or bool(version and version >= _version(_text(self.at_least)))


def _text(value: float | int | bool | str) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _version(text: str) -> tuple[int, ...]:
    """The first run of numbers with dots in a text: `P40 v1.2.1` is (1, 2, 1)."""
    found = re.search(r"\d+(?:\.\d+)+|\d+", text)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


@dataclass(frozen=True)
class Rule:
    """When a variant is the device's own."""

    name: str
    when: Mapping[str, Condition]


def decide(rules: Iterable[Rule], told: Mapping[str, Told]) -> str | Undecided | None:
    """The variant that the device is; None for the product as its profile has it.

    Undecided as long as a point that matters is unknown: a guess would be a wrong number.
    """
    undecided = False
    for rule in rules:
        if not rule.when:
            continue
        values = [told.get(name) for name in rule.when]
        known = [
            condition.holds(value)
            for condition, value in zip(rule.when.values(), values, strict=True)
            if value is not None
        ]
        if not all(known):
            continue
        if len(known) == len(rule.when):
            return UNDECIDED if undecided else rule.name
        undecided = True
    return UNDECIDED if undecided else None
