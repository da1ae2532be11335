"""Captured SunSpec inverters, found by discovery, in the running service. covers: the service."""

from pathlib import Path

import pytest

from tests.e2e.background import in_background
from tests.e2e.folders import estate
from tests.e2e.service import eventually, started
from tests.replay_server import ReplayServer, load_capture, unit_of_capture

SMA, SOLAREDGE = "sunspec_sma_sb36_day", "sunspec_solaredge_se3000h_101"
NAMES = {
    "W": "active_power",
    "VA": "apparent_power",
    "Hz": "frequency",
    "WH": "active_energy_total",
}


def _expected(capture: str) -> dict[str, float]:
    models = {model["id"]: model["points"] for model in load_capture(capture)["expected"]}
    return {ours: models[101][theirs] for theirs, ours in NAMES.items()}


def _inverter(name: str, port: int, unit: int) -> str:
    link = f"{{modbus_tcp: {{host: 127.0.0.1, port: {port}, unit: {unit}}}}}"
    return f"- {{id: {name}, profile: sunspec, place: centre, link: {link}, interval: 1s}}\n"


@pytest.mark.needs_captures
def test_inverters_of_two_makers_are_found_and_shown(tmp_path: Path) -> None:
    units = {
        1: unit_of_capture(load_capture(SMA)),
        2: unit_of_capture(load_capture(SOLAREDGE)),
    }
    with in_background(lambda: ReplayServer(units)) as running:
        port = running.server.port
        home = estate(tmp_path, _inverter("sma", port, 1) + _inverter("solaredge", port, 2))
        arguments = ("run", "--estate", str(home), "--data", str(tmp_path / "data"), "--port", "0")
        with started(*arguments, folder=tmp_path) as service:
            for name, capture in (("sma", SMA), ("solaredge", SOLAREDGE)):
                eventually(
                    f"{name} is read",
                    lambda name=name: "active_power" in service.latest(name),  # type: ignore[misc]
                )
                shown = service.latest(name)
                for point, value in _expected(capture).items():
                    assert shown[point]["quality"] == "good", (name, point)
                    assert shown[point]["value"] == pytest.approx(value), (name, point)
            assert service.latest("sma")["maker"]["value"] == "SMA"
            assert service.latest("sma")["state"]["value"] == "running"
    assert {request.function for request in running.server.requests} == {3}
