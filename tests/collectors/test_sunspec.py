"""SunSpec devices: found, walked, read, and found again when they change."""

import json
from pathlib import Path
from typing import Any

import pytest
import sunspec2
from hypothesis import given
from hypothesis import strategies as st

from collectors.probe import ProbeError, ProbeQuality, probe
from collectors.registers import DecodeError, EncodeError
from collectors.sample import Lane, Value
from collectors.sunspec import SunSpecAddress
from collectors.sunspec_encode import encode_chain
from collectors.sunspec_models import (
    Reference,
    SunSpecType,
    group_of,
    groups,
    read_point,
    unimplemented,
)
from tests.collectors.lines import device, library, polling
from tests.replay_server import Fault, ReplayServer, Unit

MODELS = Path(sunspec2.__file__).parent / "models" / "json"
DAY: dict[str, Value] = {
    "maker": "Acme", "model": "INV-100K", "serial": "A1", "firmware": "1.2", "state": "running",
    "active_power": 88_400.0, "apparent_power": 88_500.0, "reactive_power": -120.0,
    "power_factor": 0.998, "frequency": 50.01, "current_l1": 127.5, "voltage_l1": 231.4,
    "voltage_l1_l2": 400.8, "active_energy_total": 30_388_530.0, "dc_power": 90_100.0,
    "temperature": 44.5, "mppt1_voltage": 642.0, "mppt1_current": 70.25, "mppt1_power": 45_100.0,
    "mppt2_voltage": 640.0, "fault_ground_fault": False, "fault_over_temperature": True,
}  # fmt: skip


def unit(cells: dict[int, int], fault: Fault | None = None) -> Unit:
    made = Unit(fault=fault)
    for address, word in cells.items():
        made.load(3, address, [word])
    return made


def day(models: tuple[int, ...] = (1, 103, 160), base: int = 40000, **values: Value) -> Unit:
    return unit(encode_chain(library("sunspec"), DAY | values, models, base=base))


async def points_of(served: Unit) -> dict[str, Value]:
    async with ReplayServer({1: served}) as server:
        seen = await probe(library("sunspec"), "127.0.0.1", server.port, 1)
    return {name: point.value for name, point in seen.points.items()}


@pytest.mark.parametrize("base", [40000, 0, 50000])
@pytest.mark.parametrize("models", [(1, 103, 160), (1, 120, 113, 160), (1, 701, 714)])
async def test_a_chain_is_found_wherever_it_begins(base: int, models: tuple[int, ...]) -> None:
    known = tuple(model for model in models if group_of(model))
    served = day(known, base)
    points = await points_of(served)
    for name, value in DAY.items():
        if name not in points:
            assert name.startswith(("dc_", "mppt")), name
        elif isinstance(value, float):
            assert points[name] == pytest.approx(value, rel=1e-4), name
        else:
            assert points[name] == value, name
    assert points["state"] == "running"
    assert points["fault_over_temperature"] is True


async def test_models_of_no_interest_are_stepped_over() -> None:
    cells = encode_chain(library("sunspec"), DAY, (1, 103))
    at = 40002 + 67
    shifted = {a: w for a, w in cells.items() if a < at}
    shifted |= {at: 64999, at + 1: 300}
    shifted |= {at + 302 + (a - at): w for a, w in cells.items() if a >= at}
    assert (await points_of(unit(shifted)))["active_power"] == 88_400.0


@pytest.mark.parametrize("without", [1, 2])
async def test_the_end_may_be_unreadable(without: int) -> None:
    """The end model may have no length register; some makers leave it out altogether."""
    cells = encode_chain(library("sunspec"), DAY, (1, 103))
    for address in sorted(cells)[-without:]:
        del cells[address]
    assert (await points_of(unit(cells)))["active_power"] == 88_400.0


async def test_at_night_power_is_unknown_and_energy_is_not() -> None:
    """An SMA asleep: power is not implemented, state neither, but the counter counts on."""
    names = ("maker", "active_energy_total")
    values = {name: DAY[name] for name in names}
    points = await points_of(unit(encode_chain(library("sunspec"), values, (1, 101))))
    assert points["active_energy_total"] == 30_388_530.0
    assert (points["active_power"], points["state"], points["current_l1"]) == (None, None, None)


@pytest.mark.parametrize(("power", "expected"), [(9583, 0.9583), (-9583, -0.9583), (100, 1.0)])
async def test_power_factor_in_percent_becomes_a_ratio(power: int, expected: float) -> None:
    served = day((1, 103))
    at = 40002 + 67
    served.load(3, at + 22, [power & 0xFFFF, 0xFFFE])
    assert (await points_of(served))["power_factor"] == pytest.approx(expected)


async def test_no_sunspec_is_one_sentence() -> None:
    async with ReplayServer({1: unit({40000: 1, 40001: 2, 0: 0, 1: 0})}) as server:
        with pytest.raises(ProbeError, match="no SunSpec device at 40000, 0, 50000"):
            await probe(library("sunspec"), "127.0.0.1", server.port, 1)


async def test_a_chain_without_end_is_none() -> None:
    cells = {40000: 0x5375, 40001: 0x6E53} | {
        40002 + n: (1 if n % 2 == 0 else 0) for n in range(2000)
    }
    async with ReplayServer({1: unit(cells)}) as server:
        with pytest.raises(ProbeError, match="does not"):
            await probe(library("sunspec"), "127.0.0.1", server.port, 1)
    assert len(server.requests) < 250


def meter_words(cells: dict[int, int], maker: str) -> dict[int, int]:
    """Append a second common model with a meter 203 to a chain."""
    end = max(cells) - 1
    words = [1, 65, *maker.ljust(32, "\0").encode()[0:0]]
    name = maker.encode().ljust(32, b"\0")
    words += [int.from_bytes(name[n : n + 2]) for n in range(0, 32, 2)]
    words += [0] * (67 - len(words))
    meter = [0x8000] * 107
    meter[:2] = [203, 105]
    meter[18], meter[22] = (-1234) & 0xFFFF, 1
    meter[46:48], meter[54] = [0, 15640], 0
    meter[38:40] = [0, 6619]
    meter[105:107] = [0, 1 << 3]
    return cells | dict(enumerate([*words, *meter, 0xFFFF, 0], end))


@pytest.mark.parametrize(("maker", "sign"), [("SolarEdge", -1), ("Fronius", 1)])
async def test_a_meter_behind_the_inverter_is_a_part(maker: str, sign: int) -> None:
    """Import is positive in what is stored, however the maker counts."""
    cells = meter_words(encode_chain(library("sunspec"), DAY, (1, 103)), maker)
    async with ReplayServer({1: unit(cells)}) as server:
        seen = await probe(library("sunspec"), "127.0.0.1", server.port, 1)
    assert [(one.id, one.kind) for one in seen.devices] == [
        ("sunspec", "pv_inverter"),
        ("m1", "electricity_meter"),
    ]
    meter = seen.devices[1].points
    assert meter["active_power"].value == -12340 * sign
    assert meter["active_energy_import"].value == 15640
    assert meter["active_energy_export"].value == 6619
    assert meter["fault_under_voltage"].value is True
    assert meter["voltage_l1"].quality is ProbeQuality.MISSING
    assert seen.points["active_power"].value == 88_400.0, "the inverter's own comes first"


async def test_a_running_line_finds_once_and_then_reads_models() -> None:
    server = ReplayServer({1: day()})
    async with polling(server, device(library("sunspec"), 0, name="inv-1")) as (sink, line):
        await sink.heard("inv-1")
        found = len(server.requests)
        await sink.heard("inv-1", 5)
        later = server.requests[found:]
        assert max(r.count for r in later) > 50
        assert len(later) <= 3 * (len(sink.of("inv-1")) + 1), "at most three requests a poll"
        assert line.name.startswith("modbus_tcp[")
    assert sink.latest("inv-1")["active_power"] == (88_400.0, None)
    assert {sample.lane for sample in sink.samples} == {Lane.ROUTINE}
    assert "mppt3_voltage" not in sink.latest("inv-1"), "what it does not have is not told"


async def test_a_changed_chain_is_walked_again() -> None:
    server = ReplayServer({1: day((1, 103))})
    async with polling(server, device(library("sunspec"), 0, name="inv-1")) as (sink, _):
        await sink.heard("inv-1", 2)
        server.units[1].cells = day((1, 160, 103), active_power=5000.0).cells
        await sink.until(lambda: sink.latest("inv-1")["active_power"] == (5000.0, None))
        assert (None, "garbled") not in sink.latest("inv-1").values()
        powers = {s.values.get("active_power") for s in sink.of("inv-1")}
        assert powers <= {88_400.0, 5000.0}, "no register of another model becomes a value"


async def test_a_silent_inverter_is_unknown_and_comes_back() -> None:
    server = ReplayServer({1: day()})
    profile = library("sunspec", timeout_ms=80)
    async with polling(server, device(profile, 0, name="inv-1")) as (sink, _):
        await sink.heard("inv-1")
        known = set(sink.latest("inv-1"))
        server.units[1].fault = Fault.SILENT
        await sink.until(lambda: sink.latest("inv-1")["active_power"] == (None, "no_answer"))
        assert set(sink.latest("inv-1").values()) == {(None, "no_answer")}
        assert set(sink.latest("inv-1")) == known
        server.units[1].fault = None
        await sink.until(lambda: sink.latest("inv-1")["active_power"] == (88_400.0, None))


async def test_an_inverter_never_heard_is_told_as_unknown() -> None:
    server = ReplayServer({1: Unit(fault=Fault.SILENT)})
    profile = library("sunspec", timeout_ms=60)
    async with polling(server, device(profile, 0, name="inv-1")) as (sink, _):
        await sink.heard("inv-1", 2)
    latest = sink.latest("inv-1")
    assert latest["active_power"] == latest["state"] == (None, "no_answer")
    assert not [name for name in latest if name.startswith(("mppt", "fault_"))]


async def test_a_model_that_is_refused_does_not_cost_the_others() -> None:
    server = ReplayServer({1: day()})
    mppt = 40002 + 67 + 52
    async with polling(server, device(library("sunspec"), 0, name="inv-1")) as (sink, _):
        await sink.heard("inv-1")
        server.units[1].refused = {mppt + 5}
        await sink.until(lambda: sink.latest("inv-1")["mppt1_power"] == (None, "refused"))
        await sink.heard("inv-1")
    assert sink.latest("inv-1")["active_power"] == (88_400.0, None)


def definition(model: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((MODELS / f"model_{model}.json").read_text())["group"]
    return found


@pytest.mark.parametrize("model", sorted(m for g in groups().values() for m in g.models))
def test_the_tables_agree_with_an_independent_copy(model: int) -> None:
    """Offsets, types, scale factors and states against pysunspec2's model definitions."""
    group = groups()[group_of(model) or ""]
    defined = definition(model)
    places: list[tuple[dict[str, Any], Any, int]] = []
    at = 0
    for point in defined["points"]:
        places.append((point, group.points, at))
        at += point["size"]
    if group.repeat is not None:
        (inner,) = defined["groups"]
        assert group.repeat.at == at
        assert group.repeat.size == sum(point["size"] for point in inner["points"])
        at = 0
        for point in inner["points"]:
            places.append((point, group.repeat.points, at))
            at += point["size"]
    by_place = {
        (id(ours), one.at): (name, one) for _, ours, _ in places for name, one in ours.items()
    }
    checked = 0
    for point, ours, offset in places:
        if point["type"] == "pad" or (point["name"] in {"ID", "L"} and ours is group.points):
            continue
        name, one = by_place[(id(ours), offset)]
        same_name = name == point["name"] or name.removeprefix("PPV") == point["name"][3:]
        assert same_name, f"{name} is {point['name']}"
        assert one.type.value == point["type"], name
        assert one.sf == point.get("sf"), name
        assert one.words == point["size"], name
        if one.symbols:
            theirs = {s["value"]: s["name"].removeprefix("gg") for s in point["symbols"]}
            assert one.symbols == theirs
        checked += 1
    assert checked == len(group.points) + (len(group.repeat.points) if group.repeat else 0)


@given(st.lists(st.integers(0, 0xFFFF), max_size=160))
def test_arbitrary_blocks_never_crash(block: list[int]) -> None:
    for name, group in groups().items():
        references = [Reference(group=name, module=None, point=point) for point in group.points]
        if group.repeat is not None:
            references += [
                Reference(group=name, module=module, point=point)
                for module in (1, 3)
                for point in group.repeat.points
            ]
        for reference in references:
            try:
                raw = read_point(reference, block, "SolarEdge")
            except DecodeError:
                continue
            assert raw is None or isinstance(raw, (int, float, str))


@pytest.mark.parametrize(
    ("kind", "null"),
    [
        (SunSpecType.INT16, -0x8000), (SunSpecType.UINT16, 0xFFFF), (SunSpecType.SUNSSF, -0x8000),
        (SunSpecType.ENUM16, 0xFFFF), (SunSpecType.ACC32, 0), (SunSpecType.INT32, -0x80000000),
        (SunSpecType.BITFIELD32, 0xFFFFFFFF), (SunSpecType.UINT64, 2**64 - 1),
        (SunSpecType.FLOAT32, None), (SunSpecType.STRING, None),
    ],
)  # fmt: skip
def test_null_values(kind: SunSpecType, null: int | None) -> None:
    assert unimplemented(kind) == null


@pytest.mark.parametrize(
    "text", ["inverter.X", "nothing.W", "mppt.W", "mppt.a.DCW", "inverter.1.W"]
)
def test_a_wrong_reference_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text.split(".")[0]):
        SunSpecAddress(at=[text])


def test_what_a_model_cannot_show_is_refused() -> None:
    with pytest.raises(EncodeError):
        encode_chain(library("sunspec"), {"state": "checking"}, (1, 103))
    with pytest.raises(EncodeError):
        encode_chain(library("sunspec"), {}, (1, 9999))
