"""`sitewatch tariff`, and tariffs in `check` and `schema`."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from tests.device_configs.estates import smallest, write
from tests.sitewatch.commands.console import run

PAYS = """\
pays:
  - {site: example, from: 2025-06-01, tariff: js_industrial_sharp, demand: {capacity_kva: 630}}
prices:
  - {tariff: js_industrial_sharp, from: 2026-07-01, until: 2026-07-31, source: July, confidence: V,
     purchase: 0.4, transmission: 0.1, capacity_per_kva: 28}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(smallest(tmp_path), {"tariffs.yaml": PAYS})


def show(folder: Path, *arguments: str) -> list[str]:
    ran = run("tariff", "show", *arguments, "--estate", str(folder))
    assert ran.code == 0, ran.err
    return ran.out.splitlines()


def test_what_is_paid_at_which_hour(folder: Path) -> None:
    lines = show(folder, "centre", "--on", "2026-07-03")
    assert "configured at example from 2025-06-01" in lines[0]
    rows = [[cell.strip() for cell in line.split("│")[1:5]] for line in lines if "│" in line]
    assert ["14:00", "15:00", "sharp", "0.9640"] in rows
    assert ["19:30", "21:30", "sharp", "0.9640"] in rows
    assert ["11:00", "13:00", "valley", "0.2400"] in rows
    assert rows[0][0] == "00:00"
    assert rows[-1][1] == "24:00"
    assert all(one[1] == other[0] for one, other in pairwise(rows))
    assert "    demand: by a capacity of 630 kVA" in lines
    assert "water: no tariff is configured for centre on 2026-07-03" in lines


def test_a_price_that_is_not_known_is_said(folder: Path) -> None:
    text = "\n".join(show(folder, "centre", "--on", "2026-08-01"))
    assert "no price is known for 2026-08-01" in text
    assert "unknown" in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("center",), "the estate has no site 'center'; did you mean 'centre'?"),
        (("centre", "--on", "soon"), "--on 'soon' is not a day"),
    ],
)
def test_what_is_asked_wrongly(folder: Path, arguments: tuple[str, ...], says: str) -> None:
    ran = run("tariff", "show", *arguments, "--estate", str(folder))
    assert ran.code == 2
    assert says in ran.err


def test_the_list_and_the_schemas(folder: Path) -> None:
    ran = run("tariff", "list", "--estate", str(folder))
    assert ran.code == 0
    assert "js_commercial_tou" in ran.out
    assert "2026-07-01 (V)" in ran.out
    for name in ("tariff", "tariffs"):
        schema = json.loads(run("schema", name).out)
        assert schema["additionalProperties"] is False
    assert "from" in json.loads(run("schema", "tariffs").out)["$defs"]["Pays"]["properties"]


def test_check_names_faults_with_file_and_line(folder: Path) -> None:
    write(folder, {"tariffs.yaml": PAYS.replace("js_industrial_sharp, demand", "js_sharp, demand")})
    ran = run("check", str(folder))
    assert ran.code == 2
    assert f"{folder / 'tariffs.yaml'}:2: pays[0].tariff: there is no tariff 'js_sharp'" in ran.err
