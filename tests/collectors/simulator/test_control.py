import asyncio
import copy
import json
import stat
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from collectors.simulator.control import PORT_FILE, RefusedError, ask, open_control
from collectors.simulator.incidents import Incidents
from collectors.simulator.model import Model, SimulatorError
from sitewatch.commands.incident import incident
from tests.collectors.simulator.conftest import NOON_MS

runner = CliRunner()
app = typer.Typer()
app.command()(incident)


async def test_an_incident_begins_is_listed_and_ends(model: Model, tmp_path: Path) -> None:
    incidents = Incidents(model)
    rung: list[int] = []
    smoke = {"incident": "smoke", "device": "centre-panel", "part": "p001"}
    async with AsyncExitStack() as stack:
        await open_control(incidents, tmp_path, lambda: NOON_MS, stack, lambda: rung.append(1))
        begun = await asyncio.to_thread(ask, tmp_path, smoke)
        listed = await asyncio.to_thread(ask, tmp_path, {"list": True})
        overlay = copy.deepcopy(model.overlay)
        ended = await asyncio.to_thread(ask, tmp_path, {**smoke, "clear": True})

    assert begun["at"] == "centre-panel/p001"
    assert listed["active"] == [{"incident": "smoke", "at": "centre-panel/p001", "since": NOON_MS}]
    assert overlay["centre-panel/p001"] == {"smoke": True}
    assert ended["active"] == []
    assert len(rung) == 3


async def test_the_word_in_the_file_opens_it_and_is_private(model: Model, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        port = await open_control(Incidents(model), tmp_path, lambda: NOON_MS, stack)
        mode = stat.S_IMODE((tmp_path / PORT_FILE).stat().st_mode)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b'{"list": true}\n')
        answer = json.loads(await asyncio.wait_for(reader.readline(), 10))
        writer.close()
        await writer.wait_closed()

    assert mode == 0o600
    assert answer == {"ok": False, "error": "this is not the word in simulator.json"}
    assert not (tmp_path / PORT_FILE).exists()


@pytest.mark.parametrize("line", [b"\n", b"{\n", b"[]\n", b"\xff\xfe\n", b"x" * 9000 + b"\n", b""])
async def test_rubbish_does_not_end_the_control_port(
    model: Model, tmp_path: Path, line: bytes
) -> None:
    async with AsyncExitStack() as stack:
        port = await open_control(Incidents(model), tmp_path, lambda: NOON_MS, stack)
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(line)
        writer.close()
        listed = await asyncio.to_thread(ask, tmp_path, {"list": True})

    assert listed["ok"]


async def test_the_command(model: Model, tmp_path: Path) -> None:
    async def run(*words: str) -> tuple[int, str]:
        result = await asyncio.to_thread(runner.invoke, app, [*words, "--data", str(tmp_path)])
        return result.exit_code, result.output

    async with AsyncExitStack() as stack:
        await open_control(Incidents(model), tmp_path, lambda: NOON_MS, stack)
        good = await run("silent", "--device", "centre-grid")
        silent = set(model.silent)
        listed = await run("list")
        wrong = await run("smoke", "--device", "centre-grid")
        nothing = await run("smoke")
        ended = await run("silent", "--device", "centre-grid", "--clear")

    assert good[0] == listed[0] == ended[0] == 0
    assert wrong[0] == nothing[0] == 2
    assert silent == {"centre-grid"}
    assert model.silent == set()
    assert "silent begun at centre-grid" in good[1]
    assert "now: silent at centre-grid" in listed[1]
    assert "pv-string-loss" in listed[1]


def test_no_demo_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SimulatorError, match="no demo is running") as error:
        ask(tmp_path, {"list": True})
    assert not isinstance(error.value, RefusedError)
    (tmp_path / PORT_FILE).write_text('{"port": 1, "word": "x"}')
    with pytest.raises(SimulatorError, match="no demo is running"):
        ask(tmp_path, {"list": True})
