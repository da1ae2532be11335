"""covers: the profiles of charging piles, water meters and fire devices, on captures and on words.

A capture is served by an independent Modbus server and read by the real probe path. What no
capture shows, but a life may hang on, is shown on single registers: a wrong order, a code that is
not listed or a status that is not valid must never hide an alarm.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from collectors.modbus_schema import ModbusSettings
from collectors.probe import Probe, ProbedPoint, ProbeQuality, probe
from collectors.sample import Reason, Value
from device_configs.profile import LIBRARY, Profile, read_profile
from tests.collectors.test_captures import SCHEMAS, assert_good, assert_missing
from tests.replay_server import ReplayServer, Unit, load_capture

KEBA = {
    "current_l1": ("current_L1_A", 1), "current_l2": ("current_L2_A", 1),
    "current_l3": ("current_L3_A", 1), "active_power": ("active_power_W", 1),
    "active_energy_total": ("total_energy_Wh_x0.1", 1),
    "session_energy": ("session_energy_Wh_x0.1", 1),
}  # fmt: skip
KEBA_OTHERWISE = {"charging_state", "cable_state", "voltages_V", "power_factor_percent"}
KEBA_WITHOUT_POINT = {"max_current_A", "hw_current_A"}
KEBA_GUIDE = {
    "active_power": ("active_power_W", 1), "active_energy_total": ("total_energy_Wh", 1),
    "power_factor": ("power_factor_percent", 0.01),
}  # fmt: skip


def library(name: str) -> Profile:
    """A profile of the library without the pauses its device needs."""
    profile = read_profile(LIBRARY / f"{name}.yaml", SCHEMAS)
    assert isinstance(profile.settings, ModbusSettings)
    quick = profile.settings.model_copy(update={"connect_delay_ms": 0, "min_gap_ms": 0})
    return replace(profile, settings=quick)


async def probed(profile: Profile, unit: Unit) -> Probe:
    async with ReplayServer({1: unit}) as server:
        return await probe(profile, "127.0.0.1", server.port, 1)


def doubles(values: Mapping[str, int]) -> Unit:
    """A pile that holds these 32-bit values, high word first, and nothing else."""
    unit = Unit()
    for address, value in values.items():
        unit.load(3, int(address), [value >> 16, value & 0xFFFF])
    return unit


def guide_example() -> dict[str, Any]:
    items = load_capture("vendor_and_issue_frames")["items"]
    return next(dict(item) for item in items if item["device"] == "KEBA P40")


@pytest.mark.needs_captures
async def test_keba_p40() -> None:
    document = load_capture("keba_p40_openems_vector")
    expected = document["expected"]
    known = {label for label, _ in KEBA.values()} | KEBA_OTHERWISE | KEBA_WITHOUT_POINT
    assert known == set(expected), "every expected value is accounted for"
    seen = await probed(library("keba_p40"), doubles(document["u32"]))
    assert {request.count for request in seen.requests} == {2}, "it refuses more than one value"
    points = seen.points
    for name, (label, scale) in KEBA.items():
        assert_good(points, name, expected[label] * scale)
    for number, volts in enumerate(expected["voltages_V"], 1):
        assert_good(points, f"voltage_l{number}", volts)
    assert expected["charging_state"] == 3
    assert_good(points, "state", "charging")
    assert expected["cable_state"] == 7
    assert points["plugged"].value is True
    # The vector's power factor is none; it is refused, not shown.
    factor = points["power_factor"]
    assert factor.value == pytest.approx(expected["power_factor_percent"] / 100)
    assert (factor.quality, factor.reason) == (ProbeQuality.BAD, Reason.OUT_OF_RANGE)
    assert_missing(points, "fault_code")


@pytest.mark.needs_captures
async def test_keba_p40_before_1_2_1_counts_watt_hours() -> None:
    document = load_capture("keba_p40_openems_vector")
    old = await probed(library("keba_p40"), doubles(document["u32"] | {"1018": 10200}))
    for name in ("active_energy_total", "session_energy"):
        assert_good(old.points, name, document["expected"][KEBA[name][0]] * 10)


@pytest.mark.needs_captures
async def test_keba_p40_of_unknown_software_shows_no_energy() -> None:
    example = guide_example()
    points = (await probed(library("keba_p40"), doubles(example["u32"]))).points
    assert_good(points, "active_power", example["expected"]["active_power_W"])
    energy = points.get("active_energy_total")
    assert energy is None or energy.value is None


@pytest.mark.needs_captures
async def test_examples_of_kebas_guide() -> None:
    example = guide_example()
    expected = example["expected"]
    assert {label for label, _ in KEBA_GUIDE.values()} == set(expected)
    for profile in (library("keba_p40").as_variant(None), library("keba_p30")):
        points = (await probed(profile, doubles(example["u32"]))).points
        for name, (label, scale) in KEBA_GUIDE.items():
            assert_good(points, name, expected[label] * scale)


@pytest.mark.needs_captures
async def test_usw_water_meter_counts_both_ways() -> None:
    items = load_capture("vendor_and_issue_frames")["items"]
    volumes, shown = (
        next(i for i in items if i["device"].startswith("USW") and i["start"] == start)
        for start in (0x0200, 0x0802)
    )
    readings = zip(volumes["responses"], volumes["expected"], shown["expected"], strict=True)
    for response, expected, display in readings:
        data = bytes.fromhex(response)[3:-2]
        unit = Unit()
        words = [int.from_bytes(data[i : i + 2]) for i in range(0, len(data), 2)]
        unit.load(volumes["fc"], volumes["start"], words)
        points = (await probed(library("usw_water"), unit)).points
        assert_good(points, "volume_total", expected["forward_volume_L"] / 1000)
        assert_good(points, "volume_reverse_total", expected["reverse_volume_L"] / 1000)
        # The meter's own display, in another block of the same reading, cuts off below 0.1 L.
        total = points["volume_total"].value
        assert isinstance(total, float)
        assert int(total * 10_000 + 1e-6) / 10 == display["volume_L"]


async def points_of(
    name: str, words: Mapping[tuple[int, int], Sequence[int]], variant: str | None = None
) -> Mapping[str, ProbedPoint]:
    """Probe a device that holds these words: (function, address) to registers or bits."""
    unit = Unit()
    for (function, address), held in words.items():
        unit.load(function, address, held)
    profile = library(name)
    return (await probed(profile.as_variant(variant) if variant else profile, unit)).points


@pytest.mark.parametrize(
    ("raw", "state"),
    [(0x0000, "available"), (0x8000, "available"), (0x0200, "connected"), (0x8300, "suspended"),
     (0x0400, "charging"), (0x8400, "charging"), (0x0500, "finished"), (0x0700, None)],
)  # fmt: skip
async def test_abb_state_beside_its_limit_bit(raw: int, state: str | None) -> None:
    points = await points_of("abb_terra_ac", {(3, 0x400C): [0, raw]})
    assert points["state"].value == state


@pytest.mark.parametrize(
    ("profile", "address", "word", "state"),
    [
        ("phoenix_ev_eth", 100, 0x0042, "connected"), ("phoenix_em_eth", 100, 0x0043, "charging"),
        ("phoenix_em_eth", 100, 0x0046, "unavailable"), ("phoenix_em_eth", 100, 0x0000, None),
        ("phoenix_ev_ser", 24000, 0x4131, "available"),
        ("phoenix_ev_ser", 24000, 0x4332, "charging"), ("phoenix_ev_ser", 24000, 0x4500, "fault"),
    ],
)  # fmt: skip
async def test_phoenix_state_letters(
    profile: str, address: int, word: int, state: str | None
) -> None:
    points = await points_of(profile, {(4, address): [word]})
    assert points["state"].value == state


async def test_phoenix_without_a_meter_knows_no_power() -> None:
    unit = {(4, 100): [0x41], (4, 108): [0xFFFF] * 14, (4, 128): [0xFFFF] * 2}
    points = await points_of("phoenix_em_eth", unit)
    for name in ("voltage_l1", "current_l3", "active_power", "active_energy_total"):
        assert_missing(points, name)


async def test_low_word_first_of_phoenix() -> None:
    points = await points_of("phoenix_em_eth", {(4, 120): [557, 0], (4, 128): [1, 2]})
    assert_good(points, "active_power", 5570.0)
    assert_good(points, "active_energy_total", (2 * 65536 + 1) * 10.0)


async def test_keba_without_a_meter_does_not_read_zero() -> None:
    unit = {(3, 1000): [0, 2], (3, 1020): [0, 0], (3, 1036): [0, 0]}
    points = await points_of("keba_p30", unit, variant="without_meter")
    assert_good(points, "state", "connected")
    assert_missing(points, "active_power")
    assert_missing(points, "active_energy_total")


@pytest.mark.parametrize(("text", "power"), [("60.4", 3600.0), ("60.3", 3600.0), (".360", 3600.0)])
async def test_goe_words_in_either_order(text: str, power: float) -> None:
    firmware = [int.from_bytes(text[i : i + 2].encode()) for i in (0, 2)]
    raw = [360_000 >> 16, 360_000 & 0xFFFF]
    words = raw if text == "60.4" else raw[::-1]
    points = await points_of("goe_charger", {(4, 100): [2], (4, 105): firmware, (4, 120): words})
    assert_good(points, "active_power", power)


@pytest.mark.parametrize("loop", range(14))
@pytest.mark.parametrize(
    ("code", "alarm", "fault"),
    [(0, False, False), (1, False, True), (2, False, True), (3, True, False)],
)
async def test_acrel_alarm_wherever_the_loop_stands(
    loop: int, code: int, alarm: bool, fault: bool
) -> None:
    state = 0x1000_0000 | code << 2 * loop
    points = await points_of("acrel_aim_r100", {(3, 0x0B): [state >> 16, state & 0xFFFF]})
    assert (points["alarm"].value, points["fault"].value) == (alarm, fault)


@pytest.mark.parametrize(
    ("mask", "status", "alarm"), [(1, 0, False), (1, 1, True), (0, 0, None), (0, 1, True)]
)
async def test_rhu_status_that_is_not_valid_is_unknown(
    mask: int, status: int, alarm: bool | None
) -> None:
    points = await points_of("schneider_vigirex_rhu", {(3, 0xC8): [mask, status, 1, 0, 1, 0, 1, 1]})
    assert points["alarm"].value is alarm
    assert (points["pre_alarm"].value, points["fault_toroid"].value) == (False, False)


@pytest.mark.parametrize(
    ("word", "smoke", "supervisory", "fault", "shielded"),
    [
        (0x1400, False, False, False, False),  # enabled and quiet
        (0x0C10, True, True, False, False),  # a fire
        (0x2D10, True, True, True, False),  # a fire, acknowledged, in trouble as well
        (0x0C14, True, True, False, False),  # CO
        (0x0C40, False, True, False, False),  # supervisory
        (0x2400, False, False, True, False),  # trouble
        (0x1200, False, False, False, True),  # disabled
        (0x0CED, True, True, False, False),  # CO supervisory and fire
        (0x0C99, None, True, False, False),  # a code of tomorrow
        (0x00FF, None, None, None, None),  # no such device
    ],
)
async def test_notifier_detector(
    word: int, smoke: Value, supervisory: Value, fault: Value, shielded: Value
) -> None:
    unit = Unit()
    unit.load(3, 0, [0x1400] * 358 + [word])
    unit.load(3, 9499, [2])
    seen = await probed(library("notifier_modbus_gw_1_loop"), unit)
    assert seen.points["silenced"].value is True
    last = seen.devices[-1]
    assert last.id == "d0359"
    names = ("smoke", "supervisory", "fault", "shielded")
    values = tuple(last.points[name].value for name in names)
    assert values == (smoke, supervisory, fault, shielded)


async def test_rmh_channels_are_parts() -> None:
    unit = Unit()
    for channel in range(12):
        status = 0b1001 if channel == 11 else 0b1000
        unit.load(3, 0x03E8 + 20 * channel, [1, status, 0, 0, 100 + channel, 0, 0])
    seen = await probed(library("schneider_vigirex_rmh"), unit)
    assert [device.id for device in seen.devices] == [f"ch{n:02d}" for n in range(1, 13)]
    first, last = seen.devices[0].points, seen.devices[-1].points
    assert (first["alarm"].value, last["alarm"].value) == (False, True)
    assert (first["residual_current_1"].value, last["residual_current_1"].value) == (100, 111)
    assert first["fault_toroid"].value is False


async def test_a_drives_trip_is_no_code_of_the_lift() -> None:
    points = await points_of("invertek_elevator_core", {(3, 255): [0x0502, 0, 123]})
    assert points["fault_drive_tripped"].value is True
    assert_good(points, "drive_fault_code", 5)
    assert_good(points, "car_state", "stopped")
    assert_good(points, "motor_current", 12.3)
    assert "fault_code" not in points


async def test_charx_group_grows_to_its_connectors() -> None:
    unit = Unit()
    unit.load(3, 114, [2])
    for base, letters in ((1000, 0x4232), (2000, 0x4332)):
        unit.load(3, base + 232, [0, base] * 7)
        unit.load(3, base + 250, [0, 0, 0, base])
        unit.load(3, base + 289, [0, 7])
        unit.load(3, base + 299, [letters])
    seen = await probed(library("phoenix_charx_group"), unit)
    parts = {device.id: device.points for device in seen.devices[1:]}
    assert {name: points["state"].value for name, points in parts.items()} == {
        "c1": "connected", "c2": "charging"
    }  # fmt: skip
    assert_good(parts["c2"], "active_energy_total", 2000)


async def test_ultrad_adds_millilitres_to_cubic_metres() -> None:
    points = await points_of(
        "dynaflox_ultrad_water", {(3, 0): [0, 250, 0, 12, 5, 46840, 0, 0, 0, 0]}
    )
    assert_good(points, "flow", 0.25)
    assert_good(points, "volume_total", 12 + (5 * 65536 + 46840) / 1e6)


async def test_suto_float_comes_low_word_first() -> None:
    points = await points_of("suto_s401_gas", {(3, 6): [0x0000, 0x42C8], (3, 8): [1, 2]})
    assert_good(points, "flow", 100.0)
    assert_good(points, "volume_total", 2 * 65536 + 1)


async def test_itron_value_in_alarm_is_unknown() -> None:
    points = await points_of("itron_cf_echo2", {(3, 2): [0x4974, 0x23F0, 0x4974, 0x23F0]})
    assert_missing(points, "heat_energy_total")


@pytest.mark.parametrize(("worth", "volume"), [(10_000, 1.23), (0, None)])
async def test_a_pulse_is_worth_what_the_counter_says(worth: int, volume: float | None) -> None:
    points = await points_of("generic_pulse_water", {(4, 0): [0, 123, 0, worth]})
    if volume is None:
        assert points["volume_total"].value is None
    else:
        assert_good(points, "volume_total", volume)
