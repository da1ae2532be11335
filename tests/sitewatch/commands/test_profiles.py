"""The profiles command: the list with its filters, and one profile whole."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sitewatch.commands.console import run

PAGE = Path(__file__).resolve().parents[3] / "docs" / "catalogue.md"


def test_the_list_counts_by_level() -> None:
    result = run("profiles")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert any(line.split() == ["eastron_sdm630", "modbus", "capture", "Eastron"] for line in lines)
    assert lines[-2].startswith("profiles: ")
    assert " capture, " in lines[-2]
    assert lines[-1].startswith("points: ")
    assert all(len(line) <= 100 for line in lines)


def listed(*arguments: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(run("profiles", "--json", *arguments).out)
    return rows


@pytest.mark.parametrize(
    ("arguments", "column", "value", "profile"),
    [
        (("--kind", "water_tank"), "kind", "water_tank", "rs485_level"),
        (("--vendor", "GOODWE"), "vendor", "GoodWe", "goodwe_dt"),
        (("--protocol", "sunspec"), "protocol", "sunspec", "sunspec"),
    ],
)
def test_filters(arguments: tuple[str, ...], column: str, value: str, profile: str) -> None:
    found = listed(*arguments)
    assert profile in {row["profile"] for row in found}
    assert {row[column] for row in found} == {value}
    assert len(found) == len([row for row in listed() if row[column] == value])


def test_filters_together() -> None:
    assert listed("--kind", "pv_inverter", "--vendor", "eastron") == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--kind", "ev_chargr"), "there is no kind 'ev_chargr'; did you mean 'ev_charger'?"),
        (("--protocol", "bacnet"), "there is no protocol 'bacnet': modbus, sunspec, mqtt"),
        (("eastron_sdm63x",), "did you mean 'eastron_sdm630'"),
        (("nothing",), "there is no profile 'nothing'; see `sitewatch profiles`"),
    ],
)
def test_names_that_are_not_there(arguments: tuple[str, ...], sentence: str) -> None:
    result = run("profiles", *arguments)
    assert (result.code, result.out) == (2, "")
    assert sentence in result.err


def test_one_profile() -> None:
    text = run("profiles", "generic_fire_panel_modbus").out
    for wanted in ("fire_panel", "docs/generic_maps.md", "part_count", "parts: 242", "stride=1"):
        assert wanted in text
    document = json.loads(run("profiles", "generic_fire_panel_modbus", "--json").out)
    assert document["parts"]["kind"] == "smoke_detector"
    assert {"detector_status"} == {point["point"] for point in document["parts"]["point_list"]}


def test_the_catalogue_page() -> None:
    assert run("profiles", "--catalogue").out == PAGE.read_text(encoding="utf-8")
