"""Consumption that people enter."""

from fractions import Fraction
from pathlib import Path

import pytest

from device_configs.entered import load_entered
from device_configs.faults import InvalidConfigError

SITES = frozenset({"c1", "c2"})


def written(folder: Path, *lines: str) -> Path:
    (folder / "consumption.yaml").write_text("consumption:\n" + "".join(f"- {x}\n" for x in lines))
    return folder


def test_amounts_become_stored_units(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        "{site: c1, month: 2026-03, carrier: gasoline, amount: 100, unit: L, by: Li}",
        "{site: c1, month: 2026-01, carrier: coal, amount: 1.5, unit: t, by: Li, cost: 900}",
        "{site: c2, month: 2026-02, carrier: heat, amount: 3.6, unit: GJ, by: Li}",
    )
    found = load_entered(folder, SITES)
    assert [one.month for one in found] == ["2026-01", "2026-02", "2026-03"]
    amounts = [one.stored(Fraction("0.73")) for one in found]
    assert amounts == [1500, 1_000_000, 73]
    assert found[2].stored(None) is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{site: c3, month: 2026-03, carrier: coal, amount: 1, unit: t, by: Li}", "no site 'c3'"),
        ("{site: c1, month: 2026-13, carrier: coal, amount: 1, unit: t, by: Li}", "month"),
        ("{site: c1, month: 2026-03, carrier: coal, amount: 1, unit: m3, by: Li}", "kg, t"),
        ("{site: c1, month: 2026-03, carrier: coal, amount: -1, unit: t, by: Li}", "amount"),
        ("{site: c1, month: 2026-03, carrier: coal, amount: 1, unit: t}", "by"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    good = "{site: c1, month: 2026-03, carrier: lpg, amount: 15, unit: kg, by: Li}"
    with pytest.raises(InvalidConfigError, match=message) as caught:
        load_entered(written(tmp_path, good, line), SITES)
    assert "consumption.yaml:3" in str(caught.value)


def test_what_stands_twice_would_be_counted_twice(tmp_path: Path) -> None:
    line = "{site: c1, month: 2026-03, carrier: lpg, amount: 15, unit: kg, by: Li}"
    with pytest.raises(InvalidConfigError, match="stands in line 2, too"):
        load_entered(written(tmp_path, line, line), SITES)


def test_without_a_file_nothing_was_entered(tmp_path: Path) -> None:
    assert load_entered(tmp_path, SITES) == load_entered(None, SITES) == ()
