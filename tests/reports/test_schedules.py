"""When scheduled reports are due, and what is wrong with `reports.yaml`."""

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_configs.faults import InvalidConfigError
from device_configs.holidays import Holidays
from reports.periods import parse_period
from reports.schedules import Every, Schedule, latest_due, load_schedules
from tests.reports.estates import estate

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YEAR = Holidays(rest=frozenset({dt.date(2027, 1, 1)}))
TOWN = estate({"c1": None}, [])


def entry(**given: object) -> Schedule:
    return Schedule.model_validate(
        {"id": "s", "report": "daily", "every": "month", "to": ["li"]} | given
    )


def due(now: str, **given: object) -> tuple[str, str]:
    moment = dt.datetime.fromisoformat(now).replace(tzinfo=SHANGHAI)
    found = latest_due(entry(**given), moment, NEW_YEAR)
    return found.period, f"{found.at:%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("now", "given", "period", "at"),
    [
        ("2026-12-03 07:59", {"on": 3}, "2026-10", "2026-11-03 08:00"),
        ("2026-12-03 08:00", {"on": 3}, "2026-11", "2026-12-03 08:00"),
        ("2026-12-25 08:00", {"on": 3, "at": "23:30"}, "2026-11", "2026-12-03 23:30"),
        ("2027-01-07 00:00", {"on": 3, "working_days": True}, "2026-12", "2027-01-06 08:00"),
        ("2027-01-06 07:00", {"on": 3, "working_days": True}, "2026-11", "2026-12-03 08:00"),
        ("2026-11-25 09:00", {"every": "day"}, "2026-11-24", "2026-11-25 08:00"),
        ("2026-11-25 09:00", {"every": "week", "on": 2}, "2026-W47", "2026-11-24 08:00"),
        ("2027-01-02 09:00", {"every": "quarter"}, "2026-Q4", "2027-01-01 08:00"),
        ("2026-07-02 09:00", {"every": "half_year"}, "2026-H1", "2026-07-01 08:00"),
        ("2026-07-02 09:00", {"every": "year"}, "2025", "2026-01-01 08:00"),
    ],
)
def test_the_newest_period_that_was_due(
    now: str, given: dict[str, object], period: str, at: str
) -> None:
    assert due(now, **given) == (period, at)


@given(
    st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)),
    st.times(),
    st.sampled_from(Every),
    st.integers(1, 28),
    st.booleans(),
)
def test_it_is_due_after_its_end_and_never_in_the_future(
    day: dt.date, time: dt.time, every: Every, on: int, working: bool
) -> None:
    now = dt.datetime.combine(day, time, SHANGHAI)
    found = latest_due(entry(every=every, on=on, working_days=working), now, NEW_YEAR)
    assert parse_period(found.period, SHANGHAI).end <= found.at <= now


def test_without_a_file_nothing_is_sent(tmp_path: Path) -> None:
    assert load_schedules(tmp_path, TOWN, frozenset()) == ()


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "reports.yaml").write_text(
        "- {id: monthly, report: daily, site: c1, every: month, on: 3, working_days: true,"
        ' at: "08:30",'
        " language: en, formats: [pdf, xlsx], to: [li, wang], options: {tax: without}}\n"
    )
    [found] = load_schedules(tmp_path, TOWN, frozenset({"daily"}))
    assert (found.on, found.working_days, found.every) == (3, True, Every.MONTH)
    assert (found.site, found.at, found.formats) == ("c1", "08:30", ("pdf", "xlsx"))


def test_every_fault_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "reports.yaml").write_text(
        "- {id: a, report: weather, every: month, to: [li]}\n"
        "- {id: a, report: daily, every: month, to: [li]}\n"
        "- {id: b, report: daily, site: nowhere, every: month, to: [li]}\n"
        "- {id: c, report: daily, every: fortnight, to: []}\n"
    )
    with pytest.raises(InvalidConfigError) as caught:
        load_schedules(tmp_path, TOWN, frozenset({"daily"}))
    said = [str(one) for one in caught.value.faults]
    for number, words in ((1, "no report 'weather'"), (2, "there twice"), (3, "no site 'nowhere'")):
        assert any(f"reports.yaml:{number}" in one and words in one for one in said), said
    assert sum("reports.yaml:4" in one for one in said) == 2
    (tmp_path / "reports.yaml").write_text("id: a\n")
    with pytest.raises(InvalidConfigError, match="list of schedules"):
        load_schedules(tmp_path, TOWN, frozenset())
