"""`sitewatch rules` and `sitewatch rules test` on a data folder."""
# covers: sitewatch/commands/rules.py rules_trial.py

import json
from contextlib import closing
from pathlib import Path

import pytest

from collectors.sample import Sample
from ingest.bus import Cursor
from ingest.clock import wall_clock_ms
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from sitewatch.commands.rules_trial import span_of
from sitewatch.errors import InvalidInputError
from tests.device_configs.estates import smallest
from tests.sitewatch.commands import console
from tests.sitewatch.commands.console import Ran

HOUR = 3_600_000
OWN = """
- {rule: voltage_l1_high, devices: [m1], threshold: {above: 250}}
- {rule: voltage_l1_low, enabled: false}
"""


def run(*arguments: object) -> Ran:
    return console.run(*map(str, arguments))


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    return smallest(tmp_path / "estate")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A day of a meter whose voltage is high for an hour and low for another."""
    folder = tmp_path / "data"
    now = wall_clock_ms()
    with closing(DuckDbStore(DuckDbSettings(folder / "series.duckdb"))) as store:
        voltages = [240.0 if 2 <= h < 3 else 190.0 if 5 <= h < 6 else 230.0 for h in range(12)]
        store.write(
            [
                Sample("m1", now - 12 * HOUR + n * 10_000, {"voltage_l1": voltages[n // 360]})
                for n in range(12 * 360)
            ],
            Cursor(),
        )
    return folder


def own(estate: Path, text: str) -> None:
    (estate / "rules").mkdir(exist_ok=True)
    (estate / "rules" / "own.yaml").write_text(text, encoding="utf-8")


def test_a_changed_folder_is_tried_before_it_goes_live(estate: Path, data: Path) -> None:
    asked = ("rules", "test", "--since", "11h", "--estate", estate, "--data", data, "--json")
    ran = run(*asked)
    assert ran.code == 0, ran.err
    before = json.loads(ran.out)
    counts = {one["rule"]: one["raised"] for one in before["rules"]}
    assert counts["voltage_l1_high"] == counts["voltage_l1_low"] == 1
    assert before["samples"] == 12 * 360
    assert {one["rule"] for one in before["new"]} >= {"voltage_l1_high", "voltage_l1_low"}
    assert "channel_failed" in before["not_tested"]
    own(estate, OWN)
    after = json.loads(run(*asked).out)
    assert not {one["rule"] for one in after["rules"]} & {"voltage_l1_high", "voltage_l1_low"}


def test_one_rule_in_words(estate: Path, data: Path) -> None:
    ran = run("rules", "test", "--since", "11h", "--estate", estate, "--data", data,
              "--rule", "voltage_l1_high", "--site", "centre")  # fmt: skip
    assert ran.code == 0, ran.err
    assert "new: voltage_l1_high m1 voltage_l1" in ran.out
    assert "4320 samples" in ran.out
    assert "voltage_l1_low" not in ran.out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--rule", "voltage_l1_hgh"), 2, "did you mean 'voltage_l1_high'"),
        (("--site", "nowhere"), 2, "there is no site 'nowhere'"),
        (("--since", "yesterday"), 2, "is no date"),
        (("--until", "2020-01-01T00:00"), 1, "has nothing of that time"),
    ],
)
def test_what_cannot_be_tried(
    estate: Path, data: Path, arguments: tuple[str, str], code: int, says: str
) -> None:
    since = () if arguments[0] == "--since" else ("--since", "11h")
    ran = run("rules", "test", *since, "--estate", estate, "--data", data, *arguments)
    assert (ran.code, says in ran.err) == (code, True), ran.err


def test_a_folder_with_faults_is_told_first(estate: Path, data: Path) -> None:
    own(estate, "- {rule: smoke_detector_fire, devices: [m2]}\n")
    ran = run("rules", "test", "--since", "1d", "--estate", estate, "--data", data)
    assert ran.code == 2
    assert "own.yaml:1" in ran.err


def test_spans() -> None:
    now = 1_800_000_000_000
    assert span_of("7d", None, now) == (now - 7 * 24 * HOUR, now)
    assert span_of("90min", "2026-11-25T10:00+08:00", now)[1] == 1_795_572_000_000
    with pytest.raises(InvalidInputError, match="not before"):
        span_of("2026-11-25T10:00+08:00", "2026-11-24T10:00+08:00", now)


def test_the_rules_of_a_device_say_where_each_setting_comes_from(estate: Path) -> None:
    own(estate, OWN)
    ran = run("rules", "--estate", estate, "--device", "m1", "--json")
    assert ran.code == 0, ran.err
    found = {one["rule"]: one for one in json.loads(ran.out)}
    assert found["voltage_l1_high"]["when"] == "voltage_l1 > 250 V"
    assert found["voltage_l1_high"]["origin"]["threshold"] == "rules/own.yaml:2"
    assert found["voltage_l1_high"]["origin"]["class"].startswith("default_rules/energy.yaml:")
    assert "voltage_l1_low" not in found
    assert "smoke_detector_fire" not in found


def test_the_rules_of_a_kind_and_of_a_folder(estate: Path) -> None:
    ran = run("rules", "--kind", "water_pressure")
    assert "from default_rules/fire.yaml" in ran.out
    assert "fire_water_pressure_low" in ran.out
    assert "pv_inverter_fault" not in ran.out
    own(estate, OWN)
    whole = run("rules", "--estate", estate, "--rule", "voltage_l1_low")
    assert "(switched off)" in whole.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--kind", "watermeter"), "did you mean 'water_meter'"),
        (("--rule", "smoke"), "there is no rule 'smoke'"),
        (("--device", "m1"), "give --estate"),
    ],
)
def test_what_cannot_be_listed(arguments: tuple[str, str], says: str) -> None:
    ran = run("rules", *arguments)
    assert (ran.code, says in ran.err) == (2, True), ran.err


def test_a_device_that_is_not_there(estate: Path) -> None:
    ran = run("rules", "--estate", estate, "--device", "m7")
    assert (ran.code, "there is no device 'm7'" in ran.err) == (2, True), ran.err
    ran = run("rules", "--estate", estate, "--device", "m1/p1")
    assert (ran.code, "has no part" in ran.err) == (2, True), ran.err
