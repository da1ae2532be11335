"""A live probe on a pipe and on a terminal: it goes on while the device is away, and ends well."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from collectors.probe import Probe, ProbedDevice, ProbedPoint, ProbeQuality
from collectors.sample import Reason
from sitewatch.commands.probe_live import board_view, interval_of
from sitewatch.errors import InvalidInputError
from sitewatch.probe_board import Board
from sitewatch.screen import out
from tests.replay_server import Unit
from tests.sitewatch.commands.console import PATIENCE_S, run, served

ROOT = Path(__file__).resolve().parents[3]


def command(port: int, *more: str) -> list[str]:
    return [
        sys.executable, "-m", "sitewatch", "probe", "--profile", "generic_weather_modbus",
        "--host", "127.0.0.1", "--port", str(port), "--live", "--every", "50ms", *more,
    ]  # fmt: skip


def weather() -> Unit:
    unit = Unit()
    unit.load(4, 0, [812, 300, 215, 32, 655])
    return unit


def test_one_document_a_line_until_ctrl_c() -> None:
    unit = weather()
    with served({1: unit}) as port:
        process = subprocess.Popen(
            command(port, "--json"), stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        unit.load(4, 0, [813])
        values = [json.loads(process.stdout.readline()) for _ in range(8)]
    away = next(d for line in process.stdout if "error" in (d := json.loads(line)))
    process.send_signal(signal.SIGINT)
    rest = process.stdout.read()
    process.stdout.close()
    assert process.wait(PATIENCE_S) == 0
    assert set(first) == {"profile", "devices", "points", "requests"}
    assert first["points"]["irradiance"]["value"] == 812
    assert values[-1]["points"]["irradiance"]["value"] == 813
    assert away["points"] == {}
    assert "Traceback" not in rest


def test_a_reader_that_has_seen_enough_is_no_failure() -> None:
    with served({1: weather()}) as port:
        process = subprocess.Popen(
            command(port, "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
        )
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(PATIENCE_S) == 0
        assert process.stderr.read() == b""
        process.stderr.close()


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)


def shown(terminal: int, wanted: str) -> str:
    """What stands on the terminal once it shows something."""
    text, until = "", time.monotonic() + PATIENCE_S
    while wanted not in text and time.monotonic() < until:
        if select.select([terminal], [], [], 0.05)[0]:
            text += os.read(terminal, 65536).decode(errors="replace")
    assert wanted in text, text[-2000:]
    return text


def test_on_a_terminal_it_survives_the_device_going_away(terminal: tuple[int, int]) -> None:
    ours, theirs = terminal
    environment = os.environ | {"COLUMNS": "100", "LINES": "40", "TERM": "xterm"}
    with served({1: weather()}) as port:
        process = subprocess.Popen(
            command(port), stdout=theirs, stderr=theirs, cwd=ROOT, env=environment
        )
        os.close(theirs)
        shown(ours, "irradiance")
        shown(ours, "0 time-outs")
    assert "Trying again" in shown(ours, "no answer for")
    process.send_signal(signal.SIGINT)
    with suppress(OSError):  # Linux ends a terminal whose other side is closed with EIO
        while os.read(ours, 65536):
            pass
    assert process.wait(PATIENCE_S) == 0


def test_it_does_not_draw_into_a_pipe() -> None:
    result = run("probe", "--profile", "generic_weather_modbus", "--host", "::1", "--live")
    assert result.code == 2
    assert "add --json" in result.err


@pytest.mark.parametrize(("text", "seconds"), [("500ms", 0.5), ("2min", 120.0), ("1ms", 0.05)])
def test_the_interval(text: str, seconds: float) -> None:
    assert interval_of(text) == seconds


@pytest.mark.parametrize("text", ["often", "-1s", "0s"])
def test_a_wrong_interval_is_one_sentence(text: str) -> None:
    with pytest.raises(InvalidInputError, match="500ms"):
        interval_of(text)


def point(value: float | None, reason: Reason | None = None) -> ProbedPoint:
    quality = ProbeQuality.MISSING if reason else ProbeQuality.GOOD
    return ProbedPoint(value, "V", quality, reason, (1, 2))


def drawn(board: Board, now: float, most: int = 20) -> str:
    with out.capture() as capture:
        out.print(board_view(board, "the heading", now, most))
    return capture.get()


def test_the_board_marks_changes_and_old_values() -> None:
    def seen(*volts: float) -> Probe:
        points = {f"voltage_l{n}": point(value) for n, value in enumerate(volts, 1)}
        return Probe("p", [ProbedDevice("p", "electricity_meter", points)], [])

    board = Board().heard(seen(230.0, 231.0), 10.0).heard(seen(230.0, 231.5), 11.0)
    text = drawn(board, 11.0)
    assert "* 231.5" in text
    assert "* 230" not in text
    assert "* 231.5" not in drawn(board, 20.0)
    away = drawn(board.lost("it is gone.", (), 12.0), 15.0)
    assert "no answer for 3 s: it is gone." in away
    assert away.count(" old ") == 2
    assert "1 more points do not fit" in drawn(board, 11.0, most=1)
