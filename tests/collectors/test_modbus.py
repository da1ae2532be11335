"""Whole Modbus lines against an independent server."""

import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from collectors import modbus
from collectors.modbus_link import UnitOnLink
from collectors.modbus_links import ModbusTcpLink, TcpTransport
from collectors.modbus_reading import DeviceReader, Pace
from collectors.modbus_schema import Address, ModbusSettings, Table, WordType
from collectors.polled_device import PolledDevice
from collectors.probe import ProbeQuality, probe
from collectors.reading import Reading
from collectors.register_memory import encode_values
from collectors.sample import Lane, Reason, Value
from device_configs.faults import InvalidConfigError
from device_configs.kinds import Kind, PointType
from device_configs.profile import LIBRARY, Profile, ProfilePoint, read_profile
from device_configs.yaml_file import read_yaml
from tests.collectors.lines import Collecting, device, library, polling, running, wiring
from tests.replay_server import Fault, ReplayServer, Unit

SAFETY_POINTS = {"fire", "fault", "smoke", "shielded", "supervisory", "test"}


def profile_names() -> list[str]:
    found = []
    for file in sorted(LIBRARY.glob("*.yaml")):
        data = read_yaml(file).data
        if isinstance(data, dict) and "modbus" in data:
            found.append(file.stem)
    return found


def serving(
    profile: Profile,
    values: Mapping[str, Value],
    parts: Mapping[int, Mapping[str, Value]] | None = None,
) -> Unit:
    """A unit whose registers show these values."""
    unit = Unit()
    for table, cells in encode_values(profile, values, parts or {}).items():
        for address, word in cells.items():
            unit.load(table.function, address, [word])
    return unit


def plausible(point: ProfilePoint, name: str, kind: Kind, chance: random.Random) -> Value:
    """A value that the point can show, in its stored unit."""
    mapping, address = point.mapping, point.address
    assert isinstance(address, Address)
    if mapping.bits or point.spec.type is PointType.BOOL:
        return chance.random() < 0.5
    if mapping.values:
        return chance.choice(sorted(set(mapping.values.values()), key=str))
    if address.type in (WordType.DATE_BYTES, WordType.DATE_WORDS):
        return "2026-11-25T10:00:07"
    if point.spec.type is PointType.STRING:
        room = address.bytes[1] if address.bytes else 2 * (address.length or 4)
        return "12345"[:room] if address.type.is_integer else "SN12345"[:room]
    assert kind.point(name) is not None
    most = min(300, (1 << mapping.cut[1]) - 1) if mapping.cut else 300
    return chance.randint(1, most) * mapping.slope * point.to_stored.factor


def values_of(
    points: Mapping[str, ProfilePoint], kind: Kind, chance: random.Random
) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for point in points.values():
        for name in point.mapping.bits.values() or (point.name,):
            values[name] = plausible(point, name, kind, chance)
    return values


def profiles_and_variants() -> list[tuple[str, str | None]]:
    """Every profile as it is, and as each of its variants."""
    found: list[tuple[str, str | None]] = []
    for name in profile_names():
        found += [(name, variant) for variant in (None, *library(name).variants)]
    return found


@pytest.mark.parametrize(("name", "variant"), profiles_and_variants())
async def test_every_profile_reads_back_what_a_device_shows(name: str, variant: str | None) -> None:
    """Plumbing, not evidence: the same code encodes and decodes, but the wire is between them."""
    profile, chance = library(name).as_variant(variant), random.Random(name)
    values = values_of(profile.points, profile.kind, chance)
    parts = {}
    if profile.parts is not None:
        inner, kind = profile.parts.points, profile.parts.kind
        parts = {n: values_of(inner, kind, chance) for n in range(profile.parts.count)}
        if "part_count" in profile.points:
            values["part_count"] = profile.parts.count
    unit = serving(profile, values, parts)
    # What lies between the points is there, but means nothing.
    for table in unit.cells.values():
        for address in range(min(table), max(table)) if table else ():
            table.setdefault(address, 0x2020)
    async with ReplayServer({1: unit}) as server:
        seen = await probe(profile, "127.0.0.1", server.port, 1)
    expected = [values, *parts.values()] if values else [*parts.values()]
    assert len(seen.devices) == len(expected)
    for found, wanted in zip(seen.devices, expected, strict=True):
        assert set(found.points) == set(wanted)
        for point, value in wanted.items():
            read = found.points[point]
            assert read.quality is not ProbeQuality.MISSING, f"{point}: {read}"
            if isinstance(value, float):
                assert read.value == pytest.approx(value, rel=1e-6), point
            else:
                assert read.value == value, point
    assert all(request.error is None for request in seen.requests)


async def test_a_meter_is_polled_and_its_values_arrive() -> None:
    meter = library("eastron_sdm230")
    server = ReplayServer({1: serving(meter, {"voltage_l1": 230.5, "active_energy_import": 8e6})})
    server.units[1].cells[4] |= dict.fromkeys(set(range(400)) - set(server.units[1].cells[4]), 0)
    async with polling(server, device(meter, 0)) as (sink, line):
        await sink.heard("d1", 3)
        health = line.health()
    assert sink.latest("d1")["voltage_l1"] == (230.5, None)
    assert sink.latest("d1")["active_energy_import"] == (8e6, None)
    assert {sample.lane for sample in sink.samples} == {Lane.ROUTINE}
    assert health.connected
    assert health.devices[0].connected
    assert health.devices[0].last_answer_at is not None
    assert health.counters["requests"] == len(server.requests)
    assert {request.function for request in server.requests} == {3, 4}, "serial and values"


async def test_all_units_of_an_endpoint_share_one_connection() -> None:
    weather = library("generic_weather_modbus")
    units = {n: serving(weather, dict.fromkeys(weather.points, n)) for n in range(1, 9)}
    server = ReplayServer(units)
    devices = [device(weather, 0, n, name=f"w{n}") for n in units]
    async with polling(server, *devices) as (sink, _):
        for n in units:
            await sink.until(lambda n=n: bool(sink.of(f"w{n}")))  # type: ignore[misc]
    assert server.connections == 1
    for n in units:
        assert sink.latest(f"w{n}")["irradiance"] == (n, None), "no unit gets another's values"


async def test_a_silent_unit_is_unknown_and_the_others_go_on() -> None:
    weather = library("generic_weather_modbus", timeout_ms=60)
    units = {n: serving(weather, dict.fromkeys(weather.points, n)) for n in range(1, 5)}
    units[2].fault = Fault.SILENT
    server = ReplayServer(units)
    devices = [device(weather, 0, n, name=f"w{n}") for n in units]
    async with polling(server, *devices) as (sink, line):
        await sink.until(lambda: len(sink.of("w2")) >= 2)
        await sink.heard("w1", 10)
        asked = [request.unit for request in server.requests]
        assert asked.count(2) * 3 < asked.count(1), "it is asked less and less often"
        silent = sink.latest("w2")
        assert set(silent.values()) == {(None, "no_answer")}
        assert set(silent) == set(weather.points)
        health = {one.device: one for one in line.health().devices}
        assert (health["w2"].connected, health["w1"].connected) == (False, True)
        assert health["w2"].reason == "no_answer"
        units[2].fault = None
        await sink.until(lambda: sink.latest("w2")["irradiance"] == (2, None))
        assert {one.failures for one in line.health().devices} == {0}


@pytest.mark.parametrize("fault", [Fault.WRONG_TID, Fault.SHORT_COUNT, Fault.SHORT_FRAME])
async def test_garbled_answers_are_unknown(fault: Fault) -> None:
    weather = library("generic_weather_modbus", timeout_ms=60)
    server = ReplayServer({1: serving(weather, dict.fromkeys(weather.points, 5))})
    server.units[1].fault = fault
    async with polling(server, device(weather, 0)) as (sink, _):
        await sink.heard("d1", 2)
    assert set(sink.latest("d1").values()) == {(None, "garbled")}


async def test_a_refused_address_is_found_and_costs_nothing_else() -> None:
    meter = library("eastron_sdm630")
    values = {name: 10.0 for name in meter.points}
    unit = serving(meter, values)
    unit.cells[4] |= {at: unit.cells[4].get(at, 0) for at in range(400)}
    unit.refused = {24, 25}
    server = ReplayServer({1: unit})
    async with polling(server, device(meter, 0)) as (sink, _):
        await sink.until(lambda: len(sink.latest("d1")) == len(values))
        learned = len(server.requests)
        await sink.heard("d1", 40)
        latest = sink.latest("d1")
    assert latest.pop("reactive_power_l1") == (None, "refused")
    assert {reason for _, reason in latest.values()} == {None}
    later = server.requests[learned:]
    again = [r for r in later if r.address <= 24 < r.address + r.count]
    assert len(again) <= 7, "it is asked for alone, and less and less often"
    assert {(r.address, r.count) for r in again} <= {(24, 2)}


async def test_a_part_of_the_map_that_is_not_there_is_put_together_again() -> None:
    """A whole stretch that is refused ends as one request, not as one for each point."""
    huawei = library("huawei_sun2000")
    unit = serving(huawei, {name: 0 for name in huawei.points if name.startswith("string")})
    for at in range(32036, 32064):
        unit.cells[3].pop(at)
    server = ReplayServer({1: unit})
    async with server:
        link = modbus.link_to(TcpTransport("127.0.0.1", server.port), [device(huawei, 1)])
        await link.open()
        reader = DeviceReader(huawei, modbus.settings_of(device(huawei, 1)))
        registers = UnitOnLink(link, 1, modbus.settings_of(device(huawei, 1)))
        for _ in range(20):
            await reader.read(registers)
        asked = len(server.requests)
        blocks = len(reader.blocks)
        link.close()
    assert blocks < 30
    assert asked < 20 * 30


async def test_what_a_refused_map_lacks_now_may_be_there_later() -> None:
    weather = library("generic_weather_modbus")
    server = ReplayServer({1: serving(weather, dict.fromkeys(weather.points, 5))})
    server.units[1].refused = {3}
    settings = modbus.settings_of(device(weather, 1))
    async with server:
        link = modbus.link_to(TcpTransport("127.0.0.1", server.port), [device(weather, 1)])
        await link.open()
        reader = DeviceReader(weather, settings, pace=Pace(300.0))
        registers = UnitOnLink(link, 1, settings)
        await reader.read(registers)
        assert len(reader.blocks) > 1
        server.units[1].refused = set()
        for _ in range(4):
            reading = await reader.read(registers)
        assert len(reader.blocks) == 1, "one request again"
        assert len(reading.own) == len(weather.points)
        link.close()


async def test_a_table_that_is_never_answered_does_not_cost_the_other(
    tmp_path: Path,
) -> None:
    """One function works, the other is silent: the first stays live, the second is unknown."""
    document = """
profile: two_tables
kind: water_tank
vendor: Test
model: Two tables
source: test
verified: document
modbus: {timeout_ms: 60}
points:
  level: {address: 0, type: uint16, unit: mm, table: input}
  volume: {address: 0, type: uint16, unit: L, table: holding}
"""
    unit = Unit()
    unit.load(4, 0, [1500])
    profile = profile_from(document, tmp_path)
    unit.silent_functions = {3}
    server = ReplayServer({1: unit})
    async with polling(server, device(profile, 0)) as (sink, _):
        await sink.until(lambda: "volume" in sink.latest("d1"))
        await sink.heard("d1", 3)
    assert sink.latest("d1") == {"level": (1.5, None), "volume": (None, "no_answer")}


def profile_from(document: str, folder: Path) -> Profile:
    file = folder / "profile.yaml"
    file.write_text(document, encoding="utf-8")
    return read_profile(file, {"modbus": modbus.SCHEMA})


def panel_unit(profile: Profile, count: int, **fires: bool) -> Unit:
    status = dict.fromkeys(("smoke", "fault", "shielded", "supervisory", "test"), False)
    parts = {n: dict(status) for n in range(count)}
    for part, on in fires.items():
        parts[int(part[1:]) - 1]["smoke"] = on
    panel = dict.fromkeys(profile.points["panel_status"].mapping.bits.values(), False)
    return serving(profile, panel | {"part_count": count}, parts)


async def test_a_fire_panel_tells_its_parts_once_and_their_changes() -> None:
    profile = library("generic_fire_panel_modbus", timeout_ms=100)
    server = ReplayServer({1: panel_unit(profile, 242)})
    async with polling(server, device(profile, 0, name="panel-1")) as (sink, _):
        await sink.heard("panel-1", 4)
        assert [len(sink.of(f"panel-1/p{n:03d}")) for n in (1, 125, 242)] == [1, 1, 1]
        assert {s.lane for s in sink.of("panel-1/p001")} == {Lane.SAFETY}
        server.units[1].cells[4][100 + 16] = 1
        await sink.heard("panel-1/p017")
        assert sink.latest("panel-1/p017")["smoke"] == (True, None)
        assert len(sink.of("panel-1/p018")) == 1, "its neighbour has nothing to tell"
        server.units[1].fault = Fault.SILENT
        await sink.until(lambda: sink.latest("panel-1/p242")["smoke"] == (None, "no_answer"))
        await sink.heard("panel-1", 2)
        assert len(sink.of("panel-1/p242")) == 2, "unknown is told once"
        assert sink.latest("panel-1")["fire"] == (None, "no_answer")
        server.units[1].fault = None
        await sink.until(lambda: sink.latest("panel-1/p017")["smoke"] == (True, None))
        assert sink.latest("panel-1/p242")["smoke"] == (False, None)


async def test_parts_that_nobody_told_us_of_alarm_too() -> None:
    profile = library("generic_fire_panel_modbus")
    server = ReplayServer({1: panel_unit(profile, 300, p300=True)})
    async with polling(server, device(profile, 0, name="panel-1")) as (sink, _):
        await sink.heard("panel-1/p300")
    assert sink.latest("panel-1/p300")["smoke"] == (True, None)
    assert sink.latest("panel-1/p243")["smoke"] == (False, None)
    assert not sink.of("panel-1/p301")


async def test_detectors_that_are_not_there_do_not_hide_those_that_are() -> None:
    profile = library("generic_fire_panel_modbus")
    server = ReplayServer({1: panel_unit(profile, 100, p100=True)})
    async with polling(server, device(profile, 0, name="panel-1")) as (sink, _):
        await sink.heard("panel-1/p100")
        await sink.until(lambda: sink.latest("panel-1/p100").get("smoke") == (True, None))
        refused = (None, "refused")
        await sink.until(lambda: sink.latest("panel-1/p242").get("smoke") == refused)


def test_lanes_are_split_by_the_kind() -> None:
    profile = library("generic_fire_panel_modbus")
    assert PolledDevice(device(profile, 1), _Never(), lambda: 0, 10.0).urgent
    assert not PolledDevice(device(library("alfen_eve"), 1), _Never(), lambda: 0, 10.0).urgent


class _Never:
    async def read(self) -> Reading:
        raise AssertionError

    def lost(self, reason: Reason) -> Reading:
        raise AssertionError

    def refused(self) -> Mapping[str, str]:
        raise AssertionError


async def test_a_restarted_gateway_is_found_again() -> None:
    weather = library("generic_weather_modbus", timeout_ms=200)
    server = ReplayServer({1: serving(weather, dict.fromkeys(weather.points, 5))})
    async with polling(server, device(weather, 0)) as (sink, line):
        await sink.heard("d1")
        await server.stop()
        await sink.until(lambda: sink.latest("d1")["irradiance"] == (None, "no_answer"))
        assert not line.health().connected
        await server.start()
        await sink.until(lambda: sink.latest("d1")["irradiance"] == (5, None))


async def test_a_connection_that_the_device_closes_when_idle_is_no_failure() -> None:
    weather = library("generic_weather_modbus")
    server = ReplayServer({1: serving(weather, dict.fromkeys(weather.points, 5))})
    async with polling(server, device(weather, 0)) as (sink, _):
        for _ in range(3):
            await sink.heard("d1", 2)
            server.drop_connections()
        await sink.heard("d1", 2)
    assert server.connections >= 4
    assert all(value is not None for s in sink.of("d1") for value in s.values.values())


async def test_nobody_listening_is_unknown_not_an_error() -> None:
    weather = library("generic_weather_modbus", timeout_ms=100)
    server = ReplayServer({})
    async with server:
        port = server.port
    sink = Collecting()
    (line,) = modbus.DRIVER.open([device(weather, port)], wiring(sink))
    async with running(line):
        await sink.heard("d1", 2)
    assert set(sink.latest("d1").values()) == {(None, "no_answer")}
    assert line.health().devices[0].failures >= 2


async def test_rtu_frames_in_tcp() -> None:
    weather = library("generic_weather_modbus", timeout_ms=2000)
    units = {n: serving(weather, dict.fromkeys(weather.points, n)) for n in (1, 2)}
    server = ReplayServer(units, rtu=True)
    devices = [device(weather, 0, n, name=f"w{n}", rtu=True) for n in units]
    async with polling(server, *devices) as (sink, line):
        await sink.until(lambda: bool(sink.of("w1") and sink.of("w2")))
    assert sink.latest("w2")["irradiance"] == (2, None)
    assert line.name.startswith("modbus_rtu_tcp[")


def test_scale_registers_make_the_value() -> None:
    """A transmitter set to bar with two decimals, as its data sheet writes it."""
    profile = library("rs485_pressure")
    settings = profile.settings
    assert isinstance(settings, ModbusSettings)
    point = profile.points["pressure"]
    image = encode_values(profile, {"pressure": 612.5})[Table.HOLDING]
    assert image[4] * 10.0 ** -image[3] == pytest.approx(612.5)
    assert isinstance(point.address, Address)
    assert image[2] == 1, "the code of kPa"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({2: 0, 3: 3, 4: 612}, 612.0),
        ({2: 3, 3: 2, 4: 612}, 612.0),
        ({2: 1, 3: 0, 4: 0xFFFE}, -2.0),
        ({2: 99, 3: 0, 4: 612}, None),
        ({2: 1, 3: 40, 4: 612}, None),
    ],
)
async def test_pressure_in_every_unit(words: dict[int, int], expected: float | None) -> None:
    unit = Unit()
    for at, word in words.items():
        unit.load(3, at, [word])
    async with ReplayServer({1: unit}) as server:
        seen = await probe(library("rs485_pressure"), "127.0.0.1", server.port, 1)
    point = seen.points["pressure"]
    if expected is None:
        assert (point.value, point.reason) == (None, Reason.UNKNOWN_VALUE)
    else:
        assert point.value == pytest.approx(expected)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("register: 3", "there is no setting 'register' here"),
        ("address: 70000", "less than or equal to"),
        ("type: float16", "did you mean .float64"),
        ("type: string", "a string, and only a string"),
        ("table: coils", "did you mean .coil"),
    ],
)
def test_a_wrong_profile_is_told_with_its_line(line: str, message: str, tmp_path: Path) -> None:
    document = f"""
profile: wrong
kind: water_tank
vendor: Test
model: Wrong
source: test
verified: document
modbus:
points:
  level:
    unit: m
    {"address: 0" if "address" not in line else "scale: 1"}
    {line}
"""
    with pytest.raises(InvalidConfigError, match=message):
        profile_from(document, tmp_path)


def test_links_have_defaults() -> None:
    link = ModbusTcpLink(host="10.0.0.5")
    assert (link.port, link.unit) == (502, 1)
