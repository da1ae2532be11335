"""covers: a crash at any point, and the journal read twice."""

import dataclasses
import os

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from alerts.routes import Route, Routes
from collectors.sample import Lane, Sample
from tests.alerts.desk import Desk, sample
from tests.alerts.estates import default_devices, make_estate

EXAMPLES = 300 if os.environ.get("SITEWATCH_FULL") else 10
NAMES = {"panel-1", "smoke-1", "lift-1", "rcm-1"}
ESTATE = make_estate([one for one in default_devices() if one.id in NAMES])
EVERYTHING = Routes(
    (
        Route.model_validate(
            {
                "notify": [{"webhook": {"url": "http://127.0.0.1:9/x"}}],
                "duty_desk": True,
            }
        ),
    )
)

said = st.one_of(
    st.tuples(
        st.sampled_from(["smoke-1", "panel-1/p001", "panel-1/p002", "panel-1/p900"]),
        st.fixed_dictionaries({"smoke": st.sampled_from([True, False, None])}),
    ),
    st.tuples(st.just("panel-1"), st.fixed_dictionaries({"test": st.booleans()})),
    st.tuples(
        st.just("rcm-1"),
        st.fixed_dictionaries({"residual_current_1": st.sampled_from([100, 280, 320, None])}),
    ),
    st.tuples(
        st.just("lift-1"),
        st.dictionaries(
            st.sampled_from(["occupied", "door_zone", "alarm_button"]), st.booleans(), min_size=1
        ),
    ),
)
stories = st.lists(st.tuples(st.integers(1, 40), said, st.booleans()), min_size=1, max_size=25)


def samples_of(story: list[tuple[int, tuple[str, dict[str, object]], bool]]) -> list[Sample]:
    found, at = [], 0
    for seq, (passed, (device, values), routine) in enumerate(story, start=1):
        at += passed
        lane = Lane.ROUTINE if routine and device == "rcm-1" else Lane.SAFETY
        found.append(sample(device, values, at, seq=seq, lane=lane))  # type: ignore[arg-type]
    return found


def committed(desk: Desk, samples: list[Sample]) -> int:
    """How many samples the restarted judge has already; the bus gives all others again."""
    fresh = (n for n, one in enumerate(samples) if one.seq > desk.cursor.of(one.lane))
    return next(fresh, len(samples))


def outcome(desk: Desk) -> dict[tuple[str, str], list[object]]:
    """What became of each rule and device, in order; between them one stretch has no order."""
    found: dict[tuple[str, str], list[object]] = {}
    for alarm in reversed(desk.repository.page("all", limit=1000).items):
        events = [(e.event, e.at, e.source_at, e.value) for e in desk.repository.events(alarm.id)]
        plain = dataclasses.replace(alarm, id=0, group=0)
        found.setdefault((alarm.rule, alarm.device), []).append((plain, events))
    for rule, device, transition in desk.outbox():
        found[rule, device].append(transition)
    return found


# Without shrinking: an example takes tens of milliseconds, and shrinking would take minutes.
@settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(stories, st.lists(st.integers(0, 25), max_size=4), st.data())
def test_crashes_and_second_deliveries_change_nothing(
    story: list[tuple[int, tuple[str, dict[str, object]], bool]],
    crashes: list[int],
    data: st.DataObject,
) -> None:
    samples = samples_of(story)
    straight, crashed = Desk(ESTATE, routes=EVERYTHING), Desk(ESTATE, routes=EVERYTHING)
    try:
        for one in samples:
            straight.feed(one)
            straight.commit()
        for number, one in enumerate(samples):
            crashed.feed(one)
            if number in crashes:
                # Everything since the last commit is lost; the bus gives all of it again, and
                # some of what was committed as well.
                crashed.start()
                again = data.draw(st.integers(0, committed(crashed, samples)))
                for before in samples[again : number + 1]:
                    crashed.feed(before)
            if data.draw(st.booleans()):
                crashed.commit()
                crashed.start()
        crashed.start()
        crashed.feed(*samples)
        crashed.commit()
        assert outcome(crashed) == outcome(straight)
    finally:
        straight.close()
        crashed.close()


def test_nothing_is_kept_of_a_transaction_that_fails() -> None:
    desk = Desk(ESTATE, routes=EVERYTHING)
    desk.feed(sample("smoke-1", {"smoke": True}, 1, seq=1))
    desk.start()
    assert desk.open() == []
    assert desk.outbox() == []
    desk.feed(sample("smoke-1", {"smoke": True}, 1, seq=1))
    desk.commit()
    assert desk.open() == [("smoke_detector_fire", "smoke-1")]
    assert desk.outbox() == [("smoke_detector_fire", "smoke-1", "raised")]
    desk.close()
