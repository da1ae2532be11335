"""The past of the demo estate, from the same model: what would have been read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from collectors.sample import Sample, Value
from collectors.simulator.charging import PileState
from collectors.simulator.curve import Flow
from collectors.simulator.model import Model
from collectors.simulator.noise import Floats, Indices
from collectors.simulator.readings import HEAT_SPREAD_K, WATER_WH_PER_M3_K, came_and_went
from collectors.simulator.span import DAY_MS, EPOCH_MS, STEP_MS, day_of, start_of
from collectors.simulator.wire_values import as_read, as_told
from device_configs.estate import Device

STEP = 15 * 60_000
"""Usual distance of the samples: a quarter of an hour. [ms]"""

Column = Floats | list[Value]


@dataclass(frozen=True)
class _Past:
    """One device over one day of the model's clock."""

    model: Model
    device: Device
    day: int
    at_ms: Indices

    @property
    def flow(self) -> Flow:
        return self.model.plant.flows[self.device.id]


def history(
    model: Model, start_ms: int, end_ms: int, step_ms: int = STEP
) -> Iterator[Sequence[Sample]]:
    """Samples of counters, powers and states of all devices that have them, in time order.

    One batch is one day of the model. Each sample is received when it was read and has no journal
    number. What lies before the model's first day is left out. Incidents are not in it.

    Args:
        model: the model.
        start_ms: first moment; rounded up to a whole step. [ms, UTC]
        end_ms: first moment that is no longer wanted. [ms, UTC]
        step_ms: distance of the samples.
    """
    first = max(start_ms, EPOCH_MS - model.shift_ms)
    first = -(-first // step_ms) * step_ms
    if first >= end_ms:
        return
    for _ in model.plant.warm(first + model.shift_ms):
        pass
    days = range(day_of(first + model.shift_ms), day_of(end_ms - 1 + model.shift_ms) + 1)
    for day in days:
        begin = max(first, start_of(day) - model.shift_ms)
        end = min(end_ms, start_of(day) + DAY_MS - model.shift_ms)
        moments = np.arange(-(-begin // step_ms) * step_ms, end, step_ms, dtype=np.int64)
        if len(moments):
            yield _batch(model, day, moments)


def _batch(model: Model, day: int, moments: Indices) -> list[Sample]:
    rows: list[list[Sample]] = [[] for _ in moments]
    times = moments.tolist()
    for device in model.estate.devices.values():
        columns = _columns(_Past(model, device, day, moments + model.shift_ms))
        if not columns:
            continue
        names = tuple(columns)
        lists = (_plain(device, name, column) for name, column in columns.items())
        for row, at, values in zip(rows, times, zip(*lists, strict=True), strict=True):
            row.append(Sample(device.id, at, dict(zip(names, values, strict=True))))
    return [sample for row in rows for sample in row]


def _plain(device: Device, name: str, column: Column) -> list[Value]:
    if isinstance(column, list):
        return column
    point = device.profile.points[name]
    return as_read(point, column) if point.spec.counter else np.round(column, 2).tolist()


def _columns(past: _Past) -> Mapping[str, Column]:
    """The points of a device that have a past, and are in its profile."""
    make = _KINDS.get(past.device.profile.kind.kind)
    if make is None:
        return {}
    return {
        name: column for name, column in make(past).items() if name in past.device.profile.points
    }


def _electricity(past: _Past) -> dict[str, Column]:
    rate, ahead, back = past.flow.series(past.day, past.at_ms)
    return {
        "active_power": rate,
        "active_energy_import": ahead,
        "active_energy_export": back,
        "active_energy_total": ahead + back,
    }


def _inverter(past: _Past) -> dict[str, Column]:
    rate, ahead, _ = past.flow.series(past.day, past.at_ms)
    states: list[Value] = ["running" if power > 0 else "standby" for power in rate.tolist()]
    return {"active_power": rate, "active_energy_total": ahead, "state": states}


def _pile(past: _Past) -> dict[str, Column]:
    rate, ahead, _ = past.flow.series(past.day, past.at_ms)
    states = _states(past)
    return {"active_power": rate, "active_energy_total": ahead, "state": states}


def _states(past: _Past) -> list[Value]:
    pile = past.model.plant.piles[past.device.id]
    steps = (past.at_ms - start_of(past.day)) / STEP_MS
    found: list[Value] = [PileState.AVAILABLE.value] * len(steps)
    for session in pile.sessions(past.day):
        for place in np.flatnonzero((steps >= session.plugged) & (steps < session.unplugged)):
            found[int(place)] = as_told(past.device, session.state_at(float(steps[place])))
    return found


def _volume(past: _Past) -> dict[str, Column]:
    rate, ahead, _ = past.flow.series(past.day, past.at_ms)
    return {"volume_total": ahead, "flow": rate}


def _heat(past: _Past) -> dict[str, Column]:
    rate, ahead, _ = past.flow.series(past.day, past.at_ms)
    return {
        "heat_energy_total": ahead,
        "heat_power": rate,
        "volume_total": ahead / (WATER_WH_PER_M3_K * HEAT_SPREAD_K),
    }


def _weather(past: _Past) -> dict[str, Column]:
    moments = past.at_ms.astype(np.float64)
    light = past.model.plant.site_of(past.device.id).light.undisturbed(moments)
    air = past.model.plant.sky["temperature"].undisturbed(moments)
    return {"irradiance": light, "ambient_temperature": air}


def _gate(past: _Past) -> dict[str, Column]:
    vehicles = past.model.plant.vehicle_flows[past.device.id]
    people = [came_and_went(past.flow, at) for at in past.at_ms.tolist()]
    cars = [came_and_went(vehicles, at) for at in past.at_ms.tolist()]
    return {
        "people_in_total": [came for came, _ in people],
        "people_out_total": [went for _, went in people],
        "vehicles_in_total": [came for came, _ in cars],
        "vehicles_out_total": [went for _, went in cars],
        "occupancy": [came - went for came, went in people],
    }


def _lift(past: _Past) -> dict[str, Column]:
    trips = past.model.plant.lifts[past.device.id].trip_counts(past.day, past.at_ms)
    return {"trip_count": list(trips.tolist())}


_KINDS: Mapping[str, Callable[[_Past], dict[str, Column]]] = {
    "electricity_meter": _electricity,
    "pv_inverter": _inverter,
    "ev_charger": _pile,
    "water_meter": _volume,
    "gas_meter": _volume,
    "heat_meter": _heat,
    "weather_station": _weather,
    "access_gate": _gate,
    "elevator": _lift,
}
