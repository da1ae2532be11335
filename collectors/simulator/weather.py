"""Sun, clouds and temperature over Wujin, as smooth functions of time.

The climate figures (means, amplitudes, cloudiness) are parameters of the model, chosen to look
right, not measurements.
"""

import math
from collections.abc import Callable

import numpy as np

from collectors.simulator.noise import Floats, key, smooth
from collectors.simulator.span import STEPS_A_DAY, Span

LATITUDE = 31.8
"""Wujin. [deg north]"""
LONGITUDE = 119.97
"""Wujin. [deg east]"""
_ZONE_MERIDIAN = 120.0

_KEPT = 6


def elevation_sine(span: Span) -> Floats:
    """Sine of the sun's height above the horizon; negative at night.

    Duffie, Beckman, "Solar Engineering of Thermal Processes", 4th edition, chapter 1: declination
    eq. 1.6.1a, equation of time eq. 1.5.3, zenith angle eq. 1.6.5.
    """
    index = span.index
    # 2026 begins the year the epoch begins; the calendar's leap days move the sun by < 1 degree.
    day_of_year = (index // STEPS_A_DAY) % 365 + 1.0
    clock_hours = (index % STEPS_A_DAY) * (24.0 / STEPS_A_DAY)
    turn = 2.0 * math.pi * (day_of_year - 1.0) / 365.0
    equation_min = 229.2 * (
        0.000075
        + 0.001868 * np.cos(turn)
        - 0.032077 * np.sin(turn)
        - 0.014615 * np.cos(2.0 * turn)
        - 0.04089 * np.sin(2.0 * turn)
    )
    solar_hours = clock_hours + (4.0 * (LONGITUDE - _ZONE_MERIDIAN) + equation_min) / 60.0
    hour_angle = np.radians(15.0 * (solar_hours - 12.0))
    declination = np.radians(23.45) * np.sin(2.0 * math.pi * (284.0 + day_of_year) / 365.0)
    latitude = math.radians(LATITUDE)
    result: Floats = math.sin(latitude) * np.sin(declination) + math.cos(latitude) * np.cos(
        declination
    ) * np.cos(hour_angle)
    return result


def clear_sky(elevation: Floats) -> Floats:
    """Global horizontal irradiance without clouds; 0 at night [W/m2].

    The Haurwitz model, as in Reno, Hansen, Stein, "Global Horizontal Irradiance Clear Sky Models",
    Sandia report SAND2012-2389, 2012.
    """
    height = np.maximum(elevation, 1e-3)
    result: Floats = np.where(elevation > 1e-3, 1098.0 * height * np.exp(-0.059 / height), 0.0)
    return result


class Weather:
    """The weather of one seed; what several sources need is computed once."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._kept: dict[tuple[str, Span], Floats] = {}

    def irradiance(self, span: Span) -> Floats:
        """Global irradiance under the clouds of the whole estate [W/m2]."""
        return self._once("irradiance", span, self._irradiance)

    def local_cloud(self, name: str, span: Span) -> Floats:
        """What is left of the irradiance under the clouds of one community, 0.7 to 1."""
        index = span.index
        small = smooth(key(self.seed, "cloud", name), index, 3)
        return 0.85 + 0.15 * small

    def temperature(self, span: Span) -> Floats:
        """Outdoor air temperature [degC]."""
        return self._once("temperature", span, self._temperature)

    def wind(self, span: Span) -> Floats:
        """Wind speed [m/s]."""
        index = span.index
        return (
            2.6
            + 1.6 * smooth(key(self.seed, "wind"), index, 24)
            + 0.8 * smooth(key(self.seed, "gust"), index, 2)
        )

    def humidity(self, span: Span) -> Floats:
        """Relative humidity of the outdoor air [%]."""
        index = span.index
        hours = (index % STEPS_A_DAY) * (24.0 / STEPS_A_DAY)
        daily = -10.0 * np.cos(2.0 * math.pi * (hours - 3.0) / 24.0 + math.pi)
        result: Floats = 72.0 + daily + 14.0 * smooth(key(self.seed, "humidity"), index, 96)
        return result

    def _irradiance(self, span: Span) -> Floats:
        index = span.index
        synoptic = smooth(key(self.seed, "synoptic"), index, 432)
        passing = smooth(key(self.seed, "passing"), index, 6)
        clouds = np.clip(0.58 + 0.42 * synoptic + 0.18 * passing, 0.12, 1.0)
        return clear_sky(elevation_sine(span)) * clouds

    def _temperature(self, span: Span) -> Floats:
        index = span.index
        days = index / STEPS_A_DAY
        yearly = -12.5 * np.cos(2.0 * math.pi * (days - 20.0) / 365.25)
        daily = -4.0 * np.cos(2.0 * math.pi * (days - 15.0 / 24.0 + 0.5))
        return 16.5 + yearly + daily + 3.5 * smooth(key(self.seed, "temperature"), index, 432)

    def _once(self, name: str, span: Span, compute: Callable[[Span], Floats]) -> Floats:
        place = (name, span)
        if place not in self._kept:
            while len(self._kept) >= _KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[place] = compute(span)
        return self._kept[place]
