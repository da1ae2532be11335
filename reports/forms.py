"""How the figures of a report are shown: the unit people read, its scale and its digits."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cache
from pathlib import Path

from device_configs.quantities import Label, Strict
from device_configs.yaml_file import read_yaml

_FILE = Path(__file__).with_name("forms.yaml")
_DIGITS = Decimal(1).scaleb(-9)
"""A figure that has no end (a third) is written to a billionth of the unit shown."""


class Form(StrEnum):
    """What kind of figure a column holds; the stored unit is in brackets."""

    TEXT = "text"
    ENERGY = "energy"
    """[Wh], shown in kWh."""
    ENERGY_PER_M2 = "energy_per_m2"
    """[Wh/m2]"""
    ENERGY_PER_HEAD = "energy_per_head"
    """[Wh]"""
    SPECIFIC_YIELD = "specific_yield"
    """[Wh/W], shown in kWh/kW."""
    POWER = "power"
    """[W], shown in kW."""
    MONEY = "money"
    """[fen], shown in yuan."""
    PRICE = "price"
    """[yuan/kWh]"""
    VOLUME = "volume"
    """[m3]"""
    VOLUME_PER_HEAD = "volume_per_head"
    """[m3]"""
    FLOW = "flow"
    """[m3/h]"""
    HEAT = "heat"
    """[Wh], shown in GJ."""
    CARBON = "carbon"
    """[kgCO2]"""
    CARBON_PER_M2 = "carbon_per_m2"
    """[kgCO2/m2]"""
    CARBON_PER_HEAD = "carbon_per_head"
    """[kgCO2]"""
    COAL = "coal"
    """[kgce]"""
    COAL_PER_M2 = "coal_per_m2"
    """[kgce/m2]"""
    COAL_PER_HEAD = "coal_per_head"
    """[kgce]"""
    MASS = "mass"
    """[kg]"""
    AREA = "area"
    """[m2]"""
    IRRADIATION = "irradiation"
    """[Wh/m2], shown in kWh/m2."""
    SHARE = "share"
    """0 to 1, shown in per cent."""
    CHANGE = "change"
    """Relative change, shown in per cent with its sign."""
    COUNT = "count"
    NUMBER = "number"
    """A plain number with digits."""
    FACTOR = "factor"
    """A coefficient, whose unit stands beside it."""
    DURATION = "duration"
    """[s], shown in minutes."""
    HOURS = "hours"
    """[s], shown in hours."""


class Shown(Strict):
    """How a form is shown."""

    unit: Label | None = None
    divide: Decimal = Decimal(1)
    """Stored units in one unit shown."""
    digits: int = 0
    """After the point, where people read; machines get all."""
    signed: bool = False


@cache
def forms() -> Mapping[Form, Shown]:
    """Every form, read once from `forms.yaml`."""
    data = read_yaml(_FILE).data
    if not isinstance(data, dict):
        raise TypeError("forms.yaml is a table of forms")
    return {Form(key): Shown.model_validate(value) for key, value in data.items()}


def exact(value: int | float | Decimal | Fraction, form: Form) -> Decimal:
    """A figure in the unit people read, with all its digits, so that a column adds up."""
    if isinstance(value, Fraction):
        whole = Decimal(value.numerator) / Decimal(value.denominator)
        whole = whole.quantize(_DIGITS, ROUND_HALF_EVEN)
    else:
        whole = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    scale = forms()[form].divide
    return whole if scale == 1 else whole / scale


def shown(value: int | float | Decimal | Fraction, form: Form) -> str:
    """A figure as people read it, without its unit: grouped, and rounded half to even."""
    how = forms()[form]
    rounded = exact(value, form).quantize(Decimal(1).scaleb(-how.digits), ROUND_HALF_EVEN)
    if not rounded:
        rounded = abs(rounded)
    return f"{rounded:+,f}" if how.signed and rounded else f"{rounded:,f}"
