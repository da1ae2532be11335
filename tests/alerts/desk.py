"""Drives evaluator, ledger and repository by hand, so that a test owns the time."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from alerts import (  # noqa: F401 - they make their tables known
    duty_tables,
    hold_tables,
    proof_tables,
    tables,
    work_order_tables,
)
from alerts.alarm import Alarm, AlarmEvent
from alerts.evaluator import Evaluator
from alerts.ledger import Ledger, Stretch
from alerts.repository import AlarmRepository
from alerts.routes import Routes
from alerts.rules import RuleSet, load_rules
from collectors.sample import Lane, Sample, Value
from device_configs.estate import Estate
from ingest.bus import Cursor
from records.engine import make_engine, metadata
from tests.alerts.estates import make_estate

START = 1_700_000_000_000
RULES = load_rules()


def memory_engine() -> sa.Engine:
    """An empty database in memory with the tables of this package."""
    engine = make_engine("sqlite://")
    names = (
        "alarms",
        "alarm_events",
        "rule_timers",
        "judge_facts",
        "judge_cursor",
        "outbox",
        "alarm_shelves",
        "maintenance_windows",
        "drills",
        "alarm_digest_rows",
        "deliveries",
        "duty_entries",
        "escalation_steps",
        "ack_links",
        "roll_calls",
        "audit",
        "work_orders",
        "work_order_alarms",
        "work_order_events",
        "work_order_cursor",
        "work_plan_days",
        "proofs",
    )
    metadata.create_all(engine, tables=[metadata.tables[name] for name in names])
    return engine


def sample(
    device: str,
    values: Mapping[str, Value],
    at_s: float,
    *,
    seq: int = 0,
    reasons: Mapping[str, str] | None = None,
    source_s: float | None = None,
    lane: Lane = Lane.SAFETY,
) -> Sample:
    return Sample(
        device,
        START + round(at_s * 1000),
        dict(values),
        dict(reasons or {}),
        lane,
        None if source_s is None else START + round(source_s * 1000),
        None,
        seq,
    )


class Desk:
    """One estate under judgement; times are seconds since the start."""

    def __init__(
        self,
        estate: Estate | None = None,
        rules: RuleSet = RULES,
        routes: Routes | None = None,
        engine: sa.Engine | None = None,
    ) -> None:
        self.estate = estate or make_estate()
        self.rules = rules
        self.routes = routes or Routes()
        self.engine = engine or memory_engine()
        self.ledger = Ledger(self.engine)
        self.repository = AlarmRepository(self.engine, routes=lambda: self.routes)
        self.cursor = Cursor()
        self.now_s = 0.0
        self.upkeep = False
        self.start()

    def start(self) -> None:
        """Start, or start again after a crash: all that was not committed is gone."""
        self.evaluator = Evaluator(self.estate, self.rules, START + round(self.now_s * 1000))
        restored = self.ledger.restore()
        self.evaluator.restore(restored)
        self.cursor = restored.cursor
        self.look()

    def look(self) -> None:
        """Take up what people have announced, as the judge does once a second."""
        now = self.now_ms()
        found = self.ledger.look(now)
        self.upkeep = found.due
        self.evaluator.announce(found.drills, now)

    def now_ms(self) -> int:
        return START + round(self.now_s * 1000)

    def close(self) -> None:
        self.engine.dispose()

    def feed(self, *samples: Sample) -> None:
        """Judge samples as the judge does: those that were committed already are skipped."""
        fresh = [s for s in samples if not s.seq or s.seq > self.cursor.of(s.lane)]
        self.evaluator.samples(fresh)
        self.cursor = self.cursor.advanced(fresh)

    def say(
        self,
        device: str,
        at_s: float,
        values: Mapping[str, Value],
        *,
        reasons: Mapping[str, str] | None = None,
        source_s: float | None = None,
    ) -> None:
        self.now_s = max(self.now_s, at_s)
        self.look()
        self.feed(sample(device, values, at_s, reasons=reasons, source_s=source_s))
        self.commit()

    def tick(self, at_s: float) -> None:
        self.now_s = at_s
        now = self.now_ms()
        self.look()
        self.evaluator.tick(now, now)
        self.commit()

    def commit(self) -> None:
        changes, facts = self.evaluator.pending()
        stretch = Stretch(changes, facts, self.cursor, self.upkeep)
        flood_rule = self.rules.find("alarm_flood")
        committed = self.ledger.commit(stretch, self.routes, self.now_ms(), flood_rule)
        self.upkeep = False
        self.evaluator.settle(committed.states)

    def alarm(self, rule: str, device: str, point: str | None = None) -> Alarm | None:
        """The newest alarm of a rule and device."""
        for one in self.repository.page("all", limit=1000).items:
            if (one.rule, one.device) == (rule, device) and point in (None, one.point):
                return one
        return None

    def open(self) -> list[tuple[str, str]]:
        return sorted((one.rule, one.device) for one in self.repository.open_alarms())

    def events(self, rule: str, device: str) -> list[str]:
        """What happened, over all alarms of a rule and device."""
        found: Sequence[AlarmEvent] = []
        for one in reversed(self.repository.page("all", limit=1000).items):
            if (one.rule, one.device) == (rule, device):
                found = [*found, *self.repository.events(one.id)]
        return [event.event for event in found]

    def ack(self, rule: str, device: str, at_s: float) -> None:
        alarm = self.alarm(rule, device)
        assert alarm is not None
        self.repository.acknowledge(alarm.id, "li", None, START + round(at_s * 1000))

    def reset(self, rule: str, device: str, at_s: float, note: str = "checked on site") -> None:
        alarm = self.alarm(rule, device)
        assert alarm is not None
        self.repository.reset(alarm.id, "wang", note, START + round(at_s * 1000))

    def outbox(self) -> list[tuple[str, str, str]]:
        """(rule, device, transition) of every notification, in order."""
        with self.engine.begin() as connection:
            rows = connection.execute(sa.select(tables.outbox).order_by(tables.outbox.c.id))
            return [
                (r["payload"]["rule"], r["payload"]["device"], r["transition"])
                for r in rows.mappings()
            ]
