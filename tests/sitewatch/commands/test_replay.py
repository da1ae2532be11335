"""The replay command: a capture that the other commands read, and the line it prints for that."""

import json
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests.sitewatch.commands.console import PATIENCE_S, run

ROOT = Path(__file__).resolve().parents[3]
CAPTURE = {
    "device": "A weather station", "profile": "generic_weather_modbus",
    "blocks": [{"fc": 4, "start": 0, "regs": [812, 300, 215, 32, 655]}],
}  # fmt: skip


def test_the_printed_line_reads_the_device(tmp_path: Path) -> None:
    file = tmp_path / "capture.json"
    file.write_text(json.dumps(CAPTURE))
    command = [sys.executable, "-m", "sitewatch", "replay", str(file), "--port", "0", "--unit", "9"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    try:
        assert "A weather station: 5 cells" in process.stdout.readline()
        words = shlex.split(process.stdout.readline().partition(": ")[2])
        assert words[:2] == ["sitewatch", "probe"]
        result = run(*words[1:], "--json")
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
        process.stdout.close()
    assert result.code == 0, result.output
    assert json.loads(result.out)["points"]["irradiance"]["value"] == 812


def test_what_cannot_be_served_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "capture.json"
    file.write_text("{}")
    result = run("replay", str(file))
    assert (result.code, result.out) == (2, "")
    assert result.err == f"{file}: there are no 'blocks', 'frames' or 'u32' in it\n"
    file.write_text(json.dumps(CAPTURE))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("replay", str(file), "--port", str(port))
    assert result.code == 1
    assert result.err.startswith(f"port {port} on 127.0.0.1 is in use")
