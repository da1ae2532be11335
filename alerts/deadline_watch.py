"""Raises and clears the alarms of deadlines: at the start, and as the days go by."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

import sqlalchemy as sa

from alerts import tables
from alerts.alarm import Subject
from alerts.deadlines import Judged, judged, rules_of
from alerts.feed import AlarmChange
from alerts.proof_rows import ProofShelf
from alerts.routes import Routes
from alerts.rules import RuleSet
from alerts.service_alarm import observe_device, withdraw_device
from alerts.writer import Writer, to_alarm
from device_configs.estate import Estate, local_day
from records.engine import reading, transaction

EVERY_S = 60.0
"""Between two looks: so soon an alarm is cleared when it is noted that something was done. [s]"""
_Key = tuple[str, str]


class DeadlineWatch:
    """One look at all deadlines."""

    def __init__(
        self,
        engine: sa.Engine,
        *,
        now_ms: Callable[[], int],
        estate: Callable[[], Estate],
        rules: Callable[[], RuleSet],
        routes: Callable[[], Routes],
    ) -> None:
        self._engine = engine
        self._now_ms = now_ms
        self._estate = estate
        self._rules = rules
        self._routes = routes
        self._shelf = ProofShelf(engine, estate)

    def look(self) -> Sequence[AlarmChange]:
        """One look; blocks. Nothing is written while nothing has changed."""
        now, estate, rules = self._now_ms(), self._estate(), self._rules()
        today = local_day(estate, dt.datetime.fromtimestamp(now / 1000, dt.UTC))
        found = {
            (one.rule.id, one.subject.device): one
            for one in judged(estate, rules, self._shelf.book(), today)
        }
        active = self._active(rules)
        gone = active.keys() - found.keys()
        changed = [one for key, one in found.items() if self._differs(one, active.get(key))]
        if not changed and not gone:
            return ()
        with transaction(self._engine) as connection:
            writer = Writer(connection, self._routes(), now)
            for one in changed:
                observe_device(
                    writer, one.rule, one.subject,
                    holds=one.holds, value=one.due_on.isoformat(), now_ms=now,
                )  # fmt: skip
            for rule, device in sorted(gone):
                general = rules.find(rule)
                if general is not None:
                    withdraw_device(writer, general, active[rule, device][0], now)
        return writer.told

    def _active(self, rules: RuleSet) -> Mapping[_Key, tuple[Subject, object]]:
        """The alarms of deadlines that are active, each with its value."""
        table = tables.alarms
        query = sa.select(table).where(
            table.c.is_open, table.c.active, table.c.rule.in_(sorted(rules_of(rules)))
        )
        with reading(self._engine) as connection:
            alarms = [to_alarm(row) for row in connection.execute(query).mappings()]
        return {
            (one.rule, one.device): (
                Subject(
                    one.device, one.kind, one.device_name, one.place, one.path, one.unplaced,
                    one.community,
                ),
                one.value,
            )
            for one in alarms
        }  # fmt: skip

    @staticmethod
    def _differs(one: Judged, active: tuple[Subject, object] | None) -> bool:
        if active is None:
            return one.holds
        return not one.holds or active[1] != one.due_on.isoformat()
