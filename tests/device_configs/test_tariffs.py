"""Which site pays which tariff from when, and what is wrong with the files that say so."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from device_configs.carriers import Carrier
from device_configs.faults import InvalidConfigError
from device_configs.tariffs import load_tariffs
from tests.device_configs.estates import write
from tests.reports.estates import estate

TOWN = estate({"c1": None, "b1": "c1", "c2": None}, [])
OWN = """\
tariff: own
name: {zh: 自有, en: Own}
versions:
  - {from: 2026-01-01, source: contract 7, confidence: bill}
"""
WATER = """\
tariff: tap
carrier: water
unit: m3
name: {zh: 自来水, en: Tap water}
versions:
  - {from: 2026-01-01, source: notice, confidence: "1", tiers: [{price: 3.04}]}
"""
PAYS = """\
pays:
  - {site: town, from: 2025-06-01, tariff: js_commercial_tou}
  - {site: c1, from: 2026-03-01, tariff: own, demand: {capacity_kva: 800}}
  - {site: town, from: 2026-01-01, tariff: tap}
prices:
  - {tariff: own, from: 2026-03-01, source: bill of March, confidence: bill, purchase: 0.5}
  - {tariff: own, from: 2026-04-01, source: bill of April, confidence: bill, purchase: 0.6}
"""


def folder(path: Path, pays: str = PAYS) -> Path:
    files = {"tariffs.yaml": pays, "tariffs/own.yaml": OWN, "tariffs/tap.yaml": WATER}
    return write(path, files)


def test_the_nearest_above_counts_from_its_day(tmp_path: Path) -> None:
    found = load_tariffs(folder(tmp_path), TOWN)

    def of(site: str, day: str) -> str | None:
        due = found.due(TOWN, site, dt.date.fromisoformat(day))
        return None if due is None else due.tariff.tariff

    assert of("b1", "2026-02-28") == "js_commercial_tou"
    assert of("b1", "2026-03-01") == "own"
    assert of("c2", "2026-03-01") == "js_commercial_tou"
    assert of("c2", "2025-05-31") is None
    due = found.due(TOWN, "c1", dt.date(2026, 3, 31))
    assert due is not None
    assert due.prices is not None
    assert due.prices.source == "bill of March"
    assert due.demand is not None
    assert due.demand.capacity_kva == Decimal(800)


def test_carriers_are_apart(tmp_path: Path) -> None:
    found = load_tariffs(folder(tmp_path), TOWN)
    day = dt.date(2026, 5, 1)
    due = found.due(TOWN, "c1", day, Carrier.WATER)
    assert due is not None
    assert due.tariff.tariff == "tap"
    assert found.due(TOWN, "c1", day, Carrier.GAS) is None
    tried = found.due(TOWN, "c1", day, instead="js_commercial_flat")
    assert tried is not None
    assert tried.tariff.tariff == "js_commercial_flat"


def test_an_estate_without_files_pays_nothing_known(tmp_path: Path) -> None:
    found = load_tariffs(tmp_path, TOWN)
    assert found.due(TOWN, "c1", dt.date(2026, 5, 1)) is None
    assert "js_commercial_tou" in found.tariffs


@pytest.mark.parametrize(
    ("pays", "says"),
    [
        (
            "pays:\n  - {site: c9, from: 2026-01-01, tariff: own}\n",
            "tariffs.yaml:2: .*no site 'c9'",
        ),
        ("pays:\n  - {site: c1, from: 2026-01-01, tariff: owm}\n", "did you mean 'own'"),
        ("pays:\n  - {site: c1, form: 2026-01-01, tariff: own}\n", "did you mean 'from'"),
        ("pays:\n  - {site: c1, from: soon, tariff: own}\n", "tariffs.yaml:2: .*date"),
        (
            "pays:\n  - {site: c1, from: 2026-01-01, tariff: own}\n"
            "  - {site: c1, from: 2026-01-01, tariff: js_commercial_tou}\n",
            "tariffs.yaml:3: .*'c1' has a tariff from this day",
        ),
        (
            "pays:\n  - {site: c1, from: 2026-01-01, tariff: own, demand: {maximum: true, "
            "capacity_kva: 3}}\n",
            "give one of",
        ),
        (
            "prices:\n  - {tariff: js_two_part_tou, from: 2026-01-01, source: s, confidence: V, "
            "whole: {flat: 1}}\n",
            "give none for peak",
        ),
        (
            "prices:\n"
            "  - {tariff: own, from: 2026-01-01, source: s, confidence: V, purchase: 1}\n"
            "  - {tariff: own, from: 2026-01-01, source: s, confidence: V, purchase: 2}\n",
            "tariffs.yaml:3: .*'own' has prices from 2026-01-01 already",
        ),
    ],
)
def test_a_wrong_file_is_told_with_its_line(tmp_path: Path, pays: str, says: str) -> None:
    with pytest.raises(InvalidConfigError, match=says):
        load_tariffs(folder(tmp_path, pays), TOWN)


def test_a_tariff_is_called_like_its_file(tmp_path: Path) -> None:
    write(tmp_path, {"tariffs/other.yaml": OWN})
    with pytest.raises(InvalidConfigError, match=r"other\.yaml:1: tariff: is 'own', but the file"):
        load_tariffs(tmp_path, TOWN)
