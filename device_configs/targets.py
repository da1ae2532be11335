"""What is asked of public institutions in a plan, and the base-year figures of an estate."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from device_configs.faults import Fault, InvalidConfigError, from_validation, line_of
from device_configs.quantities import Label, Strict
from device_configs.suggest import did_you_mean
from device_configs.yaml_file import read_yaml

_LIBRARY = Path(__file__).with_name("targets.yaml")


class Indicator(StrEnum):
    """What a target is about."""

    ENERGY_PER_M2 = "energy_per_m2"
    """[kgce/m2]"""
    ENERGY_PER_HEAD = "energy_per_head"
    """[kgce]"""
    WATER_PER_HEAD = "water_per_head"
    """[m3]"""
    CARBON_PER_M2 = "carbon_per_m2"
    """[kgCO2/m2]"""


class Target(Strict):
    """The changes that a plan asks for."""

    label: Label
    base_year: int
    target_year: int
    source: str
    confidence: Literal["V", "1", "M", "P"]
    changes: Mapping[Indicator, Decimal] = Field(min_length=1)
    """Relative to the base year: -0.07 is 7 % less."""


class TargetFile(Strict):
    """The library's `targets.yaml`, or an estate's."""

    targets: Mapping[str, Target] = {}
    use: str | None = None
    base: Mapping[Indicator, Decimal] = {}
    """What the estate had in the base year, from its statistics of that year."""


@dataclass(frozen=True)
class Plan:
    """The target that an estate is held to."""

    id: str
    target: Target
    base: Mapping[Indicator, Decimal]


def load_plan(estate_folder: Path | None) -> Plan | None:
    """The target that the estate's `targets.yaml` names; None where it names none.

    Raises:
        InvalidConfigError: with every fault of the files.
    """
    library = _read(_LIBRARY)
    path = None if estate_folder is None else estate_folder / "targets.yaml"
    if path is None or not path.exists():
        return None
    own = _read(path)
    every = {**library.targets, **own.targets}
    if own.use is None:
        return None
    if own.use not in every:
        line = line_of(read_yaml(path).lines, ("use",))
        message = f"there is no target {own.use!r}{did_you_mean(own.use, every)}"
        raise InvalidConfigError([Fault(str(path), line, "use", message)])
    return Plan(own.use, every[own.use], own.base)


def _read(path: Path) -> TargetFile:
    document = read_yaml(path)
    try:
        return TargetFile.model_validate(document.data)
    except ValidationError as error:
        raise InvalidConfigError(
            from_validation(error, path, document.lines, model=TargetFile)
        ) from error
