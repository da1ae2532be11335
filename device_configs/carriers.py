"""What energy and water come as, and the units that amounts of them are counted and written in."""

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction


class Carrier(StrEnum):
    """A form that energy, or water, is bought in."""

    ELECTRICITY = "electricity"
    WATER = "water"
    GAS = "gas"
    HEAT = "heat"
    GASOLINE = "gasoline"
    DIESEL = "diesel"
    KEROSENE = "kerosene"
    LPG = "lpg"
    COAL = "coal"


STORED_UNIT: Mapping[Carrier, str] = {
    Carrier.ELECTRICITY: "Wh",
    Carrier.HEAT: "Wh",
    Carrier.WATER: "m3",
    Carrier.GAS: "m3",
    Carrier.GASOLINE: "kg",
    Carrier.DIESEL: "kg",
    Carrier.KEROSENE: "kg",
    Carrier.LPG: "kg",
    Carrier.COAL: "kg",
}
"""Carrier to the unit in which its amounts flow."""
METERED = {
    "electricity_meter": Carrier.ELECTRICITY,
    "water_meter": Carrier.WATER,
    "gas_meter": Carrier.GAS,
    "heat_meter": Carrier.HEAT,
}
"""Kind of a meter to what it counts."""

STORED_IN: Mapping[str, tuple[str, Fraction]] = {
    "Wh": ("Wh", Fraction(1)),
    "kWh": ("Wh", Fraction(1000)),
    "MWh": ("Wh", Fraction(1_000_000)),
    "GJ": ("Wh", Fraction(10**9, 3600)),
    "m3": ("m3", Fraction(1)),
    "kg": ("kg", Fraction(1)),
    "t": ("kg", Fraction(1000)),
}
"""Unit people write to the stored unit and how many of it one is. 1 kWh is 3.6 MJ exactly."""
