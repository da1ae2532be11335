"""What a PV inverter is to give by the light on its modules. Pure."""

from analysis.expectation import Expectation

STANDARD_IRRADIANCE = 1000.0
"""Light under which a module gives its rating (IEC 61215, standard test conditions). [W/m2]"""
STANDARD_TEMPERATURE = 25.0
"""Temperature of the cells under standard test conditions. [degC]"""
PERFORMANCE_RATIO = 0.8
"""Share of rating x light that a sound plant delivers (IEC 61724 defines it); value [P]."""
TEMPERATURE_COEFFICIENT = -0.004
"""Change of a crystalline module's power; typical -0.003 to -0.004 [P]. [1/K]"""
_SPREAD = 0.05
"""Deviation of such an estimate over its amount: soiling, angle, spectrum. [P]"""


def expected_of_light(
    irradiance: float, rating_w: float, hours: float, module_temperature: float | None = None
) -> Expectation:
    """What an inverter is to give in some hours.

    Args:
        irradiance: mean of the time, in the plane of the modules. [W/m2]
        rating_w: what it gives under standard test conditions. [W]
        hours: how long. [h]
        module_temperature: mean of the time; the rating's own where it is not known. [degC]

    Returns:
        The energy. [Wh]
    """
    warmer = 0.0
    if module_temperature is not None:
        warmer = module_temperature - STANDARD_TEMPERATURE
    factor = PERFORMANCE_RATIO * (1 + TEMPERATURE_COEFFICIENT * warmer)
    energy = rating_w * irradiance / STANDARD_IRRADIANCE * factor * hours
    return Expectation(energy, energy * _SPREAD, 1)
