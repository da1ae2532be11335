"""What the people of an office estate do with their days: presence, loads, water, heat, gas.

Every shape is per square metre or per person, so that an estate's size alone decides its figures.
The intensities are parameters of the model, chosen to look right, not measurements.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from collectors.simulator.noise import Floats, key, smooth
from collectors.simulator.span import STEPS_A_DAY, Span
from collectors.simulator.weather import Weather

_HOURS = (0.0, 6.5, 7.5, 8.75, 11.5, 12.25, 13.0, 13.75, 17.0, 18.25, 20.0, 22.0, 24.0)
_PRESENT = (0.0, 0.0, 0.12, 0.95, 1.0, 0.72, 0.75, 0.97, 0.92, 0.3, 0.12, 0.0, 0.0)
_ARRIVAL_HOURS = (0.0, 6.5, 8.25, 9.5, 12.5, 13.25, 14.5, 17.0, 24.0)
_ARRIVING = (0.0, 0.0, 1.0, 0.12, 0.06, 0.3, 0.08, 0.0, 0.0)
_MEAL_HOURS = (0.0, 5.5, 6.5, 8.0, 10.0, 11.25, 12.5, 13.5, 16.5, 17.5, 19.0, 24.0)
_MEALS = (0.0, 0.0, 0.4, 0.3, 0.5, 1.0, 0.8, 0.1, 0.1, 0.35, 0.0, 0.0)
WEEKEND_PRESENCE = 0.09
"""Share of a workday's people on Saturday and Sunday."""


@lru_cache(maxsize=8)
def _hours(span: Span) -> Floats:
    return (span.index % STEPS_A_DAY).astype(np.float64) * (24.0 / STEPS_A_DAY)


@lru_cache(maxsize=8)
def workday(span: Span) -> Floats:
    """1 from Monday to Friday, less at the weekend. Public holidays are not modelled."""
    weekdays = (span.index // STEPS_A_DAY + 3) % 7
    result: Floats = np.where(weekdays < 5, 1.0, WEEKEND_PRESENCE)
    return result


@lru_cache(maxsize=8)
def presence(span: Span) -> Floats:
    """Share of the people who are in, 0 to 1."""
    result: Floats = np.interp(_hours(span), _HOURS, _PRESENT) * workday(span)
    return result


@lru_cache(maxsize=8)
def arrivals(span: Span) -> Floats:
    """Rate at which people come in, 1 at the morning's peak."""
    result: Floats = np.interp(_hours(span), _ARRIVAL_HOURS, _ARRIVING) * workday(span)
    return result


@lru_cache(maxsize=8)
def cooking(span: Span) -> Floats:
    """How hard the kitchen works, 0 to 1."""
    result: Floats = np.interp(_hours(span), _MEAL_HOURS, _MEALS) * workday(span)
    return result


@dataclass(frozen=True)
class Household:
    """One community as a user of energy and water."""

    name: str
    area_m2: float
    people: float
    weather: Weather

    def _wobble(self, what: str, span: Span, spacing: int = 2) -> Floats:
        return smooth(key(self.weather.seed, self.name, what), span.index, spacing)

    def lighting(self, span: Span) -> Floats:
        """Lighting and sockets [W]."""
        per_m2 = 0.7 + 6.5 * presence(span)
        return self.area_m2 * per_m2 * (1.0 + 0.05 * self._wobble("lighting", span))

    def climate(self, span: Span) -> Floats:
        """Heating, ventilation and air conditioning [W]."""
        outside = self.weather.temperature(span)
        demand = np.clip(outside - 25.0, 0.0, None) * 1.5 + np.clip(12.0 - outside, 0.0, None) * 0.9
        per_m2 = 0.25 + (0.12 + 0.88 * presence(span)) * (0.5 + np.minimum(demand, 20.0))
        return self.area_m2 * per_m2 * (1.0 + 0.08 * self._wobble("climate", span, 1))

    def motors(self, span: Span) -> Floats:
        """Lifts, pumps and fans [W]."""
        per_m2 = 0.3 + 1.1 * presence(span)
        return self.area_m2 * per_m2 * (1.0 + 0.15 * self._wobble("motors", span, 1))

    def computers(self, span: Span) -> Floats:
        """The information centre [W]."""
        per_m2 = 1.6 + 0.3 * presence(span)
        return self.area_m2 * per_m2 * (1.0 + 0.02 * self._wobble("computers", span))

    def kitchen(self, span: Span) -> Floats:
        """The canteen's electricity [W]."""
        power = self.people * (1.5 + 45.0 * cooking(span))
        return power * (1.0 + 0.1 * self._wobble("kitchen", span))

    def water(self, span: Span) -> Floats:
        """Water drawn; at night only what drips and refills [m3/h]."""
        per_person = 0.0002 + 0.0045 * presence(span) + 0.004 * cooking(span)
        return self.people * per_person * (1.0 + 0.25 * self._wobble("water", span, 1))

    def heat(self, span: Span) -> Floats:
        """Heat delivered in the heating season [W]."""
        cold = np.clip(15.0 - self.weather.temperature(span), 0.0, None)
        per_m2 = cold * (0.5 + 1.3 * presence(span))
        return self.area_m2 * per_m2 * (1.0 + 0.05 * self._wobble("heat", span))

    def gas(self, span: Span) -> Floats:
        """Gas burnt in the kitchen [m3/h]."""
        return self.people * 0.028 * cooking(span) * (1.0 + 0.1 * self._wobble("gas", span))

    def entries(self, span: Span) -> Floats:
        """People who come in [1/h]."""
        return self.people * 0.42 * arrivals(span) * (1.0 + 0.2 * self._wobble("entries", span, 1))

    def vehicle_entries(self, span: Span) -> Floats:
        """Vehicles that come in [1/h]."""
        return self.entries(span) * 0.3


def local_irradiance(name: str, weather: Weather, span: Span) -> Floats:
    """Irradiance on the roofs of a community [W/m2]."""
    return weather.irradiance(span) * weather.local_cloud(name, span)


def pv_power(rating_w: float, name: str, weather: Weather, span: Span) -> Floats:
    """AC power of an inverter from irradiance and module temperature [W].

    Module temperature by the NOCT relation (Duffie, Beckman, 4th edition, section 23.3) with
    NOCT 45 degC; the temperature coefficient -0.35 %/K and the losses of 14 % are those of
    ordinary modules and plants, parameters of the model.
    """
    light = local_irradiance(name, weather, span)
    module = weather.temperature(span) + light * (45.0 - 20.0) / 800.0
    power = rating_w * light / 1000.0 * (1.0 - 0.0035 * (module - 25.0)) * 0.86
    result: Floats = np.clip(power, 0.0, rating_w)
    return result
