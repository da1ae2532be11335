"""A condition on what was counted, against what was to be expected.

The figures come from the intervals, some time after the fact (`analysis`); samples do not judge it.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from device_configs.quantities import Strict

Hour = Annotated[int, Field(ge=0, le=24)]


class Expected(StrEnum):
    """What a counter is held against."""

    BASELINE = "baseline"
    """Its own past: the same hours of the same kind of day."""
    PEERS = "peers"
    """Others of its kind at its community, by rated power."""
    IRRADIANCE = "irradiance"
    """The light that a weather station of its community has measured."""


class Deviation(Strict):
    """True when an amount is more than `above` or less than `below` times what was expected.

    Judged once a span: the whole hours of `hours` in each local day, or each whole hour. Unknown
    while it has not learnt enough, or while data of the span is missing.
    """

    of: Expected
    above: float | None = Field(default=None, gt=0)
    below: float | None = Field(default=None, gt=0)
    hours: tuple[Hour, Hour] | None = None
    """From and to in local time [h]; without it, each hour by itself."""
    spans: int = Field(default=1, ge=1, le=31)
    """How many spans in a row."""
    at_least: float = Field(default=0.0, ge=0)
    """What deviates by less than this amount does not matter. [stored unit a span]"""
    learn_days: int = Field(default=14, ge=5, le=366)
    """How many days of the same kind must be known. [d]"""
    light: float = Field(default=200.0, ge=0)
    """Of peers and irradiance: below this much light, or a tenth of the rating, nothing is said.
    [W/m2]"""

    @model_validator(mode="after")
    def _one(self) -> "Deviation":
        if (self.above is None) == (self.below is None):
            raise ValueError("give the factor after 'above' or after 'below'")
        if self.hours is not None and self.hours[0] >= self.hours[1]:
            raise ValueError("'hours' go from an earlier to a later one: [0, 4]")
        return self
