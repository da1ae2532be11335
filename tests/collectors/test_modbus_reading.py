"""One device's requests: paces, variants, refusals and what they cost."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from collectors import modbus
from collectors.modbus_reading import DeviceReader, Pace
from collectors.modbus_schema import ModbusSettings, Table
from collectors.reading import ReadError, Reading
from collectors.sample import Reason
from device_configs.kinds import Speed
from device_configs.profile import Profile, read_profile

HEAD = "vendor: Test\nmodel: Test\nsource: test\nverified: document\n"


def profile_of(folder: Path, text: str) -> Profile:
    file = folder / "one.yaml"
    file.write_text(HEAD + text, encoding="utf-8")
    return read_profile(file, {"modbus": modbus.SCHEMA})


class Scripted:
    """Registers that answer from a table, refuse or stay silent as they are told."""

    def __init__(self, cells: Mapping[int, int]) -> None:
        self.cells = dict(cells)
        self.refuses: dict[int, int] = {}
        """Address to the exception of a request that touches it."""
        self.silent = False
        self.asked: list[tuple[int, int]] = []

    async def read(self, table: Table, address: int, count: int) -> Sequence[int]:
        self.asked.append((address, count))
        if self.silent:
            raise ReadError(Reason.NO_ANSWER, "silent")
        for at in range(address, address + count):
            code = self.refuses.get(at)
            if code is not None:
                reason = Reason.BUSY if code == 6 else Reason.REFUSED
                raise ReadError(reason, f"refuses {at} ({code})", code)
        return [self.cells.get(at, 0) for at in range(address, address + count)]


def reader_of(profile: Profile, pace: Pace | None = None) -> DeviceReader:
    assert isinstance(profile.settings, ModbusSettings)
    return DeviceReader(profile, profile.settings, pace=pace)


def values(reading: Reading) -> dict[str, tuple[object, Reason | None]]:
    return {name: value for one in reading.own for name, value in one.values.items()}


METER = """
profile: one
kind: electricity_meter
modbus: {}
points:
  active_power: {address: 0, type: int16, unit: W}
  voltage_l1: {address: 10, unit: V}
  active_energy_import: {address: 5000, type: uint32, unit: Wh}
"""


async def test_slow_points_are_read_seldom_and_fast_ones_each_time(tmp_path: Path) -> None:
    pace = Pace(5.0, {Speed.SAFETY: 1, Speed.FAST: 1, Speed.SLOW: 12})
    reader, registers = reader_of(profile_of(tmp_path, METER), pace), Scripted({0: 7})
    seen = [set(values(await reader.read(registers))) for _ in range(25)]
    fast = {"active_power", "voltage_l1"}
    assert seen[0] == fast | {"active_energy_import"}
    assert [n for n, names in enumerate(seen) if names != fast] == [0, 12, 24]
    assert registers.asked.count((5000, 2)) == 3


async def test_a_device_that_is_back_tells_everything_at_once(tmp_path: Path) -> None:
    pace = Pace(5.0, {Speed.SAFETY: 1, Speed.FAST: 1, Speed.SLOW: 12})
    reader, registers = reader_of(profile_of(tmp_path, METER), pace), Scripted({})
    await reader.read(registers)
    registers.silent = True
    lost = await reader.read(registers)
    assert lost.failure is Reason.NO_ANSWER
    assert all(value == (None, Reason.NO_ANSWER) for value in values(lost).values())
    registers.silent = False
    assert set(values(await reader.read(registers))) == {
        "active_power", "voltage_l1", "active_energy_import"
    }  # fmt: skip


async def test_a_refused_point_is_named_and_forgotten_when_it_is_there(tmp_path: Path) -> None:
    reader, registers = reader_of(profile_of(tmp_path, METER), Pace(300.0)), Scripted({0: 7})
    registers.refuses = {10: 2}
    for _ in range(3):
        reading = await reader.read(registers)
    assert values(reading)["active_power"] == (7, None)
    assert reader.refused() == {"voltage_l1": "refuses 10 (2)"}
    registers.refuses = {}
    for _ in range(5):
        reading = await reader.read(registers)
    assert reader.refused() == {}
    assert values(reading)["voltage_l1"] == (0, None)


async def test_a_busy_device_is_asked_again_soon_and_nothing_is_wrong_with_it(
    tmp_path: Path,
) -> None:
    reader, registers = reader_of(profile_of(tmp_path, METER), Pace(10.0)), Scripted({0: 7})
    registers.refuses = {10: 6}
    busy = [values(await reader.read(registers)).get("voltage_l1") for _ in range(40)]
    assert (None, Reason.BUSY) in busy
    assert reader.refused() == {}
    assert all((address, count) != (10, 1) for address, count in registers.asked), "it is not cut"
    asked = [n for n, value in enumerate(busy) if value is not None]
    assert max(b - a for a, b in itertools.pairwise(asked)) <= 7, "60 s at most"


SCALED = """
profile: one
kind: electricity_meter
modbus: {}
points:
  active_energy_import:
    {address: 0, type: uint32, unit: Wh, scale_from: [{address: 4000}, {address: 4001}]}
  active_power: {address: 10, type: int16, unit: W, positive: export}
"""


async def test_a_value_comes_with_the_registers_that_scale_it(tmp_path: Path) -> None:
    pace = Pace(5.0, {Speed.SAFETY: 1, Speed.FAST: 1, Speed.SLOW: 4})
    cells = {1: 500, 4000: 10, 4001: 20, 10: 3}
    reader, registers = reader_of(profile_of(tmp_path, SCALED), pace), Scripted(cells)
    registers.refuses = {4000: 6}
    for _ in range(30):
        told = values(await reader.read(registers))
        assert told["active_power"] == (-3, None)
        assert told.get("active_energy_import", (None, None))[0] is None
    registers.refuses = {}
    seen = [values(await reader.read(registers)).get("active_energy_import") for _ in range(16)]
    assert {value for value in seen if value is not None} == {(100_000, None)}


INVERTER = """
profile: one
kind: pv_inverter
modbus: {one_value_per_read: true}
points:
  fault_code_told: {address: 1, values: {0: standby, 1: running}}
  firmware: {address: 1018, type: uint32}
  active_energy_total: {address: 1036, type: uint32, scale: 0.1, unit: Wh}
variants:
  before_1_2_1:
    when: {firmware: {below: 10201}}
    points:
      active_energy_total: {address: 1036, type: uint32, unit: Wh}
""".replace("fault_code_told", "state")


@pytest.mark.parametrize(("firmware", "energy"), [(10200, 7000), (10201, 700.0), (10305, 700.0)])
async def test_the_firmware_decides_what_a_register_means(
    firmware: int, energy: float, tmp_path: Path
) -> None:
    reader = reader_of(profile_of(tmp_path, INVERTER))
    registers = Scripted({1: 1, 1019: firmware, 1037: 7000})
    first = values(await reader.read(registers))
    assert "active_energy_total" not in first, "nobody knows yet what it means"
    assert first["state"] == ("running", None)
    assert values(await reader.read(registers))["active_energy_total"] == (energy, None)


async def test_an_update_of_the_firmware_is_taken_up(tmp_path: Path) -> None:
    reader = reader_of(profile_of(tmp_path, INVERTER))
    registers = Scripted({1: 1, 1019: 10200, 1037: 7000})
    for _ in range(2):
        before = await reader.read(registers)
    registers.cells |= {1019: 10300, 1037: 70_000 & 0xFFFF, 1036: 1}
    between = values(await reader.read(registers))
    after = await reader.read(registers)
    assert values(before)["active_energy_total"] == (7000, None)
    assert values(after)["active_energy_total"] == (7000.0, None)
    assert between["firmware"] == ("10300", None)
    assert "active_energy_total" not in between, "the old meaning would be a number ten times wrong"


async def test_a_device_that_does_not_tell_its_firmware_gives_no_energy(tmp_path: Path) -> None:
    reader = reader_of(profile_of(tmp_path, INVERTER))
    registers = Scripted({1: 1, 1037: 7000})
    registers.refuses = {1018: 2}
    for _ in range(3):
        told = values(await reader.read(registers))
    assert told["active_energy_total"] == (None, Reason.UNKNOWN_VARIANT)
    assert told["state"] == ("running", None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.replace("firmware: {below", "nothing: {below"), "'nothing' is no point"),
        (lambda t: t.replace("below: 10201", "under: 10201"), "no setting 'under'"),
        (lambda t: t.replace("firmware: {below", "active_energy_total: {below"), "cannot decide"),
        (lambda t: t.replace("address: 1018, type", "address: 1018, cut: [0, 4], type")
            .replace("type: uint32}", "type: float32}", 1), "no meaning in a float32"),
        (lambda t: t.replace("address: 1,", "address: 65536,"), "no wire address"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_told(
    change: Callable[[str], str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(Exception, match=message):
        profile_of(tmp_path, change(INVERTER))


PANEL = """
profile: one
kind: fire_panel
modbus: {}
points:
  fire: {address: 0, bit: 0}
  part_count: {address: 1}
parts:
  kind: smoke_detector
  count: 0
  points:
    smoke: {address: 100, bit: 0, stride: 1}
"""


async def test_a_panel_tells_how_many_detectors_it_has_from_none_on(tmp_path: Path) -> None:
    reader, registers = reader_of(profile_of(tmp_path, PANEL)), Scripted({1: 3, 102: 1})
    assert dict((await reader.read(registers)).parts) == {}
    parts = (await reader.read(registers)).parts
    assert [part[0].values["smoke"][0] for part in parts.values()] == [False, False, True]


async def test_a_wrong_count_of_parts_is_not_believed_at_once_and_not_for_ever(
    tmp_path: Path,
) -> None:
    reader, registers = reader_of(profile_of(tmp_path, PANEL)), Scripted({1: 60_000})
    await reader.read(registers)
    assert reader.parts == 0, "one word may be wrong"
    registers.cells[1] = 5
    await reader.read(registers)
    assert reader.parts == 5
    registers.cells[1] = 7
    await reader.read(registers)
    assert reader.parts == 7
    registers.cells[1] = 5
    await reader.read(registers)
    assert reader.parts == 7, "a detector is not given up for one word"
    await reader.read(registers)
    assert reader.parts == 5


async def test_refusals_alone_do_not_make_a_working_device_fail(tmp_path: Path) -> None:
    pace = Pace(5.0, {Speed.SAFETY: 1, Speed.FAST: 1, Speed.SLOW: 4})
    reader, registers = reader_of(profile_of(tmp_path, METER), pace), Scripted({5001: 9})
    registers.refuses = {0: 2, 10: 2}
    first = await reader.read(registers)
    assert values(first)["active_energy_import"] == (9, None)
    for _ in range(12):
        assert (await reader.read(registers)).failure is None
