from collectors.pulse import Pulse
from sitewatch.heartbeats import Heartbeats, Stage


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_stage_that_does_not_go_on_is_named() -> None:
    clock = Clock()
    judge, recorder = Pulse(clock), Pulse(clock)
    beats = Heartbeats(
        {"engine": Stage(judge, 30, safety=True), "store": Stage(recorder, 60, safety=False)}, clock
    )
    judge.beat()
    recorder.beat()
    clock.now += 29
    judge.beat()
    clock.now += 30
    assert beats.stalled() == {}
    clock.now += 2
    assert beats.stalled() == {"engine": 32.0, "store": 61.0}
    assert beats.stalled(safety_only=True) == {"engine": 32.0}
    assert beats.reason("engine") == "has not gone on for 32 s"
    judge.beat()
    assert beats.reason("engine") is None
    assert beats.stalled(safety_only=True) == {}


def test_the_first_round_may_take_longer_but_not_for_ever() -> None:
    clock = Clock()
    beats = Heartbeats({"engine": Stage(Pulse(clock), 30, safety=True)}, clock)
    clock.now += 119
    assert beats.stalled() == {}
    clock.now += 2
    assert beats.stalled() == {"engine": 121.0}
