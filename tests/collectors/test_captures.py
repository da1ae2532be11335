"""covers: the profiles whose points say `verified: capture`.

Every capture is served by an independent Modbus server and read by the real probe path; every value
that its source expects, and that has a point, must come out. A point may say `verified: capture`
only when one of these tables names it.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from collectors import modbus, sunspec
from collectors.modbus_schema import ModbusSettings
from collectors.probe import Probe, ProbedPoint, ProbeQuality, probe
from device_configs.kinds import PointType
from device_configs.point_mapping import Verified
from device_configs.profile import LIBRARY, Profile, read_profile
from device_configs.yaml_file import read_yaml
from tests.replay_server import ReplayServer, Unit, load_capture, unit_of_capture

pytestmark = pytest.mark.needs_captures

SCHEMAS = {schema.protocol: schema for schema in (modbus.SCHEMA, sunspec.SCHEMA)}

SDM630 = {
    "voltage_l1": "Phase 1 Line To Neutral Volts", "voltage_l2": "Phase 2 Line To Neutral Volts",
    "voltage_l3": "Phase 3 Line To Neutral Volts", "current_l1": "Phase 1 Current",
    "current_l2": "Phase 2 Current", "current_l3": "Phase 3 Current",
    "active_power_l1": "Phase 1 Power", "active_power_l2": "Phase 2 Power",
    "active_power_l3": "Phase 3 Power", "apparent_power_l1": "Phase 1 Volt Amps",
    "apparent_power_l2": "Phase 2 Volt Amps", "apparent_power_l3": "Phase 3 Volt Amps",
    "reactive_power_l1": "Phase 1 Reactive Power", "reactive_power_l2": "Phase 2 Reactive Power",
    "reactive_power_l3": "Phase 3 Reactive Power", "power_factor_l1": "Phase 1 Power Factor",
    "power_factor_l2": "Phase 2 Power Factor", "power_factor_l3": "Phase 3 Power Factor",
    "current_total": "Sum Of Line Currents", "active_power": "Total System Power",
    "apparent_power": "Total System Volt Amps", "reactive_power": "Total System VAr",
    "power_factor": "Total System Power Factor", "frequency": "Frequency Of Supply Voltages",
    "active_energy_import": "Total Import KWh", "active_energy_export": "Total Export KWh",
    "reactive_energy_import": "Total Import kVArh", "reactive_energy_export": "Total Export kVArh",
}  # fmt: skip
SDM630_WITHOUT_POINT = {
    "Phase 1 Phase Angle", "Phase 2 Phase Angle", "Phase 3 Phase Angle",
    "Total System Phase Angle", "Average Line To Neutral Volts", "Average Line Current",
}  # fmt: skip
SDM230 = {
    "voltage_l1": "Line to neutral volts", "current_l1": "Current", "active_power": "Active power",
    "apparent_power": "Apparent power", "reactive_power": "Reactive Power",
    "power_factor": "Power Factor", "frequency": "Frequency",
    "active_energy_import": "Import active energy", "active_energy_export": "Export active energy",
    "reactive_energy_import": "Import reactive energy",
    "reactive_energy_export": "Export reactive energy",
    "active_power_demand": "Total System power demand",
    "active_power_demand_max": "Maximum Total System power demand",
    "current_demand": "Current demand", "current_demand_max": "Maximum current demand",
    "active_energy_total": "Total active energy", "reactive_energy_total": "Total reactive energy",
}  # fmt: skip
SDM230_WITHOUT_POINT = {
    "Phase Angle", "Current system positive power demand", "Maximum system positive power demand",
    "Current system reverse power demand", "Maximum system reverse power demand",
    "Current resettable total active energy", "Current resettable total reactive energy",
}  # fmt: skip
GOODWE = {
    "mppt1_voltage": "vpv1", "mppt1_current": "ipv1", "mppt2_voltage": "vpv2",
    "mppt2_current": "ipv2", "voltage_l1_l2": "vline1", "voltage_l2_l3": "vline2",
    "voltage_l3_l1": "vline3", "voltage_l1": "vgrid1", "voltage_l2": "vgrid2",
    "voltage_l3": "vgrid3", "current_l1": "igrid1", "current_l2": "igrid2",
    "current_l3": "igrid3", "frequency": "fgrid1", "active_power": "total_inverter_power",
    "apparent_power": "apparent_power", "reactive_power": "reactive_power",
    "dc_power": "total_input_power", "power_factor": "power_factor", "temperature": "temperature",
    "heatsink_temperature": "temperature_heatsink", "active_energy_today": "e_day",
    "active_energy_total": "e_total", "run_time": "h_total", "bus_voltage": "vbus",
}  # fmt: skip
GOODWE_OTHERWISE = {"work_mode", "work_mode_label", "error_codes"}
"""Expected values that are compared in another form: state and fault bits."""
GOODWE_WITHOUT_POINT = {
    "timestamp", "ppv1", "ppv2", "ppv", "fgrid2", "fgrid3", "pgrid1", "pgrid2", "pgrid3",
    "warning_code", "safety_country", "safety_country_label", "funbit", "vnbus", "derating_mode",
    "derating_mode_label",
}  # fmt: skip
GOODWE_NOT_FITTED = ("mppt3_voltage", "mppt3_current", "mppt4_voltage", "mppt4_current")
TO_STORED = {"kWh": 1000.0, "kVArh": 1000.0, "h": 3600.0}
HUAWEI = {
    "model": ("model", 1), "serial": ("serial", 1), "active_power": ("active_power_W", 1),
    "insulation_resistance": ("insulation_Mohm", 1e6), "fault_code": ("fault_code", 1),
    "active_energy_total": ("total_yield_kWh", 1000),
    "active_energy_today": ("daily_yield_kWh", 1000),
}  # fmt: skip
HUAWEI_WITHOUT_POINT = {
    "pv_strings", "mppt", "rated_power_W", "pmax_W", "smax_VA", "qmax_out_var", "qmax_in_var",
    "day_peak_W", "startup_epoch", "shutdown_epoch", "optimizers", "optimizers_online",
}  # fmt: skip
HUAWEI_ZERO = (
    "dc_power", "voltage_l1_l2", "voltage_l2_l3", "voltage_l3_l1", "voltage_l1", "voltage_l2",
    "voltage_l3", "current_l1", "current_l2", "current_l3", "reactive_power", "power_factor",
    "frequency", "temperature",
    *(f"string{n}_{what}" for n in range(1, 5) for what in ("voltage", "current")),
)  # fmt: skip
"""At night the inverter reads all of these as 0: the registers are in the capture, and 0."""
SUNSPEC_STATES = {
    101: {1: "off", 2: "standby", 3: "starting", 4: "running", 5: "throttled", 6: "stopping",
          7: "fault", 8: "standby"},
    701: {0: "off", 1: "standby", 2: "starting", 3: "running", 4: "throttled", 5: "stopping",
          6: "fault", 7: "standby"},
}  # fmt: skip
SUNSPEC = {
    1: {"maker": "Mn", "model": "Md", "firmware": "Vr", "serial": "SN"},
    101: {
        "current_total": "A", "current_l1": "AphA", "current_l2": "AphB", "current_l3": "AphC",
        "voltage_l1_l2": "PPVphAB", "voltage_l2_l3": "PPVphBC", "voltage_l3_l1": "PPVphCA",
        "voltage_l1": "PhVphA", "voltage_l2": "PhVphB", "voltage_l3": "PhVphC",
        "active_power": "W", "frequency": "Hz", "apparent_power": "VA", "reactive_power": "VAr",
        "active_energy_total": "WH", "dc_current": "DCA", "dc_voltage": "DCV", "dc_power": "DCW",
        "temperature": "TmpCab", "heatsink_temperature": "TmpSnk",
    },
    701: {
        "active_power": "W", "apparent_power": "VA", "reactive_power": "Var",
        "power_factor": "PF", "current_total": "A", "frequency": "Hz",
        "active_energy_total": "TotWhInj", "temperature": "TmpCab",
        "heatsink_temperature": "TmpSnk",
        **{f"active_power_l{n}": f"WL{n}" for n in (1, 2, 3)},
        **{f"apparent_power_l{n}": f"VAL{n}" for n in (1, 2, 3)},
        **{f"reactive_power_l{n}": f"VarL{n}" for n in (1, 2, 3)},
        **{f"power_factor_l{n}": f"PFL{n}" for n in (1, 2, 3)},
        **{f"current_l{n}": f"AL{n}" for n in (1, 2, 3)},
        **{f"voltage_l{n}": f"VL{n}" for n in (1, 2, 3)},
        "voltage_l1_l2": "VL1L2", "voltage_l2_l3": "VL2L3", "voltage_l3_l1": "VL3L1",
    },
    714: {"dc_current": "DCA", "dc_power": "DCW"},
}  # fmt: skip
SUNSPEC_EVENTS = {101: "Evt1", 701: "Alrm"}


def profile_named(name: str) -> Profile:
    return read_profile(LIBRARY / f"{name}.yaml", SCHEMAS)


async def probed(name: str, unit: Unit) -> Probe:
    profile = profile_named(name)
    if isinstance(profile.settings, ModbusSettings):
        # The pauses a device needs are not what is tested here.
        quick = profile.settings.model_copy(update={"connect_delay_ms": 0, "min_gap_ms": 0})
        profile = replace(profile, settings=quick)
    async with ReplayServer({1: unit}) as server:
        return await probe(profile, "127.0.0.1", server.port, 1)


def assert_good(points: Mapping[str, ProbedPoint], name: str, expected: float | str) -> None:
    point = points[name]
    assert point.quality is ProbeQuality.GOOD, f"{name}: {point}"
    if isinstance(expected, str):
        assert point.value == expected, name
    else:
        assert point.value == pytest.approx(expected, rel=1e-9, abs=1e-9), name


def assert_missing(points: Mapping[str, ProbedPoint], name: str) -> None:
    point = points[name]
    assert (point.value, point.quality) == (None, ProbeQuality.MISSING), f"{name}: {point}"


@pytest.mark.parametrize(
    ("capture", "profile", "table", "without"),
    [
        ("eastron_sdm630_first80", "eastron_sdm630", SDM630, SDM630_WITHOUT_POINT),
        ("eastron_sdm230", "eastron_sdm230", SDM230, SDM230_WITHOUT_POINT),
    ],
)
async def test_eastron(
    capture: str, profile: str, table: dict[str, str], without: set[str]
) -> None:
    document = load_capture(capture)
    expected = document["expected"]["measurements"]
    assert set(table.values()) | without == set(expected), "every expected value is accounted for"
    seen = await probed(profile, unit_of_capture(document))
    for name, label in table.items():
        point = seen.points[name]
        scale = 1000.0 if point.unit in {"Wh", "varh"} else 1.0
        # The source writes three decimals of what the meter gave.
        assert point.quality is ProbeQuality.GOOD
        assert isinstance(point.value, float)
        assert point.value / scale == pytest.approx(float(expected[label][0]), abs=5.1e-4), name


async def test_goodwe() -> None:
    document = load_capture("goodwe_gw17k_dt")
    expected = document["expected"]
    known = set(GOODWE.values()) | GOODWE_OTHERWISE | GOODWE_WITHOUT_POINT
    assert known == set(expected), "every expected value is accounted for"
    points = (await probed("goodwe_dt", unit_of_capture(document))).points
    for name, label in GOODWE.items():
        value, unit = expected[label]
        if value is None:
            assert_missing(points, name)
        else:
            assert_good(points, name, value * TO_STORED.get(unit, 1.0))
    assert_good(points, "state", "running")
    assert not [n for n, p in points.items() if n.startswith("fault_") and p.value is not False]
    for name in GOODWE_NOT_FITTED:
        assert_missing(points, name)


async def test_huawei_at_night() -> None:
    document = load_capture("huawei_sun2000_3ktl_l1_night")
    expected = document["expected"]
    alarms = {"alarm1_bits", "alarm2_bits", "alarm3_bits"}
    known = {label for label, _ in HUAWEI.values()} | HUAWEI_WITHOUT_POINT | alarms
    assert known | {"device_status"} == set(expected), "every expected value is accounted for"
    points = (await probed("huawei_sun2000", unit_of_capture(document))).points
    for name, (label, scale) in HUAWEI.items():
        value = expected[label]
        assert_good(points, name, value if isinstance(value, str) else value * scale)
    assert_good(points, "state", "standby")
    for name in HUAWEI_ZERO:
        assert_good(points, name, 0.0)
    profile = profile_named("huawei_sun2000")
    for number in (1, 2, 3):
        bits = profile.points[f"alarm_{number}"].mapping.bits
        set_bits = [bit for bit, name in bits.items() if points[name].value is True]
        assert set_bits == expected[f"alarm{number}_bits"]


@pytest.mark.parametrize(
    "capture",
    ["sunspec_sma_sb36_day", "sunspec_solaredge_se3000h_101", "sunspec_der_emulator_7xx"],
)
async def test_sunspec(capture: str) -> None:
    document = load_capture(capture)
    points = (await probed("sunspec", unit_of_capture(document))).points
    compared: set[str] = set()
    for model in document["expected"]:
        family = 101 if 101 <= model["id"] <= 103 else model["id"]
        values = model["points"]
        for name, label in SUNSPEC.get(family, {}).items():
            compared.add(name)
            if label in values:
                value = values[label]
                assert_good(points, name, value.strip() if isinstance(value, str) else value)
            elif points[name].value is not None:
                # Not expected from this model, so another model must have it.
                assert any(
                    other["points"].get(table.get(name)) == points[name].value
                    for other in document["expected"]
                    for table in (SUNSPEC.get(other["id"], {}),)
                )
        if family in SUNSPEC_STATES:
            label = "St" if family == 101 else "InvSt"
            assert_good(points, "state", SUNSPEC_STATES[family][values[label]])
            compared |= {"state", "power_factor"}
            ratio = values["PF"] / 100 if abs(values["PF"]) > 1 else values["PF"]
            assert_good(points, "power_factor", ratio)
            compared |= assert_bits(points, "events", values.get(SUNSPEC_EVENTS[family]))
        compared |= assert_modules(points, model)
    assert compared == set(points), "every point that was read is compared"


def assert_bits(points: Mapping[str, ProbedPoint], carrier: str, events: int | None) -> set[str]:
    bits = profile_named("sunspec").points[carrier].mapping.bits
    for bit, name in bits.items():
        expected = None if events is None else bool(events >> bit & 1)
        assert points[name].value is expected, name
    return set(bits.values())


def assert_modules(points: Mapping[str, ProbedPoint], model: Mapping[str, Any]) -> set[str]:
    names = {
        160: {"voltage": "DCV", "current": "DCA", "power": "DCW", "energy": "DCWH"},
        714: {"voltage": "DCV", "current": "DCA", "power": "DCW", "energy": "DCWhInj"},
    }.get(model["id"], {})
    groups = model["groups"].get("module") or model["groups"].get("Prt") or []
    compared = set()
    for number, module in enumerate(groups, 1):
        for what, label in names.items():
            name = f"mppt{number}_{what}"
            compared.add(name)
            if label in module:
                assert_good(points, name, module[label])
            else:
                assert_missing(points, name)
        arc = f"fault_mppt{number}_dc_arc"
        compared.add(arc)
        told = module.get("DCEvt", module.get("DCAlrm"))
        assert points[arc].value is (None if told is None else bool(told >> 15 & 1)), arc
    if model["id"] == 160:
        compared |= assert_bits(points, "dc_events", model["points"].get("Evt"))
    return compared


def _keys(file: Path) -> set[object]:
    data = read_yaml(file).data
    return set(data) if isinstance(data, dict) else set()


def polled_profiles() -> list[str]:
    """The profiles of the library that speak Modbus or SunSpec."""
    files = sorted(LIBRARY.glob("*.yaml"))
    return [f.stem for f in files if not SCHEMAS.keys().isdisjoint(_keys(f))]


def decoded_by_a_capture() -> Mapping[str, set[str]]:
    """Profile to the points (as they stand in its file) that the tests above decode."""
    sun = {name for table in SUNSPEC.values() for name in table}
    modules = {f"mppt{n}_{w}" for n in (1, 2) for w in ("voltage", "current", "power", "energy")}
    # Beside the tables here: what test_captures_meters.py decodes.
    ratings = {"rated_power", "string_count", "mppt_count", "efficiency"}
    return {
        "eastron_sdm630": set(SDM630),
        "eastron_sdm230": set(SDM230) | {"serial"},
        "schneider_pm5xxx": {"frequency"},
        "goodwe_dt": set(GOODWE)
        | set(GOODWE_NOT_FITTED)
        | {"state", "errors", "clock", "warning_code"},
        "huawei_sun2000": set(HUAWEI)
        | set(HUAWEI_ZERO)
        | ratings
        | {"state", "alarm_1", "alarm_2", "alarm_3"},
        "sunspec": sun | modules | {"state", "power_factor", "events"},
    }


@pytest.mark.parametrize("name", polled_profiles())
def test_only_captured_points_say_so(name: str) -> None:
    profile = profile_named(name)
    claimed = {n for n, p in profile.points.items() if p.verified is Verified.CAPTURE}
    proven = decoded_by_a_capture().get(profile.id, set())
    assert claimed <= proven, "these say `verified: capture` without a capture that shows them"
    parts = profile.parts.points.values() if profile.parts else ()
    assert not [p.name for p in parts if p.verified is Verified.CAPTURE]


async def test_water_meter_frames_of_the_vendor() -> None:
    frames = load_capture("vendor_and_issue_frames")["items"]
    item = next(i for i in frames if i["device"].startswith("USW") and i["start"] == 512)
    for response, expected in zip(item["responses"], item["expected"], strict=True):
        data = bytes.fromhex(response)[3:-2]
        unit = Unit()
        words = [int.from_bytes(data[i : i + 2]) for i in range(0, len(data), 2)]
        unit.load(item["fc"], item["start"], words)
        points = (await probed("usw_water", unit)).points
        assert_good(points, "volume_total", expected["forward_volume_L"] / 1000)


def test_enumerated_points_have_values() -> None:
    """A point of the library that is an enumeration names only values of its kind."""
    for name in ("goodwe_dt", "huawei_sun2000", "alfen_eve", "sunspec"):
        state = profile_named(name).points["state"]
        assert state.spec.type is PointType.ENUM
        assert set(state.mapping.values.values()) <= set(state.spec.values)
