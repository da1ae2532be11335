"""A check of an estate in a process of its own."""

from pathlib import Path

import pytest

from sitewatch import estate_check
from sitewatch.estate_check import check_apart, faults_of


def test_the_faults_are_those_that_are_found_here(tmp_path: Path) -> None:
    (tmp_path / "estate.yaml").write_text("estate: x\ntimezone: Nowhere\n", encoding="utf-8")
    found = check_apart(tmp_path)
    assert found
    assert tuple(found) == tuple(faults_of(tmp_path))


def test_a_check_that_takes_too_long_is_ended_and_nothing_is_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estate_check, "LONGEST_S", 0.01)
    [fault] = check_apart(tmp_path)
    assert "could not be checked" in fault.message
