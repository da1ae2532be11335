"""The dispatcher: sends what waits in the outbox until somebody took it.

Emergencies have senders of their own and the reserve of every budget, so that nothing else can hold
them up. A target with several ways is tried in their order when one fails or is out of budget.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import sqlalchemy as sa
import structlog

from alerts.budgets import Budgets
from alerts.channels.message import Channel, Message, Receipt
from alerts.claim import Claimed
from alerts.errors import SendError
from alerts.feed import AlarmFeed
from alerts.outbox_rows import Outbox
from alerts.routes import Routes
from alerts.rule import Rule
from alerts.targets import Option
from collectors.pulse import Pulse

__all__ = ["Dispatcher", "Outbox", "OutboxHealth", "retry_ms"]

_LOG = structlog.get_logger(__name__)

_SEND_S = 30.0
_SEND_IN_ORDER_S = 12.0
"""For each way of a target with several: all of them end before the lease. [s]"""
_POLL_S = 0.5
_ANSWERED = frozenset({"raised", "reraised", "became_real", "latched", "returned", "escalated"})
"""What a person can answer by acknowledging."""
_FIRST_RETRY_MS = 1000
_LONGEST_RETRY_MS = 300_000
_LONGEST_EMERGENCY_RETRY_MS = 60_000
# Emergencies have senders of their own, so that a slow target of the others cannot hold them up.
_SENDERS = {True: 4, False: 4}


@dataclass(frozen=True)
class Taken:
    """A channel has taken it."""

    option: Option
    delivery: int | None
    receipt: Receipt | None


@dataclass(frozen=True)
class Postponed:
    """No way had budget left."""

    until: int
    """[ms, UTC]"""


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

    def count(self, channel: str, failure: SendError | None, notifications: int = 1) -> None:
        """Count one attempt, which may have been made for several notifications."""
        counted = self.by_channel.setdefault(channel, Counter())
        if failure is None:
            self.sent += notifications
            counted["sent"] += notifications
            return
        self.failures += 1
        counted["failures"] += 1
        lost = notifications if failure.permanent else 0
        self.given_up += lost
        counted["given_up"] += lost


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
        link: Callable[[int, str], str] | None = None,
    ) -> None:
        """`failure_rule` gives the rule `channel_failed` of now; without it there is no alarm.

        `link` makes a link for a row and a contact with which that person can acknowledge; blocks.
        """
        self._link = link
        self._outbox = Outbox(engine)
        self._channels = channels
        self._now_ms = now_ms
        self._routes = routes
        self._failure_rule = failure_rule
        self._feed = feed
        self._loop: asyncio.AbstractEventLoop | None = None
        self._work = {emergency: asyncio.Event() for emergency in _SENDERS}
        self._went_round: set[bool] = set()
        self._busy = {True: 0, False: 0}
        self.health = OutboxHealth()
        self.pulse = Pulse()
        self._budgets = Budgets()

    @property
    def sending(self) -> int:
        """How many notifications are with a channel now."""
        return sum(self._busy.values())

    def wake(self) -> None:
        """There may be something to send; callable from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            for work in self._work.values():
                self._loop.call_soon_threadsafe(work.set)

    async def run(self) -> None:
        """Send until cancelled.

        At the start it takes up what an earlier one left half sent, so run one at a time.
        """
        self._loop = asyncio.get_running_loop()
        await self._release()
        async with asyncio.TaskGroup() as senders:
            for emergency in _SENDERS:
                # Each by itself: looking for the others in a flood must not hold up a fire.
                senders.create_task(self._look(senders, emergency), name=f"outbox {emergency=}")

    async def _look(self, senders: asyncio.TaskGroup, emergency: bool) -> None:
        """Claim and send what is urgent, or what is not, until cancelled."""
        work = self._work[emergency]
        while True:
            self._beat(emergency)
            work.clear()
            free = _SENDERS[emergency] - self._busy[emergency]
            for one in await self._claim(free, emergency):
                self._busy[emergency] += 1
                # Spent now: the next turn may begin before the sender does.
                granted = self._take(one, one.options[0])
                sending = self._send(one, granted=granted)
                senders.create_task(sending, name=f"outbox[{one.id}]")
            with suppress(TimeoutError):
                # Not wait_for: in Python 3.11 it can swallow a cancellation.
                async with asyncio.timeout(_POLL_S):
                    await work.wait()

    def _beat(self, emergency: bool) -> None:
        """The dispatcher is alive while both of its loops go round."""
        self._went_round.add(emergency)
        if len(self._went_round) == len(_SENDERS):
            self._went_round.clear()
            self.pulse.beat()

    async def _release(self) -> None:
        try:
            await asyncio.to_thread(self._outbox.release, self._now_ms())
            self._budgets.load(await asyncio.to_thread(self._outbox.used, self._now_ms()))
        except sa.exc.SQLAlchemyError as error:
            # The leases run out by themselves.
            self.health.reason = f"database: {error}"

    async def _claim(self, free: int, emergency: bool) -> Sequence[Claimed]:
        now = self._now_ms()
        allowance = self._budgets.allowance(now, emergency=emergency)
        try:
            found = await asyncio.to_thread(self._outbox.claim, free, emergency, now, allowance)
        except sa.exc.SQLAlchemyError as error:
            if self.health.reason is None:
                _LOG.error("the outbox cannot be read", error=str(error))
            self.health.reason = f"database: {error}"
            return ()
        self.health.reason = None
        return found

    def _take(self, one: Claimed, option: Option) -> bool:
        """One use of a way's budget, if there is one left."""
        return self._budgets.take(option.budget, self._now_ms(), emergency=one.emergency)

    async def _send(self, one: Claimed, *, granted: bool) -> None:
        try:
            linked = await self._linked(one)
            await self._note(one, await self._attempt(linked, granted=granted))
        except sa.exc.SQLAlchemyError as error:
            # The lease runs out, and it is sent again.
            self.health.reason = f"database: {error}"
        finally:
            self._busy[one.emergency] -= 1
            self._work[one.emergency].set()

    async def _linked(self, one: Claimed) -> Claimed:
        """With a link of its own, where it goes to a person and there is something to answer."""
        contact = one.payload.get("contact")
        open_ = one.payload.get("transition") in _ANSWERED and len(one.rows) == 1
        if self._link is None or not isinstance(contact, str) or not open_:
            return one
        link = await asyncio.to_thread(self._link, one.id, contact)
        return replace(one, payload={**one.payload, "ack_link": link})

    async def _attempt(self, one: Claimed, *, granted: bool) -> Taken | Postponed | SendError:
        """Try the ways of a target in their order, as far as their budgets go.

        `granted` says whether the first has been given a use of its budget.
        """
        failures: list[SendError] = []
        free_at: list[int] = []
        for place, option in enumerate(one.options):
            now = self._now_ms()
            if not (granted if place == 0 else self._take(one, option)):
                free_at.append(self._budgets.free_at(option.budget, now, emergency=one.emergency))
                continue
            delivery = await self._begin(one, option, now)
            outcome = await self._give(one, option)
            if not isinstance(outcome, SendError):
                return Taken(option, delivery, outcome)
            failures.append(outcome)
            await self._refused(option, delivery, outcome)
        return _together(failures, free_at)

    async def _begin(self, one: Claimed, option: Option, now: int) -> int | None:
        if not option.budget:
            return None
        return await asyncio.to_thread(self._outbox.begin, one, option, now)

    async def _give(self, one: Claimed, option: Option) -> Receipt | SendError | None:
        channel = self._channels.get(option.channel)
        if channel is None:
            return SendError(f"the settings have no channel {option.channel!r}")
        limit_s = _SEND_S if len(one.options) == 1 else _SEND_IN_ORDER_S
        try:
            async with asyncio.timeout(limit_s):
                return await channel.send(option.parameters, Message(one.payload))
        except SendError as error:
            return error
        except TimeoutError:
            return SendError(f"{option.channel} did not end within {limit_s:.0f} s")
        except Exception as error:  # noqa: BLE001  (a fault in one channel must not stop the others)
            _LOG.exception("a channel has a fault", channel=option.channel)
            return SendError(f"{option.channel}: {type(error).__name__}: {error}")

    async def _refused(self, option: Option, delivery: int | None, error: SendError) -> None:
        until = 0
        if error.blocked_s is not None:
            until = self._now_ms() + round(error.blocked_s * 1000)
            self._budgets.block(option.budget, until)
        if delivery is not None:
            await asyncio.to_thread(self._outbox.refused, delivery, error, until)

    async def _note(self, one: Claimed, outcome: Taken | Postponed | SendError) -> None:
        now, rule, routes = self._now_ms(), self._failure_rule(), self._routes()
        if isinstance(outcome, Taken):
            self.health.count(outcome.option.channel, None, len(one.rows))
            told = await asyncio.to_thread(
                self._outbox.done, one, now, rule, routes,
                outcome.option, outcome.delivery, outcome.receipt,
            )  # fmt: skip
        elif isinstance(outcome, Postponed) and not one.emergency:
            await asyncio.to_thread(self._outbox.postponed, one, outcome.until)
            return
        else:
            due = now + retry_ms(one.attempts, emergency=one.emergency)
            if isinstance(outcome, Postponed):
                due = outcome.until
                outcome = SendError("every way to this target is out of budget")
            elif outcome.blocked_s is not None:
                due = max(due, now + round(outcome.blocked_s * 1000))
            self._log(one, outcome)
            told = await asyncio.to_thread(
                self._outbox.failed, one, outcome, due, now, rule, routes
            )
        if self._feed is not None:
            self._feed.publish(told)

    def _log(self, one: Claimed, failure: SendError) -> None:
        self.health.count(one.options[0].channel, failure, len(one.rows))
        _LOG.warning(
            "a notification was not taken", target=one.target,
            channel=", ".join(option.channel for option in one.options),
            notifications=len(one.rows), attempt=one.attempts, error=str(failure),
            permanent=failure.permanent,
        )  # fmt: skip


def _together(failures: Sequence[SendError], free_at: Sequence[int]) -> Postponed | SendError:
    """What several failed ways mean together: permanent only if every one of them is."""
    if not failures:
        return Postponed(min(free_at))
    text = "; ".join(str(failure) for failure in failures)
    waits = [failure.blocked_s for failure in failures]
    known = [wait for wait in waits if wait is not None]
    return SendError(
        text,
        permanent=not free_at and all(failure.permanent for failure in failures),
        blocked_s=min(known) if len(known) == len(waits) else None,
    )


def retry_ms(attempts: int, *, emergency: bool) -> int:
    """How long to wait after a failed attempt [ms]: doubling from 1 s, with jitter, bounded."""
    longest = _LONGEST_EMERGENCY_RETRY_MS if emergency else _LONGEST_RETRY_MS
    wait: int = min(_FIRST_RETRY_MS << min(attempts - 1, 20), longest)
    jitter = random.uniform(0.8, 1.0)  # noqa: S311  (no secret)
    return round(wait * jitter)
