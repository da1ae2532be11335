"""The book of data quality: an example by hand, and what holds for any samples."""

import datetime as dt
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, replace

from hypothesis import given
from hypothesis import strategies as st

from collectors.sample import Lane, Reason, Sample
from device_configs.kinds import Speed
from ingest.quality_book import DAY_MS, DayRow, DeviceState, QualityBook
from ingest.quality_days import Gap
from tests.ingest.test_quality_terms import reporting
from tests.reports import estates

MIDNIGHT = 1_795_363_200_000
"""2026-11-23 00:00 in Shanghai. [ms, UTC]"""
DAY = dt.date(2026, 11, 23).toordinal()
MINUTE = 60_000
HOUR = 60 * MINUTE
METER = estates.device("m1", "electricity_meter", "centre", points=("active_power", "frequency"))
"""Two points, each due every 10 s; it may be silent for 30 s."""
PILE = estates.device("pile", "ev_charger", "centre", parts=("c1", "c2"))
ESTATE = estates.estate({"centre": None}, [METER, PILE, reporting()])


def read(at: int, device: str = "m1", lane: Lane = Lane.ROUTINE) -> Sample:
    """A good reading of the meter, so many ms after midnight."""
    return Sample(device, MIDNIGHT + at, {"active_power": 5.0, "frequency": 50.0}, lane=lane)


def silent(at: int) -> Sample:
    """A poll without an answer."""
    values = {"active_power": None, "frequency": None}
    return Sample("m1", MIDNIGHT + at, values, dict.fromkeys(values, Reason.NO_ANSWER.value))


def smoke(at: int, **more: object) -> Sample:
    """The detector says that there is no smoke."""
    return replace_at(Sample("smoke-1", MIDNIGHT + at, {"smoke": False}, lane=Lane.SAFETY), more)


def replace_at(sample: Sample, more: dict[str, object]) -> Sample:
    """A sample with other fields."""
    fields = {name: getattr(sample, name) for name in sample.__struct_fields__}
    return Sample(**(fields | more))


def booked(samples: Iterable[Sample], until: int, gaps: Sequence[Gap] = ()) -> dict[int, DayRow]:
    """The rows of one device, by days after the 23rd."""
    book = QualityBook(ESTATE, gaps=gaps)
    book.take(samples)
    book.settle(MIDNIGHT + until)
    return {row.day - DAY: row for row in book.changes()[1]}


def test_the_example_of_the_documentation() -> None:
    # docs/quality.md: two points each 10 s, from 00:00:00; silent from 06:00 until 12:00; one
    # suspect value; sitewatch stopped from 18:00 until 18:30.
    polls = [ms for ms in range(0, DAY_MS, 10_000) if not 18 * HOUR <= ms < 18.5 * HOUR]
    samples = [read(ms) for ms in polls if not 6 * HOUR <= ms < 12 * HOUR]
    samples += [silent(ms) for ms in range(6 * HOUR, 12 * HOUR, 5 * MINUTE)]
    samples[10] = Sample(
        "m1", samples[10].received_at, {"active_power": 9e9, "frequency": 50.0},
        {"active_power": Reason.OUT_OF_RANGE.value},
    )  # fmt: skip
    stopped = Gap(MIDNIGHT + 18 * HOUR, MIDNIGHT + 18 * HOUR + HOUR // 2)
    row = booked(samples, DAY_MS, [stopped])[0]
    assert row.due == 2 * 8640
    assert row.good == 2 * (8640 - 2160 - 180) - 1
    assert row.counted == 1440
    # Heard last at 05:59:50: the minute 06:00 begins within the 30 s that it may be silent.
    assert row.online == 1440 - 359 - 30
    assert row.down == 30
    assert row.suspect == {"out_of_range": 1}
    assert row.missing == {"no_answer": 2 * 72}


def test_days_before_the_first_sample_have_no_row_and_that_day_begins_with_it() -> None:
    rows = booked([read(18 * HOUR)], DAY_MS + HOUR)
    assert sorted(rows) == [0, 1]
    assert rows[0].counted == 360
    assert rows[0].due == 2 * 6 * 360
    assert rows[1].counted == 60
    assert (rows[1].good, rows[1].online) == (0, 0)


def test_a_silent_day_is_a_row_with_nothing_in_it() -> None:
    rows = booked([read(0), smoke(0)], 3 * DAY_MS)
    assert sorted(rows) == [0, 1, 2]


def test_a_device_that_reports_is_complete_while_its_value_is_not_too_old() -> None:
    # One hour and the grace of 15 s are allowed: the minutes 00:00 to 01:00, then 06:00 to 07:00.
    row = booked([smoke(0), smoke(6 * HOUR)], DAY_MS)[0]
    assert row.due is None
    assert row.covered == row.online == 61 + 61


def test_a_suspect_value_is_heard_and_covers_nothing() -> None:
    row = booked([smoke(0, reasons={"smoke": "future"})], HOUR)[0]
    assert (row.online, row.covered, row.suspect) == (60, 0, {"future": 1})


def test_a_retained_value_is_not_heard() -> None:
    row = booked([smoke(0, reasons={"smoke": "not_current"})], HOUR)[0]
    assert (row.counted, row.online, row.covered) == (60, 0, 0)


def test_what_comes_late_covers_its_own_time_and_is_heard_when_it_comes() -> None:
    late = smoke(26 * HOUR, source_at=MIDNIGHT + 20 * HOUR)
    rows = booked([smoke(0), late], 28 * HOUR)
    assert (rows[0].covered, rows[0].online) == (61 + 61, 61)
    assert (rows[1].covered, rows[1].online) == (0, 61)
    assert rows[1].heard_ms == MIDNIGHT + 26 * HOUR


def test_a_word_at_midnight_reaches_into_the_next_day() -> None:
    rows = booked([smoke(0), smoke(DAY_MS - 1)], 2 * DAY_MS)
    assert rows[1].online == 61
    assert rows[0].online == 61


def test_what_comes_days_after_its_day_is_counted_as_too_late() -> None:
    book = QualityBook(ESTATE)
    book.take([read(0)])
    book.settle(MIDNIGHT + 5 * DAY_MS)
    book.take([smoke(5 * DAY_MS, source_at=MIDNIGHT)])
    assert book.late == 1
    book.settle(MIDNIGHT + 5 * DAY_MS + HOUR)
    heard = [row for row in book.changes()[1] if row.device == "smoke-1"]
    assert [(row.day - DAY, row.online, row.covered) for row in heard] == [(5, 60, 0)]


def test_points_that_the_device_does_not_have_are_not_due() -> None:
    reasons = {"frequency": Reason.NOT_IMPLEMENTED.value}
    samples = [
        Sample("m1", MIDNIGHT + ms, {"active_power": 1.0, "frequency": None}, reasons)
        for ms in range(0, HOUR, 10_000)
    ]
    row = booked([*samples, *(read(ms) for ms in range(HOUR, 2 * HOUR, 10_000))], 2 * HOUR)[0]
    assert (row.good, row.due) == (360 + 720, 360 + 720)
    assert row.missing == {"not_implemented": 360}


def test_parts_are_heard_and_their_faults_counted_but_they_owe_nothing() -> None:
    part = Sample(
        "pile/c1", MIDNIGHT, {"active_energy_total": None}, {"active_energy_total": "busy"}
    )
    good = Sample("pile/c2", MIDNIGHT + 1, {"active_energy_total": 7.0})
    row = booked([part, good], HOUR)[0]
    assert (row.device, row.good, row.online) == ("pile", 0, 0)
    assert row.missing == {"busy": 1}
    assert row.heard_ms == MIDNIGHT + 1
    assert row.due is not None
    assert row.due > 0


def test_unknown_devices_are_left_out() -> None:
    assert booked([read(0, "nobody"), read(0, "service")], HOUR) == {}


def test_a_changed_estate_is_due_from_then_on() -> None:
    book = QualityBook(ESTATE)
    book.take([read(0)])
    book.settle(MIDNIGHT + HOUR)
    faster = replace(METER, interval_s=5.0)
    book.use(estates.estate({"centre": None}, [faster]))
    book.settle(MIDNIGHT + 2 * HOUR)
    book.use(estates.estate({"centre": None}, []))
    book.settle(MIDNIGHT + 30 * HOUR)
    (row,) = book.changes()[1]
    assert row.due == 2 * 360 + 2 * 720
    assert faster.interval_of(Speed.FAST) == 5.0


def test_a_device_that_comes_back_owes_nothing_of_the_time_between() -> None:
    book = QualityBook(ESTATE)
    book.take([read(0)])
    book.settle(MIDNIGHT + HOUR)
    book.use(estates.estate({"centre": None}, [PILE]))
    book.settle(MIDNIGHT + 4 * DAY_MS)
    book.use(ESTATE)
    book.settle(MIDNIGHT + 4 * DAY_MS + HOUR)
    rows = {row.day - DAY: row.due for row in book.changes()[1]}
    assert rows == {0: 720, 4: 720}


def test_a_clock_that_was_years_ahead_does_not_stop_the_book() -> None:
    book = QualityBook(ESTATE)
    book.take([read(0)])
    book.settle(MIDNIGHT + 1000 * DAY_MS)
    book.settle(MIDNIGHT + DAY_MS)
    book.take([read(DAY_MS)])
    book.settle(MIDNIGHT + DAY_MS + HOUR)
    rows = {row.day - DAY: row for row in book.changes()[1]}
    assert rows[1].good == 2
    assert rows[1].counted == 60


def test_months_without_sitewatch_leave_no_rows() -> None:
    rows = booked([read(0)], 300 * DAY_MS)
    assert len(rows) <= 36 + 1


POLLS = st.lists(
    st.tuples(
        st.integers(0, 3 * 24 * 60).map(lambda minute: minute * 30_000),
        st.sampled_from(["good", "silent", "smoke", "suspect"]),
    ),
    min_size=1,
    max_size=40,
)
UNTIL = 36 * HOUR


def suspect(at: int) -> Sample:
    """The detector's clock is ahead."""
    return smoke(at, reasons={"smoke": "future"})


def made(polls: Iterable[tuple[int, str]]) -> list[Sample]:
    """Samples of a meter and a detector, in the order of time."""
    kinds: dict[str, Callable[[int], Sample]] = {
        "good": read,
        "silent": silent,
        "smoke": smoke,
        "suspect": suspect,
    }
    return [kinds[kind](at) for at, kind in sorted(polls)]


def facts(rows: Iterable[DayRow]) -> list[tuple[object, ...]]:
    """Rows that can be compared, those with nothing in them as well."""
    return sorted(astuple(row) for row in rows)


@given(POLLS, st.randoms(use_true_random=False))
def test_the_order_of_the_samples_does_not_matter(
    polls: list[tuple[int, str]], chance: random.Random
) -> None:
    samples = made(polls)
    shuffled = list(samples)
    chance.shuffle(shuffled)
    one, other = QualityBook(ESTATE), QualityBook(ESTATE)
    one.take(samples)
    other.take(shuffled)
    for book in (one, other):
        book.settle(MIDNIGHT + UNTIL)
    (states, rows), (others, those) = one.changes(), other.changes()
    assert facts(rows) == facts(those)
    assert sorted(map(astuple, states)) == sorted(map(astuple, others))


@given(POLLS, st.lists(st.integers(0, 40), max_size=5), st.lists(st.integers(0, 36), max_size=4))
def test_any_batches_settlements_and_restarts_make_the_same_rows(
    polls: list[tuple[int, str]], cuts: list[int], hours: list[int]
) -> None:
    samples = made(polls)
    whole = QualityBook(ESTATE)
    whole.take(samples)
    whole.settle(MIDNIGHT + UNTIL)
    states, rows = whole.changes()
    kept: dict[tuple[str, int], DayRow] = {}
    known: Sequence[DeviceState] = ()
    ends = sorted({*(min(cut, len(samples)) for cut in cuts), len(samples)})
    begin = settled = 0
    for number, end in enumerate(ends):
        book = QualityBook(ESTATE, known, kept.values(), (), settled)
        book.take(samples[begin:end])
        # What is settled lies behind what was taken, or ahead of it: both are allowed.
        hour = sorted(hours)[number] if number < len(hours) else 0
        if hour:
            settled = MIDNIGHT + hour * HOUR
            book.settle(settled)
        known, changed = book.changes()
        kept |= {(row.device, row.day): row for row in changed}
        begin = end
    book = QualityBook(ESTATE, known, kept.values(), (), settled)
    book.settle(MIDNIGHT + UNTIL)
    known, changed = book.changes()
    kept |= {(row.device, row.day): row for row in changed}
    assert facts(kept.values()) == facts(rows)
    assert sorted(map(astuple, known)) == sorted(map(astuple, states))


@given(POLLS, st.integers(0, 48), st.integers(0, 48))
def test_no_time_is_more_than_the_day(polls: list[tuple[int, str]], gap: int, until: int) -> None:
    gaps = [Gap(MIDNIGHT + gap * HOUR, MIDNIGHT + (gap + 5) * HOUR)]
    book = QualityBook(ESTATE, gaps=gaps)
    book.take(made(polls))
    book.settle(MIDNIGHT + until * HOUR)
    for row in book.changes()[1]:
        assert 0 <= row.online <= row.counted - row.down <= 1440
        assert 0 <= row.covered <= row.counted - row.down
        assert row.down <= 300
