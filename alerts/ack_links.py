"""Links in messages with which one person can acknowledge one occurrence of one alarm, once.

The secret is made when the message is sent and is in the message only: the database has its hash.
Looking at a link changes nothing. Delivery, opening and a picked-up call are no acknowledgement.
"""

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from alerts import escalation_steps, tables
from alerts.alarm import Alarm
from alerts.duty_tables import ack_links as links
from alerts.duty_tables import duty_entries
from alerts.errors import AlertsError
from alerts.repository import AlarmRepository
from alerts.writer import to_alarm
from records import audit
from records.engine import reading, transaction

VALID_MS = 24 * 3_600_000
"""How long a link can be used. [ms] [P]"""


class LinkState(StrEnum):
    """What a link is good for."""

    GOOD = "good"
    USED = "used"
    EXPIRED = "expired"
    REPLACED = "replaced"
    """The alarm came again, or became real, after the message: there is a newer one."""
    OVER = "over"
    """Somebody else has acknowledged, or the alarm is over."""
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Link:
    """A link as it is now."""

    state: LinkState
    alarm: Alarm | None = None
    contact: str = ""
    name: str = ""
    """Of the person to whom it was sent."""
    language: str = "zh"
    round: int = 0


class LinkError(AlertsError):
    """A link that cannot be used any more."""

    def __init__(self, state: LinkState) -> None:
        self.state = state
        super().__init__(f"the link is {state.value}")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _round(connection: sa.Connection, alarm: int, until: int | None = None) -> int:
    events = tables.alarm_events
    query = sa.select(sa.func.max(events.c.id)).where(
        events.c.alarm == alarm, events.c.event.in_(escalation_steps.STARTED)
    )
    if until is not None:
        query = query.where(events.c.id <= until)
    return int(connection.execute(query).scalar_one() or 0)


def make(engine: sa.Engine, row: int, contact: str, now_ms: int) -> str:
    """A new link for a row of the outbox and a contact; the secret, which is not kept."""
    token = secrets.token_urlsafe(32)
    query = sa.select(tables.outbox.c.alarm, tables.outbox.c.event).where(tables.outbox.c.id == row)
    with transaction(engine) as connection:
        told = connection.execute(query).one()
        connection.execute(
            sa.insert(links).values(
                hash=_hash(token), alarm=told.alarm, contact=contact, created_at=now_ms,
                round=_round(connection, told.alarm, told.event), expires_at=now_ms + VALID_MS,
            )
        )  # fmt: skip
    return token


def _state(connection: sa.Connection, row: sa.RowMapping, alarm: Alarm, now_ms: int) -> LinkState:
    if row["used_at"] is not None:
        return LinkState.USED
    if now_ms >= row["expires_at"]:
        return LinkState.EXPIRED
    if _round(connection, alarm.id) != row["round"]:
        return LinkState.REPLACED
    return LinkState.OVER if alarm.acked or not alarm.open else LinkState.GOOD


def _look(connection: sa.Connection, token: str, now_ms: int) -> Link:
    row = (
        connection.execute(sa.select(links).where(links.c.hash == _hash(token)))
        .mappings()
        .one_or_none()
    )
    if row is None:
        return Link(LinkState.UNKNOWN)
    query = sa.select(tables.alarms).where(tables.alarms.c.id == row["alarm"])
    alarm = to_alarm(connection.execute(query).mappings().one())
    state = _state(connection, row, alarm, now_ms)
    person = connection.execute(
        sa.select(duty_entries.c.content).where(
            duty_entries.c.kind == "contact", duty_entries.c.id == row["contact"]
        )
    ).scalar_one_or_none()
    if person is None:
        # Who is no longer in the list acknowledges nothing any more.
        return Link(LinkState.EXPIRED, alarm, row["contact"], row["contact"])
    languages = person.get("languages") or ["zh"]
    return Link(state, alarm, row["contact"], person["name"], languages[0], row["round"])


def look(engine: sa.Engine, token: str, now_ms: int) -> Link:
    """What a link is good for; changes nothing."""
    with reading(engine) as connection:
        return _look(connection, token, now_ms)


def use(engine: sa.Engine, alarms: AlarmRepository, token: str, address: str, now_ms: int) -> Link:
    """Acknowledge with a link, in the name of the person to whom it was sent.

    Raises:
        LinkError: it cannot be used (any more).
        NotAllowedError: the alarm has just been closed.
    """
    link = look(engine, token, now_ms)
    if link.state is not LinkState.GOOD or link.alarm is None:
        raise LinkError(link.state)
    actor = audit.Actor(f"contact:{link.contact}", address)

    def also(connection: sa.Connection, alarm: Alarm) -> None:
        if _round(connection, alarm.id) != link.round:
            raise LinkError(LinkState.REPLACED)
        mine = connection.execute(
            sa.update(links)
            .where(links.c.hash == _hash(token), links.c.used_at.is_(None))
            .values(used_at=now_ms)
        )
        if mine.rowcount != 1:
            raise LinkError(LinkState.USED)
        detail = {
            "rule": alarm.rule, "device": alarm.device, "point": alarm.point,
            "name": link.name, "by": "link",
        }  # fmt: skip
        audit.append(connection, actor, "alarm.acknowledged", str(alarm.id), now_ms, detail)

    alarms.acknowledge(link.alarm.id, actor.name, None, now_ms, also=also)
    return link
