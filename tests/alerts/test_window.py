import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.condition import Verdict
from alerts.window import SLOTS, Count, Increase, Memory, Rate, Window

Said = tuple[int, float | None]


def run(window: Window, readings: Sequence[Said], crash_at: frozenset[int]) -> list[Verdict]:
    """Judge readings one by one; after those of `crash_at`, only what was stored is left."""
    memory: Memory | None = None
    found = []
    for number, (at, value) in enumerate(readings):
        memory = window.after(memory, at, value)
        found.append(window.judge(memory)[0])
        if number in crash_at and memory is not None:
            memory = Memory.from_text(memory.to_text())
    return found


def in_order(readings: Sequence[Said]) -> list[tuple[int, float]]:
    """The readings that count: known, and not older than one before."""
    kept: list[tuple[int, float]] = []
    for at, value in readings:
        if value is not None and (not kept or at >= kept[-1][0]):
            kept.append((at, value))
    return kept


def thinned(readings: Sequence[tuple[int, float]], within: int) -> list[tuple[int, float]]:
    kept: list[tuple[int, float]] = []
    for at, value in readings:
        if not kept or at - kept[-1][0] >= max(1, within // SLOTS):
            kept.append((at, value))
    return kept


def naive_rate(rate: Rate, readings: Sequence[Said]) -> Verdict:
    known = in_order(readings)
    if not known:
        return Verdict.UNKNOWN
    at, value = known[-1]
    old = [one for one in thinned(known, rate.window_ms) if one[0] <= at - rate.window_ms]
    if not old or at - old[-1][0] > 2 * rate.window_ms:
        return Verdict.UNKNOWN
    change = (value - old[-1][1]) / (at - old[-1][0]) * rate.per * 1000
    return rate.limit.judge(change)


def naive_increase(increase: Increase, readings: Sequence[Said]) -> Verdict:
    known = in_order(readings)
    if not known:
        return Verdict.UNKNOWN
    total = known[0][1] if increase.resets_to_zero else 0.0
    totals = [(known[0][0], 0.0)]
    for (_, before), (at, value) in itertools.pairwise(known):
        fallen = value if increase.resets_to_zero else 0.0
        total += value - before if value >= before else fallen
        totals.append((at, total))
    now = known[-1][0]
    kept = thinned(totals, increase.window_ms)
    old = [one for one in kept if one[0] <= now - increase.window_ms]
    if total - (old[-1] if old else kept[0])[1] > increase.above:
        return Verdict.TRUE
    return Verdict.FALSE if old else Verdict.UNKNOWN


def naive_count(count: Count, readings: Sequence[Said]) -> Verdict:
    known = in_order(readings)
    if not known:
        return Verdict.UNKNOWN
    values = [value > 0 for _, value in known]
    starts = [
        at for (at, _), now, before in zip(known, values, [False, *values], strict=False)
        if now and not before
    ]  # fmt: skip
    recent = [at for at in starts if at > known[-1][0] - count.window_ms]
    return Verdict.TRUE if len(recent) >= count.at_least else Verdict.FALSE


gaps = st.one_of(st.integers(0, 400), st.integers(-900, 0), st.integers(0, 9000))
values = st.one_of(st.none(), st.integers(0, 6).map(float))


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[Said], frozenset[int]]:
    at = 1_000_000
    readings: list[Said] = []
    for gap, value in draw(st.lists(st.tuples(gaps, values), max_size=60)):
        at += gap
        readings.append((at, value))
    return readings, draw(st.frozensets(st.integers(0, 60), max_size=8))


@given(stories(), st.sampled_from([0.5, 1.0, 4.0]), st.sampled_from([None, 0.5]))
def test_a_rate_is_that_of_a_naive_reference(
    story: tuple[list[Said], frozenset[int]], above: float, within: float | None
) -> None:
    readings, crashes = story
    rate = Rate(above=above, per=1.0, within=within, deadband=0.25)
    expected = [naive_rate(rate, readings[: n + 1]) for n in range(len(readings))]
    assert run(rate, readings, crashes) == expected


@given(stories(), st.integers(0, 5), st.booleans())
def test_an_increase_is_that_of_a_naive_reference(
    story: tuple[list[Said], frozenset[int]], above: int, resets: bool
) -> None:
    readings, crashes = story
    increase = Increase(above=above, within=2.0, resets_to_zero=resets)
    expected = [naive_increase(increase, readings[: n + 1]) for n in range(len(readings))]
    assert run(increase, readings, crashes) == expected


@given(stories(), st.integers(2, 4))
def test_a_count_is_that_of_a_naive_reference(
    story: tuple[list[Said], frozenset[int]], at_least: int
) -> None:
    readings, crashes = story
    count = Count.model_validate({"of": {"above": 0}, "at_least": at_least, "within": 3})
    expected = [naive_count(count, readings[: n + 1]) for n in range(len(readings))]
    assert run(count, readings, crashes) == expected


def test_a_memory_stays_small() -> None:
    for window in (Rate(above=1, per=60.0), Increase(above=1, within=60.0)):
        memory: Memory | None = None
        for at in range(0, 600_000, 100):
            memory = window.after(memory, at, float(at))
        assert memory is not None
        assert len(memory.marks) <= SLOTS + 2


def test_a_rate_is_unknown_until_its_window_is_full_and_after_a_gap() -> None:
    rate = Rate(above=5, per=60.0)
    readings: list[Said] = [(0, 0), (30_000, 100), (60_000, 110), (200_000, 900), (230_000, 901),
                            (260_000, 902)]  # fmt: skip
    unknown = Verdict.UNKNOWN
    assert run(rate, readings, frozenset()) == [
        unknown, unknown, Verdict.TRUE, unknown, unknown, Verdict.FALSE,
    ]  # fmt: skip


def test_a_falling_number_has_a_negative_rate() -> None:
    rate = Rate(below=-200, per=60.0)
    memory = rate.after(rate.after(None, 0, 500), 60_000, 250)
    assert rate.judge(memory) == (Verdict.TRUE, -250)


def test_a_loss_is_over_when_its_window_has_passed() -> None:
    lost = Increase(above=0, within=3600.0, resets_to_zero=True)
    memory = lost.after(None, 0, 0)
    memory = lost.after(memory, 60_000, 7)
    assert lost.judge(memory) == (Verdict.TRUE, 7)
    memory = lost.after(memory, 3_660_000, 7)
    assert lost.judge(memory) == (Verdict.FALSE, 0)
    memory = lost.after(memory, 3_720_000, 2)
    assert lost.judge(memory) == (Verdict.TRUE, 2)


def test_what_was_lost_before_the_first_look_is_told() -> None:
    lost = Increase(above=0, within=3600.0, resets_to_zero=True)
    assert lost.judge(lost.after(None, 0, 3)) == (Verdict.TRUE, 3)
    assert (
        Increase(above=0, within=60.0).judge(Increase(above=0, within=60.0).after(None, 0, 3))[0]
        is Verdict.UNKNOWN
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"of": {}, "at_least": 2, "within": "1h"},
        {"of": {"above": 1, "below": 0}, "at_least": 2, "within": "1h"},
        {"of": {"above": 1}, "at_least": 1, "within": "1h"},
        {"of": {"above": 1}, "at_least": 2},
    ],
)
def test_a_count_is_whole(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Count.model_validate(wrong)


def test_a_rate_has_one_limit() -> None:
    with pytest.raises(ValidationError, match="give a limit"):
        Rate(per=60.0)
