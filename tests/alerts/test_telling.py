"""Groups, chatter and floods through the whole engine: which messages are one, and none is lost."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from alerts import tables
from alerts.routes import Route, Routes
from tests.alerts.desk import Desk
from tests.alerts.estates import device, make_estate

EVERYBODY = Routes(
    (
        Route.model_validate(
            {"notify": [{"webhook": {"url": "http://127.0.0.1:9/x"}}], "duty_desk": True}
        ),
    )
)
PV = tuple(f"pv-{n}" for n in range(1, 31))
LEAKS = tuple(f"leak-{n}" for n in range(1, 31))


@pytest.fixture
def desk() -> Iterator[Desk]:
    devices = [
        device(name, "pv_inverter", "gate", protocol="mqtt", interval_s=36000) for name in PV
    ]
    devices += [
        device(name, "environment_sensor", "hall", protocol="mqtt", interval_s=36000)
        for name in LEAKS
    ]
    devices.append(device("panel-1", "fire_panel", parts="smoke_detector", interval_s=36000))
    devices.append(device("lift-1", "elevator", protocol="mqtt", interval_s=36000))
    made = Desk(make_estate(devices), routes=EVERYBODY)
    yield made
    made.close()


def messages(desk: Desk) -> list[tuple[str, str, str, dict[str, object] | None]]:
    """(rule, device, transition, digest) of every message."""
    with desk.engine.begin() as connection:
        rows = connection.execute(sa.select(tables.outbox).order_by(tables.outbox.c.id)).mappings()
        return [
            (r["payload"]["rule"], r["payload"]["device"], r["transition"],
             r["payload"].get("digest"))
            for r in rows
        ]  # fmt: skip


def sent(desk: Desk, rule: str) -> list[tuple[str, str]]:
    return [(device, step) for one, device, step, _ in messages(desk) if one == rule]


def fault(desk: Desk, name: str, at_s: float) -> None:
    desk.say(name, at_s, {"state": "fault"})


def test_of_a_group_the_first_is_told_at_once_and_the_others_in_one(desk: Desk) -> None:
    for n, name in enumerate(PV[:5]):
        fault(desk, name, n)
        desk.say(name, n + 0.1, {"state": "fault"})
    for at in range(10, 20):
        desk.tick(at)
    assert sent(desk, "pv_inverter_fault") == [("pv-1", "raised")]
    desk.start()
    desk.tick(320)
    desk.tick(321)
    first, together = messages(desk)
    assert first[3] is None
    assert together[3] is not None
    assert (together[3]["reason"], together[3]["messages"], together[3]["alarms"]) == (
        "group", 4, 4,
    )  # fmt: skip
    groups = {alarm.group for alarm in desk.repository.open_alarms()}
    assert len(groups) == 1
    assert sum(alarm.first_in_group for alarm in desk.repository.open_alarms()) == 1


def test_eighty_detectors_of_one_fire_are_one_group_and_each_is_told(desk: Desk) -> None:
    for n in range(1, 81):
        desk.say(f"panel-1/p{n:03d}", n / 10, {"smoke": True})
    fires = [one for one in desk.repository.open_alarms() if one.rule == "smoke_detector_fire"]
    assert len(fires) == 80
    assert len({one.group for one in fires}) == 1
    assert len(sent(desk, "smoke_detector_fire")) == 80


def test_an_entrapment_and_the_faults_of_its_lift_are_one_group(desk: Desk) -> None:
    desk.say("lift-1", 1, {"fault_code": 4})
    desk.say("lift-1", 2, {"entrapment": True})
    assert len({one.group for one in desk.repository.open_alarms()}) == 1
    assert ("lift-1", "raised") in sent(desk, "elevator_entrapment")


def test_a_test_never_leads_a_group_of_real_fires(desk: Desk) -> None:
    desk.say("panel-1/p001", 1, {"test": True, "smoke": True})
    desk.say("panel-1/p002", 2, {"smoke": True})
    test, real = (desk.alarm("smoke_detector_fire", f"panel-1/p00{n}") for n in (1, 2))
    assert test is not None
    assert real is not None
    assert (test.test, real.test) == (True, False)
    assert real.first_in_group
    desk.say("panel-1/p001", 3, {"test": False, "smoke": True})
    became = desk.repository.get(test.id)
    assert (became.test, became.group) == (False, real.group)


def chatter(desk: Desk, name: str, at_s: float, times: int) -> float:
    """A leak that comes and goes; the off-delay is a minute, so acknowledging clears nothing."""
    for _ in range(times):
        desk.say(name, at_s, {"forced_open": True})
        desk.say(name, at_s + 1, {"forced_open": False})
        desk.tick(at_s + 12)
        at_s += 13
    return at_s


def gate_desk() -> Desk:
    gate = device("gate-1", "access_gate", "gate", protocol="mqtt", interval_s=360000)
    return Desk(make_estate([gate]), routes=EVERYBODY)


def test_what_chatters_is_flagged_and_told_once_with_a_count() -> None:
    desk = gate_desk()
    try:
        end = chatter(desk, "gate-1", 1, 9)
        alarm = desk.alarm("gate_forced_open", "gate-1")
        assert alarm is not None
        assert alarm.chattering
        assert [step for _, _, step, _ in messages(desk)] == [
            "raised", "returned", "reraised", "returned", "reraised",
        ]  # fmt: skip
        desk.start()
        desk.tick(end + 590)
        assert len(messages(desk)) == 5
        desk.tick(end + 620)
        desk.tick(end + 621)
        last = messages(desk)[-1]
        assert len(messages(desk)) == 6
        assert last[3] is not None
        assert (last[3]["reason"], last[3]["alarms"]) == ("chattering", 1)
        assert last[3]["messages"] == 13
        assert not desk.repository.get(alarm.id).chattering
        assert desk.events("gate_forced_open", "gate-1")[-1] == "chatter_ended"
    finally:
        desk.close()


def test_what_chatters_without_end_is_told_every_hour() -> None:
    desk = gate_desk()
    try:
        chatter(desk, "gate-1", 1, 300)
        digests = [digest for *_, digest in messages(desk) if digest is not None]
        assert len(digests) == 1
    finally:
        desk.close()


def flood(desk: Desk, count: int, at_s: float = 1) -> None:
    for n in range(count):
        desk.say(LEAKS[n], at_s + n, {"water_leak": True})


def test_ten_alarms_in_ten_minutes_are_a_flood_and_emergencies_pass_it(desk: Desk) -> None:
    flood(desk, 20)
    assert sent(desk, "alarm_flood") == [("sitewatch", "raised")]
    found = desk.alarm("alarm_flood", "sitewatch")
    assert found is not None
    assert (found.point, found.place, found.value) == ("centre", "centre", 10)
    assert len(sent(desk, "water_leak")) <= 9
    desk.say("panel-1/p001", 22, {"smoke": True})
    assert sent(desk, "smoke_detector_fire") == [("panel-1/p001", "raised")]
    for at in range(30, 120, 10):
        desk.tick(at)
    waited = [digest for *_, digest in messages(desk) if digest is not None]
    assert (
        sum(int(str(one["messages"])) for one in waited)
        + len([1 for rule, *_, digest in messages(desk) if rule == "water_leak" and digest is None])
        == 20
    )


def test_a_flood_ends_with_fewer_than_five_in_ten_minutes(desk: Desk) -> None:
    flood(desk, 12)
    desk.tick(605)
    found = desk.alarm("alarm_flood", "sitewatch")
    assert found is not None
    assert found.active
    desk.start()
    desk.tick(620)
    desk.tick(621)
    assert desk.events("alarm_flood", "sitewatch") == ["raised", "returned"]


def test_what_says_more_of_a_waiting_alarm_waits_behind_it() -> None:
    gates = [
        device(name, "access_gate", "gate", protocol="mqtt", interval_s=360000)
        for name in ("gate-1", "gate-2")
    ]
    desk = Desk(make_estate(gates), routes=EVERYBODY)
    try:
        desk.say("gate-1", 1, {"fault": True})
        desk.tick(11)
        desk.say("gate-2", 12, {"fault": True})
        desk.tick(22)
        desk.ack("gate_fault", "gate-2", 23)
        desk.say("gate-2", 24, {"fault": False})
        for at in (90, 200, 321, 322, 700):
            desk.tick(at)
        assert sent(desk, "gate_fault") == [("gate-1", "raised"), ("gate-2", "cleared")]
        digest = messages(desk)[-1][3]
        assert digest is not None
        assert (digest["messages"], digest["alarms"]) == (2, 1)
    finally:
        desk.close()
