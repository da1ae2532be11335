"""Attributes that change with time, so that yesterday's figures stay what they were."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

from pydantic import BeforeValidator, ConfigDict, WithJsonSchema, model_validator

from device_configs.quantities import Strict

T = TypeVar("T")


class Since(Strict, Generic[T]):
    """A value from a day on (00:00 in the site's time zone)."""

    model_config = ConfigDict(populate_by_name=True)

    from_: dt.date
    value: T


def _expand(data: object) -> object:
    """Accept a plain value for 'always', or a list of `{from: DATE, value: V}`."""
    if isinstance(data, dict) and "steps" in data:
        return data
    items = data if isinstance(data, list) else [{"from": "0001-01-01", "value": data}]
    steps = []
    for item in items:
        if not (isinstance(item, dict) and set(item) == {"from", "value"}):
            raise ValueError("write one value, or a list of {from: DATE, value: VALUE}")
        steps.append({"from_": item["from"], "value": item["value"]})
    return {"steps": steps}


class Dated(Strict, Generic[T]):
    """A value that has a first day for each of its versions."""

    steps: Sequence[Since[T]]

    @model_validator(mode="after")
    def _ascending(self) -> "Dated[T]":
        days = [step.from_ for step in self.steps]
        if days != sorted(set(days)) or not days:
            raise ValueError("the dates after 'from' must rise")
        return self

    def on(self, day: dt.date) -> T | None:
        """The value valid on a day, None before the first."""
        valid = [step.value for step in self.steps if step.from_ <= day]
        return valid[-1] if valid else None

    @property
    def latest(self) -> T:
        """The newest version."""
        return self.steps[-1].value


def _written(kind: str) -> WithJsonSchema:
    """The JSON Schema of a dated value as a person writes it."""
    step = {
        "type": "object",
        "properties": {"from": {"type": "string", "format": "date"}, "value": {"type": kind}},
        "required": ["from", "value"],
        "additionalProperties": False,
    }
    return WithJsonSchema({"anyOf": [{"type": kind}, {"type": "array", "items": step}]})


DatedNumber = Annotated[Dated[float], BeforeValidator(_expand), _written("number")]
DatedCount = Annotated[Dated[int], BeforeValidator(_expand), _written("integer")]
DatedText = Annotated[Dated[str], BeforeValidator(_expand), _written("string")]
