"""The model of the estate: what every device shows at any moment, incidents included.

A pure function of estate, seed, device and time, except for the incidents, which are laid over it
while the demo runs.
"""

from collections.abc import Mapping

from collectors.driver import CollectorsError
from collectors.sample import Value
from collectors.simulator import readings, safety_readings
from collectors.simulator.plant import plant_of
from collectors.simulator.readings import Moment, Reading, Readings
from collectors.simulator.span import EPOCH_MS
from device_configs.estate import Device, Estate

READINGS: Mapping[str, Reading] = {
    "electricity_meter": readings.electricity_meter,
    "pv_inverter": readings.pv_inverter,
    "ev_charger": readings.ev_charger,
    "water_meter": readings.water_meter,
    "gas_meter": readings.water_meter,
    "heat_meter": readings.heat_meter,
    "weather_station": readings.weather_station,
    "access_gate": readings.access_gate,
    "elevator": safety_readings.elevator,
    "escalator": safety_readings.escalator,
    "fire_panel": safety_readings.fire_panel,
    "smoke_detector": safety_readings.smoke_detector,
    "gas_detector": safety_readings.gas_detector,
    "electrical_fire_detector": safety_readings.electrical_fire_detector,
    "water_pressure": safety_readings.water_pressure,
    "water_tank": safety_readings.water_tank,
    "environment_sensor": safety_readings.environment_sensor,
    "gateway": safety_readings.gateway,
}
"""Kind to what it shows; every kind but `service`, which is sitewatch itself."""


class SimulatorError(CollectorsError):
    """The simulator cannot do what is asked, in one sentence."""


class Model:
    """All devices of an estate. Every moment given is the wall clock's [ms, UTC].

    Attributes:
        shift_ms: how far the model's clock is ahead of the wall clock. [ms]
        overlay: full id of a device or part to the points that an incident has changed.
        silent: devices that do not answer.
        version: rises with every change by an incident.
    """

    def __init__(self, estate: Estate, seed: int = 1, shift_ms: int = 0) -> None:
        self.estate = estate
        self.seed = seed
        self.shift_ms = shift_ms
        self.plant = plant_of(estate, seed)
        self.overlay: dict[str, Readings] = {}
        self.silent: set[str] = set()
        self.version = 0
        self._faults: dict[str, Readings] = {}

    def clock(self, now_ms: int) -> int:
        """The model's clock at a moment.

        Raises:
            SimulatorError: it is before the model's first day.
        """
        at_ms = now_ms + self.shift_ms
        if at_ms < EPOCH_MS:
            raise SimulatorError("the simulated estate begins on 2026-01-01; choose a later time")
        return at_ms

    def values(self, device: str, now_ms: int) -> Mapping[str, Value]:
        """Every point of a device that the model knows, in stored units."""
        found = self.estate.devices[device]
        moment = Moment(self.plant, found, self.clock(now_ms), self.seed)
        shown = READINGS[found.profile.kind.kind](moment)
        if device not in self._faults:
            self._faults[device] = dict.fromkeys(_fault_points(found), False)
        shown = self._faults[device] | shown
        return shown | self.overlay.get(device, {})

    def part_values(self, device: str, part: str) -> Mapping[str, Value]:
        """Every point of a part behind a panel; nothing but an incident changes it."""
        quiet: Readings = {
            "smoke": False,
            "fault": False,
            "shielded": False,
            "supervisory": False,
            "test": False,
        }
        return quiet | self.overlay.get(f"{device}/{part}", {})


def _fault_points(device: Device) -> tuple[str, ...]:
    names = list(device.profile.points)
    for point in device.profile.points.values():
        names += point.mapping.bits.values()
    return tuple(name for name in names if name.startswith("fault_") and name != "fault_code")
