"""Quantities and units: one stored unit a quantity, and how other units become it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from device_configs.faults import DeviceConfigsError
from device_configs.suggest import did_you_mean
from device_configs.yaml_file import read_yaml

_FILE = Path(__file__).with_name("quantities.yaml")


class UnknownUnitError(DeviceConfigsError):
    """A unit that cannot become the stored unit of the quantity."""


class Strict(BaseModel):
    """Base of every configuration model: unknown keys are errors, values cannot change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(Strict):
    """A text that people read, in Chinese and English."""

    zh: str
    en: str

    def numbered(self, token: str) -> "Label":
        """Fill `{n}` and `{name}` of a pattern's label."""
        return Label(
            zh=self.zh.replace("{n}", token).replace("{name}", token),
            en=self.en.replace("{n}", token).replace("{name}", token),
        )


class Transformer(StrEnum):
    """The measuring transformers in front of a meter."""

    CURRENT = "current"
    VOLTAGE = "voltage"


class Quantity(Strict):
    """A physical quantity with the one unit it is stored in."""

    unit: str
    transformers: tuple[Transformer, ...] = ()
    """Those whose ratio a secondary value is to be multiplied by."""
    label: Label


class _Linear(Strict):
    factor: float
    offset: float = 0.0


class _File(Strict):
    units: dict[str, dict[str, float | _Linear]]
    quantities: dict[str, Quantity]


@dataclass(frozen=True)
class Conversion:
    """Linear conversion to the stored unit: `stored = value * factor + offset`."""

    factor: float = 1.0
    offset: float = 0.0

    def apply(self, value: float) -> float:
        """Convert one value. An identity keeps the number as it is, an integer too."""
        if self.factor == 1.0 and self.offset == 0.0:
            return value
        return value * self.factor + self.offset


@cache
def _load() -> _File:
    return _File.model_validate(read_yaml(_FILE).data)


def quantities() -> Mapping[str, Quantity]:
    """All quantities by name."""
    return _load().quantities


def units_of(stored: str) -> tuple[str, ...]:
    """The units that can be converted into a stored unit, the stored one first."""
    return (stored, *_load().units.get(stored, {}))


def conversion(unit: str, stored: str) -> Conversion:
    """The conversion from a unit to a stored unit.

    Raises:
        UnknownUnitError: the unit is not one of the stored unit's.
    """
    if unit == stored:
        return Conversion()
    found = _load().units.get(stored, {}).get(unit)
    if found is None:
        known = ", ".join(units_of(stored))
        # A unit of another quantity is no slip of the pen; only its letters' case is.
        alike = [one for one in units_of(stored) if one.lower() == unit.lower()]
        hint = did_you_mean(unit, alike)
        raise UnknownUnitError(f"{unit!r} cannot become {stored!r}; known units: {known}{hint}")
    if isinstance(found, _Linear):
        return Conversion(found.factor, found.offset)
    return Conversion(found)
