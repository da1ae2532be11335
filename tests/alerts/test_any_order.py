"""covers: judging, people, holds, drills, escalation and the outbox in any order, with crashes.

A stateful test: whatever happens in whatever order, with a crash before or between any two commits,
the alarms are as the small model of `life_model.py` says, and

* what latches is never cleared but by a reset after an acknowledgement;
* every emergency is attempted on a channel, or a channel alarm is there;
* nothing escalates what was acknowledged, and each step runs once;
* life safety is never held.
"""

import os
from collections.abc import Callable, Sequence

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from alerts import tables
from alerts.drill_rows import WantedDrill
from alerts.duty_tables import escalation_steps as steps
from alerts.errors import AlertsError, SendError
from alerts.escalation import Chain
from alerts.escalator import run_due
from alerts.maintenance import Scope
from alerts.maintenance_rows import WantedWindow
from alerts.outbox import Outbox
from alerts.routes import Route, Routes
from alerts.rules import RuleSet
from collectors.sample import Sample
from records.engine import metadata
from tests.alerts.desk import RULES, START, Desk, memory_engine, sample
from tests.alerts.estates import device, make_estate
from tests.alerts.life_model import Kind, Life

SHARDS = 100 if os.environ.get("SITEWATCH_FULL") else 1
SEQUENCES = 1_000 if os.environ.get("SITEWATCH_FULL") else 30
STEPS = 30
POINTS = {
    "smoke-1": ("smoke_detector_fire", "smoke"),
    "lift-1": ("elevator_entrapment", "entrapment"),
    "leak-1": ("water_leak", "water_leak"),
    "gate-1": ("gate_forced_open", "forced_open"),
}
KINDS = {
    "smoke-1": Kind(60, latch=True, holdable=False),
    "lift-1": Kind(60, latch=True, holdable=False),
    "leak-1": Kind(60, latch=False, holdable=True),
    "gate-1": Kind(10, latch=False, holdable=True),
}
PEOPLE = ("leak-1", "gate-1", "lift-1", "smoke-1")
STARTED = {"raised", "reraised", "became_real", "released"}
OVER = {"acknowledged", "reset", "cleared", "shelved", "out_of_service"}
ESTATE = make_estate([
    device("smoke-1", "smoke_detector", protocol="mqtt", interval_s=360_000),
    device("lift-1", "elevator", protocol="mqtt", interval_s=360_000),
    device("leak-1", "environment_sensor", "room-2", protocol="mqtt", interval_s=360_000),
    device("gate-1", "access_gate", "gate", protocol="mqtt", interval_s=360_000),
])  # fmt: skip


def hook(name: str) -> object:
    return {"webhook": {"url": f"http://127.0.0.1:9/{name}"}}


CHAIN = Chain.model_validate({
    "escalation": "people", "repeat": "5min",
    "steps": [
        {"after": "60s", "notify": [hook("officer")]}, {"after": "3min", "notify": [hook("boss")]},
    ],
})  # fmt: skip


def routes(name: str) -> Routes:
    """Everything goes to one address, what is urgent with its chain."""
    route = Route.model_validate({"notify": [hook(name)], "escalate": "people", "duty_desk": True})
    return Routes((route,), {"people": CHAIN})


LEAKLESS = RuleSet(
    RULES.classes,
    {name: layers for name, layers in RULES.rules.items() if name != "water_leak"},
    RULES.kinds,
)


class Crash(Exception):
    """The power is gone."""


class Plug:
    """Pulls the plug at a commit to come: before it is done, or before the next one begins."""

    def __init__(self, engine: sa.Engine) -> None:
        self._left, self._between = -1, False
        self.live = False
        """Only the service loses its power, not who looks at it."""
        sa.event.listen(engine, "commit", self._commits)
        sa.event.listen(engine, "begin", self._begins)
        self.pulled = 0

    def arm(self, after: int, *, between: bool) -> None:
        self._left, self._between = after, between

    def disarm(self) -> None:
        self._left = -1

    def _commits(self, _: sa.Connection) -> None:
        if not self.live or self._left < 0:
            return
        if self._left == 0 and not self._between:
            self._pull()
        self._left -= self._left > 0

    def _begins(self, _: sa.Connection) -> None:
        if self.live and self._left == 0 and self._between:
            self._pull()

    def _pull(self) -> None:
        self._left = -1
        self.pulled += 1
        raise Crash


ENGINE = memory_engine()
PLUG = Plug(ENGINE)
EMPTIED = tuple(
    f"DELETE FROM {table.name}"
    for table in reversed(metadata.sorted_tables)
    if table.name in sa.inspect(ENGINE).get_table_names()
)
# In text: what is looked up after every deed takes a fifth of the time if it is built each time.
NEW_EVENTS = "SELECT id, alarm, event FROM alarm_events WHERE id > ? ORDER BY id"
RAN = (
    "SELECT count(*) FROM escalation_steps WHERE ran_at IS NOT NULL"
    " GROUP BY alarm, round, chain, step, cycle"
)
TOLD = "SELECT count(*) FROM alarm_events WHERE event = 'escalated'"
NUMBER = {"sequences": 0, "steps": 0}


class AnyOrder(RuleBasedStateMachine):
    """The service and its model, side by side."""

    @initialize()
    def begin(self) -> None:
        PLUG.disarm()
        with ENGINE.begin() as connection:
            for emptied in EMPTIED:
                connection.exec_driver_sql(emptied)
        self.now = 0
        self.journal: list[Sample] = []
        self.lives = {name: Life(kind) for name, kind in KINDS.items()}
        self.desk = Desk(ESTATE, RULES, routes("a"), ENGINE)
        self.outbox = Outbox(ENGINE)
        self.attempted: set[int] = set()
        self.channel_works = True
        self.events_seen = 0
        self.unanswered: set[int] = set()
        self.desk.tick(0)
        NUMBER["sequences"] += 1

    # ---- the service ----

    def doing(self, what: Callable[[], object]) -> bool:
        """Do something; a crash is followed by a start. Whether it was done."""
        NUMBER["steps"] += 1
        PLUG.live = True
        try:
            what()
        except Crash:
            PLUG.live = False
            self.start()
            return False
        finally:
            PLUG.live = False
        return True

    def start(self) -> None:
        PLUG.disarm()
        self.desk.start()
        self.outbox.release(self.ms)
        self.judge()
        self.desk.tick(self.now)

    def judge(self) -> None:
        self.desk.look()
        self.desk.feed(*self.journal)
        self.desk.commit()

    @property
    def ms(self) -> int:
        return START + self.now * 1000

    def alarm_of(self, name: str) -> int | None:
        rule_id = POINTS[name][0]
        for one in self.desk.repository.open_alarms():
            if (one.rule, one.device) == (rule_id, name):
                return one.id
        return None

    # ---- what happens ----

    @rule(name=st.sampled_from(sorted(POINTS)), holds=st.booleans())
    def says(self, name: str, holds: bool) -> None:
        """A device reports; what is in the journal is judged, if need be after the start."""
        self.journal.append(
            sample(name, {POINTS[name][1]: holds}, self.now, seq=len(self.journal) + 1)
        )
        self.lives[name].said(holds, self.now)
        self.doing(self.judge)

    @rule(passed=st.sampled_from([1, 9, 11, 61, 130, 700]))
    def time_passes(self, passed: int) -> None:
        self.now += passed
        for life in self.lives.values():
            life.passes(self.now)
        self.doing(lambda: self.desk.tick(self.now))

    @rule()
    def escalates(self) -> None:
        self.doing(lambda: run_due(ENGINE, self.desk.routes, self.ms))

    @rule(works=st.booleans(), emergency=st.booleans(), for_good=st.booleans())
    def sends(self, works: bool, emergency: bool, for_good: bool) -> None:
        """The dispatcher claims, gives to a channel, and notes what it said."""
        self.doing(lambda: self.send(works, emergency, for_good))

    def send(self, works: bool, emergency: bool, for_good: bool) -> int:
        channel_failed = RULES.find("channel_failed")
        claimed = self.outbox.claim(4, emergency, self.ms)
        for one in claimed:
            self.attempted |= set(one.rows)
            if works:
                self.outbox.done(one, self.ms, channel_failed, self.desk.routes)
                continue
            error = SendError("no", permanent=for_good)
            due = self.ms + 1000
            self.outbox.failed(one, error, due, self.ms, channel_failed, self.desk.routes)
        return len(claimed)

    @rule(after=st.integers(0, 3), between=st.booleans())
    def the_plug_is_about_to_be_pulled(self, after: int, between: bool) -> None:
        PLUG.arm(after, between=between)

    # ---- people ----

    @rule(name=st.sampled_from(PEOPLE), deed=st.sampled_from(["ack", "reset"]))
    def answers(self, name: str, deed: str) -> None:
        alarm = self.alarm_of(name)
        if alarm is None:
            return
        known = self.desk.repository
        act = known.acknowledge if deed == "ack" else known.reset
        done = self.refusable(lambda: act(alarm, "li", "was there", self.ms))
        life = self.lives[name]
        if done is not None:
            assert done is (life.acknowledged() if deed == "ack" else life.reset())

    @rule(name=st.sampled_from(PEOPLE))
    def shelves(self, name: str) -> None:
        alarm = self.alarm_of(name)
        if alarm is None:
            return
        holds = self.desk.repository.holds
        done = self.refusable(
            lambda: holds.shelve(alarm, "li", "known", self.ms, duration_ms=100_000, once=False)
        )
        if done is not None:
            assert done is self.lives[name].hold("shelved", self.now + 100)

    @rule(name=st.sampled_from(PEOPLE))
    def unshelves(self, name: str) -> None:
        alarm, life = self.alarm_of(name), self.lives[name]
        if alarm is None:
            return
        holds = self.desk.repository.holds
        if self.refusable(lambda: holds.unshelve(alarm, "li", None, self.ms)) and (
            life.until.pop("shelved", None)
        ):
            life.let_go("shelved", self.now)

    @rule(name=st.sampled_from(PEOPLE))
    def plans_maintenance(self, name: str) -> None:
        wanted = WantedWindow("wang", "work", Scope(devices=(name,)), self.ms, self.ms + 120_000)
        holds = self.desk.repository.holds
        if self.doing(lambda: holds.plan(wanted, "person:wang", self.ms)):
            self.lives[name].hold("out_of_service", self.now + 120)

    @rule()
    def announces_a_drill(self) -> None:
        wanted = WantedDrill(
            "wang", "drill", "entrapment", None, ("lift-1",), self.ms, self.ms + 90_000
        )
        holds = self.desk.repository.holds
        if self.doing(lambda: holds.announce(wanted, "person:wang", self.ms)):
            self.lives["lift-1"].drill_until = self.now + 90
            self.doing(lambda: self.desk.tick(self.now))

    @rule(name=st.sampled_from(["a", "b"]))
    def changes_the_routes(self, name: str) -> None:
        self.desk.routes = routes(name)

    @rule()
    def changes_the_rules(self) -> None:
        """The rule of the leak leaves the estate, or comes back."""
        life = self.lives["leak-1"]
        self.desk.rules = RULES if life.withdrawn else LEAKLESS
        if life.withdrawn:
            life.withdrawn = False
        else:
            life.withdraw()
        self.start()

    def refusable(self, what: Callable[[], object]) -> bool | None:
        """Whether it was done; None where the plug was pulled first."""
        refused = False

        def act() -> None:
            nonlocal refused
            try:
                what()
            except AlertsError:
                refused = True

        return None if not self.doing(act) else not refused

    # ---- what must hold ----

    @invariant()
    def the_alarms_are_as_the_model_says(self) -> None:
        if not hasattr(self, "desk"):
            return
        found = {(one.rule, one.device): one for one in self.desk.repository.open_alarms()}
        for name, life in self.lives.items():
            alarm = found.get((POINTS[name][0], name))
            assert (alarm is not None) == life.open, name
            if alarm is not None:
                seen = (alarm.active, alarm.acked, alarm.latched, alarm.test, set(alarm.held))
                wanted = (life.active, life.acked, life.latched, life.test, life.held)
                assert seen == wanted, name
        assert not any(one.held for one in found.values() if one.device in ("smoke-1", "lift-1"))

    @invariant()
    def the_events_are_in_order(self) -> None:
        """Nothing escalates what somebody has answered, and what latches ends by a reset only."""
        if not hasattr(self, "desk"):
            return
        with ENGINE.connect() as connection:
            new = connection.exec_driver_sql(NEW_EVENTS, (self.events_seen,)).all()
        for number, alarm, event in new:
            self.events_seen = number
            if event in STARTED:
                self.unanswered.add(alarm)
            elif event == "escalated":
                assert alarm in self.unanswered, "escalated after somebody answered"
            elif event in OVER:
                self.unanswered.discard(alarm)

    @invariant()
    def each_step_runs_once(self) -> None:
        if not hasattr(self, "desk"):
            return
        with ENGINE.connect() as connection:
            ran = connection.exec_driver_sql(RAN).scalars().all()
            told = connection.exec_driver_sql(TOLD).scalar_one()
        assert max(ran, default=1) == 1
        assert told == sum(ran)

    @precondition(lambda self: hasattr(self, "desk"))
    @rule()
    def nothing_is_owed(self) -> None:
        """Once escalation and outbox had their turns, nothing that is due is left."""
        PLUG.disarm()
        run_due(ENGINE, self.desk.routes, self.ms)
        running = {self.alarm_of(n) for n, one in self.lives.items() if one.begun is not None}
        with ENGINE.connect() as connection:
            pending = sa.and_(steps.c.ran_at.is_(None), steps.c.cancelled_at.is_(None))
            rows = connection.execute(sa.select(steps.c.alarm, steps.c.due_at).where(pending)).all()
        mine = {alarm for alarm, _ in rows}
        assert running <= mine, "what nobody has answered escalates"
        assert all(due > self.ms for _, due in rows)

    def teardown(self) -> None:
        """At the end every emergency has been attempted, whatever was told to whom since."""
        if not hasattr(self, "desk"):
            return
        PLUG.disarm()
        self.now += 3600
        self.desk.tick(self.now)
        while self.send(works=True, emergency=True, for_good=False):
            pass
        emergencies = self._notified()
        failed = any(one.rule == "channel_failed" for one in self.desk.repository.open_alarms())
        assert emergencies <= self.attempted or failed
        assert self._announced() <= self._in_outbox()

    def _notified(self) -> set[int]:
        with ENGINE.connect() as connection:
            query = sa.select(tables.outbox.c.id).where(tables.outbox.c.rank == 0)
            return set(connection.execute(query).scalars())

    def _announced(self) -> set[int]:
        """The events by which an emergency was new."""
        events, alarms = tables.alarm_events, tables.alarms
        query = (
            sa.select(events.c.id).join(alarms, alarms.c.id == events.c.alarm)
            .where(alarms.c.severity == "emergency")
            .where(events.c.event.in_(["raised", "reraised", "became_real"]))
        )  # fmt: skip
        with ENGINE.connect() as connection:
            return set(connection.execute(query).scalars())

    def _in_outbox(self) -> set[int]:
        with ENGINE.connect() as connection:
            return set(connection.execute(sa.select(tables.outbox.c.event)).scalars())


def shards() -> Sequence[int]:
    return range(SHARDS)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("shard", shards())
def test_in_any_order(shard: int, capsys: pytest.CaptureFixture[str]) -> None:
    NUMBER.update(sequences=0, steps=0)
    PLUG.pulled = 0
    machine = seed(20261125 + shard)(AnyOrder)
    run_machine(
        machine,
        settings=settings(
            max_examples=SEQUENCES, stateful_step_count=STEPS, deadline=None, database=None,
            suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink),
        ),
    )  # fmt: skip
    with capsys.disabled():
        print(
            f"\nany order: seed {20261125 + shard}, {NUMBER['sequences']} sequences, "
            f"{NUMBER['steps']} deeds, {PLUG.pulled} crashes"
        )
