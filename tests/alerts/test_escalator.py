"""Steps against a small reference: acknowledgements, re-raises, clock steps, crashes."""

from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import duty_book, tables
from alerts import escalation_steps as step_rows
from alerts.alarm import Alarm
from alerts.contacts import DutyList
from alerts.duty_audit import Auditor
from alerts.duty_tables import escalation_steps
from alerts.escalation import Chain
from alerts.escalator import Escalator, run_due
from alerts.routes import Route, Routes
from records.audit import SYSTEM
from records.engine import transaction
from tests.alerts.desk import RULES, START, Desk
from tests.footprint import FULL

PEOPLE = DutyList.model_validate(
    {
        "contacts": [
            {"id": name, "name": name, "webhook": f"http://127.0.0.1:9/{name}"}
            for name in ("wang", "li", "zhao")
        ],
        "teams": [
            {"id": team, "name": {"zh": team, "en": team}, "members": [who]}
            for team, who in (("officers", "li"), ("director", "zhao"))
        ],
    }
)
CHAIN = Chain.model_validate(
    {
        "escalation": "fire",
        "steps": [
            {"after": "60s", "notify": [{"team": "officers"}]},
            {"after": "180s", "notify": [{"team": "director"}]},
        ],
        "repeat": "100s",
    }
)
ROUTE = Route.model_validate(
    {"when": {"severity": "emergency"}, "notify": [{"contact": "wang"}], "escalate": "fire"}
)
ROUTES = Routes((ROUTE,), {"fire": CHAIN})
PART = "panel-1/p002"


class Room:
    """A desk with people, and an escalator whose clock the test owns."""

    def __init__(self, routes: Routes = ROUTES) -> None:
        self.desk = Desk(routes=routes)
        with transaction(self.desk.engine) as connection:
            duty_book.replace(connection, PEOPLE, SYSTEM, START)

    def fire(self, at_s: float) -> None:
        self.desk.say(PART, at_s, {"smoke": True})
        self.desk.tick(at_s)

    def quiet(self, at_s: float) -> None:
        self.desk.say(PART, at_s, {"smoke": False})
        self.desk.tick(at_s)

    def turn(self, at_s: float) -> None:
        """Run all that is due at a moment."""
        while run_due(self.desk.engine, self.desk.routes, START + round(at_s * 1000)):
            pass

    def alarm(self) -> Alarm:
        found = self.desk.alarm("smoke_detector_fire", PART)
        assert found is not None
        return found

    def ran(self) -> list[tuple[int, int, int]]:
        """Step, cycle and when it ran [s], in order."""
        query = sa.select(escalation_steps).where(escalation_steps.c.ran_at.is_not(None))
        with transaction(self.desk.engine) as connection:
            rows = connection.execute(query.order_by(escalation_steps.c.id)).all()
        return [(row.step, row.cycle, (row.ran_at - START) // 1000) for row in rows]

    def told(self) -> list[str]:
        """Who got an escalation, in order."""
        query = sa.select(tables.outbox).where(tables.outbox.c.transition == "escalated")
        with transaction(self.desk.engine) as connection:
            rows = connection.execute(query.order_by(tables.outbox.c.id)).all()
        return [row.payload["contact"] for row in rows]


def test_steps_come_when_nobody_acknowledges_and_repeat_without_end() -> None:
    room = Room()
    room.fire(0)
    room.turn(59)
    assert room.ran() == []
    for at in (60, 180, 280, 380, 480):
        room.turn(at)
    assert room.ran() == [(1, 0, 60), (2, 0, 180), (2, 1, 280), (2, 2, 380), (2, 3, 480)]
    assert room.told() == ["li", "zhao", "li", "zhao", "li", "zhao", "li", "zhao"]
    events = [event for event in room.desk.repository.events(room.alarm().id)]
    assert [event.value for event in events if event.event == "escalated"] == [1, 2, 2, 2, 2]


def test_an_acknowledgement_ends_them_and_a_new_alarm_begins_them_again() -> None:
    room = Room()
    room.fire(0)
    room.turn(60)
    room.desk.ack("smoke_detector_fire", PART, 70)
    room.turn(1000)
    assert room.ran() == [(1, 0, 60)]
    room.quiet(1001)
    room.desk.tick(1100)
    room.fire(1200)
    room.turn(1259)
    assert len(room.ran()) == 1
    room.turn(1260)
    assert room.ran()[-1] == (1, 0, 1260)


def test_back_to_normal_is_no_acknowledgement() -> None:
    room = Room()
    room.fire(0)
    room.quiet(5)
    room.desk.tick(100)
    assert room.alarm().state == "latched_unacked"
    room.turn(100)
    assert room.ran() == [(1, 0, 100)]


def test_the_default_chain_has_the_times_of_the_class() -> None:
    route = ROUTE.model_copy(update={"escalate": "default"})
    room = Room(Routes((route,)))
    room.fire(0)
    with transaction(room.desk.engine) as connection:
        rows = connection.execute(sa.select(escalation_steps)).all()
    assert [(row.after_ms, row.notify) for row in rows] == [
        (60_000, [{"team": "safety-officer"}]),
        (180_000, [{"team": "director"}]),
        (300_000, [{"team": "centre"}]),
    ]


def test_a_chain_that_left_the_folder_still_runs_for_the_alarm_it_began_for() -> None:
    room = Room()
    room.fire(0)
    room.desk.routes = Routes()
    room.turn(60)
    assert room.told() == ["li"]


def test_a_clock_set_back_makes_no_step_late_and_none_twice() -> None:
    room = Room()
    room.fire(0)
    wall, mono = [START + 1000], [1000]
    own = Escalator(
        room.desk.engine, now_ms=lambda: wall[0], routes=lambda: ROUTES,
        monotonic_ms=lambda: mono[0],
    )  # fmt: skip
    own.turn()
    wall[0], mono[0] = wall[0] - 3_600_000 + 1000, mono[0] + 1000
    own.turn()
    assert room.ran() == []
    wall[0], mono[0] = wall[0] + 58_000, mono[0] + 58_000
    own.turn()
    assert [one[:2] for one in room.ran()] == [(1, 0)]
    wall[0] += 3_600_000
    own.turn()
    assert sorted(set(one[:2] for one in room.ran())) == sorted(one[:2] for one in room.ran())


def test_a_clock_set_back_while_it_did_not_run() -> None:
    room = Room()
    room.fire(3600)
    wall = [START]
    own = Escalator(room.desk.engine, now_ms=lambda: wall[0], routes=lambda: ROUTES)
    own.turn()
    wall[0] += 60_000
    own.turn()
    assert [one[:2] for one in room.ran()] == [(1, 0)]


class Crash(Exception):
    """The plug is pulled."""


@settings(max_examples=200 if FULL else 40, deadline=None)
@given(st.data())
def test_against_the_reference(data: st.DataObject) -> None:
    """Each step runs at most once, at least once if unacknowledged when due, never after."""
    room = Room()
    room.fire(0)
    begun, acked, expected = 0, False, list[tuple[int, int, int]]()
    pending = [(60, 1, 0), (180, 2, 0)]
    now = 0
    deeds = st.sampled_from(["turn", "turn", "turn", "crash", "ack", "again"])
    for what, wait in data.draw(st.lists(st.tuples(deeds, st.integers(1, 90)), min_size=5)):
        now += wait
        if what == "ack" and not acked:
            room.desk.ack("smoke_detector_fire", PART, now)
            acked, pending = True, []
        elif what == "again" and acked:
            room.quiet(now)
            room.fire(now + 1)
            now += 1
            if not room.alarm().acked:
                begun, acked = now, False
                pending = [(begun + 60, 1, 0), (begun + 180, 2, 0)]
        elif what == "crash":
            with pytest.MonkeyPatch.context() as patch:
                broken = data.draw(st.sampled_from(["told", "go_on", "take"]))
                patch.setattr(step_rows, broken, _crash)
                if any(due <= now for due, _, _ in pending):
                    with pytest.raises(Crash):
                        room.turn(now)
                room.desk.start()
        else:
            while due := [one for one in sorted(pending) if one[0] <= now]:
                for one in due:
                    pending.remove(one)
                    expected.append((one[1], one[2], now))
                    if one[1] == 2:
                        pending.append((now + 100, 2, one[2] + 1))
            room.turn(now)
        assert room.ran() == sorted(room.ran(), key=lambda one: one[2])
        assert sorted(room.ran()) == sorted(expected)
        assert acked or pending, "an emergency without a person never runs out of steps"
    room.desk.close()


def test_an_emergency_without_a_chain_is_repeated_until_somebody_acts() -> None:
    plain = Route.model_validate(
        {"when": {"severity": "emergency"}, "notify": [{"contact": "wang"}]}
    )
    gone = Route.model_validate({"on": ["cleared"], "notify": [{"contact": "zhao"}]})
    room = Room(Routes((plain, gone)))
    room.fire(0)
    for at in range(0, 1000, 50):
        room.turn(at)
    assert room.ran() == [(1, 0, 300), (1, 1, 600), (1, 2, 900)]
    assert room.told() == ["wang"] * 3
    room.desk.ack("smoke_detector_fire", PART, 1001)
    room.turn(1300)
    assert len(room.told()) == 3


def _crash(*_: Any, **__: Any) -> Any:
    raise Crash


def _audited(room: Room, at_s: float) -> list[tuple[str, Any]]:
    Auditor(
        room.desk.engine, now_ms=lambda: START + round(at_s * 1000),
        routes=lambda: room.desk.routes, rules=lambda: RULES,
    ).look()  # fmt: skip
    found = room.desk.repository.open_alarms()
    return [(one.rule, one.value) for one in found if one.device == "sitewatch" and one.active]


def test_the_auditor_tells_of_a_step_that_did_not_run_and_that_it_does_again() -> None:
    room = Room()
    room.fire(0)
    assert _audited(room, 119) == []
    number = room.alarm().id
    assert _audited(room, 121) == [("escalation_stalled", f"{number}: a step is late")]
    room.turn(122)
    assert _audited(room, 123) == []


def test_the_auditor_tells_whom_nobody_reaches_and_what_never_began() -> None:
    nobody = Chain.model_validate(
        {"escalation": "fire", "steps": [{"after": 60, "notify": [{"team": "nobody"}]}]}
    )
    room = Room(Routes((ROUTE,), {"fire": nobody}))
    assert _audited(room, 0) == [("nobody_reached", "there is no team nobody")]
    late = Room(Routes())
    late.fire(0)
    late.desk.routes = ROUTES
    assert _audited(late, 1) == [
        ("escalation_stalled", f"{late.alarm().id}: never begun"),
    ]
