"""The duty list from the terminal, and the example of docs/duty.md as it stands there."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerts.contacts import Directory
from device_configs.faults import InvalidConfigError
from records.engine import make_engine, migrate, sqlite_url
from sitewatch.commands.duty import duty_app, read_list

RUNNER = CliRunner()
GUIDE = Path(__file__).parents[3] / "docs" / "duty.md"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    engine = make_engine(sqlite_url(tmp_path / "sitewatch.sqlite"))
    migrate(engine)
    engine.dispose()
    return tmp_path


def _example(folder: Path) -> Path:
    found = re.search(r"```yaml\n(contacts:.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    file = folder / "duty.yaml"
    file.write_text(found[1], encoding="utf-8")
    return file


def test_the_example_of_the_guide_goes_in_and_comes_out_as_it_was(data: Path) -> None:
    where, file = ["--data", str(data)], _example(data)
    done = RUNNER.invoke(duty_app, ["import", str(file), *where])
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == "6 added, 0 changed, 0 removed"
    out = data / "again.yaml"
    out.write_text(RUNNER.invoke(duty_app, ["export", *where]).stdout, encoding="utf-8")
    assert Directory.of(read_list(out)) == Directory.of(read_list(file))
    again = RUNNER.invoke(duty_app, ["import", str(out), *where])
    assert again.stdout.strip() == "0 added, 0 changed, 0 removed"


@pytest.mark.parametrize(
    ("at", "who"),
    [
        ("2026-01-05T12:00:00", "王伟"),
        ("2026-01-05T21:00:00", "李静"),
        ("2026-02-03T21:00:00", "王伟"),
        ("2026-10-01T12:00:00", "李静"),
    ],
)
def test_who_is_on_duty(data: Path, at: str, who: str) -> None:
    RUNNER.invoke(duty_app, ["import", str(_example(data)), "--data", str(data)])
    shown = RUNNER.invoke(duty_app, ["show", "--at", at, "--data", str(data)])
    assert who in shown.stdout, shown.output


def test_a_gap_is_told_with_its_times(data: Path) -> None:
    file = _example(data)
    text = file.read_text(encoding="utf-8").replace("begins: 2026-01-05", "begins: 2099-01-05")
    file.write_text(text, encoding="utf-8")
    done = RUNNER.invoke(duty_app, ["import", str(file), "--data", str(data)])
    assert done.exit_code == 0
    checked = RUNNER.invoke(duty_app, ["check", "--data", str(data)])
    assert checked.exit_code == 1
    assert "schedule desk: 0 of 1 on duty" in done.stderr


def test_a_fault_has_its_line(data: Path) -> None:
    file = _example(data)
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('phone: "13900000000"', "phone: none"), encoding="utf-8")
    with pytest.raises(InvalidConfigError) as caught:
        read_list(file)
    assert [(fault.line, fault.field) for fault in caught.value.faults] == [
        (3, "contacts[1].phone")
    ]
