"""Roll-calls (查岗): the centre asks the duty desk of a site, which must answer within its minutes.

A roll-call is an alarm of class `roll_call` at the site: routes tell it, and acknowledging it, on
the page or by the link of a message, is the answer. Without one it is `roll_call_unanswered`.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
import structlog

from alerts.duty_tables import roll_calls
from alerts.errors import AlertsError
from alerts.feed import AlarmChange, AlarmFeed
from alerts.routes import Routes
from alerts.rule import Rule
from alerts.rules import RuleSet
from alerts.service_alarm import observe, service_subject
from alerts.watch import SERVICE, Key, place_path
from alerts.writer import Writer
from device_configs.estate import Estate
from records import audit
from records.engine import reading, transaction

_LOG = structlog.get_logger(__name__)
_EVERY_S = 1.0
_MINUTE_MS = 60_000


class RollCallError(AlertsError):
    """A roll-call that cannot be made; the message says why."""


@dataclass(frozen=True)
class RollCall:
    """One roll-call. Times are [ms, UTC]."""

    id: int
    site: str
    alarm: int
    asked_by: str
    asked_at: int
    due_at: int
    answered_by: str | None
    answered_at: int | None
    missed_at: int | None


class RollCalls:
    """Asks, and looks every second who has answered. All calls but `run` block."""

    def __init__(
        self,
        engine: sa.Engine,
        *,
        now_ms: Callable[[], int],
        routes: Callable[[], Routes],
        rules: Callable[[], RuleSet],
        estate: Callable[[], Estate],
        minutes: int = 10,
        wake: Callable[[], None] = lambda: None,
        feed: AlarmFeed | None = None,
    ) -> None:
        """`minutes` is the time to answer."""
        self._engine = engine
        self._now_ms = now_ms
        self._routes = routes
        self._rules = rules
        self._estate = estate
        self._minutes = minutes
        self._wake = wake
        self._feed = feed

    def _rule(self, name: str) -> Rule:
        rule = self._rules().find(name)
        if rule is None:
            raise RollCallError(f"the rule {name!r} is switched off")
        return rule

    def ask(self, site: str, by: audit.Actor) -> RollCall:
        """Call the duty desk of a site.

        Raises:
            RollCallError: there is no such site, or it has not answered the last one yet.
        """
        estate, now, rule = self._estate(), self._now_ms(), self._rule("roll_call")
        if site not in estate.sites:
            raise RollCallError(f"there is no site {site!r}")
        subject = replace(service_subject(site), path=place_path(estate, site))
        with transaction(self._engine) as connection:
            writer = Writer(connection, self._routes(), now)
            key = Key(rule.id, SERVICE, site)
            if writer.open_row(key) is not None:
                raise RollCallError(f"{site} has not answered the last roll-call yet")
            observe(writer, rule, site, holds=True, value=by.name, now_ms=now, subject=subject)
            raised = writer.open_row(key)
            if raised is None:
                raise RollCallError(f"the roll-call of {site} was not stored")
            due = now + self._minutes * _MINUTE_MS
            result = connection.execute(
                sa.insert(roll_calls).values(
                    site=site, alarm=raised["id"], asked_by=by.name, asked_at=now, due_at=due
                )
            )
            audit.append(connection, by, "roll_call.asked", site, now, {"alarm": raised["id"]})
            key_ = result.inserted_primary_key
            assert key_ is not None  # noqa: S101  (an insert of one row always has its key)
        self._tell(writer.told)
        return RollCall(int(key_[0]), site, raised["id"], by.name, now, due, None, None, None)

    def listed(self, limit: int = 100) -> Sequence[RollCall]:
        """The newest roll-calls, newest first."""
        query = sa.select(roll_calls).order_by(roll_calls.c.id.desc()).limit(limit)
        with reading(self._engine) as connection:
            return [RollCall(**row) for row in connection.execute(query).mappings()]

    def look(self) -> Sequence[AlarmChange]:
        """Note who has answered, and raise what was not answered in time."""
        query = sa.select(roll_calls).where(roll_calls.c.answered_at.is_(None))
        with reading(self._engine) as connection:
            waiting = connection.execute(query).mappings().all()
        told: list[AlarmChange] = []
        for row in waiting:
            told += self._settle(RollCall(**row))
        return told

    def _settle(self, call: RollCall) -> Sequence[AlarmChange]:
        now, here = self._now_ms(), sa.update(roll_calls).where(roll_calls.c.id == call.id)
        with transaction(self._engine) as connection:
            writer = Writer(connection, self._routes(), now)
            row = writer.row(call.alarm)
            answered = row is not None and row["acked"]
            late = call.missed_at is None and now >= call.due_at
            if answered and row is not None:
                at, by = row["acked_at"] or now, row["acked_by"] or ""
                connection.execute(here.values(answered_at=at, answered_by=by))
                self._observe(writer, "roll_call", call.site, False, now)
                self._observe(writer, "roll_call_unanswered", call.site, False, now)
            elif late:
                connection.execute(here.values(missed_at=now))
                self._observe(writer, "roll_call_unanswered", call.site, True, now)
        return writer.told

    def _observe(self, writer: Writer, name: str, site: str, holds: bool, now: int) -> None:
        subject = replace(service_subject(site), path=place_path(self._estate(), site))
        value = site if holds else None
        observe(
            writer, self._rule(name), site, holds=holds, value=value, now_ms=now, subject=subject
        )

    def _tell(self, told: Sequence[AlarmChange]) -> None:
        if told:
            self._wake()
            if self._feed is not None:
                self._feed.publish(told)

    async def run(self) -> None:
        """Look every second until cancelled."""
        while True:
            try:
                self._tell(await asyncio.to_thread(self.look))
            except (sa.exc.SQLAlchemyError, RollCallError) as error:
                _LOG.warning("roll-calls cannot be looked at", error=str(error))
            await asyncio.sleep(_EVERY_S)
