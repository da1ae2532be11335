"""The rows of the outbox: who claims them, what was given to a channel, and what it said.

A row is claimed by a conditional update with a lease, so that two dispatchers never send it at the
same time; after a crash in the middle of sending it is sent again (at least once). For one alarm
and one target the order is kept: a later row waits for the earlier one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa

from alerts import tables
from alerts.alarm import Subject
from alerts.budgets import DAY_MS, Allowance
from alerts.channels.message import Receipt
from alerts.claim import Claimed, take
from alerts.condition import Verdict
from alerts.engine import Observation, State
from alerts.errors import SendError
from alerts.feed import AlarmChange
from alerts.routes import Routes
from alerts.rule import Rule
from alerts.targets import Option
from alerts.texts import text
from alerts.watch import SERVICE, Key
from alerts.writer import Change, Input, Writer
from records.engine import reading

_ALARM_AFTER_ATTEMPTS = 2
_ALARM_AFTER_MS = 60_000
"""An emergency that cannot be tried again for longer is an alarm at once. [ms] [P]"""
_FIRST_ASK_MS = 5_000
_CHUNK = 500
"""Rows of one update; databases limit the parameters of a statement."""


class Outbox:
    """The tables; all calls block."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def waiting(self) -> int:
        """How many notifications are not sent and not given up."""
        table = tables.outbox
        query = sa.select(sa.func.count()).where(
            table.c.sent_at.is_(None), table.c.failed_at.is_(None)
        )
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar_one())

    def waiting_by_channel(self) -> Mapping[str, int]:
        """The same for each channel that has any."""
        table = tables.outbox
        query = (
            sa.select(table.c.channel, sa.func.count())
            .where(table.c.sent_at.is_(None), table.c.failed_at.is_(None))
            .group_by(table.c.channel)
        )
        with reading(self._engine) as connection:
            return {channel: int(count) for channel, count in connection.execute(query)}

    def release(self, now_ms: int) -> None:
        """Give back what was claimed and not finished: the dispatcher before us is dead.

        What it had tried is tried again now: the clock may have been set back meanwhile.
        """
        table = tables.outbox
        waiting = sa.and_(table.c.sent_at.is_(None), table.c.failed_at.is_(None))
        with self._engine.begin() as connection:
            connection.execute(
                sa.update(table).where(waiting, table.c.claimed_until > 0).values(claimed_until=0)
            )
            tried = sa.update(table).where(waiting, table.c.attempts > 0, table.c.due_at > now_ms)
            connection.execute(tried.values(due_at=now_ms))

    def used(self, now_ms: int) -> Sequence[tuple[str, int, bool, int]]:
        """What was given to channels with a budget in the last day, for `Budgets.load`."""
        table = tables.deliveries
        query = (
            sa.select(table.c.budget, table.c.at, table.c.emergency, table.c.blocked_until)
            .where(table.c.at > now_ms - DAY_MS, table.c.budget != "")
            .order_by(table.c.at)
        )
        with reading(self._engine) as connection:
            return [(row[0], row[1], row[2], row[3]) for row in connection.execute(query)]

    def claim(
        self, limit: int, emergency: bool, now_ms: int, allowance: Allowance | None = None
    ) -> tuple[Claimed, ...]:
        """Take up to `limit` due notifications, the most severe and then the oldest first."""
        if limit <= 0:
            return ()
        return take(self._engine, limit, emergency, now_ms, allowance or Allowance())

    def begin(self, one: Claimed, option: Option, now_ms: int) -> int:
        """It is about to be given to a channel: written first, since the provider counts it."""
        with self._engine.begin() as connection:
            return self._delivery(connection, one, option, now_ms, state="sending")

    def refused(self, delivery: int, error: SendError, blocked_until: int) -> None:
        """One channel did not take it; the next of its list is tried."""
        table = tables.deliveries
        with self._engine.begin() as connection:
            connection.execute(
                sa.update(table)
                .where(table.c.id == delivery)
                .values(state="refused", detail=str(error), blocked_until=blocked_until)
            )

    def done(
        self, one: Claimed, now_ms: int, rule: Rule | None, routes: Routes,
        option: Option | None = None, delivery: int | None = None, receipt: Receipt | None = None,
    ) -> Sequence[AlarmChange]:  # fmt: skip
        """It was taken; a channel alarm of its target returns to normal."""
        with self._engine.begin() as connection:
            if delivery is None and receipt is not None and option is not None:
                delivery = self._delivery(connection, one, option, now_ms, state="sending")
            if delivery is not None:
                table = tables.deliveries
                values: dict[str, object] = {"state": "taken"}
                if receipt is not None:
                    values |= {"receipt": receipt.id, "ask_at": now_ms + _FIRST_ASK_MS}
                connection.execute(
                    sa.update(table).where(table.c.id == delivery).values(**values)
                )  # fmt: skip
            self._update(connection, one, sent_at=now_ms, last_error=None, delivery=delivery)
            if rule is None or not one.emergency:
                return ()
            return self._observe(connection, one, rule, routes, Verdict.FALSE, now_ms)

    def failed(
        self, one: Claimed, error: SendError, due_at: int, now_ms: int, rule: Rule | None,
        routes: Routes,
    ) -> Sequence[AlarmChange]:  # fmt: skip
        """It was not taken: try again at `due_at`, or give up; for an emergency an alarm."""
        with self._engine.begin() as connection:
            self._update(
                connection, one, due_at=due_at, claimed_until=0, last_error=str(error),
                failed_at=now_ms if error.permanent else None,
            )  # fmt: skip
            late = due_at - now_ms > _ALARM_AFTER_MS
            hopeless = error.permanent or late or one.attempts >= _ALARM_AFTER_ATTEMPTS
            if rule is None or not one.emergency or not hopeless:
                return ()
            return self._observe(connection, one, rule, routes, Verdict.TRUE, now_ms)

    def postponed(self, one: Claimed, due_at: int) -> None:
        """There was no budget left for it: it was not tried."""
        with self._engine.begin() as connection:
            self._update(
                connection, one, due_at=due_at, claimed_until=0,
                attempts=tables.outbox.c.attempts - 1,
            )  # fmt: skip

    def _delivery(
        self, connection: sa.Connection, one: Claimed, option: Option, now_ms: int, state: str
    ) -> int:
        result = connection.execute(
            sa.insert(tables.deliveries).values(
                channel=option.channel, parameters=dict(option.parameters), budget=option.budget,
                emergency=one.emergency, notifications=len(one.rows), at=now_ms, state=state,
                blocked_until=0, asked=0,
            )
        )  # fmt: skip
        key = result.inserted_primary_key
        assert key is not None  # noqa: S101  (an insert of one row always has its key)
        return int(key[0])

    def _update(self, connection: sa.Connection, one: Claimed, **values: object) -> None:
        table = tables.outbox
        for rows in _chunks(one.rows):
            connection.execute(sa.update(table).where(table.c.id.in_(rows)).values(**values))

    def _observe(
        self,
        connection: sa.Connection,
        one: Claimed,
        rule: Rule,
        routes: Routes,
        verdict: Verdict,
        now_ms: int,
    ) -> Sequence[AlarmChange]:
        writer = Writer(connection, routes, now_ms)
        place = str(one.payload.get("place", ""))
        subject = Subject(SERVICE, "service", text("device.service"), place, ())
        # Delays are of no use here: the attempts are the delay.
        timing = replace(rule, on_delay_ms=0, off_delay_ms=0)
        key = Key(rule.id, SERVICE, one.target)
        change = Change(key, timing, timing, subject, State(), State())
        value = ", ".join(option.channel for option in one.options)
        change.inputs.append(Input(Observation(verdict, now_ms, value), now_ms))
        writer.apply(change)
        return writer.told


def _chunks(rows: Sequence[int]) -> Iterable[Sequence[int]]:
    return (rows[at : at + _CHUNK] for at in range(0, len(rows), _CHUNK))
