import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.sample import Lane, Quality, Reason, Sample, Value, is_hearing
from ingest.latest import Latest
from ingest.stores.store import LatestValue
from tests.ingest.samples import NOW

STALE = 60_000


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def latest(clock: Clock) -> Latest:
    return Latest(lambda device, point: STALE, clock)


def spoken(
    device: str, received_at: int, value: Value, seq: int, source_at: int | None = None
) -> Sample:
    reasons = {} if value is not None else {"x": Reason.NO_ANSWER}
    return Sample(device, received_at, {"x": value}, reasons, source_at=source_at, seq=seq)


def value_of(latest: Latest, device: str = "m1", now: int = NOW) -> LatestValue:
    found = latest.value(device, "x", now)
    assert found is not None
    return found


def test_shows_the_newest_value_with_its_quality(latest: Latest) -> None:
    latest.apply(
        [
            Sample("m1", NOW, {"x": 1.0, "y": 7}, {"y": Reason.OUT_OF_RANGE}, seq=1),
            Sample("m1", NOW + 1, {"x": 2.0}, source_at=NOW - 3, seq=2),
        ]
    )
    assert value_of(latest) == LatestValue("m1", "x", 2.0, Quality.GOOD, None, NOW - 3, NOW + 1)
    other = latest.value("m1", "y", NOW)
    assert other == LatestValue("m1", "y", 7, Quality.SUSPECT, "out_of_range", None, NOW)
    assert latest.value("m1", "z", NOW) is None
    assert latest.value("m2", "x", NOW) is None


def test_an_old_value_is_stale_but_visible(latest: Latest) -> None:
    latest.apply([spoken("m1", NOW, 5.0, 1)])
    assert value_of(latest, now=NOW + STALE).quality is Quality.GOOD
    old = value_of(latest, now=NOW + STALE + 1)
    assert (old.value, old.quality, old.reason) == (5.0, Quality.STALE, Reason.NOT_CURRENT)
    assert old.received_at == NOW


def test_age_counts_from_the_moment_of_the_value_not_from_its_arrival(latest: Latest) -> None:
    latest.apply([spoken("m1", NOW, 5.0, 1, source_at=NOW - STALE - 1)])
    assert value_of(latest).quality is Quality.STALE


def test_unknown_replaces_a_value_and_the_device_stays_heard_at_its_last_word(
    latest: Latest,
) -> None:
    latest.apply([spoken("m1", NOW, 5.0, 1), spoken("m1", NOW + 100, None, 2)])
    found = value_of(latest, now=NOW + 100)
    assert (found.value, found.quality, found.reason) == (None, Quality.MISSING, "no_answer")
    assert latest.heard_at("m1") == NOW
    assert latest.heard_at("m2") is None


def test_unknown_replaces_a_value_whose_device_clock_is_ahead(latest: Latest) -> None:
    latest.apply([spoken("m1", NOW, 5.0, 1, source_at=NOW + 200_000)])
    latest.apply([spoken("m1", NOW + 1, None, 2)])
    assert value_of(latest).value is None


@pytest.mark.parametrize(
    ("reason", "heard"),
    [
        (Reason.NOT_IMPLEMENTED, True),
        (Reason.UNKNOWN_VALUE, True),
        (Reason.WRONG_TYPE, True),
        (Reason.NO_ANSWER, False),
        (Reason.REFUSED, False),
        (Reason.GARBLED, False),
        (Reason.OFFLINE, False),
    ],
)
def test_a_device_is_heard_when_it_spoke(reason: Reason, heard: bool) -> None:
    assert is_hearing(Sample("m1", NOW, {"x": None}, {"x": reason})) is heard
    assert is_hearing(Sample("m1", NOW, {"x": None, "y": False}, {"x": reason}))
    assert not is_hearing(Sample("m1", NOW, {}))


def test_what_a_broker_kept_does_not_show_that_its_device_lives() -> None:
    kept = {"x": "not_current"}
    assert not is_hearing(Sample("m1", NOW, {"x": True}, kept))
    assert is_hearing(Sample("m1", NOW, {"x": True, "y": False}, kept))


def test_late_data_does_not_replace_newer(latest: Latest) -> None:
    latest.apply([spoken("m1", NOW, 2.0, 1, source_at=NOW - 10)])
    latest.apply([spoken("m1", NOW + 5, 1.0, 2, source_at=NOW - 5000)])
    assert value_of(latest).value == 2.0
    assert latest.heard_at("m1") == NOW + 5


@settings(deadline=None)
@given(st.permutations(range(12)), st.lists(st.integers(0, 3), min_size=12, max_size=12))
def test_the_end_does_not_depend_on_the_order_of_arrival(
    order: list[int], moments: list[int]
) -> None:
    samples = [
        spoken("m1", NOW, n, n + 1, source_at=NOW + moment) for n, moment in enumerate(moments)
    ]
    latest = Latest(lambda device, point: STALE, lambda: NOW)
    latest.apply([samples[n] for n in order])
    newest = max(samples, key=lambda s: (s.at, s.seq))
    assert value_of(latest).value == newest.values["x"]


def test_a_part_lives_with_its_parent(latest: Latest) -> None:
    latest.apply([spoken("panel/p1", NOW, False, 1)])
    later = NOW + 2 * STALE
    assert value_of(latest, "panel/p1", later).quality is Quality.STALE
    latest.apply([spoken("panel", later, 1, 2)])
    assert value_of(latest, "panel/p1", later).quality is Quality.GOOD
    assert latest.heard_at("panel/p1") == latest.heard_at("panel") == later


def test_a_part_not_heard_since_the_start_is_not_brought_to_life_by_its_parent(
    latest: Latest,
) -> None:
    latest.load([LatestValue("panel/p1", "x", False, Quality.GOOD, None, None, NOW - 2 * STALE)])
    latest.apply([spoken("panel", NOW, 1, 1)])
    assert value_of(latest, "panel/p1").quality is Quality.STALE
    latest.apply([spoken("panel/p1", NOW, False, 2)])
    assert value_of(latest, "panel/p1").quality is Quality.GOOD


def test_loads_what_a_store_held(latest: Latest) -> None:
    held = [
        LatestValue("m1", "x", 3.0, Quality.SUSPECT, "out_of_range", NOW - 9, NOW - 5),
        LatestValue("m1", "y", None, Quality.MISSING, "no_answer", None, NOW - 4),
    ]
    latest.load(held)
    assert latest.items(None, NOW) == held
    assert latest.heard_at("m1") == NOW - 5
    latest.apply([spoken("m1", NOW, 4.0, 1)])
    assert value_of(latest).value == 4.0


def test_a_device_stands_for_its_parts(latest: Latest) -> None:
    latest.apply([spoken(name, NOW, 1, 1) for name in ("p", "p/1", "p/2", "q")])
    names = [[v.device for v in latest.items(d, NOW)] for d in (None, ["p"], ["p/2", "q"], ["n"])]
    assert names == [["p", "p/1", "p/2", "q"], ["p", "p/1", "p/2"], ["p/2", "q"], []]
    assert len(latest.items(["p", "p/1"], NOW)) == 3
    assert latest.parts("p") == ["p/1", "p/2"]


async def test_a_subscription_begins_with_everything_and_misses_nothing(latest: Latest) -> None:
    latest.apply([spoken("m1", NOW, 1, 1)])
    with latest.subscribe() as subscription:
        latest.apply([spoken("m1", NOW, 2, 2), spoken("m2", NOW, 9, 3), spoken("m1", NOW, 3, 4)])
        assert [v.value for v in subscription.snapshot] == [1]
        changes = await subscription.next(1.0)
        assert [(v.device, v.value) for v in changes] == [("m1", 3), ("m2", 9)]
        assert await subscription.next(0.001) == ()
    latest.apply([spoken("m1", NOW, 5, 5)])
    assert await subscription.next(0.001) == ()


async def test_a_waiting_subscriber_is_woken(latest: Latest) -> None:
    with latest.subscribe() as subscription:
        waiting = asyncio.ensure_future(subscription.next(30.0))
        await asyncio.sleep(0)
        latest.apply([spoken("m1", NOW, 1, 1)])
        assert [v.value for v in await waiting] == [1]


async def test_a_slow_subscriber_loses_the_oldest_changes_and_it_is_counted(
    latest: Latest,
) -> None:
    with latest.subscribe(maxsize=2) as subscription:
        latest.apply([spoken(f"m{n}", NOW, n, n + 1) for n in range(5)])
        assert subscription.dropped == 3
        assert [v.device for v in await subscription.next(1.0)] == ["m3", "m4"]


async def test_a_subscription_to_some_devices_has_their_parts_too(latest: Latest) -> None:
    latest.apply([spoken("p", NOW, 1, 1), spoken("q", NOW, 1, 2)])
    with latest.subscribe(devices=["p"]) as subscription:
        assert [v.device for v in subscription.snapshot] == ["p"]
        latest.apply([spoken("p/7", NOW, 1, 3), spoken("q", NOW, 2, 4)])
        assert [v.device for v in await subscription.next(1.0)] == ["p/7"]


async def test_late_data_is_no_change(latest: Latest) -> None:
    latest.apply([spoken("m1", NOW, 2.0, 1, source_at=NOW)])
    with latest.subscribe() as subscription:
        latest.apply([spoken("m1", NOW, 1.0, 2, source_at=NOW - 1)])
        assert await subscription.next(0.001) == ()


async def test_becoming_stale_is_a_change_told_once(latest: Latest, clock: Clock) -> None:
    latest.apply([spoken("m1", NOW, 2.0, 1), spoken("m2", NOW + 10, None, 2)])
    with latest.subscribe() as subscription:
        assert latest.expire(NOW + STALE) == 0
        clock.now = NOW + STALE + 1
        assert latest.expire(clock.now) == 1
        assert latest.expire(clock.now + 1) == 0
        assert [v.quality for v in await subscription.next(1.0)] == [Quality.STALE]
        latest.apply([spoken("m1", clock.now, 2.0, 3)])
        assert [v.quality for v in await subscription.next(1.0)] == [Quality.GOOD]
        assert latest.expire(clock.now + STALE + 1) == 1


async def test_a_reader_that_only_follows_changes_ends_with_what_a_snapshot_shows(
    latest: Latest, clock: Clock
) -> None:
    choose = random.Random(3)
    with latest.subscribe() as subscription:
        seen: dict[tuple[str, str], LatestValue] = {}
        for seq in range(1, 2000):
            clock.now += choose.randrange(2000)
            value = choose.choice([None, 1.0, 2.0])
            device = f"m{choose.randrange(40)}"
            latest.apply([spoken(device, clock.now, value, seq)])
            if choose.random() < 0.1:
                latest.expire(clock.now)
                for change in await subscription.next(0):
                    seen[change.device, change.point] = change
        latest.expire(clock.now)
        for change in await subscription.next(0):
            seen[change.device, change.point] = change
    expected = {(v.device, v.point): v for v in latest.items(None, clock.now)}
    assert seen == expected
    assert {v.quality for v in expected.values()} == {
        Quality.GOOD, Quality.STALE, Quality.MISSING,
    }  # fmt: skip


def test_the_lane_does_not_matter(latest: Latest) -> None:
    latest.apply([Sample("m1", NOW, {"x": True}, lane=Lane.SAFETY, seq=1)])
    assert value_of(latest).value is True


@st.composite
def _histories(draw: st.DrawFn) -> tuple[list[LatestValue], list[Sample]]:
    """What a store held, and what came then: clocks that jump, two lanes with numbers of a run."""
    times, clocks = st.integers(NOW, NOW + 6), st.none() | st.integers(NOW - 3, NOW + 3)
    held = [
        LatestValue("m1", point, -1.0, Quality.GOOD, None, draw(clocks), draw(times))
        for point in draw(st.sets(st.sampled_from("ab")))
    ]
    came = []
    lanes = st.sampled_from([(Lane.SAFETY, "a"), (Lane.ROUTINE, "b"), (Lane.ROUTINE, "bc")])
    for number, (lane, points) in enumerate(draw(st.lists(lanes, max_size=12))):
        values = dict.fromkeys(points, float(number))
        came.append(Sample("m1", draw(times), values, {}, lane, draw(clocks), seq=number + 1))
    # The journal gives a batch of each lane after the other, so that numbers go back and forth.
    return held, draw(st.permutations(came))


@given(_histories())
def test_every_point_has_the_sample_that_no_other_is_newer_than(
    history: tuple[list[LatestValue], list[Sample]],
) -> None:
    held, came = history
    latest = Latest(lambda device, point: STALE, lambda: NOW)
    latest.load(held)
    latest.apply(came)
    known: dict[str, tuple[int | None, int, int, Value]] = {
        one.point: (one.source_at, one.received_at, 0, one.value) for one in held
    }
    for sample in came:
        for point, value in sample.values.items():
            before = known.get(point)
            if before is not None:
                both = sample.source_at is not None and before[0] is not None
                mine = (sample.source_at if both else sample.received_at, sample.seq)
                theirs = (before[0] if both else before[1], before[2])
                if mine < theirs:
                    continue
            known[point] = (sample.source_at, sample.received_at, sample.seq, value)
    shown = {
        one.point: (one.source_at, one.received_at, one.value) for one in latest.items(None, NOW)
    }
    assert shown == {point: (one[0], one[1], one[3]) for point, one in known.items()}
