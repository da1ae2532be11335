"""What the devices that measure energy, water and weather show at a moment.

Each function gives every point of its kind that the model knows; a profile picks what its product
has. Powers and counters come from one flow, so that they agree; voltages, factors and temperatures
are plausible decoration in closed form.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from collectors.sample import Value
from collectors.simulator.charging import PileState
from collectors.simulator.curve import Flow
from collectors.simulator.noise import draw, key
from collectors.simulator.plant import Plant
from collectors.simulator.span import STEP_MS, ZONE_MS, day_of, start_of
from collectors.simulator.wire_values import as_told
from device_configs.estate import Device

Readings = dict[str, Value]
Reading = Callable[["Moment"], Readings]

_NOMINAL_V = 230.0
HEAT_SPREAD_K = 12.0
"""Supply over return temperature of the heat meters. [K]"""
_EFFICIENCY = 0.98
"""AC over DC of an inverter."""
_MOST_TRACKERS = 4
"""MPP trackers of an inverter whose profile has room for more."""
_OF_A_TRACKER = ("voltage", "current", "power", "energy")
WATER_WH_PER_M3_K = 1163.0
"""Heat a cubic metre of water takes up per kelvin, at about 50 degC: 4.187 kJ/(kg K). [Wh]"""


@dataclass(frozen=True)
class Moment:
    """One device at one moment of the model's clock."""

    plant: Plant
    device: Device
    at_ms: int
    seed: int

    def chance(self, what: str) -> float:
        """A number in [0, 1) that belongs to the device for ever."""
        return draw(key(self.seed, self.device.id, what))

    def sway(self, what: str, period_s: float) -> float:
        """A slow swing in [-1, 1] with the device's own phase."""
        phase = self.chance(what)
        return math.sin(2.0 * math.pi * ((self.at_ms / 1000.0 / period_s + phase) % 1.0))

    @property
    def three_phase(self) -> bool:
        """Whether the product shows more than one phase."""
        return "voltage_l2" in self.device.profile.points

    @property
    def shares(self) -> tuple[float, ...]:
        """What each phase has of the whole; they add up to 1."""
        count = 3 if self.three_phase else 1
        spread = [1.0 + 0.12 * (self.chance(f"phase {n}") - 0.5) for n in range(count)]
        return tuple(part / sum(spread) for part in spread)


def electrical(moment: Moment, power_w: float, factor: float) -> Readings:
    """Voltages, currents and powers of a connection that takes (or, negative, gives) a power."""
    shares = moment.shares
    count = len(shares)
    tangent = math.sqrt(1.0 - factor * factor) / factor
    grid = 2.5 * moment.sway("grid", 21_600.0)
    found: Readings = {
        "active_power": power_w,
        "reactive_power": power_w * tangent,
        "apparent_power": abs(power_w) / factor,
        "power_factor": math.copysign(factor, power_w),
        "frequency": 50.0 + 0.02 * moment.sway("frequency", 83.0),
        "current_n": 0.0,
        "active_power_demand": power_w,
        "active_power_demand_max": abs(power_w),
    }
    volts, total = [], 0.0
    for number, share in enumerate(shares):
        volt = _NOMINAL_V + grid + 0.7 * moment.sway(f"volt {number}", 61.0 + 7 * number)
        watt = power_w * share
        current = abs(watt) / (volt * factor)
        volts.append(volt)
        total += current
        line = f"l{number + 1}"
        found[f"voltage_{line}"] = volt
        found[f"current_{line}"] = current
        found[f"active_power_{line}"] = watt
        found[f"reactive_power_{line}"] = watt * tangent
        found[f"apparent_power_{line}"] = abs(watt) / factor
        found[f"power_factor_{line}"] = math.copysign(factor, power_w)
    found["current_total"] = found["current_demand"] = found["current_demand_max"] = total
    for number in range(count if count == 3 else 0):
        first, second = volts[number], volts[(number + 1) % 3]
        # Two vectors 120 degrees apart.
        found[f"voltage_l{number + 1}_l{(number + 1) % 3 + 1}"] = math.sqrt(
            first * first + second * second + first * second
        )
    return found


def electricity_meter(moment: Moment) -> Readings:
    """A meter of any role; its reactive energy is the active one times a fixed tangent."""
    flow = moment.plant.flows[moment.device.id]
    factor = 0.9 + 0.08 * moment.chance("factor")
    tangent = math.sqrt(1.0 - factor * factor) / factor
    ahead, back = flow.total(moment.at_ms), flow.backward_total(moment.at_ms)
    found = electrical(moment, flow.rate(moment.at_ms), factor)
    for number, share in enumerate(moment.shares, 1):
        found[f"active_energy_import_l{number}"] = ahead * share
        found[f"active_energy_export_l{number}"] = back * share
        found[f"active_energy_total_l{number}"] = (ahead + back) * share
    return found | {
        "active_energy_import": ahead,
        "active_energy_export": back,
        "active_energy_total": ahead + back,
        "reactive_energy_import": ahead * tangent,
        "reactive_energy_export": back * tangent,
        "reactive_energy_total": (ahead + back) * tangent,
        "serial": str(10_000_000 + int(moment.chance("serial") * 80_000_000)),
    }


def pv_inverter(moment: Moment) -> Readings:
    """An inverter, its strings and its yield."""
    flow = moment.plant.flows[moment.device.id]
    power = flow.rate(moment.at_ms)
    total = flow.total(moment.at_ms)
    found = electrical(moment, power, 0.995)
    rating = moment.device.entry.rating_w.latest if moment.device.entry.rating_w else 50_000.0
    ambient = moment.plant.sky["temperature"].rate(moment.at_ms)
    dc_power = power / _EFFICIENCY
    return found | _strings(moment, dc_power, total) | _no_meter(moment) | {
        "dc_power": dc_power,
        "rated_power": rating,
        "efficiency": 100.0 * _EFFICIENCY if power > 0 else 0.0,
        "active_energy_total": total,
        "active_energy_today": total - flow.total(start_of(day_of(moment.at_ms))),
        "temperature": ambient + 8.0 + 32.0 * power / rating,
        "heatsink_temperature": ambient + 6.0 + 38.0 * power / rating,
        "insulation_resistance": 2_000_000.0 + 400_000.0 * moment.sway("insulation", 40_000.0),
        "residual_current": 12.0 + 6.0 * power / rating,
        "bus_voltage": 640.0 if power > 0 else 0.0,
        "run_time": float((moment.at_ms - start_of(0)) // 2000),
        "state": "running" if power > 0 else "standby",
        "fault_code": 0,
        "warning_code": 0,
        "maker": moment.device.profile.vendor,
        "model": f"SIM{rating / 1000:.0f}K",
        "serial": f"SIM{int(moment.chance('serial') * 10**9):09d}",
        "firmware": "1.0",
        "clock": _clock(moment),
    }  # fmt: skip


def _clock(moment: Moment) -> str:
    """The device's own time, to the second."""
    told = datetime.fromtimestamp((moment.at_ms + ZONE_MS) // 1000, UTC)
    return told.replace(tzinfo=None).isoformat()


def _no_meter(moment: Moment) -> Readings:
    """No meter stands behind the inverters: its points are there, and not available."""
    names = (name for name in moment.device.profile.points if name.startswith("grid_"))
    return dict.fromkeys(names) | {"meter_connected": False}


def _strings(moment: Moment, dc_power: float, total: float) -> Readings:
    """DC side: strings share the power evenly; without light there is no voltage."""
    profile = moment.device.profile
    strings = string_numbers(moment.device)
    told = ("voltage", "energy")
    fitted = [n for n in range(1, 33) if any(f"mppt{n}_{w}" in profile.points for w in told)]
    trackers, absent = fitted[:_MOST_TRACKERS], fitted[_MOST_TRACKERS:]
    lit = dc_power > 0
    volt = 610.0 + 18.0 * moment.sway("dc", 700.0) if lit else 0.0
    current = dc_power / volt if lit else 0.0
    found: Readings = {
        "dc_voltage": volt,
        "dc_current": current,
        "string_count": len(strings),
        "mppt_count": len(trackers),
    }
    found |= {f"mppt{n}_{what}": None for n in absent for what in _OF_A_TRACKER}
    for number in strings:
        found[f"string{number}_voltage"] = volt
        found[f"string{number}_current"] = current / len(strings)
    for number in trackers:
        found[f"mppt{number}_voltage"] = volt
        found[f"mppt{number}_current"] = current / len(trackers)
        found[f"mppt{number}_power"] = dc_power / len(trackers)
        found[f"mppt{number}_energy"] = total / _EFFICIENCY / len(trackers)
    return found


def string_numbers(device: Device) -> tuple[int, ...]:
    """The numbers of the strings a product shows."""
    names = device.profile.points
    return tuple(n for n in range(1, 33) if f"string{n}_current" in names)


def ev_charger(moment: Moment) -> Readings:
    """A pile: its state, its car's session and its lifetime energy."""
    flow = moment.plant.flows[moment.device.id]
    pile = moment.plant.piles[moment.device.id]
    state, session = pile.at(moment.at_ms)
    power, total = flow.rate(moment.at_ms), flow.total(moment.at_ms)
    energy = 0.0
    if session is not None and state is not PileState.CONNECTED:
        begun = start_of(day_of(moment.at_ms)) + session.begin * STEP_MS
        energy = total - flow.total(begun)
    return electrical(moment, power, 0.99) | {
        "state": as_told(moment.device, state),
        "active_energy_total": total,
        "session_energy": energy,
        "connector_temperature": 24.0 + 18.0 * power / pile.rating_w,
    }


def water_meter(moment: Moment) -> Readings:
    """A water meter; nothing ever ran backwards through it."""
    flow = moment.plant.flows[moment.device.id]
    return {
        "volume_total": flow.total(moment.at_ms),
        "volume_reverse_total": 0.0,
        "flow": flow.rate(moment.at_ms),
    }


def heat_meter(moment: Moment) -> Readings:
    """A heat meter; its water volume is its heat over a fixed temperature difference."""
    flow = moment.plant.flows[moment.device.id]
    power, spread = flow.rate(moment.at_ms), HEAT_SPREAD_K
    supply = 55.0 + 2.0 * moment.sway("supply", 5_400.0)
    return {
        "heat_energy_total": flow.total(moment.at_ms),
        "heat_power": power,
        "flow": power / (WATER_WH_PER_M3_K * spread),
        "volume_total": flow.total(moment.at_ms) / (WATER_WH_PER_M3_K * spread),
        "supply_temperature": supply,
        "return_temperature": supply - spread,
    }


def weather_station(moment: Moment) -> Readings:
    """Sun, air and wind on the roof."""
    sky = {name: source.rate(moment.at_ms) for name, source in moment.plant.sky.items()}
    light = moment.plant.site_of(moment.device.id).light.rate(moment.at_ms)
    return {
        "irradiance": light,
        "module_temperature": sky["temperature"] + light * 25.0 / 800.0,
        "ambient_temperature": sky["temperature"],
        "wind_speed": max(0.0, sky["wind"]),
        "humidity": min(100.0, max(5.0, sky["humidity"])),
    }


_STAY_MS = 34_200_000
"""How long who works here stays: 9.5 h. [ms]"""
_VISIT_MS = 4_500_000
"""How long a visitor stays: 1.25 h. [ms]"""
_STAYING = 0.7
"""Share of those who come in that work here."""


def access_gate(moment: Moment) -> Readings:
    """Counts of a gate; who came in goes out again later, so that the occupancy adds up."""
    people = came_and_went(moment.plant.flows[moment.device.id], moment.at_ms)
    vehicles = came_and_went(moment.plant.vehicle_flows[moment.device.id], moment.at_ms)
    return {
        "people_in_total": people[0],
        "people_out_total": people[1],
        "vehicles_in_total": vehicles[0],
        "vehicles_out_total": vehicles[1],
        "occupancy": people[0] - people[1],
        "barrier_state": "closed",
        "forced_open": False,
        "held_open": False,
        "tailgating": False,
        "fault": False,
    }


def came_and_went(flow: Flow, at_ms: int) -> tuple[int, int]:
    """How many have come in, and how many of them have left again."""
    stayed = flow.total(max(start_of(0), at_ms - _STAY_MS))
    visited = flow.total(max(start_of(0), at_ms - _VISIT_MS))
    return int(flow.total(at_ms)), int(_STAYING * stayed + (1.0 - _STAYING) * visited)
