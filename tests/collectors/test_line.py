"""Who is asked when, without any protocol: pollers and links of the test's own."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors import line as line_module
from collectors.driver import CollectorsError
from collectors.line import (
    BACK_OFF_CAP_S,
    HEAD_START_S,
    Outcome,
    PolledLine,
    back_off,
    next_due,
)
from collectors.reading import LinkLostError
from collectors.sample import Lane, Reason, Sample
from tests.collectors.lines import Collecting, running, wiring


class FakeLink:
    """A link that breaks when it is told to."""

    def __init__(self) -> None:
        self.up = False
        self.refuses = False
        self.opened = 0

    @property
    def connected(self) -> bool:
        return self.up

    @property
    def counters(self) -> Mapping[str, int]:
        return {"requests": self.opened}

    async def open(self) -> None:
        self.opened += 1
        if self.refuses:
            raise LinkLostError("refused")
        self.up = True

    def close(self) -> None:
        self.up = False


class FakePoller:
    """A device that answers at once, fails, or takes its time."""

    def __init__(
        self, device: str, log: list[str], *, interval_s: float = 0.02, urgent: bool = False
    ) -> None:
        self.device, self.interval_s, self.urgent = device, interval_s, urgent
        self.log = log
        self.failure: Reason | None = None
        self.breaks = 0
        self.takes_s = 0.0
        self.busy = 0

    @property
    def refused(self) -> Mapping[str, str]:
        return {"x": "illegal data address (2)"} if self.failure is Reason.REFUSED else {}

    async def poll(self) -> Outcome:
        self.log.append(self.device)
        self.busy += 1
        assert self.busy == 1, "polls of one device overlap"
        await asyncio.sleep(self.takes_s)
        self.busy -= 1
        if self.breaks:
            self.breaks -= 1
            raise LinkLostError("broke")
        if self.failure is not None:
            return Outcome(self.lost(self.failure), self.failure)
        lane = Lane.SAFETY if self.urgent else Lane.ROUTINE
        return Outcome([Sample(self.device, 0, {"x": 1}, lane=lane)])

    def lost(self, reason: Reason) -> Sequence[Sample]:
        return [Sample(self.device, 0, {"x": None}, {"x": reason.value})]


def make(
    *pollers: FakePoller, link: FakeLink | None = None, sink: Collecting | None = None
) -> tuple[PolledLine, FakeLink, Collecting]:
    link, sink = link or FakeLink(), sink or Collecting()
    return PolledLine("line", link, pollers, wiring(sink), random.Random(1)), link, sink


async def test_every_device_is_polled_on_its_beat() -> None:
    log: list[str] = []
    quick, slow = FakePoller("quick", log), FakePoller("slow", log, interval_s=0.1)
    line, _, sink = make(quick, slow)
    assert [one.connected for one in line.health().devices] == [None, None]
    async with running(line):
        await sink.until(lambda: log.count("slow") >= 3)
    assert log.count("quick") > log.count("slow")
    assert {one.device for one in line.health().devices} == {"quick", "slow"}


async def test_an_overrun_skips_and_never_overlaps() -> None:
    log: list[str] = []
    poller = FakePoller("d", log, interval_s=0.004)
    poller.takes_s = 0.02
    line, _, sink = make(poller)
    async with running(line):
        await sink.heard("d", 4)
    counters = line.health().counters
    assert counters["skipped"] >= 4
    assert line.health().lateness_ms >= 0


async def test_a_failing_device_is_asked_less_often_and_told_each_time() -> None:
    log: list[str] = []
    good, bad = FakePoller("good", log), FakePoller("bad", log)
    bad.failure = Reason.GARBLED
    line, _, sink = make(good, bad)
    async with running(line):
        await sink.until(lambda: log.count("bad") >= 4)
        health = {one.device: one for one in line.health().devices}
        assert health["bad"].reason == "garbled"
        assert len(sink.of("bad")) >= log.count("bad") - 1
        good_polls = log.count("good")
        bad.failure = None
        await sink.until(lambda: sink.latest("bad")["x"] == (1, None))
    assert good_polls > 4
    health = {one.device: one for one in line.health().devices}
    assert (health["bad"].failures, health["bad"].reason) == (0, None)


async def test_a_link_that_breaks_in_a_poll_is_opened_again_at_once() -> None:
    log: list[str] = []
    poller = FakePoller("d", log)
    poller.breaks = 1
    line, link, sink = make(poller)
    async with running(line):
        await sink.heard("d")
    assert link.opened >= 2
    assert sink.of("d")[0].values == {"x": 1}


async def test_a_link_that_cannot_be_opened_makes_all_unknown() -> None:
    log: list[str] = []
    link = FakeLink()
    link.refuses = True
    line, _, sink = make(FakePoller("a", log), FakePoller("b", log), link=link)
    async with running(line):
        await sink.until(lambda: bool(sink.of("a") and sink.of("b")))
        await sink.heard("a")
        assert {s.reasons["x"] for s in sink.samples} == {"no_answer"}
        assert log == [], "nobody was asked"
        assert link.opened < len(sink.samples), "and connects are rationed, too"
        link.refuses = False
        await sink.until(lambda: sink.latest("a")["x"] == (1, None))
        await sink.until(lambda: sink.latest("b")["x"] == (1, None))


async def test_safety_is_asked_before_routine() -> None:
    log: list[str] = []
    first = FakePoller("first", log, interval_s=30.0)
    first.takes_s = 0.05
    pollers = [FakePoller(f"r{n}", log, interval_s=30.0) for n in range(20)]
    urgent = FakePoller("panel", log, interval_s=30.0, urgent=True)
    line, _, sink = make(first, *pollers, urgent)
    # All fall due in the first second; the first one holds the line while they do.
    first.takes_s = 1.05
    async with running(line):
        await sink.until(lambda: "first" in log)
        place = log.index("first")
        await sink.until(lambda: len(log) >= place + 2)
    assert "panel" in log[: place + 2], "the panel overtakes every routine device that waits"


class Slow(Collecting):
    """A sink that holds what it is given until it is let go, or fails."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()
        self.fails = 0
        self.batches: list[list[Sample]] = []

    async def append(self, samples: Sequence[Sample]) -> int:
        self.batches.append(list(samples))
        await self.open.wait()
        if self.fails:
            self.fails -= 1
            raise CollectorsError("disk full")
        return await super().append(samples)


async def test_safety_samples_overtake_in_the_outbox() -> None:
    sink, log = Slow(), list[str]()
    line, _, _ = make(FakePoller("r", log), FakePoller("panel", log, urgent=True), sink=sink)
    async with running(line):
        await sink.until(lambda: log.count("r") >= 3 and log.count("panel") >= 3)
        sink.open.set()
        await sink.until(lambda: len(sink.batches) >= 2)
    lanes = [sample.lane for sample in sink.batches[1]]
    assert lanes == sorted(lanes, key=lambda lane: lane is Lane.ROUTINE)
    assert set(lanes) == {Lane.SAFETY, Lane.ROUTINE}


async def test_a_slow_journal_stops_the_polling_not_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(line_module, "OUTBOX_LIMIT", 5)
    sink, log = Slow(), list[str]()
    line, _, _ = make(FakePoller("r", log, interval_s=0.001), sink=sink)
    async with running(line):
        await sink.until(lambda: line.health().counters["waiting"] >= 5)
        await asyncio.sleep(0.03)
        assert line.health().counters["waiting"] <= 6
        asked = len(log)
        sink.open.set()
        await sink.until(lambda: len(log) > asked + 5)
    assert line.health().counters["skipped"] > 0


async def test_what_the_journal_did_not_take_is_given_again() -> None:
    sink, log = Slow(), list[str]()
    sink.open.set()
    sink.fails = 1
    line, _, _ = make(FakePoller("r", log), sink=sink)
    with pytest.raises(CollectorsError, match="disk full"):
        await line.run()
    lost = sink.batches[0]
    async with running(line):
        await sink.until(lambda: bool(sink.samples))
    assert sink.samples[: len(lost)] == lost


async def test_a_line_without_devices_ends_with_its_cancellation() -> None:
    line, _, _ = make()
    async with running(line):
        await asyncio.sleep(0)
    assert line.health().devices == ()


@given(
    st.integers(1, 500),
    st.floats(0.001, 3600.0),
    st.floats(0.1, 60.0),
    st.floats(0.0, 1.0),
)
def test_back_off_is_bounded(failures: int, interval_s: float, cap_s: float, jitter: float) -> None:
    wait = back_off(failures, interval_s, cap_s, jitter)
    assert interval_s <= wait <= max(interval_s, cap_s)


def test_back_off_grows_to_its_cap() -> None:
    waits = [back_off(n, 1.0, BACK_OFF_CAP_S, 0.0) for n in range(1, 9)]
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]


@given(st.floats(0, 1e6), st.floats(0.01, 1e4), st.floats(0, 1e5))
def test_the_next_beat_is_in_the_future_and_on_the_grid(
    due: float, interval_s: float, late: float
) -> None:
    following, missed = next_due(due, interval_s, due + late)
    assert following > due + late - interval_s * 1e-6
    assert following <= due + late + interval_s * (1 + 1e-6)
    assert missed == pytest.approx((following - due) / interval_s - 1, abs=1e-3)


def test_the_head_start_is_not_for_ever() -> None:
    """A routine device that has waited longer than the head start comes before a safety one."""
    log: list[str] = []
    line, _, _ = make(FakePoller("r", log), FakePoller("panel", log, urgent=True))
    turns = {
        p.device: line_module._Turn(p)
        for p in (FakePoller("r", log), FakePoller("panel", log, urgent=True))
    }
    line._turns = list(turns.values())
    turns["r"].due, turns["panel"].due = 10.0, 10.0 + HEAD_START_S - 1
    assert line._next(100.0) is turns["panel"]
    turns["panel"].due = 10.0 + HEAD_START_S + 1
    assert line._next(100.0) is turns["r"]


def test_counters_of_link_and_line_are_told_together() -> None:
    line, link, _ = make()
    link.opened = 3
    assert Counter(line.health().counters)["requests"] == 3
