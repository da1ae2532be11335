"""Years without a calendar are named."""

import datetime as dt

from device_configs.holidays import Holidays, load_holidays
from reports.holiday_notes import holiday_notes
from reports.periods import parse_period
from tests.reports.ledgers import SHANGHAI


def test_each_year_of_which_only_the_weekends_are_known_is_named_once() -> None:
    known = Holidays(rest=frozenset({dt.date(2026, 1, 1)}))
    periods = [
        parse_period(text, SHANGHAI) for text in ("2026", "2027-02", "2025-12-31..2027-01-01")
    ]
    notes = list(holiday_notes(known, *periods))
    assert [note.values for note in notes] == [{"year": "2025"}, {"year": "2027"}]


def test_the_shipped_years_need_no_note() -> None:
    assert (
        list(holiday_notes(load_holidays(), *(parse_period(y, SHANGHAI) for y in ("2025", "2026"))))
        == []
    )
