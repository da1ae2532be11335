"""The rescue of people who are trapped, from the sample to the late alarm and the evidence."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from alerts import evidence
from alerts.alarm import Alarm
from alerts.errors import AlarmNotFoundError, NotAllowedError
from alerts.kpi import figures
from alerts.lives import lives
from alerts.rescue import RescueStep
from alerts.rescue_rows import RescueWatch
from alerts.routes import Routes
from tests.alerts.desk import RULES, START, Desk

LATE_S = 30 * 60 + 1


class Scene:
    """A desk with the watch of rescues."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.noted: list[str] = []
        self.set_s = 0
        """By how much the clock of the machine was set."""
        self.restart()

    def restart(self) -> None:
        self.watch = RescueWatch(
            self.desk.engine, now_ms=self.desk.now_ms, rules=lambda: RULES, routes=Routes,
            steady_ms=lambda: self.desk.now_ms() - self.set_s * 1000,
        )  # fmt: skip

    def at(self, seconds: float) -> list[str]:
        """What is told `seconds` after the beginning, whatever the clock shows."""
        self.desk.now_s = seconds + self.set_s
        return [f"{one.alarm.rule} {one.transition.value}" for one in self.watch.look()]

    def say(self, step: str, seconds: float, rule: str = "elevator_entrapment") -> Alarm:
        found = self.desk.alarm(rule, "lift-1")
        assert found is not None

        def also(_: sa.Connection, alarm: Alarm) -> None:
            self.noted.append(f"{step} {alarm.rule}")

        return self.desk.repository.rescue(
            found.id, RescueStep(step), "li", "with the key", START + round(seconds * 1000), also
        )


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene()
    made.desk.say("lift-1", 0, {"entrapment": True})
    yield made
    made.desk.close()


def test_an_entrapment_has_its_clock_and_nothing_else_has(scene: Scene) -> None:
    scene.desk.say("smoke-1", 1, {"smoke": True})
    alarm = scene.desk.alarm("elevator_entrapment", "lift-1")
    assert alarm is not None
    assert alarm.rescue is not None
    assert alarm.rescue.due_at - alarm.raised_at == 30 * 60_000
    smoke = scene.desk.alarm("smoke_detector_fire", "smoke-1")
    assert smoke is not None
    assert smoke.rescue is None


def test_nobody_on_site_in_time_is_an_emergency_of_its_own(scene: Scene) -> None:
    scene.say("on_the_way", 60)
    assert scene.at(LATE_S - 1) == []
    assert scene.at(LATE_S) == ["elevator_entrapment rescue_late", "rescue_late raised"]
    late = scene.desk.alarm("rescue_late", "lift-1")
    assert late is not None
    assert (late.severity.value, late.place, late.alarm_class) == ("emergency", "hall", "rescue")
    assert scene.at(LATE_S + 60) == []
    scene.say("on_site", LATE_S + 90)
    assert scene.at(LATE_S + 95) == ["rescue_late latched"]
    alarm = scene.desk.alarm("elevator_entrapment", "lift-1")
    assert alarm is not None
    assert alarm.rescue is not None
    assert alarm.rescue.late


def test_it_is_raised_once_over_restarts(scene: Scene) -> None:
    scene.at(LATE_S)
    for step in range(1, 4):
        scene.restart()
        scene.desk.start()
        assert scene.at(LATE_S + step) == []
    assert scene.desk.events("rescue_late", "lift-1") == ["raised"]


def test_in_time_is_no_alarm(scene: Scene) -> None:
    scene.say("on_site", 1000)
    assert scene.at(LATE_S + 5) == []
    assert scene.desk.alarm("rescue_late", "lift-1") is None


def test_a_signal_that_goes_is_no_rescue(scene: Scene) -> None:
    scene.desk.say("lift-1", 10, {"entrapment": False})
    scene.desk.tick(100)
    assert "rescue_late raised" in scene.at(LATE_S)


def test_a_reset_on_site_ends_the_clock(scene: Scene) -> None:
    scene.at(LATE_S)
    scene.desk.say("lift-1", LATE_S + 1, {"entrapment": False})
    scene.desk.tick(LATE_S + 70)
    scene.desk.ack("elevator_entrapment", "lift-1", LATE_S + 71)
    scene.desk.reset("elevator_entrapment", "lift-1", LATE_S + 72)
    assert scene.at(LATE_S + 75) == ["rescue_late latched"]


def test_two_alarms_of_one_elevator_have_one_rescue(scene: Scene) -> None:
    scene.desk.say("lift-1", 20, {"occupied": True, "alarm_button": True})
    other = scene.desk.alarm("elevator_call_for_help", "lift-1")
    first = scene.desk.alarm("elevator_entrapment", "lift-1")
    assert other is not None
    assert first is not None
    assert other.rescue == first.rescue
    scene.say("on_site", 1000, "elevator_call_for_help")
    assert scene.desk.events("elevator_entrapment", "lift-1") == ["raised", "rescue_on_site"]
    assert scene.noted == ["on_site elevator_call_for_help"]
    assert scene.at(LATE_S) == []


def test_a_second_report_changes_nothing_and_a_wrong_order_is_refused(scene: Scene) -> None:
    first = scene.say("on_site", 100)
    assert scene.say("on_site", 200).rescue == first.rescue
    assert scene.noted == ["on_site elevator_entrapment"]
    with pytest.raises(NotAllowedError):
        scene.say("on_the_way", 300)


def test_only_an_open_alarm_with_a_clock_has_steps(scene: Scene) -> None:
    scene.desk.say("smoke-1", 1, {"smoke": True})
    smoke = scene.desk.alarm("smoke_detector_fire", "smoke-1")
    assert smoke is not None
    for number, error in ((smoke.id, NotAllowedError), (999, AlarmNotFoundError)):
        with pytest.raises(error):
            scene.desk.repository.rescue(
                number, RescueStep.ON_SITE, "li", None, START, lambda *_: None
            )


def test_steps_are_evidence_and_the_time_to_arrive(scene: Scene) -> None:
    scene.say("on_the_way", 60)
    scene.say("on_site", 600)
    scene.say("released", 900)
    assert scene.desk.events("elevator_entrapment", "lift-1") == [
        "raised", "rescue_on_the_way", "rescue_on_site", "rescue_released",
    ]  # fmt: skip
    with scene.desk.engine.begin() as connection:
        assert evidence.verify(connection).whole
        lived = [one.life for one in lives(connection, START, START + 10_000_000)]
    found = figures(lived, START, START + 10_000_000).classes["entrapment"]
    assert found.to_arrive.median == 600


def test_trapped_again_after_the_release_starts_a_new_clock(scene: Scene) -> None:
    scene.say("released", 300)
    scene.desk.say("lift-1", 400, {"entrapment": False})
    scene.desk.tick(500)
    scene.desk.say("lift-1", 600, {"entrapment": True})
    alarm = scene.desk.alarm("elevator_entrapment", "lift-1")
    assert alarm is not None
    assert alarm.rescue is not None
    assert alarm.rescue.since == START + 600_000
    assert alarm.rescue.released_at is None


LATE = ["elevator_entrapment rescue_late", "rescue_late raised"]


@pytest.mark.parametrize("set_s", [-3600, 3600, -600])
def test_the_clock_of_the_machine_gives_nobody_more_time_or_less(scene: Scene, set_s: int) -> None:
    assert scene.at(300) == []
    scene.set_s = set_s
    assert scene.at(305) == []
    assert scene.at(LATE_S - 10) == []
    assert scene.at(LATE_S) == LATE


def test_a_clock_that_was_set_back_while_nobody_watched_gives_no_more_than_the_whole_time(
    scene: Scene,
) -> None:
    assert scene.at(300) == []
    scene.set_s = -7200
    scene.restart()
    assert scene.at(600) == []
    assert scene.at(600 + LATE_S) == LATE


def test_a_restart_after_the_clock_was_set_back_does_not_begin_anew(scene: Scene) -> None:
    assert scene.at(300) == []
    scene.set_s = -3600
    assert scene.at(305) == []
    scene.restart()
    assert scene.at(600) == []
    assert scene.at(LATE_S) == LATE
