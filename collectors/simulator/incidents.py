"""What can be made to happen in the demo: incidents laid over the model until they are cleared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from collectors.sample import Value
from collectors.simulator.model import Model, SimulatorError
from collectors.simulator.readings import string_numbers
from device_configs.estate import Device

RESIDUAL_MA = 620
"""Above the alarm setpoint of 500 mA that electrical fire detectors commonly have. [mA]"""
GAS_LEL = 32.0
"""[%LEL]"""
LEAK_M3H = 1.4
"""[m3/h]"""
DRILL_PARTS = 3
_OUTSIDE_ZONE_CODE = 4
"""GB/T 24476-2017: the car has stopped outside the unlocking zone. That somebody is trapped is told
by a signal of its own."""


@dataclass(frozen=True)
class Target:
    """What an incident happens to, and when."""

    model: Model
    device: Device
    part: str | None
    now_ms: int

    @property
    def key(self) -> str:
        """The full id of the device or part."""
        return f"{self.device.id}/{self.part}" if self.part else self.device.id

    def show(self, values: Mapping[str, Value], at: str | None = None) -> None:
        """Make the target, or another full id, show these values."""
        place = self.model.overlay.setdefault(at or self.key, {})
        place.update(values)

    def hide(self, *points: str, at: str | None = None) -> None:
        """Undo `show` for these points."""
        place = self.model.overlay.get(at or self.key, {})
        for point in points:
            place.pop(point, None)
        if not place:
            self.model.overlay.pop(at or self.key, None)


@dataclass(frozen=True)
class Incident:
    """One thing that can happen, to which kinds, and how it begins and ends."""

    name: str
    kinds: tuple[str, ...]
    summary: str
    begin: Callable[[Target], None]
    end: Callable[[Target], None]


def _begin_smoke(target: Target) -> None:
    target.show({"smoke": True})
    if target.part:
        target.show({"fire": True}, at=target.device.id)


def _end_smoke(target: Target) -> None:
    target.hide("smoke")
    others = (
        shown.get("smoke") and not shown.get("test")
        for full, shown in target.model.overlay.items()
        if full.startswith(f"{target.device.id}/")
    )
    if target.part and not any(others):
        target.hide("fire", at=target.device.id)


def _drill_parts(target: Target) -> list[str]:
    chosen = [target.part] if target.part else list(target.device.parts)[:DRILL_PARTS]
    return [f"{target.device.id}/{part}" for part in chosen]


def _begin_drill(target: Target) -> None:
    target.show({"test": True}, at=target.device.id)
    for part in _drill_parts(target):
        target.show({"test": True, "smoke": True}, at=part)


def _end_drill(target: Target) -> None:
    target.hide("test", at=target.device.id)
    for part in _drill_parts(target):
        target.hide("test", "smoke", at=part)


def _begin_entrapment(target: Target) -> None:
    shown = target.model.values(target.device.id, target.now_ms)
    target.show(
        {
            "car_state": "stopped",
            "direction": "none",
            "speed": 0.0,
            "door_zone": False,
            "door_closed": True,
            "occupied": True,
            "alarm_button": True,
            "entrapment": True,
            "fault_stopped_outside_zone": True,
            "fault_alarm_button": True,
            "fault_code": _OUTSIDE_ZONE_CODE,
            # A car that is stuck makes no trips.
            "trip_count": shown["trip_count"],
            "run_time": shown["run_time"],
        }
    )


def _end_entrapment(target: Target) -> None:
    target.model.overlay.pop(target.device.id, None)


def _begin_silence(target: Target) -> None:
    target.model.silent.add(target.device.id)


def _end_silence(target: Target) -> None:
    target.model.silent.discard(target.device.id)


def _begin_string_loss(target: Target) -> None:
    strings = string_numbers(target.device)
    lost = strings[0] if strings else 1
    count = len(strings) or _DEFAULT_STRINGS
    source = target.model.plant.site_of(target.device.id).inverters[target.device.id]
    source.change(target.model.clock(target.now_ms), scale=1.0 - 1.0 / count)
    if strings:
        target.show({f"string{lost}_current": 0.0, f"string{lost}_voltage": 0.0})
    if target.model.values(target.device.id, target.now_ms).get("fault_string_loss") is False:
        target.show({"fault_string_loss": True})


_DEFAULT_STRINGS = 4
"""Strings of an inverter whose profile shows none."""


def _end_string_loss(target: Target) -> None:
    source = target.model.plant.site_of(target.device.id).inverters[target.device.id]
    source.change(target.model.clock(target.now_ms))
    target.model.overlay.pop(target.device.id, None)


def _begin_leak(target: Target) -> None:
    site = target.model.plant.site_of(target.device.id)
    site.water.change(target.model.clock(target.now_ms), offset=LEAK_M3H)
    if target.device.profile.kind.has("water_leak"):
        target.show({"water_leak": True})


def _end_leak(target: Target) -> None:
    site = target.model.plant.site_of(target.device.id)
    site.water.change(target.model.clock(target.now_ms))
    target.hide("water_leak")


def _begin_residual(target: Target) -> None:
    target.show({"residual_current_1": RESIDUAL_MA, "alarm": True})


def _end_residual(target: Target) -> None:
    target.hide("residual_current_1", "alarm")


def _begin_pile_fault(target: Target) -> None:
    source = target.model.plant.site_of(target.device.id).piles[target.device.id]
    source.change(target.model.clock(target.now_ms), scale=0.0)
    target.show({"state": "fault"})
    if "fault_ground" in target.model.values(target.device.id, target.now_ms):
        target.show({"fault_ground": True})


def _end_pile_fault(target: Target) -> None:
    source = target.model.plant.site_of(target.device.id).piles[target.device.id]
    source.change(target.model.clock(target.now_ms))
    target.hide("state", "fault_ground")


def _begin_gas(target: Target) -> None:
    target.show({"gas_concentration": GAS_LEL, "gas_alarm": True})


def _end_gas(target: Target) -> None:
    target.hide("gas_concentration", "gas_alarm")


INCIDENTS: Mapping[str, Incident] = {
    incident.name: incident
    for incident in (
        Incident("smoke", ("fire_panel", "smoke_detector"),
                 "smoke at a detector; a panel needs --part", _begin_smoke, _end_smoke),
        Incident("fire-drill", ("fire_panel",),
                 "the panel in test, and its first detectors or --part", _begin_drill, _end_drill),
        Incident("entrapment", ("elevator",),
                 "the car stops between floors with people in it", _begin_entrapment,
                 _end_entrapment),
        Incident("silent", (), "the device, of any kind, stops answering or publishing",
                 _begin_silence, _end_silence),
        Incident("pv-string-loss", ("pv_inverter",), "one string gives nothing",
                 _begin_string_loss, _end_string_loss),
        Incident("water-leak", ("environment_sensor", "water_meter"),
                 "water on the floor, and flow at the community's meter", _begin_leak, _end_leak),
        Incident("residual-current", ("electrical_fire_detector",),
                 "loop 1 leaks current to earth", _begin_residual, _end_residual),
        Incident("pile-fault", ("ev_charger",), "the pile trips and stops charging",
                 _begin_pile_fault, _end_pile_fault),
        Incident("gas-leak", ("gas_detector",), "gas at a third of the lower explosive limit",
                 _begin_gas, _end_gas),
    )
}  # fmt: skip


class Incidents:
    """The incidents of a running model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.active: dict[tuple[str, str], int] = {}
        """(incident, full id) to when it began. [ms, UTC]"""

    def begin(self, name: str, device: str, part: str | None, now_ms: int) -> str:
        """Make an incident happen; returns the full id it happens to.

        Raises:
            SimulatorError: there is no such incident, device or part, or they do not fit.
        """
        incident, target = self._target(name, device, part, now_ms)
        if (name, target.key) not in self.active:
            incident.begin(target)
            self.active[name, target.key] = now_ms
            self.model.version += 1
        return target.key

    def clear(self, name: str, device: str, part: str | None, now_ms: int) -> str:
        """End an incident; returns the full id it happened to.

        Raises:
            SimulatorError: as for `begin`, or it is not happening.
        """
        incident, target = self._target(name, device, part, now_ms)
        if self.active.pop((name, target.key), None) is None:
            raise SimulatorError(f"{name} is not happening at {target.key}")
        incident.end(target)
        self.model.version += 1
        return target.key

    def _target(
        self, name: str, device: str, part: str | None, now_ms: int
    ) -> tuple[Incident, Target]:
        incident = INCIDENTS.get(name)
        if incident is None:
            known = ", ".join(INCIDENTS)
            raise SimulatorError(f"there is no incident {name!r}; there are: {known}")
        found = self.model.estate.devices.get(device)
        if found is None:
            raise SimulatorError(f"there is no device {device!r} in the demo estate")
        kind = found.profile.kind.kind
        if incident.kinds and kind not in incident.kinds:
            wanted = " or ".join(incident.kinds)
            raise SimulatorError(f"{name} happens to {wanted}; {device} is of kind {kind}")
        if part is not None and part not in found.parts:
            raise SimulatorError(f"{device} has no part {part!r}")
        if name == "smoke" and kind == "fire_panel" and part is None:
            raise SimulatorError(f"name the detector behind {device} with --part, as p001")
        if part is not None and name not in {"smoke", "fire-drill"}:
            raise SimulatorError(f"{name} happens to a whole device; leave --part out")
        return incident, Target(self.model, found, part, now_ms)
