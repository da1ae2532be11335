"""Drills mark and never hide: by pure decisions, and through the whole engine."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.drill_rows import WantedDrill
from alerts.drills import Announced, Drill, Reported, check_drill, is_test
from alerts.errors import NotAllowedError
from alerts.routes import Route, Routes
from tests.alerts.desk import START, Desk
from tests.alerts.estates import default_devices, make_estate

ESTATE = make_estate(
    [one for one in default_devices() if one.id in {"panel-1", "lift-1", "smoke-1"}]
)
TARGET = {"notify": [{"webhook": {"url": "http://127.0.0.1:9/x"}}]}
EVERYBODY = Routes((Route.model_validate(TARGET),))


def ms(at_s: float) -> int:
    return START + round(at_s * 1000)


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk(ESTATE, routes=EVERYBODY)
    yield made
    made.close()


def announce(
    desk: Desk, alarm_class: str, devices: tuple[str, ...] = (), site: str | None = None,
    *, start_s: float = 0, end_s: float = 600,
) -> Drill:  # fmt: skip
    wanted = WantedDrill("wang", "yearly drill", alarm_class, site, devices, ms(start_s), ms(end_s))
    return desk.repository.holds.announce(wanted, "person:wang", ms(desk.now_s))


def trapped(desk: Desk, at_s: float) -> None:
    desk.say("lift-1", at_s, {"entrapment": True})


def test_a_lift_that_cannot_tell_is_marked_by_its_drill_and_real_when_that_ends(
    desk: Desk,
) -> None:
    announce(desk, "entrapment", ("lift-1",))
    trapped(desk, 1)
    alarm = desk.alarm("elevator_entrapment", "lift-1")
    assert alarm is not None
    assert (alarm.test, alarm.active, alarm.latched) == (True, True, False)
    assert desk.outbox() == []
    desk.say("lift-1", 590, {"entrapment": True})
    desk.tick(601)
    assert desk.events("elevator_entrapment", "lift-1") == ["raised", "became_real"]
    assert [one for one in desk.outbox() if one[1] == "lift-1"] == [
        ("elevator_entrapment", "lift-1", "became_real")
    ]
    assert desk.repository.get(alarm.id).latched


def test_nobody_can_announce_a_drill_of_what_has_happened(desk: Desk) -> None:
    trapped(desk, 1)
    wanted = WantedDrill("wang", "exercise", "entrapment", None, ("lift-1",), ms(-3000), ms(600))
    drill = desk.repository.holds.announce(wanted, "person:li", ms(30))
    assert drill.starts_at == ms(30)
    desk.say("lift-1", 31, {"entrapment": True})
    alarm = desk.alarm("elevator_entrapment", "lift-1")
    assert alarm is not None
    assert not alarm.test, "a real alarm never becomes a test"


def test_a_drill_that_is_ended_early_marks_nothing_more(desk: Desk) -> None:
    drill = announce(desk, "entrapment", site="centre")
    trapped(desk, 1)
    desk.repository.holds.end_drill(drill.id, "person:li", ms(5))
    desk.tick(6)
    assert desk.events("elevator_entrapment", "lift-1") == ["raised", "became_real"]
    with pytest.raises(NotAllowedError, match="window_over"):
        desk.repository.holds.end_drill(drill.id, "person:li", ms(7))
    assert len(desk.repository.holds.drills_held(ms(0), ms(10))) == 1


def test_a_drill_that_ends_while_nobody_judges_leaves_nothing_marked(desk: Desk) -> None:
    announce(desk, "entrapment", ("lift-1",))
    trapped(desk, 1)
    for later in (700, 4 * 3600):
        desk.now_s = later
        desk.start()
        desk.commit()
    assert desk.events("elevator_entrapment", "lift-1")[:2] == ["raised", "became_real"]


def test_a_drill_taken_back_before_it_begins_was_not_held(desk: Desk) -> None:
    drill = announce(desk, "entrapment", ("lift-1",), start_s=100)
    desk.repository.holds.end_drill(drill.id, "person:li", ms(5))
    assert desk.repository.holds.drills_held(ms(0), ms(1000)) == ()


@pytest.mark.parametrize(
    ("alarm_class", "devices"), [("fire", ("lift-1",)), ("entrapment", ("smoke-1",))]
)
def test_another_class_and_another_device_are_real(
    desk: Desk, alarm_class: str, devices: tuple[str, ...]
) -> None:
    announce(desk, alarm_class, devices)
    trapped(desk, 1)
    assert desk.outbox() == [("elevator_entrapment", "lift-1", "raised")]


def test_a_detector_that_can_tell_and_does_not_is_real_in_the_middle_of_a_drill(
    desk: Desk,
) -> None:
    announce(desk, "fire", site="centre")
    desk.say("smoke-1", 1, {"smoke": True, "test": False})
    desk.say("panel-1/p001", 2, {"smoke": True})
    told = [(device, step) for rule, device, step in desk.outbox() if rule != "confirmed_fire"]
    assert told == [
        ("smoke-1", "raised"), ("panel-1/p001", "raised"),
    ]  # fmt: skip


def test_the_test_bit_of_a_panel_marks_only_what_the_drill_names(desk: Desk) -> None:
    announce(desk, "fire", ("panel-1/p001",))
    desk.say("panel-1", 1, {"test": True})
    desk.say("panel-1/p001", 2, {"smoke": True})
    desk.say("panel-1/p002", 3, {"smoke": True})
    assert [(device, step) for _, device, step in desk.outbox()] == [("panel-1/p002", "raised")]


def test_a_test_that_nobody_announced_is_an_alarm(desk: Desk) -> None:
    announce(desk, "fire", ("panel-1",), end_s=300)
    desk.say("panel-1", 1, {"test": True})
    desk.tick(100)
    assert ("fire_test_unannounced", "panel-1") not in desk.open()
    desk.tick(301)
    desk.say("panel-1", 302, {"test": True})
    desk.tick(365)
    assert ("fire_test_unannounced", "panel-1") in desk.open()
    announce(desk, "fire", ("panel-1",), start_s=366, end_s=900)
    desk.tick(367)
    desk.say("panel-1", 368, {"test": True})
    desk.tick(400)
    events = desk.events("fire_test_unannounced", "panel-1")
    assert [one for one in events if not one.startswith("quality")] == ["raised", "returned"]


def test_what_is_refused() -> None:
    for site, devices, reason, start, end, key in (
        (None, (), "why", 0, 10, "scope_missing"),
        ("hall", (), " ", 0, 10, "reason_missing"),
        ("hall", (), "why", 0, 0, "window_too_short"),
        ("hall", (), "why", 0, 2 * 3_600_000 + 1, "drill_too_long"),
    ):
        with pytest.raises(NotAllowedError, match=key):
            check_drill(site, devices, reason, start, end, 0)


def drill(number: int, name: str, alarm_class: str, start: int, length: int) -> Drill:
    site, devices = (name, ()) if name in {"hall", "room-2"} else (None, (name,))
    return Drill(number, "wang", "why", alarm_class, site, devices, start, start + length, "li", 0)


SCOPES = ("hall", "room-2", "panel-1", "panel-1/p001", "lift-1")
made = st.builds(
    drill, st.integers(1, 9), st.sampled_from(SCOPES), st.sampled_from(["fire", "entrapment"]),
    st.integers(0, 50), st.integers(1, 50),
)  # fmt: skip
reports = st.builds(
    Reported,
    device=st.sampled_from(["panel-1", "panel-1/p001", "panel-1/p002", "lift-1"]),
    sites=st.sampled_from([frozenset({"hall", "centre"}), frozenset({"room-2", "centre"})]),
    alarm_class=st.sampled_from(["fire", "gas", "entrapment"]),
    flagged=st.booleans(), can_tell=st.booleans(),
    at=st.integers(0, 100), received_at=st.integers(0, 100),
)  # fmt: skip


@given(st.lists(made, max_size=4), reports)
def test_a_drill_never_hides_what_is_none(drills: list[Drill], reported: Reported) -> None:
    announced = Announced(ESTATE, drills)
    if announced.is_test(reported) and not reported.flagged:
        assert not reported.can_tell
        assert any(
            one.alarm_class == reported.alarm_class
            and one.names(reported.device, reported.sites)
            and one.runs(reported.at)
            and one.runs(reported.received_at)
            for one in drills
        )


@given(st.lists(made, max_size=4), reports)
def test_an_announcement_only_narrows_what_a_test_bit_marks(
    drills: list[Drill], reported: Reported
) -> None:
    if reported.can_tell and Announced(ESTATE, drills).is_test(reported):
        assert is_test((), (), reported)
