import datetime as dt

from analysis.baseline import baseline
from device_configs.holidays import load_holidays

IS_REST = load_holidays().is_rest
TODAY = dt.date(2026, 11, 25)


def past(days: int, work: float, rest: float) -> list[tuple[dt.date, float | None]]:
    every = [TODAY - dt.timedelta(days=n) for n in range(1, days + 1)]
    return [(day, rest if IS_REST(day) else work) for day in every]


def test_days_are_held_against_days_of_their_kind() -> None:
    found = baseline(past(28, 100.0, 20.0), TODAY, IS_REST, 14)
    assert found is not None
    assert (found.amount, found.count) == (100.0, 20)
    weekend = baseline(past(28, 100.0, 20.0), dt.date(2026, 11, 28), IS_REST, 14)
    assert weekend is not None
    assert weekend.amount == 20.0


def test_nothing_is_said_before_it_has_learnt() -> None:
    assert baseline(past(13, 100.0, 20.0), TODAY, IS_REST, 14) is None
    assert baseline([], TODAY, IS_REST, 14) is None
    saturday = dt.date(2026, 11, 28)
    assert baseline(past(14, 100.0, 20.0), saturday, IS_REST, 14) is None


def test_what_is_unknown_is_not_learnt_as_nothing() -> None:
    days = past(40, 100.0, 20.0)
    holes = [(day, None if n % 2 else amount) for n, (day, amount) in enumerate(days)]
    found = baseline(holes, TODAY, IS_REST, 14)
    assert found is not None
    assert found.amount == 100.0
    assert baseline([(day, None) for day, _ in days], TODAY, IS_REST, 14) is None


def test_the_day_itself_and_what_comes_after_teach_nothing() -> None:
    days = past(28, 100.0, 20.0)
    later: list[tuple[dt.date, float | None]] = [
        (TODAY + dt.timedelta(days=n), 9999.0) for n in range(30)
    ]
    assert baseline([*days, *later], TODAY, IS_REST, 14) == baseline(days, TODAY, IS_REST, 14)
