"""Bad input and a broken surrounding: one clear sentence each. covers: the command line."""

import socket
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.e2e.folders import estate, meter, smoke
from tests.e2e.service import command, eventually, started


def _ran(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, timeout=60, check=False
    )


def test_check_prints_every_fault_at_once(tmp_path: Path) -> None:
    folder = estate(tmp_path, meter(502).replace("eastron_sdm630", "eastron_sdm63"))
    (folder / "profiles").mkdir()
    (folder / "profiles" / "mine.yaml").write_text("profile: mine\nkind: toaster\nmodbus: {}\n")
    (folder / "routes" / "duty.yaml").write_text("- {when: {severity: loud}, notify: []}\n")
    done = _ran("check", str(folder))
    assert done.returncode == 2
    assert "all.yaml:1: [0].profile: no profile 'eastron_sdm63'" in done.stderr
    assert "did you mean 'eastron_sdm630'" in done.stderr
    assert "mine.yaml" in done.stderr
    assert "duty.yaml" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_good_folder_is_good(tmp_path: Path) -> None:
    done = _ran("check", str(estate(tmp_path, meter(502) + smoke(["s1"]))))
    assert done.returncode == 0, done.stderr
    assert "2 devices" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("run", "--estate", "/nowhere"), "/nowhere: there is no such folder"),
        (("probe", "--profile", "eastron_sdm63", "--host", "127.0.0.1"), "eastron_sdm630"),
        (("profiles", "nothing"), "there is no profile 'nothing'"),
        (("dance",), "No such command 'dance'"),
    ],
)
def test_wrong_arguments_exit_with_2(arguments: tuple[str, ...], sentence: str) -> None:
    done = _ran(*arguments)
    assert done.returncode == 2, done
    assert sentence in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr


def test_a_silent_device_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]  # bound, not listening: the connection is refused
        done = _ran(
            "probe", "--profile", "eastron_sdm630", "--host", "127.0.0.1", "--port", str(port)
        )
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert str(port) in done.stderr


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    folder = estate(tmp_path, meter(9))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        data = str(tmp_path / "data")
        done = _ran("run", "--estate", str(folder), "--data", data, "--port", port)
    assert done.returncode == 1
    assert f"port {port} on 127.0.0.1 is in use" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_second_service_on_the_same_data_is_refused(tmp_path: Path) -> None:
    folder = estate(tmp_path, meter(9))
    arguments = ("run", "--estate", str(folder), "--data", str(tmp_path / "data"), "--port", "0")
    with started(*arguments, folder=tmp_path):
        done = _ran(*arguments)
    assert done.returncode == 1
    assert "another sitewatch works on" in done.stderr


def test_an_unreachable_database_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITEWATCH_DATABASE__URL", f"sqlite:///{tmp_path}/no/such/folder/a.sqlite")
    folder = estate(tmp_path, meter(9))
    done = _ran("run", "--estate", str(folder), "--data", str(tmp_path / "data"), "--port", "0")
    assert done.returncode == 1
    assert "cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unreachable_broker_is_degraded_and_named(tmp_path: Path) -> None:
    folder = estate(tmp_path, smoke(["s1"]))
    arguments = ("run", "--estate", str(folder), "--data", str(tmp_path / "data"), "--port", "0")
    environment = {"SITEWATCH_MQTT__URL": "mqtt://127.0.0.1:9"}
    with started(*arguments, folder=tmp_path, environment=environment) as service:

        def degraded() -> bool:
            answer = httpx.get(f"{service.url}/api/v1/health").json()
            return (
                answer["status"] == "degraded" and "127.0.0.1:9" in answer["stages"]["collectors"]
            )

        eventually("health is degraded and names the broker", degraded)


def test_a_store_that_is_down_degrades_and_a_bad_change_is_refused(tmp_path: Path) -> None:
    folder = estate(tmp_path, meter(9, interval="500ms"))
    arguments = ("run", "--estate", str(folder), "--data", str(tmp_path / "data"), "--port", "0")
    environment = {"SITEWATCH_STORE__KIND": "influx", "SITEWATCH_STORE__URL": "http://127.0.0.1:9"}
    with started(*arguments, folder=tmp_path, environment=environment) as service:

        def stages() -> dict[str, str]:
            found: dict[str, str] = httpx.get(f"{service.url}/api/v1/health").json()["stages"]
            return found

        eventually("the store is named", lambda: stages()["store"] != "ok", within_s=30)
        (folder / "devices" / "all.yaml").write_text("- {id: m1}\n", encoding="utf-8")
        eventually("the bad folder is refused", lambda: "refused" in stages()["estate"])
        assert [device["id"] for device in service.get("devices")] == ["m1"]
        good = meter(9, interval="500ms") + meter(9, name="m2", unit=2)
        (folder / "devices" / "all.yaml").write_text(good, encoding="utf-8")
        eventually(
            "the good folder is taken up",
            lambda: {device["id"] for device in service.get("devices")} == {"m1", "m2"},
        )
        assert stages()["estate"] == "ok"
