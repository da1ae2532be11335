"""A captured meter, from its registers to the page's interface. covers: the whole service."""

import json
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.background import in_background
from tests.e2e.folders import METER_POINTS, estate, meter
from tests.e2e.service import command, eventually, started
from tests.replay_server import Fault, ReplayServer, load_capture, unit_of_capture

CAPTURE = "eastron_sdm630_first80"
ENERGY_WH = 1000


def _expected() -> dict[str, float]:
    named = load_capture(CAPTURE)["expected"]["measurements"]
    return {
        point: named[name][0] * (ENERGY_WH if "energy" in point else 1)
        for point, name in METER_POINTS.items()
    }


def _server() -> ReplayServer:
    return ReplayServer({1: unit_of_capture(load_capture(CAPTURE))})


@pytest.mark.needs_captures
def test_probe_prints_what_the_meter_showed() -> None:
    with in_background(_server) as running:
        done = subprocess.run(
            command("probe", "--profile", "eastron_sdm630", "--host", "127.0.0.1",
                    "--port", str(running.server.port), "--unit", "1", "--json"),
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["profile"] == "eastron_sdm630"
    for point, value in _expected().items():
        found = answer["points"][point]
        assert found["quality"] == "good"
        assert found["value"] == pytest.approx(value, abs=0.5 if "energy" in point else 0.001)
    assert all(request["function"] == 4 for request in answer["requests"])


@pytest.mark.needs_captures
def test_the_service_shows_the_meter_and_never_a_zero_for_a_silent_one(tmp_path: Path) -> None:
    with in_background(_server) as running:
        folder = estate(tmp_path, meter(running.server.port))
        arguments = ("run", "--estate", str(folder), "--data", str(tmp_path / "data"))
        with started(*arguments, "--port", "0", folder=tmp_path) as service:
            eventually("the meter is read", lambda: "active_power" in service.latest("m1"))
            shown = service.latest("m1")
            for point, value in _expected().items():
                assert shown[point]["quality"] == "good"
                tolerance = 0.5 if "energy" in point else 0.001
                assert shown[point]["value"] == pytest.approx(value, abs=tolerance)
            assert {request.function for request in running.server.requests} == {4}
            began = round(time.time() * 1000) - 60_000
            eventually(
                "the series has the values",
                lambda: len(service.series("m1", "active_power", began)) > 1,
            )
            running.server.units[1].fault = Fault.SILENT
            eventually(
                "the silent meter is unknown",
                lambda: service.latest("m1")["active_power"]["quality"] in {"missing", "stale"},
            )
            silent = service.latest("m1")
            assert all(item["value"] != 0 or item["quality"] == "stale" for item in silent.values())
            assert silent["active_power"]["reason"] in {"no_answer", "not_current"}
            eventually(
                "its silence is an alarm",
                lambda: any(alarm["device"] == "m1" for alarm in service.alarms()),
                within_s=60,
            )
            running.server.units[1].fault = None
            eventually(
                "it is back",
                lambda: service.latest("m1")["active_power"]["quality"] == "good",
                within_s=90,
            )
            took = service.stop()
            assert service.process.returncode == 0, "".join(service.lines)
            assert took < 15
