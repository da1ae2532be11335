import datetime as dt
from pathlib import Path

import pytest

from device_configs.faults import InvalidConfigError
from device_configs.holidays import load_holidays


def test_the_week_and_what_differs_from_it() -> None:
    holidays = load_holidays()
    assert not holidays.is_rest(dt.date(2026, 11, 25))
    assert holidays.is_rest(dt.date(2026, 11, 28))
    assert holidays.is_rest(dt.date(2026, 10, 1))
    assert not holidays.is_rest(dt.date(2026, 10, 10))


def test_the_holidays_of_2025_are_those_of_the_notice() -> None:
    holidays = load_holidays()
    days = [dt.date(2025, 1, 1) + dt.timedelta(days=n) for n in range(365)]
    off = [day for day in days if holidays.is_rest(day)]
    # 104 days of weekends, 18 of holidays that lie on none (28 less 10), 5 of them made up for.
    weekends = sum(day.weekday() >= 5 for day in days)
    free = sum(day.weekday() < 5 for day in holidays.rest if day.year == 2025)
    assert (weekends, free, len(off)) == (104, 18, 104 + 18 - 5)
    assert not holidays.is_rest(dt.date(2025, 10, 11))
    assert holidays.is_rest(dt.date(2025, 10, 8))


def test_an_estate_has_days_of_its_own(tmp_path: Path) -> None:
    own = "source: notice 7\nrest: [{from: 2027-02-05, to: 2027-02-06}]\nwork: [2026-11-28]\n"
    (tmp_path / "holidays.yaml").write_text(own, encoding="utf-8")
    holidays = load_holidays(tmp_path)
    assert holidays.is_rest(dt.date(2027, 2, 5))
    assert not holidays.is_rest(dt.date(2026, 11, 28))
    assert holidays.is_rest(dt.date(2026, 10, 1))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("source: x\nrest: [{from: 2027-02-06, to: 2027-02-05}]\n", "is after"),
        ("source: x\nrests: []\n", "did you mean 'rest'"),
        ("source: x\nwork: [soon]\n", "date"),
    ],
)
def test_a_wrong_file_is_told_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "holidays.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidConfigError, match=says) as error:
        load_holidays(tmp_path)
    assert "holidays.yaml:2" in str(error.value)
