"""Conditions over time through evaluator and ledger: a crash neither forgets nor counts twice."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.rules import load_rules
from collectors.sample import Lane, Sample
from tests.alerts.desk import START, Desk, memory_engine, sample
from tests.alerts.estates import device, make_estate

ESTATE = make_estate([device("lift-1", "elevator", protocol="mqtt", interval_s=86_400),
                      device("water-1", "water_pressure", interval_s=86_400)])  # fmt: skip
RULES = load_rules()
WATCHED = ("elevator_door_faults", "fire_water_pressure_falling", "samples_dropped")

steps = st.lists(
    st.tuples(
        st.one_of(st.integers(-40, 90), st.integers(0, 900)),
        st.one_of(
            st.builds(lambda v: ("lift-1", {"fault_code": v}), st.sampled_from([0, 2, 3, None])),
            st.builds(lambda v: ("water-1", {"pressure": v}),
                      st.sampled_from([600.0, 590.0, 300.0, 120.0])),
            st.builds(lambda v: ("sitewatch", {"dropped_total": v}), st.integers(0, 3)),
        ),
        st.sampled_from(["go on", "commit", "crash"]),
    ),
    max_size=40,
)  # fmt: skip


def samples(story: Sequence[tuple[int, tuple[str, dict[str, float | None]], str]]) -> list[Sample]:
    at = 1000
    found = []
    for number, (gap, (name, values), _) in enumerate(story, 1):
        at = max(0, at + gap)
        lane = Lane.ROUTINE if name == "sitewatch" else Lane.SAFETY
        found.append(sample(name, values, at, seq=number, lane=lane))
    return found


def told(desk: Desk) -> dict[str, list[str]]:
    names = ("lift-1", "water-1", "sitewatch")
    return {f"{r} {d}": desk.events(r, d) for r in WATCHED for d in names}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_crashes_change_nothing(
    story: list[tuple[int, tuple[str, dict[str, float | None]], str]],
) -> None:
    every = samples(story)
    straight = Desk(ESTATE, RULES, engine=memory_engine())
    straight.feed(*every)
    straight.commit()
    crashing = Desk(ESTATE, RULES, engine=memory_engine())
    for number, (_, _, then) in enumerate(story, 1):
        if then == "crash":
            crashing.start()
        crashing.feed(*every[:number])
        if then == "commit":
            crashing.commit()
    crashing.feed(*every)
    crashing.commit()
    assert told(crashing) == told(straight)
    straight.close()
    crashing.close()


def test_a_window_of_another_length_begins_anew(tmp_path: Path) -> None:
    desk = Desk(ESTATE, RULES)
    desk.say("water-1", 0, {"pressure": 600.0})
    desk.say("water-1", 50, {"pressure": 600.0})
    (tmp_path / "rules").mkdir()
    own = "- {rule: fire_water_pressure_falling, rate: {below: -200, per: 1min, within: 40s}}"
    (tmp_path / "rules" / "own.yaml").write_text(own, encoding="utf-8")
    desk.rules = load_rules(tmp_path)
    desk.start()
    desk.say("water-1", 61, {"pressure": 100.0})
    assert not desk.open()
    desk.say("water-1", 95, {"pressure": 100.0})
    desk.say("water-1", 101, {"pressure": 10.0})
    assert not desk.open()
    desk.rules = RULES
    desk.start()
    desk.close()


@pytest.mark.parametrize("reasons", [{"pressure": "out_of_range"}, {"pressure": "too_fast"}])
def test_a_suspect_reading_is_not_remembered(reasons: dict[str, str]) -> None:
    desk = Desk(ESTATE, RULES)
    desk.say("water-1", 0, {"pressure": 600.0})
    desk.say("water-1", 60, {"pressure": 100.0}, reasons=reasons)
    assert ("fire_water_pressure_falling", "water-1") not in desk.open()
    desk.say("water-1", 61, {"pressure": 100.0})
    assert ("fire_water_pressure_falling", "water-1") in desk.open()
    desk.close()


@pytest.mark.parametrize("restart", [False, True])
def test_a_clock_that_is_set_back_does_not_make_what_follows_late(restart: bool) -> None:
    desk = Desk(ESTATE, RULES, engine=memory_engine())
    try:
        desk.say("sitewatch", 5000, {"dropped_total": 0})
        desk.commit()
        back = START + 1_400_000
        if restart:
            desk.ledger.set_back(back)
            desk.now_s = 1400
            desk.start()
        else:
            desk.evaluator.clock_set(-3_600_000, back)
        desk.say("sitewatch", 1410, {"dropped_total": 9})
        alarm = desk.alarm("samples_dropped", "sitewatch")
        assert alarm is not None
        assert alarm.active
    finally:
        desk.close()
