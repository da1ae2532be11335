"""`sitewatch doctor` as a person types it."""

import json
from pathlib import Path

from tests.e2e.folders import estate, smoke
from tests.ports import free_ports
from tests.sitewatch.commands.console import run


def test_every_fault_has_its_remedy_and_the_exit_code(tmp_path: Path) -> None:
    home = estate(tmp_path, smoke(["smoke-1"]))
    config = tmp_path / "settings.toml"
    config.write_text(f'[mqtt]\nurl = "mqtt://127.0.0.1:{free_ports(1)[0]}"\n', encoding="utf-8")
    config.chmod(0o644)
    given = ("--estate", str(home), "--config", str(config), "--data", str(tmp_path / "data"))
    shown = run("doctor", *given)
    assert shown.code == 1
    assert f"-> chmod 640 {config}" in shown.out
    assert "WRONG  broker: " in shown.out
    found = json.loads(run("doctor", *given, "--json").out)
    wrong = {one["what"] for one in found if one["verdict"] == "wrong"}
    assert {"settings", "broker", "channels"} <= wrong
    assert all(one["remedy"] for one in found if one["verdict"] == "wrong")


def test_settings_that_cannot_be_read_are_a_fault_of_the_arguments(tmp_path: Path) -> None:
    assert run("doctor", "--config", str(tmp_path / "gone.toml")).code == 2
