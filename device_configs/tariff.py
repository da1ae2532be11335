"""A tariff: dated rules of what a kilowatt-hour or cubic metre costs, and dated prices.

Money is decimal and exact here; who rounds, and when, is the report's business. Every version and
every price says where it is from and how sure that is.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from pydantic import ConfigDict, Field, model_validator

from device_configs.carriers import Carrier
from device_configs.quantities import Label, Strict
from device_configs.tariff_hours import DayHours, TariffPeriod, days_without_hours


class Confidence(StrEnum):
    """How sure a figure is."""

    TWO_SOURCES = "V"
    """The same in two independent sources."""
    ONE_SOURCE = "1"
    MEMORY = "M"
    """Not confirmed; to be checked against the document before money depends on it."""
    PROPOSED = "P"
    EXAMPLE = "example"
    """For the demo; nobody pays it."""
    BILL = "bill"
    """Read from a bill or contract of this estate."""


class Component(StrEnum):
    """What a kilowatt-hour's price is made of (Chinese agency purchase since 2021)."""

    PURCHASE = "purchase"
    """The only one that the multipliers of the periods apply to."""
    TRANSMISSION = "transmission"
    LINE_LOSS = "line_loss"
    SYSTEM_OPERATION = "system_operation"
    FUNDS = "funds"
    OTHER = "other"
    """What a source gives in one sum."""
    WHOLE = "whole"
    """A price that is published by period and not by component."""


_PLAIN = (
    Component.TRANSMISSION, Component.LINE_LOSS, Component.SYSTEM_OPERATION, Component.FUNDS,
    Component.OTHER,
)  # fmt: skip


class PerSpan(StrEnum):
    """What the steps of a tiered price are counted over."""

    MONTH = "month"
    YEAR = "year"


class Tier(Strict):
    """A step of a tiered price."""

    up_to: Decimal | None = Field(default=None, gt=0)
    """The amount at which the next step begins; None for the last."""
    price: Decimal
    """[yuan/unit]"""


class Sourced(Strict):
    """What holds from a day on, and who says so."""

    model_config = ConfigDict(populate_by_name=True)

    from_: dt.date = Field(alias="from")
    source: str = Field(min_length=1)
    confidence: Confidence
    note: str = ""


class PowerFactor(Strict):
    """Whether and how a bill is adjusted by the power factor (力调电费)."""

    standard: Decimal
    """The standard to be met: 0.90, 0.85 or 0.80."""
    with_funds: bool = False
    """Whether the funds levied with the energy are adjusted, too; sources differ."""


class ExcessDemand(Strict):
    """What a demand above the declared one costs."""

    tolerance: Decimal = Field(ge=1)
    """Up to so many times the declared demand nothing is added."""
    factor: Decimal = Field(ge=1)
    """So many times the price for each kW above it."""


class Version(Sourced):
    """The rules of a tariff from a day on."""

    hours: Sequence[DayHours] = ()
    """None: one price at all times. The first entry that holds for a day counts."""
    multipliers: Mapping[TariffPeriod, Decimal] = {}
    """By which the purchase price is multiplied; that of `flat` is 1 where it is not given."""
    power_factor: PowerFactor | None = None
    excess_demand: ExcessDemand | None = None
    tiers: Sequence[Tier] = ()
    """Of a carrier that is not electricity; a flat price is one tier."""
    tiers_per: PerSpan = PerSpan.YEAR

    @model_validator(mode="after")
    def _whole(self) -> "Version":
        if self.hours and (lacking := days_without_hours(self.hours)) is not None:
            raise ValueError(f"no entry of 'hours' holds for {lacking}")
        if self.tiers:
            steps = [tier.up_to for tier in self.tiers]
            rising = [step for step in steps[:-1] if step is not None]
            if steps[-1] is not None or len(rising) != len(steps) - 1:
                raise ValueError("only the last tier has no 'up_to'")
            if any(low >= high for low, high in pairwise(rising)):
                raise ValueError("'up_to' must rise from tier to tier")
        return self

    @property
    def periods(self) -> frozenset[TariffPeriod]:
        """The periods that occur."""
        return frozenset(slot for one in self.hours for slot in one.slots) or frozenset(
            {TariffPeriod.FLAT}
        )

    @property
    def needs_holidays(self) -> bool:
        """Whether the hours depend on which days are worked."""
        return any(one.days for one in self.hours)

    def multiplier(self, period: TariffPeriod) -> Decimal | None:
        """By which the purchase price of a period is multiplied; None where it is not given."""
        default = Decimal(1) if period is TariffPeriod.FLAT else None
        return self.multipliers.get(period, default)


class Prices(Sourced):
    """The prices of electricity from a day on, until the next ones of the same tariff."""

    until: dt.date | None = None
    """The last day they hold; then the price is unknown until there are others."""
    purchase: Decimal | None = None
    """[yuan/kWh], as the others."""
    transmission: Decimal | None = None
    line_loss: Decimal | None = None
    system_operation: Decimal | None = None
    funds: Decimal | None = None
    other: Decimal | None = None
    whole: Mapping[TariffPeriod, Decimal] = {}
    """The whole price of each period, in the place of all components."""
    feed_in: Decimal | None = None
    """What is paid for a kWh fed in. [yuan/kWh]"""
    demand_per_kw: Decimal | None = Field(default=None, ge=0)
    """[yuan/(kW month)]"""
    capacity_per_kva: Decimal | None = Field(default=None, ge=0)
    """[yuan/(kVA month)]"""

    @model_validator(mode="after")
    def _one_way(self) -> "Prices":
        parts = [name for name in (Component.PURCHASE, *_PLAIN) if self.part(name) is not None]
        if self.whole and parts:
            raise ValueError(f"'whole' prices and {parts[0]!r} exclude each other")
        if not self.whole and not parts:
            raise ValueError("a price has 'whole' or components such as 'purchase'")
        if self.until is not None and self.until < self.from_:
            raise ValueError("'until' is before 'from'")
        return self

    def part(self, name: Component) -> Decimal | None:
        """A component as it stands in the file."""
        value = getattr(self, name.value)
        return value if isinstance(value, Decimal) else None


def price_of(
    prices: Prices, version: Version, period: TariffPeriod
) -> Mapping[Component, Decimal] | None:
    """The price of a kWh in a period by component [yuan/kWh]; None where it is not known."""
    if prices.whole:
        whole = prices.whole.get(period)
        return None if whole is None else {Component.WHOLE: whole}
    found = {name: part for name in _PLAIN if (part := prices.part(name)) is not None}
    if prices.purchase is None:
        return found
    multiplier = version.multiplier(period)
    if multiplier is None:
        return None
    return {Component.PURCHASE: prices.purchase * multiplier} | found


class Tariff(Strict):
    """`tariffs/<id>.yaml`."""

    tariff: str = Field(pattern=r"^[a-z0-9][a-z0-9_]{0,62}$")
    carrier: Carrier = Carrier.ELECTRICITY
    name: Label
    unit: str = ""
    """Of a tariff with tiers: m3, GJ or kWh."""
    versions: Sequence[Version] = Field(min_length=1)
    prices: Sequence[Prices] = ()

    @model_validator(mode="after")
    def _fits(self) -> "Tariff":
        for name, dated in (("versions", self.versions), ("prices", self.prices)):
            days = [one.from_ for one in dated]
            if days != sorted(set(days)):
                raise ValueError(f"the dates after 'from' of the {name} must rise")
        if self.carrier not in UNITS:
            raise ValueError(f"a tariff is of {', '.join(UNITS)}, not of {self.carrier}")
        if self.carrier is Carrier.ELECTRICITY:
            if any(version.tiers for version in self.versions):
                raise ValueError("a tariff of electricity has prices and no tiers")
        elif self.prices or not all(version.tiers for version in self.versions):
            raise ValueError(f"a tariff of {self.carrier} has tiers in each version and no prices")
        elif self.unit not in UNITS[self.carrier]:
            known = " or ".join(UNITS[self.carrier])
            raise ValueError(f"the unit of {self.carrier} is {known}, not {self.unit!r}")
        for fault in unpriced(self):
            raise ValueError(fault)
        return self

    def version_on(self, day: dt.date) -> Version | None:
        """The rules valid on a day; None before the first."""
        valid = [one for one in self.versions if one.from_ <= day]
        return valid[-1] if valid else None

    def prices_on(self, day: dt.date) -> Prices | None:
        """The prices valid on a day; None where there are none."""
        valid = [one for one in self.prices if one.from_ <= day]
        if not valid or (valid[-1].until is not None and day > valid[-1].until):
            return None
        return valid[-1]


UNITS: Mapping[Carrier, Sequence[str]] = {
    Carrier.ELECTRICITY: ("kWh",),
    Carrier.WATER: ("m3",),
    Carrier.GAS: ("m3",),
    Carrier.HEAT: ("GJ", "kWh"),
}
"""What a tariff of a carrier can be counted in."""


def unpriced(tariff: Tariff) -> Iterator[str]:
    """What a version's hours name and its prices do not give, one sentence each."""
    for number, prices in enumerate(tariff.prices):
        end = tariff.prices[number + 1].from_ if number + 1 < len(tariff.prices) else dt.date.max
        for version in tariff.versions:
            held = version is tariff.version_on(prices.from_) or prices.from_ < version.from_ < end
            for period in sorted(version.periods) if held else ():
                if price_of(prices, version, period) is None:
                    yield f"the prices from {prices.from_} give none for {period}"
