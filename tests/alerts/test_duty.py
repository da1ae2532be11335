"""Duty schedules: rotations, nights, swaps, holidays, gaps."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.duty import Calendar, Schedule, gaps, handover, on_duty, turns

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = dt.date(2026, 1, 5)
DAY_MS = 86_400_000


def ms(text: str) -> int:
    return round(dt.datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)


def schedule(**more: Any) -> Schedule:
    week = ["a"] * 5 + ["b"] * 2
    night = ["c"] * 7
    shifts = [
        {"shift": "day", "start": "08:00", "end": "20:00", "weeks": [week], "holidays": "h"},
        {"shift": "night", "start": "20:00", "end": "08:00", "weeks": [night, ["d"] * 7]},
    ]
    given_ = {"id": "desk", "name": {"zh": "值", "en": "d"}, "begins": MONDAY, "shifts": shifts}
    return Schedule.model_validate(given_ | more)


@pytest.mark.parametrize(
    ("at", "who"),
    [
        ("2026-01-05 07:59", ()),
        ("2026-01-05 08:00", ("a",)),
        ("2026-01-05 19:59", ("a",)),
        ("2026-01-05 20:00", ("c",)),
        ("2026-01-10 12:00", ("b",)),
        ("2026-01-12 03:00", ("c",)),  # The night of the Sunday before.
        ("2026-01-12 21:00", ("d",)),
        ("2026-01-19 21:00", ("c",)),
    ],
)
def test_the_rotation(at: str, who: tuple[str, ...]) -> None:
    assert on_duty(schedule(), ms(at), Calendar()) == who


def test_a_swap_wins_over_a_holiday_and_a_holiday_over_the_rotation() -> None:
    calendar = Calendar({dt.date(2026, 1, 6): True})
    assert on_duty(schedule(), ms("2026-01-06 12:00"), calendar) == ("h",)
    assert on_duty(schedule(), ms("2026-01-06 22:00"), calendar) == ("c",)
    swap = [{"date": "2026-01-06", "shift": "day", "crew": ["x"], "note": "a is ill"}]
    assert on_duty(schedule(exceptions=swap), ms("2026-01-06 12:00"), calendar) == ("x",)


def test_a_gap_is_found_with_its_ends_and_not_where_it_is_meant() -> None:
    swap = [{"date": "2026-01-06", "shift": "night", "crew": []}]
    gone = schedule(exceptions=swap)
    start = ms("2026-01-06 00:00")
    (gap,) = gaps(gone, start, start + 7 * DAY_MS, Calendar())
    assert (gap.start, gap.end) == (ms("2026-01-06 20:00"), ms("2026-01-07 08:00"))
    assert gap.present == 0
    meant = schedule(exceptions=swap, unattended=True)
    assert gaps(meant, start, start + 7 * DAY_MS, Calendar()) == ()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"begins": "2026-01-06"}, "no Monday"),
        ({"timezone": "Asia/Nowhere"}, "no time zone"),
        ({"exceptions": [{"date": "2026-01-06", "shift": "x", "crew": []}]}, "no shift 'x'"),
        ({"people": 0}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_is_said(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        schedule(**wrong)


@st.composite
def rotations(draw: st.DrawFn) -> Schedule:
    """Shifts that fill the day, with the declared number of people in each."""
    edges = sorted(draw(st.sets(st.integers(0, 1439), min_size=1, max_size=4)))
    people, weeks = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    crew = st.lists(st.sampled_from("abcdefgh"), min_size=people, max_size=people, unique=True)
    shifts = []
    for number, start in enumerate(edges):
        end = edges[(number + 1) % len(edges)]
        plan = [[draw(crew) for _ in range(7)] for _ in range(weeks)]
        shifts.append(
            {"shift": f"s{number}", "start": _clock(start), "end": _clock(end), "weeks": plan}
        )
    return schedule(people=people, shifts=shifts, timezone=draw(st.sampled_from(ZONES)))


ZONES = ("Asia/Shanghai", "Asia/Urumqi", "UTC")


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@settings(max_examples=200, deadline=None)
@given(rotations(), st.integers(2 * DAY_MS, 400 * DAY_MS))
def test_any_rotation_has_the_declared_number_at_any_moment(one: Schedule, after: int) -> None:
    at = ms("2026-01-05 00:00") + after
    assert len(on_duty(one, at, Calendar())) == one.people
    assert gaps(one, at, at + 3 * DAY_MS, Calendar()) == ()


@settings(max_examples=100, deadline=None)
@given(rotations(), st.integers(2, 60), st.data())
def test_an_emptied_shift_is_the_only_gap(one: Schedule, days: int, data: st.DataObject) -> None:
    shift = data.draw(st.sampled_from(one.shifts))
    day = MONDAY + dt.timedelta(days=days)
    swap = [{"date": day.isoformat(), "shift": shift.shift, "crew": []}]
    emptied = Schedule.model_validate(one.model_dump(mode="json") | {"exceptions": swap})
    began, ended = shift.span(day)
    zone = ZoneInfo(one.timezone)
    edge = [round(x.replace(tzinfo=zone).timestamp() * 1000) for x in (began, ended)]
    found = gaps(emptied, edge[0] - DAY_MS, edge[1] + DAY_MS, Calendar())
    assert [(gap.start, gap.end, gap.present) for gap in found] == [(*edge, 0)]


def test_the_handover_is_when_the_crew_changes_and_not_only_the_shift() -> None:
    assert handover(schedule(), ms("2026-01-05 12:00"), Calendar()) == (
        ms("2026-01-05 20:00"), ("c",),
    )  # fmt: skip
    swap = [{"date": "2026-01-05", "shift": "night", "crew": ["a"]}]
    assert handover(schedule(exceptions=swap), ms("2026-01-05 12:00"), Calendar()) == (
        ms("2026-01-06 20:00"), ("c",),
    )  # fmt: skip
    only = [{"shift": "day", "start": "08:00", "end": "08:00", "weeks": [["a"] * 7]}]
    assert handover(schedule(shifts=only), ms("2026-01-06 12:00"), Calendar()) is None


def test_the_turns_of_days_have_their_swaps_and_holidays() -> None:
    swap = [{"date": "2026-01-06", "shift": "night", "crew": ["x", "y"]}]
    calendar = Calendar({dt.date(2026, 1, 6): True})
    found = turns(schedule(exceptions=swap), MONDAY, 2, calendar)
    assert [(one.day.day, one.shift, one.crew, one.swapped) for one in found] == [
        (5, "day", ("a",), False), (5, "night", ("c",), False),
        (6, "day", ("h",), False), (6, "night", ("x", "y"), True),
    ]  # fmt: skip
    assert (found[1].start, found[1].end) == (ms("2026-01-05 20:00"), ms("2026-01-06 08:00"))
