"""The doctor at a whole installation: before its first start, while it runs, and after a fault."""

from pathlib import Path

from sitewatch.data_folder import DataFolder
from sitewatch.doctor.examination import Installation, examine
from sitewatch.doctor.finding import Finding, Verdict
from sitewatch.settings import load_settings
from tests.brokers import running_broker
from tests.e2e.folders import estate, smoke, webhook
from tests.e2e.service import started

CLOCK = {"clock"}
"""Of the machine that tests, which is not ours to set right."""


def looked(installed: Installation) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for one in examine(installed):
        found.setdefault(one.what, []).append(one)
    return found


def faults(found: dict[str, list[Finding]]) -> set[str]:
    wrong = {what for what, all_ in found.items() if any(f.verdict is Verdict.WRONG for f in all_)}
    return wrong - CLOCK


def test_a_good_installation_before_and_while_it_runs(tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    with running_broker(tmp_path / "broker") as broker:
        home = estate(tmp_path, smoke(["smoke-1"]), webhook("http://127.0.0.1:9/"))
        config = tmp_path / "settings.toml"
        config.write_text(f'[mqtt]\nurl = "{broker.url}"\n[service]\nport = 0\n', encoding="utf-8")
        config.chmod(0o600)
        data = DataFolder(tmp_path / "data")
        before = Installation(load_settings(config), config, data, home)
        found = looked(before)
        assert faults(found) == set()
        assert found["service"][0].verdict is Verdict.NOTE
        arguments = ("run", "--estate", str(home), "--data", str(data.path), "--config",
                     str(config))  # fmt: skip
        with started(*arguments, folder=tmp_path) as service:
            port = int(service.url.rpartition(":")[2])
            running = Installation(load_settings(config), config, data, home, port)
            found = looked(running)
            assert faults(found) == set()
            assert found["service"][0].verdict is Verdict.GOOD
            assert found["broker limits"][0].verdict is Verdict.GOOD
            assert found["schema"][0].verdict is Verdict.GOOD
            data.path.chmod(0o755)
            assert faults(looked(running)) == {"data folder"}
    assert faults(looked(before)) >= {"broker", "data folder"}
