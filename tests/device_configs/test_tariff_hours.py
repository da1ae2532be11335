"""Each quarter of an hour is in exactly one tariff period."""

import datetime as dt
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from device_configs.holidays import Holidays, load_holidays
from device_configs.tariff import Version
from device_configs.tariff_hours import (
    SLOTS,
    DayClass,
    DayHours,
    TariffPeriod,
    clock_slots,
    day_classes,
    days_without_hours,
    slots_on,
)
from device_configs.tariffs import load_tariffs

HOLIDAYS = load_holidays()
JIANGSU = load_tariffs().tariffs["js_commercial_tou"].versions[-1].hours
SHARP = load_tariffs().tariffs["js_industrial_sharp"].versions[-1].hours


def period_at(hours: Sequence[DayHours], moment: dt.datetime, holidays: Holidays) -> TariffPeriod:
    """The period of a moment on the wall of the site."""
    return slots_on(hours, moment.date(), holidays)[moment.hour * 4 + moment.minute // 15]


def hours(periods: dict[str, list[str]], **more: object) -> DayHours:
    return DayHours.model_validate({"periods": periods, **more})


def test_hours_across_midnight_are_the_end_and_the_start_of_a_day() -> None:
    assert clock_slots("22:00-02:00") == (*range(8), *range(88, 96))
    assert clock_slots("19:30-21:30") == tuple(range(78, 86))
    assert clock_slots("00:00-24:00") == tuple(range(96))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("14-22", "write hours as"),
        ("14:10-22:00", "quarter of an hour"),
        ("14:00-24:15", "no such time"),
        ("24:00-02:00", "no such time"),
        ("14:75-22:00", "no such time"),
        ("14:00-14:00", "is empty"),
    ],
)
def test_hours_that_cannot_be_are_told(text: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        hours({"peak": [text]})


def test_one_time_in_two_periods_is_told() -> None:
    with pytest.raises(ValidationError, match="is in peak already"):
        hours({"peak": ["14:00-22:00"], "valley": ["21:45-06:00"]})


def test_the_kinds_of_days_of_2026() -> None:
    assert day_classes(dt.date(2026, 11, 25), HOLIDAYS) == {DayClass.WORKDAY}
    assert day_classes(dt.date(2026, 11, 28), HOLIDAYS) == {DayClass.REST}
    assert day_classes(dt.date(2026, 6, 19), HOLIDAYS) == {DayClass.REST, DayClass.HOLIDAY}
    assert DayClass.LONG_HOLIDAY in day_classes(dt.date(2026, 5, 5), HOLIDAYS)
    assert day_classes(dt.date(2026, 10, 10), HOLIDAYS) == {DayClass.WORKDAY}


def test_jiangsu_by_the_season() -> None:
    def at(text: str) -> TariffPeriod:
        return period_at(JIANGSU, dt.datetime.fromisoformat(text), HOLIDAYS)

    assert at("2026-07-01 14:00") is TariffPeriod.PEAK
    assert at("2026-07-01 13:59") is TariffPeriod.FLAT
    assert at("2026-07-01 12:59") is TariffPeriod.VALLEY
    assert at("2026-10-01 14:30") is TariffPeriod.FLAT
    assert at("2026-10-01 01:59") is TariffPeriod.FLAT
    assert at("2026-10-01 02:00") is TariffPeriod.VALLEY
    assert at("2026-12-31 22:00") is TariffPeriod.FLAT


def test_sharp_and_deep_valley_for_those_who_qualify() -> None:
    def at(text: str) -> TariffPeriod:
        return period_at(SHARP, dt.datetime.fromisoformat(text), HOLIDAYS)

    assert at("2026-07-01 19:30") is TariffPeriod.SHARP
    assert at("2026-07-01 19:15") is TariffPeriod.PEAK
    assert at("2026-12-01 18:00") is TariffPeriod.SHARP
    assert at("2026-10-01 13:45") is TariffPeriod.DEEP_VALLEY
    assert at("2026-10-08 13:45") is TariffPeriod.VALLEY
    assert at("2026-02-17 19:00") is TariffPeriod.PEAK
    summer = slots_on(SHARP, dt.date(2026, 7, 1), HOLIDAYS)
    assert summer.count(TariffPeriod.SHARP) == 3 * 4


@given(
    st.dates(dt.date(1970, 1, 1), dt.date(2100, 12, 31)),
    st.sampled_from([one for t in load_tariffs().tariffs.values() for one in t.versions]),
    st.sets(st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31))),
)
def test_every_quarter_of_every_day_is_in_exactly_one_period(
    day: dt.date, version: Version, off: set[dt.date]
) -> None:
    listed = version.hours
    holidays = Holidays(frozenset(off), frozenset())
    slots = slots_on(listed, day, holidays)
    assert len(slots) == SLOTS
    midnight = dt.datetime.combine(day, dt.time())
    for number, period in enumerate(slots):
        moment = midnight + dt.timedelta(minutes=15 * number + number % 15)
        assert period_at(listed, moment, holidays) is period
    if listed:
        chosen = next(one for one in listed if one.holds(day.month, day_classes(day, holidays)))
        named = [
            slot for texts in chosen.periods.values() for t in texts for slot in clock_slots(t)
        ]
        assert len(named) == len(set(named))
        assert all(slots[n] is TariffPeriod.FLAT for n in set(range(SLOTS)) - set(named))


def test_a_day_without_hours_is_named() -> None:
    summer = hours({"peak": ["14:00-22:00"]}, months=[6, 7, 8])
    assert days_without_hours([summer]) == "month 1, a day that is workday"
    work = hours({"peak": ["14:00-22:00"]}, days=["workday"])
    assert days_without_hours([work]) == "month 1, a day that is rest"
    assert days_without_hours([work, hours({})]) is None
