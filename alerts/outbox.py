"""The outbox: notifications wait in SQL beside their alarm, and are sent until somebody took them.

A row is claimed by a conditional update with a lease, so that two dispatchers never send it at the
same time; after a crash in the middle of sending it is sent again (at least once). For one alarm
and one target the order is kept: a later row waits for the earlier one.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import sqlalchemy as sa
import structlog

from alerts import tables
from alerts.alarm import Subject
from alerts.channels.message import Channel, Message
from alerts.condition import Verdict
from alerts.engine import Observation, State
from alerts.errors import SendError
from alerts.feed import AlarmChange, AlarmFeed
from alerts.routes import Routes
from alerts.rule import Rule
from alerts.texts import text
from alerts.watch import SERVICE, Key
from alerts.writer import Change, Input, Writer
from collectors.pulse import Pulse
from records.engine import reading

_LOG = structlog.get_logger(__name__)

_LEASE_MS = 60_000
_SEND_S = 30.0
_POLL_S = 0.5
_FIRST_RETRY_MS = 1000
_LONGEST_RETRY_MS = 300_000
_LONGEST_EMERGENCY_RETRY_MS = 60_000
_ALARM_AFTER_ATTEMPTS = 2
# Emergencies have senders of their own, so that a slow target of the others cannot hold them up.
_SENDERS = {True: 4, False: 4}


@dataclass(frozen=True)
class Claimed:
    """One notification that is ours to send."""

    id: int
    channel: str
    target: str
    parameters: Mapping[str, object]
    payload: Mapping[str, object]
    attempts: int
    emergency: bool


@dataclass
class OutboxHealth:
    """How the dispatcher is doing."""

    reason: str | None = "not started"
    """Why it does not send; None while it does."""
    sent: int = 0
    failures: int = 0
    given_up: int = 0
    """Notifications that a channel refused for good."""
    by_channel: dict[str, Counter[str]] = field(default_factory=dict)
    """The same by channel: `sent`, `failures`, `given_up`."""

    def count(self, channel: str, failure: SendError | None) -> None:
        """Count one attempt."""
        counted = self.by_channel.setdefault(channel, Counter())
        if failure is None:
            self.sent += 1
            counted["sent"] += 1
            return
        self.failures += 1
        counted["failures"] += 1
        self.given_up += failure.permanent
        counted["given_up"] += failure.permanent


class Outbox:
    """The table; all calls block."""

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

    def release(self) -> None:
        """Give back what was claimed and not finished: the dispatcher before us is dead."""
        table = tables.outbox
        with self._engine.begin() as connection:
            connection.execute(
                sa.update(table)
                .where(table.c.sent_at.is_(None), table.c.claimed_until > 0)
                .values(claimed_until=0)
            )

    def claim(self, limit: int, emergency: bool, now_ms: int) -> tuple[Claimed, ...]:
        """Take up to `limit` due notifications, the most severe and then the oldest first."""
        if limit <= 0:
            return ()
        table, earlier = tables.outbox, tables.outbox.alias("earlier")
        blocked = sa.exists().where(
            earlier.c.alarm == table.c.alarm,
            earlier.c.target == table.c.target,
            earlier.c.id < table.c.id,
            earlier.c.sent_at.is_(None),
            earlier.c.failed_at.is_(None),
        )
        free = sa.and_(
            table.c.sent_at.is_(None),
            table.c.failed_at.is_(None),
            table.c.due_at <= now_ms,
            table.c.claimed_until <= now_ms,
        )
        lane = table.c.rank == 0 if emergency else table.c.rank > 0
        query = (
            sa.select(table).where(free, lane, ~blocked)
            .order_by(table.c.rank, table.c.id).limit(limit)
        )  # fmt: skip
        claimed: list[Claimed] = []
        with reading(self._engine) as connection:
            if connection.execute(query.limit(1)).first() is None:
                return ()
        with self._engine.begin() as connection:
            for row in connection.execute(query).mappings().all():
                mine = connection.execute(
                    sa.update(table)
                    .where(table.c.id == row["id"], free)
                    .values(claimed_until=now_ms + _LEASE_MS, attempts=row["attempts"] + 1)
                )
                if mine.rowcount == 1:
                    claimed.append(
                        Claimed(
                            row["id"], row["channel"], row["target"], row["parameters"],
                            row["payload"], row["attempts"] + 1, row["rank"] == 0,
                        )
                    )  # fmt: skip
        return tuple(claimed)

    def done(
        self, one: Claimed, now_ms: int, rule: Rule | None, routes: Routes
    ) -> Sequence[AlarmChange]:
        """It was taken; a channel alarm of its target returns to normal."""
        with self._engine.begin() as connection:
            self._update(connection, one, sent_at=now_ms, last_error=None)
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
            hopeless = error.permanent or one.attempts >= _ALARM_AFTER_ATTEMPTS
            if rule is None or not one.emergency or not hopeless:
                return ()
            return self._observe(connection, one, rule, routes, Verdict.TRUE, now_ms)

    def _update(self, connection: sa.Connection, one: Claimed, **values: object) -> None:
        table = tables.outbox
        connection.execute(sa.update(table).where(table.c.id == one.id).values(**values))

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
        change.inputs.append(Input(Observation(verdict, now_ms, one.channel), now_ms))
        writer.apply(change)
        return writer.told


class Dispatcher:
    """Sends what waits in the outbox."""

    def __init__(
        self,
        engine: sa.Engine,
        channels: Mapping[str, Channel],
        *,
        now_ms: Callable[[], int],
        routes: Callable[[], Routes] = Routes,
        failure_rule: Callable[[], Rule | None] = lambda: None,
        feed: AlarmFeed | None = None,
    ) -> None:
        """`failure_rule` gives the rule `channel_failed` of now; without it there is no alarm."""
        self._outbox = Outbox(engine)
        self._channels = channels
        self._now_ms = now_ms
        self._routes = routes
        self._failure_rule = failure_rule
        self._feed = feed
        self._loop: asyncio.AbstractEventLoop | None = None
        self._work = asyncio.Event()
        self._busy = {True: 0, False: 0}
        self.health = OutboxHealth()
        self.pulse = Pulse()

    def wake(self) -> None:
        """There may be something to send; callable from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._work.set)

    async def run(self) -> None:
        """Send until cancelled.

        At the start it takes up what an earlier one left half sent, so run one at a time.
        """
        self._loop = asyncio.get_running_loop()
        await self._release()
        async with asyncio.TaskGroup() as senders:
            while True:
                self.pulse.beat()
                self._work.clear()
                for emergency, limit in _SENDERS.items():
                    free = limit - self._busy[emergency]
                    for one in await self._claim(free, emergency):
                        self._busy[emergency] += 1
                        senders.create_task(self._send(one), name=f"outbox[{one.id}]")
                with suppress(TimeoutError):
                    # Not wait_for: in Python 3.11 it can swallow a cancellation.
                    async with asyncio.timeout(_POLL_S):
                        await self._work.wait()

    async def _release(self) -> None:
        try:
            await asyncio.to_thread(self._outbox.release)
        except sa.exc.SQLAlchemyError as error:
            # The leases run out by themselves.
            self.health.reason = f"database: {error}"

    async def _claim(self, free: int, emergency: bool) -> Sequence[Claimed]:
        try:
            found = await asyncio.to_thread(self._outbox.claim, free, emergency, self._now_ms())
        except sa.exc.SQLAlchemyError as error:
            if self.health.reason is None:
                _LOG.error("the outbox cannot be read", error=str(error))
            self.health.reason = f"database: {error}"
            return ()
        self.health.reason = None
        return found

    async def _send(self, one: Claimed) -> None:
        try:
            failure = await self._attempt(one)
            await self._note(one, failure)
        except sa.exc.SQLAlchemyError as error:
            # The lease runs out, and it is sent again.
            self.health.reason = f"database: {error}"
        finally:
            self._busy[one.emergency] -= 1
            self._work.set()

    async def _attempt(self, one: Claimed) -> SendError | None:
        channel = self._channels.get(one.channel)
        if channel is None:
            return SendError(f"the settings have no channel {one.channel!r}")
        try:
            async with asyncio.timeout(_SEND_S):
                await channel.send(one.parameters, Message(one.payload))
        except SendError as error:
            return error
        except TimeoutError:
            return SendError(f"{one.channel} did not end within {_SEND_S:.0f} s")
        except Exception as error:  # noqa: BLE001  (a fault in one channel must not stop the others)
            _LOG.exception("a channel has a fault", channel=one.channel)
            return SendError(f"{one.channel}: {type(error).__name__}: {error}")
        return None

    async def _note(self, one: Claimed, failure: SendError | None) -> None:
        now, rule, routes = self._now_ms(), self._failure_rule(), self._routes()
        self.health.count(one.channel, failure)
        if failure is None:
            told = await asyncio.to_thread(self._outbox.done, one, now, rule, routes)
        else:
            _LOG.warning(
                "a notification was not taken", channel=one.channel, target=one.target,
                attempt=one.attempts, error=str(failure), permanent=failure.permanent,
            )  # fmt: skip
            due = now + retry_ms(one.attempts, emergency=one.emergency)
            told = await asyncio.to_thread(
                self._outbox.failed, one, failure, due, now, rule, routes
            )
        if self._feed is not None:
            self._feed.publish(told)


def retry_ms(attempts: int, *, emergency: bool) -> int:
    """How long to wait after a failed attempt [ms]: doubling from 1 s, with jitter, bounded."""
    longest = _LONGEST_EMERGENCY_RETRY_MS if emergency else _LONGEST_RETRY_MS
    wait: int = min(_FIRST_RETRY_MS << min(attempts - 1, 20), longest)
    jitter = random.uniform(0.8, 1.0)  # noqa: S311  (no secret)
    return round(wait * jitter)
