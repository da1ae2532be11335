"""Device kinds: which points a kind has, and what each of them means."""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path

from pydantic import Field, ValidationError, model_validator

from device_configs.faults import Fault, InvalidConfigError, from_validation
from device_configs.quantities import Label, Strict, quantities
from device_configs.yaml_file import read_yaml

_FOLDER = Path(__file__).with_name("kinds")


class PointType(StrEnum):
    """What a point's value is in a sample."""

    NUMBER = "number"
    BOOL = "bool"
    ENUM = "enum"
    STRING = "string"


class Speed(StrEnum):
    """How soon a change of a point matters; `safety` points travel in the safety lane."""

    SAFETY = "safety"
    FAST = "fast"
    SLOW = "slow"


class PointSpec(Strict):
    """What a point means, whatever product shows it."""

    name: str = ""
    quantity: str | None = None
    type: PointType = PointType.NUMBER
    label: Label
    speed: Speed = Speed.FAST
    counter: bool = False
    values: Mapping[str, Label] = Field(default_factory=dict)
    range: tuple[float, float] | None = None
    integral_of: str | None = None
    """The power or flow that stands in for this counter on a device that has none."""
    reverse: bool = False
    """Whether it is that power below zero which counts: export."""
    max_rate: float | None = Field(default=None, gt=0)
    """The fastest change that is believed. [stored unit/s]"""

    @model_validator(mode="after")
    def _consistent(self) -> "PointSpec":
        if self.type is PointType.NUMBER and self.quantity not in quantities():
            raise ValueError(f"quantity {self.quantity!r} is not in quantities.yaml")
        if self.type is not PointType.NUMBER and self.quantity is not None:
            raise ValueError("only a number has a quantity")
        if self.integral_of is not None and not self.counter:
            raise ValueError("only a counter can be the integral of a power")
        if self.max_rate is not None and self.speed is Speed.SAFETY:
            raise ValueError("a change of a safety point is never waited for: no max_rate")
        if self.max_rate is not None and (self.type is not PointType.NUMBER or self.counter):
            raise ValueError("only a number that is no counter has a greatest rate of change")
        if (self.type is PointType.ENUM) != bool(self.values):
            raise ValueError("an enum, and only an enum, lists its values")
        return self

    @property
    def unit(self) -> str:
        """The stored unit, empty for what is not a number."""
        return quantities()[self.quantity].unit if self.quantity else ""


class System(StrEnum):
    """The part of the estate's work that a kind belongs to, as the page groups it."""

    ENERGY = "energy"
    PV = "pv"
    CHARGING = "charging"
    ELEVATOR = "elevator"
    FIRE = "fire"
    WATER = "water"
    GATES = "gates"
    ENVIRONMENT = "environment"
    SYSTEM = "system"


class Proof(Strict):
    """Something that is done to a device again and again, and proves that it can be relied on."""

    every_days: int | None = Field(default=None, ge=1, le=3660)
    """How long one is good for. [d]; None where each says itself until when."""
    longest_days: int | None = Field(default=None, ge=1, le=3660)
    """The furthest that one may say it is good for. [d]; `every_days` where not given."""
    label: Label
    source: str

    @model_validator(mode="after")
    def _bounded(self) -> "Proof":
        if self.every_days is None and self.longest_days is None:
            raise ValueError("give 'every_days' or 'longest_days'")
        return self

    @property
    def most_days(self) -> int:
        """The furthest that one may say it is good for [d]."""
        return self.longest_days or self.every_days or 1


FUNCTIONAL_TEST = "functional_test"
"""The proof that a detector, panel or elevator alarm still works: somebody made it report."""


def _pattern(name: str) -> re.Pattern[str]:
    escaped = re.escape(name).replace(r"\{n\}", r"(\d+)").replace(r"\{name\}", r"([a-z0-9_]+)")
    return re.compile(f"^{escaped}$")


class Kind(Strict):
    """A device kind with its points; names with `{n}` or `{name}` are patterns."""

    kind: str
    label: Label
    system: System
    include: tuple[str, ...] = ()
    points: Mapping[str, PointSpec]
    proofs: Mapping[str, Proof] = Field(default_factory=dict)
    """What is done to devices of the kind again and again, by name."""
    fault_codes: Mapping[str, str] = Field(default_factory=dict)
    """Point to the table of its codes (`device_configs/fault_codes`); a profile may name others."""

    def point(self, name: str) -> PointSpec | None:
        """The meaning of a point by name, patterns included; None where the kind has none."""
        found = self.points.get(name)
        if found is not None:
            return found.model_copy(update={"name": name})
        for pattern, spec in self.points.items():
            if "{" in pattern and (match := _pattern(pattern).match(name)):
                label = spec.label.numbered(match.group(1))
                return spec.model_copy(update={"name": name, "label": label})
        return None

    def has(self, name: str) -> bool:
        """Whether the kind has a point of this name."""
        return self.point(name) is not None


def _read_kind(file: Path) -> Kind:
    document = read_yaml(file)
    data = dict(document.data) if isinstance(document.data, dict) else {}
    points: dict[str, object] = {}
    for shared in ("every", *data.get("include", ())):
        points |= read_yaml(_FOLDER / "shared" / f"{shared}.yaml").data["points"]  # type: ignore[index]
    data["points"] = points | (data.get("points") or {})
    try:
        kind = Kind.model_validate(data)
    except ValidationError as error:
        faults = from_validation(error, file, document.lines, model=Kind)
        raise InvalidConfigError(faults) from error
    named = {name: spec.model_copy(update={"name": name}) for name, spec in kind.points.items()}
    return kind.model_copy(update={"points": named})


@cache
def kinds() -> Mapping[str, Kind]:
    """All kinds of the library by name.

    Raises:
        InvalidConfigError: a file of the library is wrong; all faults together.
    """
    found: dict[str, Kind] = {}
    faults: list[Fault] = []
    for file in sorted(_FOLDER.glob("*.yaml")):
        try:
            kind = _read_kind(file)
        except InvalidConfigError as error:
            faults += error.faults
        else:
            found[kind.kind] = kind
    if faults:
        raise InvalidConfigError(faults)
    return found
