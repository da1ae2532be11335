from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from collectors.fit import Verdict
from collectors.modbus_links import RtuTcpTransport, TcpTransport
from collectors.modbus_schema import ModbusSettings
from collectors.register_memory import encode_values
from collectors.registry import SCHEMAS
from collectors.sample import Value
from collectors.scan import MOST_REQUESTS, Scan, ScanError, scan
from device_configs.profile import Profile, load_profiles
from tests.collectors.lines import library
from tests.replay_server import ReplayServer, Unit, load_capture, unit_of_capture

FEW = [library(name) for name in ("eastron_sdm630", "eastron_sdm230", "usw_water", "sunspec")]
LIVE: dict[str, Value] = {
    "frequency": 49.97, "voltage_l1": 228.0, "voltage_l2": 229.0, "voltage_l3": 231.0,
    "active_power_l1": 500.0, "active_power_l2": 700.0, "active_power_l3": 300.0,
    "active_power": 1500.0, "active_energy_import": 44_000.0,
}  # fmt: skip


def unhurried() -> list[Profile]:
    """The whole library, without the pauses that real devices need."""
    found = []
    for profile in load_profiles(SCHEMAS).values():
        if isinstance(profile.settings, ModbusSettings):
            quick = {"connect_delay_ms": 0, "min_gap_ms": 0}
            settings = profile.settings.model_copy(update=quick)
            found.append(replace(profile, settings=settings))
    return found


def meter(profile: str = "eastron_sdm630", values: dict[str, Value] | None = None) -> Unit:
    unit = Unit()
    zeros = dict.fromkeys(library(profile).points, 0.0)
    image = encode_values(library(profile), zeros | (LIVE if values is None else values))
    for table, cells in image.items():
        for address, word in cells.items():
            unit.load(table.function, address, [word])
    for at in range(0x160):
        unit.cells[4].setdefault(at, 0)
    return unit


async def scanned(
    server: ReplayServer, units: Sequence[int], profiles: list[Profile] = FEW, **more: Any
) -> Scan:
    transport = TcpTransport("127.0.0.1", server.port)
    return await scan(transport, units, profiles, timeout_ms=30, **more)


async def test_it_finds_the_meter_and_says_why() -> None:
    async with ReplayServer({3: meter()}) as server:
        seen = await scanned(server, range(1, 6))
    (found,) = seen.found
    assert (seen.asked, found.answer.unit) == (5, 3)
    best = found.fits[0]
    assert (best.profile.id, best.verdict) == ("eastron_sdm630", Verdict.LIKELY)
    assert any("phase powers add up" in reason for reason in best.reasons)
    assert any("49.97 Hz at input 0x46" in reason for reason in best.reasons)
    assert server.connections == 1, "many devices take one client only"
    assert {request.function for request in server.requests} <= {1, 2, 3, 4}
    assert [r.unit for r in server.requests].count(1) == 1, "a silent unit is asked once"


async def test_zeros_are_never_a_fit() -> None:
    async with ReplayServer({1: meter(values={})}) as server:
        seen = await scanned(server, [1])
    verdicts = {fit.profile.id: fit.verdict for fit in seen.found[0].fits}
    assert verdicts["eastron_sdm630"] is Verdict.CANNOT_TELL
    assert Verdict.LIKELY not in verdicts.values()
    assert Verdict.POSSIBLE not in verdicts.values()


@pytest.mark.parametrize(
    ("exception", "answers"), [(1, True), (2, True), (4, True), (6, True), (10, False), (11, False)]
)
async def test_a_refusal_is_an_answer_unless_the_gateway_gives_it(
    exception: int, answers: bool
) -> None:
    async with ReplayServer({1: Unit(exception=exception)}) as server:
        seen = await scanned(server, [1, 2])
    assert [found.answer.unit for found in seen.found] == ([1] if answers else [])


async def test_a_device_that_does_not_look_at_the_unit_is_one_device() -> None:
    unit = meter()
    async with ReplayServer(dict.fromkeys(range(1, 21), unit)) as server:
        seen = await scanned(server, range(1, 21))
    assert seen.every_unit_answers
    assert [found.examined for found in seen.found] == [True] + [False] * 19
    assert {request.unit for request in server.requests[20:]} == {1}


async def test_the_whole_library_stays_within_its_bounds() -> None:
    """A device that refuses what it does not have, and one that is silent there instead."""
    async with ReplayServer({1: meter()}) as server:
        seen = await scanned(server, [1], unhurried())
        assert seen.found[0].fits[0].profile.id == "eastron_sdm630"
        assert seen.found[0].requests == len(server.requests) - 1 <= MOST_REQUESTS


async def test_over_rtu_frames() -> None:
    async with ReplayServer({2: meter()}, rtu=True) as server:
        transport = RtuTcpTransport("127.0.0.1", server.port)
        seen = await scan(transport, [1, 2], FEW, timeout_ms=30)
    assert [found.answer.unit for found in seen.found] == [2]
    assert seen.found[0].fits[0].profile.id == "eastron_sdm630"


async def test_progress_is_told() -> None:
    told: list[tuple[str, int, int]] = []
    async with ReplayServer({1: meter()}) as server:
        await scanned(server, [1, 2], progress=lambda *step: told.append(step))
    assert told[0] == ("unit 1; 0 found", 0, 2)
    assert told[1] == ("unit 2; 1 found", 1, 2)
    assert told[-1][1:] == (len(FEW) - 1, len(FEW))


async def test_nobody_listening_is_one_sentence() -> None:
    server = ReplayServer({})
    await server.start()
    await server.stop()
    with pytest.raises(ScanError, match=r"does not accept a connection\.$"):
        await scanned(server, [1])


CAPTURED = {
    "eastron_sdm230": "eastron_sdm230",
    "eastron_sdm630_first80": "eastron_sdm630",
    "goodwe_gw17k_dt": "goodwe_dt",
    "huawei_sun2000_3ktl_l1_night": "huawei_sun2000",
    "sunspec_sma_sb36_day": "sunspec",
    "sunspec_solaredge_se3000h_101": "sunspec",
    "sunspec_der_emulator_7xx": "sunspec",
}


@pytest.mark.needs_captures
@pytest.mark.parametrize(("capture", "profile"), CAPTURED.items())
async def test_the_right_profile_of_a_captured_device_is_first(capture: str, profile: str) -> None:
    unit = unit_of_capture(load_capture(capture))
    async with ReplayServer({1: unit}) as server:
        seen = await scanned(server, [1], unhurried())
    best = seen.found[0].fits[0]
    assert best.profile.id == profile, [(f.profile.id, f.score) for f in seen.found[0].fits[:3]]
    assert best.verdict is Verdict.LIKELY
    sunspec = seen.found[0].sunspec
    assert (sunspec is not None) == (profile == "sunspec")
    assert sunspec is None or {"maker", "model", "serial"} <= sunspec.texts.keys()


@pytest.mark.needs_captures
async def test_a_pile_that_answers_whole_values_only() -> None:
    unit = Unit()
    for address, value in load_capture("keba_p40_openems_vector")["u32"].items():
        unit.load(3, int(address), [value >> 16, value & 0xFFFF])
    async with ReplayServer({1: unit}) as server:
        seen = await scanned(server, [1], unhurried())
    best = seen.found[0].fits[0]
    assert (best.profile.id, best.verdict) == ("keba_p40", Verdict.POSSIBLE)
