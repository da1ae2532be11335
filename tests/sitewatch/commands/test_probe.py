"""The probe command: exit codes, one sentence on standard error, and the JSON document."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import typer
from typer.testing import CliRunner, Result

from sitewatch.commands.probe import probe
from tests.replay_server import Fault, ReplayServer, Unit, load_capture, unit_of_capture

app = typer.Typer()
app.command()(probe)


@contextmanager
def served(units: dict[int, Unit]) -> Iterator[int]:
    """A server in a thread: the command brings its own event loop."""
    ready, ports = threading.Event(), list[int]()
    loop = asyncio.new_event_loop()
    stopped = asyncio.Event()

    async def serve() -> None:
        async with ReplayServer(units) as server:
            ports.append(server.port)
            ready.set()
            await stopped.wait()
            server.drop_connections()
            await asyncio.sleep(0.01)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert ready.wait(10)
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(10)
        loop.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def weather(fault: Fault | None = None) -> Unit:
    unit = Unit(fault=fault)
    unit.load(4, 0, [812, 300, 215, 32, 655])
    return unit


def test_json_on_standard_output() -> None:
    with served({1: weather()}) as port:
        result = run(
            "--profile", "generic_weather_modbus", "--host", "127.0.0.1", "--port", str(port),
            "--unit", "1", "--json",
        )  # fmt: skip
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["points"]["irradiance"]["value"] == 812
    assert document["requests"][0]["function"] == 4


def test_a_table_for_people() -> None:
    with served({1: weather()}) as port:
        result = run("--profile", "generic_weather_modbus", "--host", "127.0.0.1",
                     "--port", str(port))  # fmt: skip
    assert result.exit_code == 0, result.output
    for text in ("irradiance", "812", "W/m2", "032C", "function"):
        assert text in result.stdout


@pytest.mark.needs_captures
def test_a_captured_meter() -> None:
    unit = unit_of_capture(load_capture("eastron_sdm630_first80"))
    with served({1: unit}) as port:
        result = run("--profile", "eastron_sdm630", "--host", "127.0.0.1", "--port", str(port),
                     "--json")  # fmt: skip
    points = json.loads(result.stdout)["points"]
    assert points["active_power"]["value"] == pytest.approx(1820.892, abs=5e-4)
    assert points["active_power"]["raw"] == [17635, 40074]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--profile", "generic_weather_modbus", "--unit", "9"], 1, "unit 9 does not answer"),
        (["--profile", "eastron_sdm63"], 2, "did you mean 'eastron_sdm630'"),
        (["--profile", "generic_elevator_mqtt"], 2, "speaks mqtt"),
        (["--profile", "generic_weather_modbus", "--framer", "ascii"], 2, "--framer is"),
        (["--profile", "generic_weather_modbus", "--unit", "300"], 2, "255"),
    ],
)
def test_what_goes_wrong_is_one_sentence(arguments: list[str], code: int, sentence: str) -> None:
    with served({1: weather()}) as port:
        result = run(*arguments, "--host", "127.0.0.1", "--port", str(port))
    assert result.exit_code == code, result.output
    assert sentence in result.stderr
    assert "Traceback" not in result.output


def test_nobody_listening() -> None:
    with served({}) as port:
        pass
    result = run("--profile", "generic_weather_modbus", "--host", "127.0.0.1", "--port", str(port))
    assert result.exit_code == 1
    assert "does not accept a connection" in result.stderr
