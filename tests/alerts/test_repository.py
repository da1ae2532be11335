from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from alerts.alarm import Severity
from alerts.errors import AlarmNotFoundError, AlertsError, NotAllowedError
from alerts.repository import AlarmRepository
from tests.alerts.desk import START, Desk, memory_engine
from tests.alerts.estates import default_devices, make_estate


@pytest.fixture
def desk() -> Iterator[Desk]:
    names = {"panel-1", "meter-1"}
    desk = Desk(make_estate([one for one in default_devices() if one.id in names]))
    desk.say("panel-1/p001", 1, {"smoke": True})
    desk.say("meter-1", 2, {"fault_battery": True})
    desk.tick(13)
    desk.say("panel-1/p002", 14, {"smoke": True})
    desk.say("panel-1", 15, {"bus_fault": True})
    yield desk
    desk.close()


def test_open_alarms_come_worst_first(desk: Desk) -> None:
    found = [(one.severity.value, one.device) for one in desk.repository.open_alarms()]
    assert found == [
        ("emergency", "panel-1/p002"), ("emergency", "panel-1/p001"),
        ("high", "panel-1"), ("medium", "meter-1"),
    ]  # fmt: skip


def test_pages_are_newest_first_and_follow_each_other(desk: Desk) -> None:
    first = desk.repository.page(limit=3)
    assert [one.device for one in first.items] == ["panel-1", "panel-1/p002", "meter-1"]
    second = desk.repository.page(limit=3, after=first.next)
    assert [one.device for one in second.items] == ["panel-1/p001"]
    assert second.next is None


def test_a_page_is_filtered(desk: Desk) -> None:
    repository = desk.repository

    def devices(**asked: object) -> list[str]:
        return [one.device for one in repository.page(**asked).items]  # type: ignore[arg-type]

    assert devices(sites={"gate"}) == ["meter-1"]
    assert devices(sites=set()) == []
    assert devices(severity=Severity.EMERGENCY) == ["panel-1/p002", "panel-1/p001"]
    assert devices(device="panel-1/p001") == ["panel-1/p001"]
    assert devices(device="panel-1") == ["panel-1", "panel-1/p002", "panel-1/p001"]
    assert devices(device="panel_1") == []
    desk.ack("meter_fault_bit", "meter-1", 16)
    desk.say("meter-1", 17, {"fault_battery": False})
    desk.say("meter-1", 80, {"fault_battery": False})
    assert "meter-1" not in devices()
    assert "meter-1" in devices(state="all")


def test_an_alarm_knows_where_it_is_and_what_happened(desk: Desk) -> None:
    alarm = desk.alarm("meter_fault_bit", "meter-1")
    assert alarm is not None
    assert (alarm.point, alarm.value, alarm.kind) == ("fault_battery", True, "electricity_meter")
    assert [step.id for step in alarm.path] == ["centre", "east", "gate"]
    desk.repository.acknowledge(alarm.id, "li", "seen it", START + 20_000)
    (raised, acked) = desk.repository.events(alarm.id)
    assert (raised.event, raised.actor) == ("raised", None)
    assert (acked.event, acked.actor, acked.note) == ("acknowledged", "li", "seen it")
    assert acked.at == START + 20_000
    assert desk.repository.get(alarm.id).note == "seen it"


def test_acknowledging_twice_keeps_the_first_name(desk: Desk) -> None:
    alarm = desk.alarm("smoke_detector_fire", "panel-1/p001")
    assert alarm is not None
    desk.repository.acknowledge(alarm.id, "li", None, START + 20_000)
    again = desk.repository.acknowledge(alarm.id, "wang", None, START + 30_000)
    assert (again.acked_by, again.acked_at) == ("li", START + 20_000)
    assert len(desk.repository.events(alarm.id)) == 2


def test_an_unknown_number(desk: Desk) -> None:
    for ask in (desk.repository.get, desk.repository.events):
        with pytest.raises(AlarmNotFoundError, match="99"):
            ask(99)
    with pytest.raises(AlarmNotFoundError):
        desk.repository.acknowledge(99, "li", None, START)


def test_a_closed_alarm_refuses(desk: Desk) -> None:
    desk.ack("meter_fault_bit", "meter-1", 16)
    desk.say("meter-1", 17, {"fault_battery": False})
    desk.say("meter-1", 80, {"fault_battery": False})
    alarm = desk.alarm("meter_fault_bit", "meter-1")
    assert alarm is not None
    assert alarm.state == "cleared"
    assert alarm.cleared_at == START + 80_000
    with pytest.raises(NotAllowedError) as error:
        desk.repository.acknowledge(alarm.id, "li", None, START + 90_000)
    assert error.value.key == "not_open"


def test_a_sample_between_the_judges_look_and_its_commit_sees_the_acknowledgement() -> None:
    """The judge decides on its memory, and decides again on the row inside the transaction."""
    desk = Desk(make_estate([one for one in default_devices() if one.id == "smoke-1"]))
    desk.say("smoke-1", 1, {"smoke": True})
    desk.say("smoke-1", 2, {"smoke": False})
    desk.tick(70)
    desk.ack("smoke_detector_fire", "smoke-1", 71)
    desk.reset("smoke_detector_fire", "smoke-1", 72)
    # The judge's memory still has the latched alarm; there is none any more.
    desk.say("smoke-1", 73, {"smoke": True})
    assert desk.events("smoke_detector_fire", "smoke-1")[-1] == "raised"
    assert len(desk.repository.page("all").items) == 2
    desk.close()


def test_only_one_alarm_can_be_open_for_a_key(desk: Desk) -> None:
    with pytest.raises(sa.exc.IntegrityError), desk.engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO alarms (id, rule, alarm_class, severity, title, device, "
                "device_name, kind, point, place, path, unplaced, is_open, active, acked, latched,"
                " quality, held, test, occurrences, value, raised_at, updated_at, observed_at, "
                "acked_by, acked_at, cleared_at, note) SELECT 999, rule, "
                "alarm_class, severity, title, device, "
                "device_name, kind, point, place, path, unplaced, is_open, active, acked, latched,"
                " quality, held, test, occurrences, value, raised_at, updated_at, observed_at, "
                "acked_by, acked_at, cleared_at, note FROM alarms WHERE id = 1"
            )
        )


def test_a_database_that_is_down_is_an_error_of_this_package() -> None:
    engine = memory_engine()
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE outbox"))
        connection.execute(sa.text("DROP TABLE alarm_events"))
        connection.execute(sa.text("DROP TABLE alarms"))
    with pytest.raises(AlertsError, match="cannot be read"):
        AlarmRepository(engine).open_alarms()
    with pytest.raises(AlertsError, match="cannot be written"):
        AlarmRepository(engine).acknowledge(1, "li", None, START)
    engine.dispose()
