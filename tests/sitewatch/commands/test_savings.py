"""`sitewatch savings FILE.csv`, as somebody types it."""

import json
import math
from pathlib import Path

import pytest

from tests.bench.savings import building
from tests.sitewatch.commands.console import run


def csv_of(folder: Path, rate: float) -> Path:
    made = building(11, rate, "day")
    lines = ["time,kWh,temperature"]
    for one in [*made.baseline, *made.reporting]:
        used = "" if math.isnan(one.energy) else f"{one.energy:.3f}"
        lines.append(f"{one.start:%Y-%m-%d},{used},{one.temperature:.2f}")
    file = folder / "meter.csv"
    file.write_text("\n".join(lines))
    return file


SPANS = ["--baseline", "2024-01-01..2024-12-31", "--reporting", "2025-01-01..2025-12-31"]


def test_a_saving_of_fifteen_per_cent_is_found(tmp_path: Path) -> None:
    ran = run("savings", str(csv_of(tmp_path, 0.15)), *SPANS, "--json")
    assert ran.code == 0, ran.output
    found = json.loads(ran.out)
    assert found["rate"] == pytest.approx(0.15, abs=0.03)
    assert found["sure"]
    assert not found["verified"]
    assert found["doubts"] == []


def test_people_are_told_that_it_is_unverified(tmp_path: Path) -> None:
    ran = run("savings", str(csv_of(tmp_path, 0.0)), *SPANS)
    assert ran.code == 0, ran.output
    assert "Unverified" in ran.out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--baseline", "2024", *SPANS[2:]], "is not like 2025-01-01..2025-12-31"),
        (["--baseline", "2024-12-31..2024-01-01", *SPANS[2:]], "ends before it begins"),
        (["--baseline", "2020-01-01..2020-12-31", *SPANS[2:]], "no row of these days"),
        (["--baseline", "2024-01-01..2024-01-05", *SPANS[2:]], "too few for a model"),
    ],
)
def test_what_is_asked_wrongly_is_said(tmp_path: Path, change: list[str], message: str) -> None:
    ran = run("savings", str(csv_of(tmp_path, 0.0)), *change)
    assert ran.code in (1, 2)
    assert message in " ".join(ran.err.split())


def test_a_wrong_row_is_named_with_its_line(tmp_path: Path) -> None:
    file = csv_of(tmp_path, 0.0)
    file.write_text(file.read_text().replace("2024-01-03,", "someday,"))
    ran = run("savings", str(file), *SPANS)
    assert ran.code == 2
    assert "line 4: 'someday' is no time" in " ".join(ran.err.split())
