"""What happened to alarms, read back from the database. covers: alerts.lives."""

from alerts.alarm import Finding, Transition
from alerts.lives import lives
from records.engine import reading
from tests.alerts.desk import START, Desk


def test_a_life_has_its_steps_its_findings_and_its_place() -> None:
    desk = Desk()
    try:
        desk.say("smoke-1", 1, {"smoke": True})
        desk.ack("smoke_detector_fire", "smoke-1", 5)
        alarm = desk.alarm("smoke_detector_fire", "smoke-1")
        assert alarm is not None
        desk.repository.find(alarm.id, "li", Finding.FALSE_ALARM, "steam", START + 9_000)
        with reading(desk.engine) as connection:
            (found,) = lives(connection, START, START + 60_000)
            assert lives(connection, START, START + 60_000, {"nowhere"}) == []
            assert lives(connection, START - 60_000, START + 1_000) == []
            (still_open,) = lives(connection, START + 10**9, START + 2 * 10**9)
        assert still_open.life == found.life
        assert [step.event for step in found.life.steps] == [
            Transition.RAISED, Transition.ACKNOWLEDGED, Transition.FOUND,
        ]  # fmt: skip
        assert found.life.steps[-1].finding is Finding.FALSE_ALARM
        assert found.place == alarm.place
        assert found.path == tuple(step.id for step in alarm.path)
    finally:
        desk.close()


def test_what_is_closed_before_does_not_count() -> None:
    desk = Desk()
    try:
        desk.say("rcm-1", 1, {"alarm": True})
        desk.say("rcm-1", 2, {"alarm": False})
        desk.tick(100)
        desk.ack("electrical_fire_alarm", "rcm-1", 110)
        with reading(desk.engine) as connection:
            after = lives(connection, START + 111_000, START + 200_000)
            during = lives(connection, START, START + 200_000)
        assert "electrical_fire_alarm" not in {one.life.key[0] for one in after}
        assert "electrical_fire_alarm" in {one.life.key[0] for one in during}
    finally:
        desk.close()
