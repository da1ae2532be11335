"""Shelves and windows through the whole engine: what is told, when, and that it is told once."""

from collections.abc import Iterator

import pytest

from alerts.alarm import Alarm
from alerts.errors import NotAllowedError
from alerts.maintenance import Scope
from alerts.maintenance_rows import WantedWindow
from alerts.routes import Route, Routes
from tests.alerts.desk import START, Desk
from tests.alerts.estates import default_devices, make_estate

HOUR = 3_600_000
EVERYTHING = Routes(
    (Route.model_validate({"notify": [{"webhook": {"url": "http://127.0.0.1:9/x"}}]}),)
)
NAMES = {"leak-1", "smoke-1", "pv-1"}


def ms(at_s: float) -> int:
    return START + round(at_s * 1000)


@pytest.fixture
def desk() -> Iterator[Desk]:
    estate = make_estate([one for one in default_devices() if one.id in NAMES])
    made = Desk(estate, routes=EVERYTHING)
    yield made
    made.close()


def leaking(desk: Desk, at_s: float = 1) -> Alarm:
    desk.say("leak-1", at_s, {"water_leak": True})
    found = desk.alarm("water_leak", "leak-1")
    assert found is not None
    return found


def told(desk: Desk, rule: str = "water_leak") -> list[str]:
    return [transition for one, _, transition in desk.outbox() if one == rule]


def window(
    classes: tuple[str, ...] = (), *, start_s: float = 0, end_s: float = 100
) -> WantedWindow:
    scope = Scope(site="centre", classes=classes)
    return WantedWindow("wang", "pump is replaced", scope, ms(start_s), ms(end_s))


def test_a_shelved_alarm_is_judged_and_shown_and_nobody_is_told(desk: Desk) -> None:
    alarm = leaking(desk)
    shelved = desk.repository.holds.shelve(
        alarm.id, "li", "the plumber is on the way", ms(2), duration_ms=HOUR
    )
    assert shelved.held == ("shelved",)
    assert shelved.shelf is not None
    assert shelved.shelf.until == ms(2) + HOUR
    desk.say("leak-1", 3, {"water_leak": False})
    desk.tick(70)
    assert desk.events("water_leak", "leak-1") == ["raised", "shelved", "returned"]
    assert told(desk) == ["raised"]
    event = desk.repository.events(alarm.id)[1]
    assert (event.actor, event.note) == ("li", "the plumber is on the way")


def test_what_is_still_active_when_the_shelf_ends_is_told_once_as_new(desk: Desk) -> None:
    alarm = leaking(desk)
    desk.ack("water_leak", "leak-1", 1)
    desk.repository.holds.shelve(alarm.id, "li", "known", ms(2), duration_ms=10_000)
    desk.tick(11)
    assert told(desk) == ["raised"]
    for at in (12.5, 13, 14):
        desk.tick(at)
        desk.start()
    assert told(desk) == ["raised", "released"]
    released = desk.repository.get(alarm.id)
    assert (released.held, released.acked, released.acked_by) == ((), False, None)


def test_a_person_ends_a_shelf(desk: Desk) -> None:
    alarm = leaking(desk)
    holds = desk.repository.holds
    holds.shelve(alarm.id, "li", "known", ms(2))
    assert holds.unshelve(alarm.id, "wang", "back early", ms(3)).held == ()
    assert told(desk) == ["raised", "released"]
    with pytest.raises(NotAllowedError, match="not_shelved"):
        holds.unshelve(alarm.id, "wang", None, ms(4))
    desk.tick(4 + 8 * 3600)
    assert told(desk) == ["raised", "released"]


def test_a_timed_shelf_holds_the_next_alarm_too_and_one_shot_does_not(desk: Desk) -> None:
    for once, expected in ((False, ["raised", "shelved"]), (True, ["raised"])):
        alarm = leaking(desk, 1 if not once else 1000)
        desk.repository.holds.shelve(alarm.id, "li", "known", ms(desk.now_s), once=once)
        desk.say("leak-1", desk.now_s + 1, {"water_leak": False})
        desk.tick(desk.now_s + 70)
        desk.ack("water_leak", "leak-1", desk.now_s)
        again = leaking(desk, desk.now_s + 1)
        assert again.id != alarm.id
        events = [event.event for event in desk.repository.events(again.id)]
        assert events == expected
        assert again.held == (() if once else ("shelved",))
        if not once:
            desk.repository.holds.unshelve(again.id, "li", None, ms(desk.now_s))
            desk.say("leak-1", desk.now_s + 1, {"water_leak": False})
            desk.tick(desk.now_s + 70)
            desk.ack("water_leak", "leak-1", desk.now_s)


def test_shelving_anew_is_one_shelf_with_the_new_end(desk: Desk) -> None:
    alarm = leaking(desk)
    holds = desk.repository.holds
    holds.shelve(alarm.id, "li", "known", ms(2), duration_ms=5000)
    holds.shelve(alarm.id, "wang", "longer", ms(3), duration_ms=60_000)
    desk.tick(20)
    assert desk.repository.get(alarm.id).held == ("shelved",)
    desk.tick(64)
    assert told(desk) == ["raised", "released"]


def test_life_safety_is_never_shelved(desk: Desk) -> None:
    desk.say("smoke-1", 1, {"smoke": True})
    fire = desk.alarm("smoke_detector_fire", "smoke-1")
    assert fire is not None
    with pytest.raises(NotAllowedError, match="shelve_never"):
        desk.repository.holds.shelve(fire.id, "li", "why not", ms(2))
    assert desk.repository.get(fire.id).held == ()


def test_a_window_holds_what_is_raised_inside_and_reminds_at_its_end(desk: Desk) -> None:
    desk.repository.holds.plan(
        WantedWindow("wang", "pump is replaced", Scope(devices=("leak-1",)), ms(0), ms(100)),
        "person:wang", ms(0),
    )  # fmt: skip
    alarm = leaking(desk)
    assert alarm.held == ("out_of_service",)
    assert desk.events("water_leak", "leak-1") == ["raised", "out_of_service"]
    assert told(desk) == []
    for at in (99, 101, 102):
        desk.tick(at)
        desk.start()
    assert told(desk) == ["released"]
    assert desk.events("water_leak", "leak-1")[2:] == ["in_service", "released"]


def test_a_window_that_begins_later_holds_what_is_open_then(desk: Desk) -> None:
    wanted = WantedWindow("wang", "pump", Scope(devices=("leak-1",)), ms(200), ms(300))
    made = desk.repository.holds.plan(wanted, "person:wang", ms(0))
    alarm = leaking(desk)
    desk.tick(150)
    assert desk.repository.get(alarm.id).held == ()
    desk.tick(201)
    assert desk.repository.get(alarm.id).held == ("out_of_service",)
    desk.repository.holds.end_window(made.id, "person:li", ms(210))
    assert desk.repository.get(alarm.id).held == ()
    desk.tick(301)
    assert told(desk) == ["raised", "released"]


def test_fire_is_out_of_service_only_by_two_persons_and_by_name(desk: Desk) -> None:
    holds = desk.repository.holds
    holds.plan(window(), "person:wang", ms(0))
    named = holds.plan(window(("fire",)), "person:wang", ms(0))
    desk.say("smoke-1", 1, {"smoke": True})
    fire = desk.alarm("smoke_detector_fire", "smoke-1")
    assert fire is not None
    assert fire.held == ()
    for same in ("person:wang", "wang"):
        with pytest.raises(NotAllowedError, match="second_person"):
            holds.confirm(named.id, same, ms(2))
    holds.confirm(named.id, "person:li", ms(2))
    assert desk.repository.get(fire.id).held == ("out_of_service",)
    with pytest.raises(NotAllowedError, match="confirmed_already"):
        holds.confirm(named.id, "person:zhao", ms(3))
    desk.tick(101)
    assert told(desk, "smoke_detector_fire") == ["raised", "released"]


def test_two_holds_hide_until_both_are_gone(desk: Desk) -> None:
    alarm = leaking(desk)
    holds = desk.repository.holds
    holds.shelve(alarm.id, "li", "known", ms(2), duration_ms=10_000)
    wanted = WantedWindow("wang", "pump", Scope(devices=("leak-1",)), ms(2), ms(100))
    holds.plan(wanted, "person:wang", ms(2))
    assert desk.repository.get(alarm.id).held == ("out_of_service", "shelved")
    desk.tick(13)
    assert told(desk) == ["raised"]
    desk.tick(101)
    assert told(desk) == ["raised", "released"]
