"""Profiles of meters for the benches, written as an integrator would."""

import tempfile
from dataclasses import replace
from pathlib import Path

from collectors import modbus
from device_configs.estate import Device
from device_configs.profile import Profile, read_profile
from tests.collectors import lines

POINTS = 30
"""Points of a device, as float32 in one block: the design's 30-point device."""
_QUANTITIES = (
    "voltage", "current", "active_power", "reactive_power", "apparent_power", "power_factor",
)  # fmt: skip
_TOTALS = (
    "active_power", "reactive_power", "apparent_power", "power_factor", "frequency",
    "active_energy_import", "active_energy_export", "reactive_energy_import", "current_total",
    "current_n", "active_energy_total", "reactive_energy_total",
)  # fmt: skip
_UNITS = {
    "voltage": "V", "current": "A", "active_power": "W", "reactive_power": "var",
    "apparent_power": "VA", "frequency": "Hz", "active_energy": "kWh", "reactive_energy": "kvarh",
}  # fmt: skip


def _written(folder: Path, name: str, kind: str, timeout_ms: int, points: list[str]) -> Path:
    head = (
        f"profile: {name}\nkind: {kind}\nvendor: Test\nmodel: Bench\nsource: test\n"
        f"verified: document\nmodbus: {{table: input, timeout_ms: {timeout_ms}}}\npoints:\n"
    )
    file = folder / f"{name}.yaml"
    file.write_text(head + "\n".join(points) + "\n", encoding="utf-8")
    return file


def _profile(name: str, kind: str, timeout_ms: int, points: list[str]) -> Profile:
    with tempfile.TemporaryDirectory() as folder:
        file = _written(Path(folder), name, kind, timeout_ms, points)
        return read_profile(file, {"modbus": modbus.SCHEMA})


def thirty_points(timeout_ms: int = 1000) -> Profile:
    """A meter with 30 points, all float32."""
    return _profile("bench", "electricity_meter", timeout_ms, _thirty())


def write_thirty_points(folder: Path) -> None:
    """The same as a file of an estate's own profiles."""
    folder.mkdir(parents=True, exist_ok=True)
    _written(folder, "bench", "electricity_meter", 1000, _thirty())


def _thirty() -> list[str]:
    names = [f"{what}_l{phase}" for what in _QUANTITIES for phase in (1, 2, 3)]
    written = []
    for number, name in enumerate([*names, *_TOTALS][:POINTS]):
        unit = next((u for prefix, u in _UNITS.items() if name.startswith(prefix)), None)
        suffix = f", unit: {unit}" if unit else ""
        written.append(f"  {name}: {{address: {2 * number}, type: float32{suffix}}}")
    return written


def hundred_points(step: float) -> Profile:
    """A product with 100 float points, each so many registers after the one before."""
    kinds = ("mppt{n}_voltage", "mppt{n}_current", "mppt{n}_power", "mppt{n}_energy",
             "string{n}_voltage", "string{n}_current")  # fmt: skip
    names = [kind.format(n=n) for n in range(1, 18) for kind in kinds]
    units = {"voltage": "V", "current": "A", "power": "W", "energy": "Wh"}
    written = []
    for number, name in enumerate(names[:100]):
        unit = units[name.rpartition("_")[2]]
        written.append(f"  {name}: {{address: {int(step * number)}, type: float32, unit: {unit}}}")
    return _profile("hundred", "pv_inverter", 1000, written)


def meter(
    profile: Profile, port: int, unit: int, interval_s: float, *, rtu: bool = False
) -> Device:
    """A meter at a port of the loopback, with a place in the rig's estate."""
    found = lines.device(
        profile, port, unit, name=f"m{port}-{unit}", interval_s=interval_s, rtu=rtu
    )
    return replace(found, place="hall")
