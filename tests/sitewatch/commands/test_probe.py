"""The probe command: exit codes, one sentence on standard error, and the JSON document."""

import json
from pathlib import Path

import pytest

from device_configs.profile import LIBRARY
from tests.replay_server import Fault, Unit, load_capture, unit_of_capture
from tests.sitewatch.commands.console import run, served


def weather(fault: Fault | None = None) -> Unit:
    unit = Unit(fault=fault)
    unit.load(4, 0, [812, 300, 215, 32, 655])
    return unit


def test_json_on_standard_output() -> None:
    with served({1: weather()}) as port:
        result = run(
            "probe", "--profile", "generic_weather_modbus", "--host", "127.0.0.1",
            "--port", str(port), "--unit", "1", "--json",
        )  # fmt: skip
    assert result.code == 0, result.output
    document = json.loads(result.out)
    assert document["points"]["irradiance"]["value"] == 812
    assert document["requests"][0]["function"] == 4


def test_a_table_for_people() -> None:
    with served({1: weather()}) as port:
        result = run("probe", "--profile", "generic_weather_modbus", "--host", "127.0.0.1",
                     "--port", str(port))  # fmt: skip
    assert result.code == 0, result.output
    for text in ("irradiance", "812", "W/m2", "032C", "function"):
        assert text in result.out


@pytest.mark.needs_captures
def test_a_captured_meter() -> None:
    unit = unit_of_capture(load_capture("eastron_sdm630_first80"))
    with served({1: unit}) as port:
        result = run("probe", "--profile", "eastron_sdm630", "--host", "127.0.0.1",
                     "--port", str(port), "--json")  # fmt: skip
    points = json.loads(result.out)["points"]
    assert points["active_power"]["value"] == pytest.approx(1820.892, abs=5e-4)
    assert points["active_power"]["raw"] == [17635, 40074]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--profile", "generic_weather_modbus", "--unit", "9"], 1, "unit 9 does not answer"),
        (["--profile", "eastron_sdm63"], 2, "did you mean 'eastron_sdm630'"),
        (["--profile", "generic_elevator_mqtt"], 2, "speaks mqtt"),
        (["--profile", "generic_weather_modbus", "--framer", "ascii"], 2, "is not one of"),
        (["--profile", "generic_weather_modbus", "--unit", "300"], 2, "255"),
    ],
)
def test_what_goes_wrong_is_one_sentence(arguments: list[str], code: int, sentence: str) -> None:
    with served({1: weather()}) as port:
        result = run("probe", *arguments, "--host", "127.0.0.1", "--port", str(port))
    assert result.code == code, result.output
    assert sentence in result.err
    assert "Traceback" not in result.output


def test_nobody_listening() -> None:
    with served({}) as port:
        pass
    result = run(
        "probe", "--profile", "generic_weather_modbus", "--host", "127.0.0.1", "--port", str(port)
    )
    assert result.code == 1
    assert "does not accept a connection" in result.err


def test_a_profile_of_ones_own_is_a_file(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    text = (LIBRARY / "generic_weather_modbus.yaml").read_text(encoding="utf-8")
    mine.write_text(text.replace("profile: generic_weather_modbus", "profile: mine"))
    with served({1: weather()}) as port:
        result = run("probe", "--profile", str(mine), "--host", "127.0.0.1", "--port", str(port),
                     "--json")  # fmt: skip
    assert json.loads(result.out)["profile"] == "mine"
    mine.write_text(text.replace("irradiance:", "iradiance:"))
    result = run("probe", "--profile", str(mine), "--host", "127.0.0.1")
    assert (result.code, result.out) == (2, "")
    assert f"{mine}:" in result.err


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ((), "say where the device is"),
        (("--host", "127.0.0.1", "--serial", "/dev/ttyUSB0"), "say where the device is"),
    ],
)
def test_the_place_is_named_once(place: tuple[str, ...], sentence: str) -> None:
    result = run("probe", "--profile", "generic_weather_modbus", *place)
    assert (result.code, sentence in result.err) == (2, True)


def test_a_serial_port_that_is_not_there_is_one_sentence() -> None:
    result = run("probe", "--profile", "generic_weather_modbus", "--serial", "/dev/no-such-port")
    assert (result.code, result.out) == (1, "")
    assert result.err == "/dev/no-such-port is no serial port of this machine.\n"
