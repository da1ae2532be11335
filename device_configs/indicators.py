"""The rates that an administration is asked for, as data, with target and source."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from device_configs.estate_entries import Inventory
from device_configs.quantities import Label, Strict
from device_configs.yaml_file import read_yaml

_FILE = Path(__file__).with_name("indicators.yaml")
DERIVED = ("buildings", "green_buildings")
"""Fields that are counted from the buildings of a community."""
FIELDS = frozenset({*Inventory.model_fields, *DERIVED})
"""Every field that a term may name."""


class Term(Strict):
    """The sum of a field over communities, or how many of them have all of some fields."""

    sum: str | None = None
    count: Sequence[str] = ()

    @model_validator(mode="after")
    def _one_of_both(self) -> "Term":
        if (self.sum is None) == (not self.count):
            raise ValueError("write either 'sum' or 'count'")
        if unknown := set(self.fields) - FIELDS:
            raise ValueError(f"there is no field {', '.join(sorted(unknown))} of an inventory")
        return self

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it needs."""
        return tuple(self.count) if self.sum is None else (self.sum,)

    def of(self, fields: Mapping[str, Decimal | None]) -> Decimal | None:
        """What one community adds; None while a field that decides it is not given."""
        values = [fields.get(name) for name in self.fields]
        if self.sum is not None:
            return values[0]
        if any(value is not None and value <= 0 for value in values):
            return Decimal(0)
        return None if any(value is None for value in values) else Decimal(1)


class RateEntry(Strict):
    """One rate."""

    label: Label
    numerator: Term
    denominator: Term
    target: Decimal | None = Field(default=None, gt=0, le=1)
    source: str = Field(min_length=3)
    confidence: Literal["V", "1", "M", "P"]


class _File(Strict):
    indicators: Mapping[str, RateEntry]


@cache
def rate_entries() -> Mapping[str, RateEntry]:
    """Every rate, in the order of the file."""
    return _File.model_validate(read_yaml(_FILE).data).indicators
