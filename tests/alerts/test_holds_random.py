"""covers: holds, drills and digests in any order, with crashes: all is told, and told once."""

import os
from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from alerts import tables
from alerts.alarm import Hold
from alerts.drill_rows import WantedDrill
from alerts.engine import begin_of
from alerts.errors import AlertsError
from alerts.hold_tables import digest_rows
from alerts.holds import protects_life
from alerts.maintenance import Scope
from alerts.maintenance_rows import WantedWindow
from alerts.routes import Route, Routes
from collectors.sample import Sample
from tests.alerts.desk import START, Desk, sample
from tests.alerts.estates import device, make_estate

EXAMPLES = 300 if os.environ.get("SITEWATCH_FULL") else 15
ESTATE = make_estate(
    [
        device("smoke-1", "smoke_detector", protocol="mqtt", interval_s=36000),
        device("lift-1", "elevator", protocol="mqtt", interval_s=36000),
        device("leak-1", "environment_sensor", protocol="mqtt", interval_s=36000),
        device("leak-2", "environment_sensor", protocol="mqtt", interval_s=36000),
        device("gate-1", "access_gate", protocol="mqtt", interval_s=36000),
    ]
)
EVERYBODY = Routes(
    (
        Route.model_validate(
            {"notify": [{"webhook": {"url": "http://127.0.0.1:9/x"}}], "duty_desk": True}
        ),
    )
)
TOLD = {"raised", "reraised", "became_real", "returned", "latched", "cleared", "released"}
BEGINS = {begin_of(one).value for one in Hold}
ENDS = {"unshelved", "uninhibited", "in_service"}

said = st.one_of(
    st.tuples(st.just("smoke-1"), st.fixed_dictionaries({"smoke": st.booleans()})),
    st.tuples(st.just("smoke-1"), st.fixed_dictionaries({"test": st.booleans()})),
    st.tuples(st.just("lift-1"), st.fixed_dictionaries({"entrapment": st.booleans()})),
    st.tuples(st.just("gate-1"), st.fixed_dictionaries({"forced_open": st.booleans()})),
    st.tuples(
        st.sampled_from(["leak-1", "leak-2"]),
        st.fixed_dictionaries({"water_leak": st.booleans()}),
    ),
)
deeds = st.one_of(
    st.tuples(st.just("say"), said),
    st.tuples(st.just("say"), said),
    st.tuples(st.sampled_from(["shelve", "shelve_once", "unshelve", "ack"]), st.integers(0, 5)),
    st.tuples(st.just("window"), st.sampled_from(["smoke-1", "lift-1", "leak-1", "gate-1"])),
    st.tuples(st.just("drill"), st.sampled_from(["smoke-1", "lift-1", "leak-1"])),
    st.tuples(st.just("tick"), st.just(0)),
)
stories = st.lists(
    st.tuples(st.sampled_from([1, 5, 20, 61, 400]), deeds, st.booleans()), min_size=1, max_size=30
)
Story = Sequence[tuple[int, tuple[str, object], bool]]


def person(desk: Desk, deed: str, what: object, at_s: int) -> None:
    """What people do; a refusal is an answer as well."""
    now, holds = START + at_s * 1000 + 500, desk.repository.holds
    if deed == "window":
        wanted = WantedWindow("wang", "work", Scope(devices=(str(what),)), now, now + 120_000)
        holds.plan(wanted, "person:wang", now)
        return
    if deed == "drill":
        named = "entrapment" if what == "lift-1" else "fire"
        drill = WantedDrill("wang", "drill", named, None, (str(what),), now, now + 90_000)
        holds.announce(drill, "person:wang", now)
        return
    opened = sorted(desk.repository.open_alarms(), key=lambda one: one.id)
    if not opened or not isinstance(what, int):
        return
    alarm = opened[what % len(opened)]
    try:
        if deed == "ack":
            desk.repository.acknowledge(alarm.id, "li", None, now)
        elif deed == "unshelve":
            holds.unshelve(alarm.id, "li", None, now)
        else:
            once = deed == "shelve_once"
            holds.shelve(alarm.id, "li", "known", now, duration_ms=100_000, once=once)
    except AlertsError:
        return


def play(desk: Desk, story: Story, *, crashes: bool) -> None:
    at, seq = 0, 0
    for passed, (deed, what), crash in story:
        at += passed
        desk.tick(at)
        if deed == "say":
            seq += 1
            assert isinstance(what, tuple)
            one: Sample = sample(what[0], what[1], at, seq=seq)
            desk.look()
            desk.feed(one)
            if crash and crashes:
                desk.start()
                desk.feed(one)
            desk.commit()
        elif deed != "tick":
            person(desk, deed, what, at)
            # The judge looks once a second at what people have announced.
            desk.tick(at + 0.5)
        if crash and crashes:
            desk.start()
        check(desk)
    for _ in range(3):
        at += 4000
        desk.tick(at)
        check(desk)


def check(desk: Desk) -> None:
    """What must hold at any moment."""
    expected = 0
    for alarm in desk.repository.page("all", limit=1000).items:
        if protects_life(alarm):
            assert alarm.held == (), alarm
        held: set[str] = set()
        events = desk.repository.events(alarm.id)
        for event, after in zip(events, [*events[1:], None], strict=True):
            if event.event in BEGINS:
                held.add(event.event)
            elif event.event in ENDS:
                held.discard({"unshelved": "shelved", "in_service": "out_of_service"}[event.event])
            born = after is not None and after.event in BEGINS and after.at == event.at
            hidden = bool(held) or (event.event == "raised" and born)
            if event.event in TOLD and not hidden:
                expected += 1
    assert messages(desk) == expected


def messages(desk: Desk) -> int:
    """How many messages there are, those that wait in digests or are one of them included."""
    with desk.engine.begin() as connection:
        payloads = connection.execute(sa.select(tables.outbox.c.payload)).scalars().all()
        waiting = connection.execute(sa.select(sa.func.count(digest_rows.c.id))).scalar_one()
    sent = (payload.get("digest", {"messages": 1})["messages"] for payload in payloads)
    return int(waiting) + sum(int(one) for one in sent)


@pytest.mark.timeout(900)
# Without shrinking: an example takes tens of milliseconds, and shrinking would take minutes.
@settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(stories)
def test_any_story_tells_everything_once_with_and_without_crashes(story: Story) -> None:
    straight, crashed = Desk(ESTATE, routes=EVERYBODY), Desk(ESTATE, routes=EVERYBODY)
    try:
        play(straight, story, crashes=False)
        play(crashed, story, crashes=True)
        assert crashed.open() == straight.open()
        assert sorted(crashed.outbox()) == sorted(straight.outbox())
        for rule, name in {(rule, name) for rule, name, _ in straight.outbox()}:
            assert crashed.events(rule, name) == straight.events(rule, name)
    finally:
        straight.close()
        crashed.close()
