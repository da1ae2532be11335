"""covers: the profiles of electricity meters and inverters.

Two proofs. Frames of real devices, served by an independent Modbus server and read by the real
probe path. And for every profile a worked example: addresses as they go on the wire, written here a
second time from the makers' tables, with the values that a person computes from them.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest

from collectors.modbus_schema import Address
from collectors.probe import ProbeQuality, probe
from collectors.sunspec_encode import encode_chain
from device_configs.point_mapping import Verified
from device_configs.profile import Profile, ProfilePoint
from tests.collectors.test_captures import (
    assert_good,
    assert_missing,
    polled_profiles,
    probed,
    profile_named,
)
from tests.replay_server import ReplayServer, Unit, load_capture, unit_of_capture

Words = Sequence[int]


def f32(value: float) -> Words:
    """A float32, its high word first (IEEE 754)."""
    return struct.unpack(">HH", struct.pack(">f", value))


def u32(value: int) -> Words:
    """32 bits, the high word first."""
    return (value >> 16 & 0xFFFF, value & 0xFFFF)


def low(value: int) -> Words:
    """32 bits, the low word first."""
    return u32(value)[::-1]


def u64(value: int) -> Words:
    """64 bits, the high word first."""
    return struct.unpack(">4H", struct.pack(">Q", value & 0xFFFF_FFFF_FFFF_FFFF))


def text(value: str, length: int) -> Words:
    """ASCII, two characters a register."""
    data = value.encode().ljust(2 * length, b"\0")
    return struct.unpack(f">{length}H", data)


@pytest.mark.needs_captures
async def test_frequency_of_a_schneider_pm5350() -> None:
    """Four frames of a real meter; they prove that the wire is one below the maker's number."""
    items = load_capture("vendor_and_issue_frames")["items"]
    item = next(i for i in items if i["device"].startswith("Schneider PM5350"))
    assert item["doc_register"] - item["wire_start"] == 1
    for words, expected in zip(item["regs"], item["expected"], strict=True):
        unit = Unit()
        unit.load(item["fc"], item["wire_start"], words)
        points = (await probed("schneider_pm5xxx", unit)).points
        assert points["frequency"].value == pytest.approx(expected["frequency_Hz"], abs=5e-6)


@pytest.mark.needs_captures
async def test_voltage_in_eastrons_own_example() -> None:
    items = load_capture("vendor_and_issue_frames")["items"]
    item = next(i for i in items if i["device"] == "Eastron SDM630")
    data = bytes.fromhex(item["response"])[3:-2]
    unit = Unit()
    unit.load(item["fc"], item["start"], struct.unpack(f">{len(data) // 2}H", data))
    points = (await probed("eastron_sdm630", unit)).points
    assert points["voltage_l1"].value == pytest.approx(item["expected"]["voltage_L1_V"], abs=5e-5)
    assert points["voltage_l2"].quality is ProbeQuality.MISSING


@pytest.mark.needs_captures
async def test_frame_of_a_tsun_micro_inverter() -> None:
    items = load_capture("vendor_and_issue_frames")["items"]
    item = next(i for i in items if i["device"].startswith("TSUN"))
    data = bytes.fromhex(item["response"])[3:-2]
    unit = Unit()
    unit.load(item["fc"], item["start"], struct.unpack(f">{len(data) // 2}H", data))
    points = (await probed("tsun_mx3000d", unit)).points
    names = {
        "voltage_l1": "grid_voltage_V", "current_l1": "grid_current_A",
        "active_power": "power_W", "frequency": "frequency_Hz",
    }  # fmt: skip
    assert set(names.values()) == set(item["expected"])
    for name, label in names.items():
        assert_good(points, name, item["expected"][label])


@pytest.mark.needs_captures
async def test_what_else_the_goodwe_capture_holds() -> None:
    document = load_capture("goodwe_gw17k_dt")
    points = (await probed("goodwe_dt", unit_of_capture(document))).points
    told, _ = document["expected"]["timestamp"]
    assert_good(points, "clock", told.replace(" ", "T"))
    assert_good(points, "warning_code", document["expected"]["warning_code"][0])


@pytest.mark.needs_captures
async def test_what_else_the_huawei_capture_holds() -> None:
    document = load_capture("huawei_sun2000_3ktl_l1_night")
    expected = document["expected"]
    seen = await probed("huawei_sun2000", unit_of_capture(document))
    assert_good(seen.points, "rated_power", expected["rated_power_W"])
    assert_good(seen.points, "string_count", expected["pv_strings"])
    assert_good(seen.points, "mppt_count", expected["mppt"])
    assert_good(seen.points, "efficiency", 0.0)
    assert_missing(seen.points, "grid_power")


@pytest.mark.needs_captures
async def test_serial_number_of_the_sdm230_capture() -> None:
    """It stands in the holding registers, and is read whole though the rest is input registers."""
    document = load_capture("eastron_sdm230")
    seen = await probed("eastron_sdm230", unit_of_capture(document))
    assert_good(
        seen.points, "serial", document["expected"]["digital_meter_set_up"]["Serial number"][0]
    )
    assert {request.function for request in seen.requests} == {3, 4}


@dataclass(frozen=True)
class Example:
    """Registers of one device by wire address, and what they say in stored units."""

    profile: str
    function: int
    cells: Mapping[int, Words]
    values: Mapping[str, float | str | bool]
    missing: Sequence[str] = ()
    """Points whose registers say 'not available'."""


EXAMPLES = [
    # Eastron SDM630 Modbus protocol v2.0: hexadecimal start addresses of input registers.
    Example(
        "eastron_sdm630", 4,
        {0x34: f32(-1500.5), 0xC8: f32(401.25), 0xE0: f32(0.5), 0x54: f32(1200.0),
         0x156: f32(320.5), 0x15A: [*f32(1.5), *f32(2.5), *f32(3.5)],
         0x160: [*f32(0.25), *f32(0.5), *f32(0.75)]},
        {"active_power": -1500.5, "voltage_l1_l2": 401.25, "current_n": 0.5,
         "active_power_demand": 1200,
         "active_energy_total": 320_500, "active_energy_import_l1": 1500,
         "active_energy_import_l3": 3500, "active_energy_export_l2": 500},
    ),
    Example(
        "eastron_sdm230", 4, {0x46: f32(50.0), 0x158: f32(12.5)},
        {"frequency": 50.0, "reactive_energy_total": 12_500},
    ),
    # Schneider: the maker's 3000, 3054, 3204 ... are 2999, 3053, 3203 on the wire.
    Example(
        "schneider_iem3000", 3,
        {0x0BB7: f32(10.5), 0x0BD3: f32(229.5), 0x0BED: f32(1.5), 0x0BF3: f32(4.5),
         0x0BFB: f32(-0.5), 0x0C03: f32(4.75), 0x0C25: f32(50.0), 0x0C83: u64(123_456),
         0x0C87: u64(789), 0x0C93: u64(55), 0x0C97: u64(66), 0x0DBD: u64(1), 0x0DC5: u64(3)},
        {"current_l1": 10.5, "voltage_l1": 229.5, "active_power_l1": 1500, "active_power": 4500,
         "reactive_power": -500, "apparent_power": 4750, "frequency": 50,
         "active_energy_import": 123_456, "active_energy_export": 789,
         "reactive_energy_import": 55, "reactive_energy_export": 66,
         "active_energy_import_l1": 1, "active_energy_import_l3": 3},
    ),
    Example(
        "schneider_pm5xxx", 3,
        {49: text("PM5320", 20), 129: u32(4711), 2999: f32(100.0), 3019: f32(400.0),
         3027: f32(231.0), 3053: [*f32(1.0), *f32(2.0), *f32(3.0), *f32(6.0)],
         3067: f32(0.5), 3075: f32(6.25), 3203: u64(9_000_000_000), 3207: u64(1 << 63)},
        {"model": "PM5320", "serial": "4711", "current_l1": 100, "voltage_l1_l2": 400,
         "voltage_l1": 231, "active_power_l3": 3000, "active_power": 6000,
         "reactive_power": 500, "apparent_power": 6250, "active_energy_import": 9_000_000_000},
        missing=["active_energy_export"],
    ),
    # ABB B23/B24 user manual, mapping tables: all bits set (signed: 7FFF...) is 'not available'.
    Example(
        "abb_b23", 3,
        {0x5000: u64(1_234_567), 0x5004: u64(2**64 - 1), 0x500C: u64(100), 0x5460: u64(500),
         0x546C: u64(7), 0x5B00: u32(2301), 0x5B0C: u32(1234), 0x5B0E: u32(0xFFFF_FFFF),
         0x5B14: u32(-25_000 & 0xFFFF_FFFF), 0x5B16: u32(0x7FFF_FFFF), 0x5B2C: [4998],
         0x5B3A: [0xFC18], 0x5B3B: [0x7FFF], 0x8900: u32(12_345_678),
         0x8908: text("B1.25.0", 8), 0x8960: text("B23 ", 2)},
        {"active_energy_import": 12_345_670, "reactive_energy_import": 1000,
         "active_energy_import_l1": 5000, "active_energy_export_l1": 70, "voltage_l1": 230.1,
         "current_l1": 12.34, "active_power": -250, "frequency": 49.98, "power_factor": -1,
         "serial": "12345678", "firmware": "B1.25.0", "model": "B23"},
        missing=["active_energy_export", "current_l2", "active_power_l1", "power_factor_l1"],
    ),
    # Carlo Gavazzi: 32 bits with the low word first; 7FFFFFFFh is 'EEE'.
    Example(
        "carlo_gavazzi_em24", 3,
        {0x00: low(2305), 0x0C: low(5250), 0x12: low(-12_345 & 0xFFFF_FFFF),
         0x16: low(0x7FFF_FFFF), 0x28: low(70_001), 0x32: [990], 0x35: [0xFC5E], 0x37: [500],
         0x42: low(123_456), 0x46: low(41_000), 0x4A: low(42_000), 0x5C: low(70_000)},
        {"voltage_l1": 230.5, "current_l1": 5.25, "active_power_l1": -1234.5,
         "active_power": 7000.1, "power_factor_l1": 0.99, "power_factor": -0.93,
         "frequency": 50, "active_energy_import": 12_345_600,
         "active_energy_import_l1": 4_100_000, "active_energy_import_l3": 4_200_000,
         "active_energy_export": 7_000_000},
        missing=["active_power_l3"],
    ),
    Example(
        "carlo_gavazzi_em340", 3,
        {0x02: low(2299), 0x28: low(-5), 0x2E: [1000], 0x31: [950], 0x33: [499],
         0x34: low(98_765), 0x40: low(10), 0x44: low(30), 0x4E: low(77_777)},
        {"voltage_l2": 229.9, "active_power": -0.5, "power_factor_l1": 1, "power_factor": 0.95,
         "frequency": 49.9, "active_energy_import": 9_876_500, "active_energy_import_l1": 1000,
         "active_energy_import_l3": 3000, "active_energy_export": 7_777_700},
    ),
    Example(
        "acrel_adw300", 3,
        {20: [2201, 2202, 2203], 26: [150, 151, 152], 30: u32(-100 & 0xFFFF_FFFF),
         36: u32(2345), 62: u32(67_890), 64: u32(11)},
        {"voltage_l3": 220.3, "current_l1": 1.5, "active_power_l1": -100, "active_power": 2345,
         "active_energy_import": 678_900, "active_energy_export": 110},
    ),
    # Acrel: E = data x PT x CT x 0.01 (ADL3000-E manual 9.1; the same in DTSD1352).
    Example(
        "acrel_dtsd1352", 3,
        {0x0000: u32(1000), 0x000A: u32(900), 0x0014: u32(100), 0x0028: u32(10),
         0x0061: [2200, 2210, 2220], 0x0064: [500, 510, 520], 0x0077: [5001],
         0x008D: [2], 0x008E: [30], 0x0164: u32(1000), 0x016A: u32(-3000 & 0xFFFF_FFFF),
         0x0172: u32(500), 0x017A: u32(3100), 0x017F: [0xFC18]},
        {"active_energy_total": 600_000, "active_energy_import": 540_000,
         "active_energy_export": 60_000, "reactive_energy_import": 6000, "voltage_l1": 440,
         "current_l3": 156, "frequency": 50.01, "active_power_l1": 60_000,
         "active_power": -180_000, "reactive_power": 30_000, "apparent_power": 186_000,
         "power_factor": -1},
    ),
    Example(
        "acrel_adl3000e", 3,
        {0x0000: u32(12_345), 0x000A: u32(12_000), 0x0014: u32(345), 97: [2300], 100: [499],
         106: [0xFFFF], 119: [5000]},
        {"active_energy_total": 123_450, "active_energy_import": 120_000,
         "active_energy_export": 3450, "voltage_l1": 230, "current_l1": 4.99,
         "active_power": -1, "frequency": 50},
    ),
    Example(
        "acrel_acr10r", 3,
        {243: [2295], 252: [4999], 253: u32(-10 & 0xFFFF_FFFF), 259: u32(1500), 365: u32(42)},
        {"voltage_l1": 229.5, "frequency": 49.99, "active_power_l1": -10, "active_power": 1500,
         "active_energy_import": 42_000},
    ),
    # CHINT's manual: the floats of the DTSU666 carry tenths, those of the DDSU666 do not.
    Example(
        "chint_dtsu666", 3,
        {0x2000: f32(4001.0), 0x2006: f32(2310.0), 0x200C: f32(1250.0), 0x2012: f32(-5005.0),
         0x2018: f32(10.0), 0x201A: f32(20.0), 0x202A: f32(985.0), 0x2044: f32(5000.0),
         0x101E: f32(123.5), 0x1020: f32(41.0), 0x1028: f32(6.5), 0x102E: f32(2.0)},
        {"voltage_l1_l2": 400.1, "voltage_l1": 231, "current_l1": 1.25, "active_power": -500.5,
         "active_power_l3": 1, "reactive_power": 2, "power_factor": 0.985, "frequency": 50,
         "active_energy_import": 123_500, "active_energy_import_l1": 41_000,
         "active_energy_export": 6500, "active_energy_export_l3": 2000},
    ),
    Example(
        "chint_ddsu666", 3,
        {0x2000: f32(230.5), 0x2002: f32(1.25), 0x2004: f32(-0.25), 0x2006: f32(0.5),
         0x200A: f32(0.875), 0x200E: f32(50.0), 0x4000: f32(478.5), 0x400A: f32(6.25)},
        {"voltage_l1": 230.5, "current_l1": 1.25, "active_power": -250, "reactive_power": 500,
         "power_factor": 0.875, "frequency": 50, "active_energy_import": 478_500,
         "active_energy_export": 6250},
    ),
    # Huawei: the meter's positive power is export; import is positive in what is stored.
    Example(
        "huawei_sun2000", 3,
        {32066: [4000], 32080: u32(88_000), 32212: u32(12_345), 32230: u32(10),
         37100: [1], 37101: u32(2305), 37107: u32(-150 & 0xFFFF_FFFF), 37113: u32(5000),
         37119: u32(1000), 37121: u32(2000), 37132: u32(0x7FFF_FFFF),
         37136: u32(-7 & 0xFFFF_FFFF)},
        {"voltage_l1_l2": 400, "active_power": 88_000, "mppt1_energy": 123_450,
         "mppt10_energy": 100, "meter_connected": True, "grid_voltage_l1": 230.5,
         "grid_current_l1": -1.5, "grid_power": -5000, "grid_energy_export": 10_000,
         "grid_energy_import": 20_000, "grid_power_l3": 7},
        missing=["grid_power_l1"],
    ),
    # Sungrow: the maker's 5001 is 5000 on the wire; 120 there was an SG12RT's 12.0 kW.
    Example(
        "sungrow_sg", 4,
        {4989: text("A2290000001", 10), 4999: [0x2434], 5000: [120], 5002: [306],
         5003: low(3675), 5005: low(1008), 5007: [0xFFCE], 5008: low(12_100),
         5010: [3937, 28, 4253, 29, 0xFFFF, 0xFFFF], 5016: low(2292),
         5018: [2392, 2424, 2448], 5021: [34, 35, 0xFFFE], 5030: low(70_000),
         5032: low(-200 & 0xFFFF_FFFF), 5034: [0xFC18], 5035: [499], 5037: [0x8100],
         5044: [39], 5070: [2500], 5080: low(1 << 9 | 1 << 18), 5082: low(1590),
         5084: low(0x7FFF_FFFF), 5090: low(3854), 5094: low(100), 5098: low(200),
         5114: [6001, 41], 5122: [6005, 45], 5146: [6502], 5129: [6009, 49], 5135: [6012, 52],
         7012: [512], 7035: [24]},
        {"serial": "A2290000001", "model": "SG12RT", "rated_power": 12_000,
         "active_energy_today": 30_600, "active_energy_total": 3_675_000,
         "run_time": 1008 * 3600, "temperature": -5, "apparent_power": 12_100,
         "mppt1_voltage": 393.7, "mppt2_current": 2.9, "dc_power": 2292, "voltage_l1": 239.2,
         "current_l2": 3.5, "current_l3": -0.2, "active_power": 70_000, "reactive_power": -200,
         "power_factor": -1, "frequency": 49.9, "state": "throttled", "fault_code": 39,
         "insulation_resistance": 2_500_000, "fault_device": True, "fault_any": True,
         "fault_communication": False, "grid_power": 1590, "load_power": 3854,
         "grid_energy_export": 10_000, "grid_energy_import": 20_000, "mppt4_voltage": 600.1,
         "mppt8_current": 4.5, "bus_voltage": 650.2, "mppt9_voltage": 600.9, "mppt12_current": 5.2,
         "string1_current": 5.12, "string24_current": 0.24},
        missing=["mppt3_voltage", "mppt3_current", "grid_power_l1"],
    ),
    Example(
        "goodwe_dt", 3,
        {30004: text("9020KDTN199W0001", 8), 30127: u32(0xFFFF_FFFF), 30141: [0xFFFF],
         30195: u32(-2500 & 0xFFFF_FFFF), 30197: u32(1234), 30199: u32(5678), 30210: [12]},
        {"serial": "9020KDTN199W0001", "grid_power": 2500, "grid_energy_export": 1234,
         "grid_energy_import": 5678, "residual_current": 12},
        missing=["active_power", "temperature"],
    ),
    # GoodWe ET: what is positive in the meter is export, and in the battery discharge.
    Example(
        "goodwe_et", 3,
        {35001: [25_000], 35003: text("9025KETT222W0001", 8), 35011: text("GW25K-ET", 5),
         35100: [0x1A0B, 0x190A, 0x1E05], 35103: [6543, 81], 35105: u32(5300), 35107: [0xFFFF],
         35121: [2318, 95], 35123: [5001], 35125: [2200], 35135: [0xFF9C], 35136: [2],
         35138: [6400], 35142: [0xFFFE], 35170: [300], 35172: [4100], 35174: [412],
         35176: [385], 35178: [7321], 35180: [4025], 35181: [0xFFCE],
         35182: u32(-2012 & 0xFFFF_FFFF), 35185: [0], 35187: [3],
         35189: u32(1 << 18 | 1 << 9), 35191: u32(123_456), 35193: u32(321),
         35206: u32(5000), 35209: u32(4000), 36004: [1],
         36015: f32(250_000.0), 36017: f32(125_000.0), 36019: u32(-40 & 0xFFFF_FFFF),
         36025: u32(1100), 36052: [2301, 2302, 2303, 15, 16, 17], 37003: [251], 37007: [88],
         37008: [99]},
        {"rated_power": 25_000, "serial": "9025KETT222W0001", "model": "GW25K-ET",
         "clock": "2026-11-25T10:30:05", "mppt1_voltage": 654.3, "mppt1_current": 8.1,
         "mppt1_power": 5300, "voltage_l1": 231.8, "current_l1": 9.5, "frequency": 50.01,
         "active_power_l1": 2200, "active_power_l3": -100, "fault_grid": True,
         "active_power": 6400, "reactive_power": -2, "backup_power": 300, "load_power": 4100,
         "temperature": 41.2, "heatsink_temperature": 38.5, "bus_voltage": 732.1,
         "battery_voltage": 402.5, "battery_current": 5, "battery_power": 2012,
         "warning_code": 0, "state": "fault", "fault_isolation": True,
         "fault_utility_loss": True, "fault_eeprom": False,
         "active_energy_total": 12_345_600, "active_energy_today": 32_100,
         "battery_energy_charged": 500_000, "battery_energy_discharged": 400_000,
         "meter_connected": True, "grid_energy_export": 250_000,
         "grid_energy_import": 125_000, "grid_power_l1": 40, "grid_power": -1100,
         "grid_voltage_l3": 230.3, "grid_current_l1": 1.5, "battery_temperature": 25.1,
         "battery_soc": 88, "battery_soh": 99},
        missing=["mppt2_voltage"],
    ),
    Example(
        "growatt_legacy", 4,
        {0: [1], 1: u32(60_163), 3: [5103, 58], 5: u32(29_597), 7: [5270], 31: [6100, 12],
         33: u32(7320), 35: u32(1_400_000), 37: [5002], 38: [2301, 205], 40: u32(47_000),
         46: [2303], 50: [3990, 3991, 3992], 53: u32(54), 55: u32(613_290), 57: u32(7200),
         61: u32(300_000), 89: u32(1000), 93: [0xFFF6], 94: [387], 98: [6789], 105: [30],
         112: [0], 200: [1500], 205: [25]},
        {"state": "running", "dc_power": 6016.3, "mppt1_voltage": 510.3, "mppt1_current": 5.8,
         "mppt1_power": 2959.7, "mppt2_voltage": 527, "mppt8_voltage": 610, "mppt8_power": 732,
         "active_power": 140_000, "frequency": 50.02, "voltage_l1": 230.1, "current_l1": 20.5,
         "apparent_power_l1": 4700, "voltage_l3": 230.3, "voltage_l3_l1": 399.2,
         "active_energy_today": 5400, "active_energy_total": 61_329_000, "run_time": 3600,
         "mppt1_energy": 30_000_000, "mppt8_energy": 100_000, "temperature": -1,
         "heatsink_temperature": 38.7, "bus_voltage": 678.9, "fault_code": 30,
         "warning_code": 0, "insulation_resistance": 1_500_000, "residual_current": 25},
    ),
    Example(
        "growatt_tlx", 4,
        {3000: [0x0501], 3001: u32(31_000), 3003: [3705, 42], 3005: u32(15_561), 3015: [100],
         3021: u32(-50 & 0xFFFF_FFFF), 3023: u32(30_100), 3025: [4997], 3026: [2402, 125],
         3028: u32(30_200), 3034: [2404], 3038: [4000], 3045: u32(9000), 3047: u32(20),
         3049: u32(123), 3051: u32(45_678), 3057: u32(30_000), 3069: u32(11),
         3073: u32(22), 3077: u32(33), 3081: u32(44), 3092: [3801], 3093: [425], 3094: [430],
         3105: [0], 3106: [200]},
        {"state": "running", "dc_power": 3100, "mppt1_voltage": 370.5, "mppt1_current": 4.2,
         "mppt1_power": 1556.1, "mppt4_voltage": 10, "reactive_power": -5, "active_power": 3010,
         "frequency": 49.97, "voltage_l1": 240.2, "current_l1": 12.5, "apparent_power_l1": 3020,
         "voltage_l3": 240.4, "voltage_l1_l2": 400, "load_power": 900, "run_time": 10,
         "active_energy_today": 12_300, "active_energy_total": 4_567_800,
         "mppt1_energy": 3_000_000, "grid_energy_import": 1100, "grid_energy_export": 2200,
         "load_energy_total": 3300, "mppt4_energy": 4400, "bus_voltage": 380.1,
         "temperature": 42.5, "heatsink_temperature": 43, "fault_code": 0, "warning_code": 200},
    ),
]  # fmt: skip


def unit_of(example: Example) -> Unit:
    """A unit that answers every address near the example's, with zeros where it says nothing."""
    unit = Unit()
    for start in example.cells:
        unit.load(example.function, max(0, start - 8), [0] * 40)
    for start, words in example.cells.items():
        unit.load(example.function, start, words)
    return unit


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.profile)
async def test_worked_example(example: Example) -> None:
    points = (await probed(example.profile, unit_of(example))).points
    for name, expected in example.values.items():
        if isinstance(expected, bool):
            assert points[name].value is expected, name
        else:
            assert_good(points, name, expected)
    for name in example.missing:
        assert_missing(points, name)


def polled_alike(kind: str) -> set[str]:
    """The Modbus profiles of the library of one kind."""
    named = (profile_named(name) for name in polled_profiles())
    return {p.id for p in named if p.kind.kind == kind and p.protocol == "modbus"}


def test_every_profile_has_an_example_or_a_capture() -> None:
    known = {example.profile for example in EXAMPLES} | {"tsun_mx3000d"}
    assert polled_alike("electricity_meter") | polled_alike("pv_inverter") <= known


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.profile)
async def test_requests_keep_to_the_devices_limits(example: Example) -> None:
    """No request is longer than the device takes, none reads along where it may not."""
    seen = await probed(example.profile, unit_of(example))
    settings = profile_named(example.profile).settings
    limit = getattr(settings, "max_registers", 125)
    assert max(request.count for request in seen.requests) <= limit
    if getattr(settings, "even", False):
        assert not [r for r in seen.requests if r.address % 2 or r.count % 2]


async def test_nothing_flows_is_a_plain_zero() -> None:
    """A sign that is turned leaves no -0.0 behind."""
    unit = Unit()
    unit.load(3, 35180, [4000, 0, 0, 0])
    points = (await probed("goodwe_et", unit)).points
    assert [str(points[name].value) for name in ("battery_current", "battery_power")] == ["0.0"] * 2


def _spread(points: Mapping[str, ProfilePoint], family: str) -> list[int]:
    found = [points[f"{family}_l{n}"].address for n in (1, 2, 3) if f"{family}_l{n}" in points]
    return [a.address for a in found if isinstance(a, Address)]


@pytest.mark.parametrize("name", sorted({example.profile for example in EXAMPLES}))
def test_phases_stand_at_even_distances(name: str) -> None:
    points = profile_named(name).points
    families = {n.removesuffix("_l1") for n in points if n.endswith("_l1")}
    for family in families:
        at = _spread(points, family)
        if len(at) == 3:
            assert at[2] - at[1] == at[1] - at[0] > 0, family


def honest(profile: Profile) -> Sequence[str]:
    return [n for n, p in profile.points.items() if p.verified is Verified.CAPTURE]


@pytest.mark.parametrize("name", sorted({example.profile for example in EXAMPLES}))
def test_a_profile_says_where_it_is_from_and_what_to_know(name: str) -> None:
    profile = profile_named(name)
    assert profile.source
    assert profile.note
    if profile.verified is Verified.WEAK:
        assert not honest(profile)


async def test_a_float_meter_with_a_unit_of_its_own() -> None:
    """SunSpec models 1 and 213 as a Fronius meter shows them."""
    meter = [0x7FC0, 0x0000] * 62
    for offset, value in {
        28: -350.5,
        30: -100.0,
        26: 50.0,
        68: 1500.0,
        70: 500.0,
        60: 2500.0,
    }.items():
        meter[offset - 2 : offset] = f32(value)
    words = [0x5375, 0x6E53, 1, 65, *text("Fronius", 16), *[0] * 49, 213, 124, *meter, 0xFFFF, 0]
    unit = Unit()
    unit.load(3, 40000, words)
    async with ReplayServer({1: unit}) as server:
        seen = await probe(profile_named("sunspec_meter"), "127.0.0.1", server.port, 1)
    assert_good(seen.points, "maker", "Fronius")
    assert_good(seen.points, "active_power", -350.5)
    assert_good(seen.points, "active_power_l1", -100.0)
    assert_good(seen.points, "frequency", 50.0)
    assert_good(seen.points, "active_energy_import", 1500.0)
    assert_good(seen.points, "active_energy_import_l1", 500.0)
    assert_good(seen.points, "active_energy_export", 2500.0)
    assert_missing(seen.points, "voltage_l1")


async def test_an_arc_at_any_of_twelve_inputs_is_told() -> None:
    """Twelve modules, as a Fimer has them; the arc is bit 15 of the module's own events."""
    values = {f"mppt{n}_power": 1000.0 * n for n in range(1, 13)}
    cells = encode_chain(profile_named("sunspec"), values, (1, 103, 160), modules=12)
    mppt = next(a for a, w in cells.items() if w == 160 and cells.get(a + 1) == 8 + 20 * 12)
    cells[mppt + 10 + 20 * 11 + 18], cells[mppt + 10 + 20 * 11 + 19] = 0, 1 << 15
    cells[mppt + 10 + 20 * 10 + 18], cells[mppt + 10 + 20 * 10 + 19] = 0, 0
    unit = Unit()
    for address, word in cells.items():
        unit.load(3, address, [word])
    async with ReplayServer({1: unit}) as server:
        seen = await probe(profile_named("sunspec"), "127.0.0.1", server.port, 1)
    assert seen.points["mppt12_power"].value == 12_000.0
    assert seen.points["fault_mppt12_dc_arc"].value is True
    assert seen.points["fault_mppt11_dc_arc"].value is False
    assert seen.points["fault_mppt1_dc_arc"].value is None
