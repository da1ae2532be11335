"""`sitewatch meter-change`, on an estate folder and the database that the service uses."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from records.engine import make_engine, migrate, sqlite_url
from sitewatch.commands.meter_change import meter_change_app
from tests.device_configs.estates import smallest
from tests.reports.ledgers import ms


@pytest.fixture
def places(tmp_path: Path) -> list[str]:
    data = tmp_path / "data"
    data.mkdir()
    engine = make_engine(sqlite_url(data / "sitewatch.sqlite"))
    migrate(engine)
    engine.dispose()
    return ["--estate", str(smallest(tmp_path / "estate")), "--data", str(data)]


def run(*words: str) -> Result:
    return CliRunner().invoke(meter_change_app, words)


def enter(places: list[str], reading: str, at: str = "2026-11-03T14:30") -> Result:
    return run("enter", "m1", "--at", at, "--reading", reading, *places)


def test_it_is_entered_in_kwh_listed_and_withdrawn(places: list[str]) -> None:
    entered = enter(places, "active_energy_import=12345.6,0.5")
    assert entered.exit_code == 0, entered.output
    listed = json.loads(run("list", "--json", *places[2:]).stdout)
    assert listed == [
        {
            "id": 1, "device": "m1", "point": "active_energy_import",
            "at_ms": ms("2026-11-03 14:30"), "last": 12_345_600.0, "first": 500.0, "note": "",
        }
    ]  # fmt: skip
    assert "m1" in run("list", *places[2:]).stdout
    assert run("withdraw", "1", *places[2:]).exit_code == 0
    assert json.loads(run("list", "--json", *places[2:]).stdout) == []


@pytest.mark.parametrize(
    ("reading", "at", "says"),
    [
        ("active_power=1,2", "2026-11-03T14:30", "no counter"),
        ("active_energy_import=1", "2026-11-03T14:30", "LAST,FIRST"),
        ("active_energy_import=-1,0", "2026-11-03T14:30", "from 0 on"),
        ("active_energy_import=nan,0", "2026-11-03T14:30", "from 0 on"),
        ("active_energy_import=1,2", "yesterday", "no date"),
        ("active_energy_import=1,2", "2126-11-03T14:30", "still to come"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_entered(
    places: list[str], reading: str, at: str, says: str
) -> None:
    result = enter(places, reading, at)
    assert result.exit_code == 2
    assert says in " ".join(result.output.replace("│", " ").split())
    assert json.loads(run("list", "--json", *places[2:]).stdout) == []
