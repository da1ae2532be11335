"""Who was told of an alarm, by which channel, when, and what became of it; and who is told next.

Read from the rows that the sending itself works by: the outbox, the digests and the steps of
escalation. Addresses, phone numbers and robots stay where they are: a person is named by the
contact, everything else by its channel.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from alerts import duty_book, tables
from alerts.contacts import Addressee, Directory
from alerts.duty_tables import escalation_steps as steps
from alerts.escalation import thawed
from alerts.hold_tables import digest_rows
from alerts.targets import FIRST, Notify, options_of
from device_configs.quantities import Label


class Delivery(StrEnum):
    """What became of one notification; nothing of this is an acknowledgement."""

    GATHERED = "gathered"
    """It waits in a digest."""
    WAITING = "waiting"
    """Not yet given to a channel, or to be tried again."""
    SENT = "sent"
    """The channel took it."""
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    FAILED = "failed"
    """No channel took it, and it is not tried again."""


@dataclass(frozen=True)
class Notification:
    """One message to one target. Times are [ms since 1970, UTC]."""

    transition: str
    channel: str
    """What it was given to; where several are tried in order, the one that took it if known."""
    contact: str | None
    name: str | None
    """The name of the contact, while there is one."""
    at: int
    due_at: int
    attempts: int
    sent_at: int | None
    state: Delivery
    state_at: int | None
    """When a report came, or when it failed."""
    error: str | None
    digest: int | None
    """How many messages it stands for, where it is a digest."""


@dataclass(frozen=True)
class Recipient:
    """Whom a step tells: a team, a schedule, a contact or a channel, and its name."""

    kind: str
    id: str
    name: Label | None


class StepState(StrEnum):
    """Where a step of escalation is."""

    TO_COME = "to_come"
    RAN = "ran"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class EscalationStep:
    """One step of escalation. Times are [ms since 1970, UTC]."""

    chain: str
    step: int
    cycle: int
    """0 for the steps themselves, then how often all have been told again."""
    state: StepState
    due_at: int
    ran_at: int | None
    told: int | None
    """How many targets it was sent to."""
    recipients: tuple[Recipient, ...]


@dataclass(frozen=True)
class Telling:
    """Everything that is known of who was told of one alarm."""

    notifications: tuple[Notification, ...]
    """The newest first."""
    steps: tuple[EscalationStep, ...]
    """Of the newest round, in the order in which they are due."""


def telling(connection: sa.Connection, alarm: int, limit: int = 200) -> Telling:
    """Who was told of an alarm and who is told next; the newest `limit` of each."""
    people = duty_book.directory(connection)
    found = [*_sent(connection, alarm, limit, people), *_gathered(connection, alarm, limit, people)]
    found.sort(key=lambda one: one.at, reverse=True)
    return Telling(tuple(found[:limit]), _steps(connection, alarm, limit, people))


def _sent(
    connection: sa.Connection, alarm: int, limit: int, people: Directory
) -> Sequence[Notification]:
    box, given = tables.outbox, tables.deliveries
    query = (
        sa.select(
            box, given.c.channel.label("taken_by"), given.c.state.label("report"),
            given.c.reported_at,
        )
        .outerjoin(given, given.c.id == box.c.delivery)
        .where(box.c.alarm == alarm)
        .order_by(box.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [_notification(row, people) for row in connection.execute(query).mappings()]


def _notification(row: sa.RowMapping, people: Directory) -> Notification:
    payload = row["payload"]
    contact, name = _person(payload, people)
    digest = payload.get("digest") or {}
    return Notification(
        transition=row["transition"],
        channel=row["taken_by"] or _channel(row["channel"], row["parameters"]),
        contact=contact,
        name=name,
        at=row["created_at"],
        due_at=row["due_at"],
        attempts=row["attempts"],
        sent_at=row["sent_at"],
        state=_state(row),
        state_at=row["failed_at"] or row["reported_at"],
        error=None if row["sent_at"] is not None else row["last_error"],
        digest=digest.get("messages"),
    )


def _state(row: sa.RowMapping) -> Delivery:
    if row["failed_at"] is not None:
        return Delivery.FAILED
    if row["sent_at"] is None:
        return Delivery.WAITING
    reports = {one.value for one in Delivery}
    return Delivery(row["report"]) if row["report"] in reports else Delivery.SENT


def _gathered(
    connection: sa.Connection, alarm: int, limit: int, people: Directory
) -> Sequence[Notification]:
    table = digest_rows
    query = sa.select(table).where(table.c.alarm == alarm).order_by(table.c.id.desc()).limit(limit)
    found = []
    for row in connection.execute(query).mappings():
        contact, name = _person(row["payload"], people)
        found.append(
            Notification(
                transition=row["transition"], channel=_channel(row["channel"], row["parameters"]),
                contact=contact, name=name, at=row["first_at"], due_at=row["due_at"], attempts=0,
                sent_at=None, state=Delivery.GATHERED, state_at=None, error=None, digest=None,
            )
        )  # fmt: skip
    return found


def _person(payload: Mapping[str, object], people: Directory) -> tuple[str | None, str | None]:
    contact = payload.get("contact")
    if not isinstance(contact, str):
        return None, None
    known = people.contacts.get(contact)
    return contact, None if known is None else known.name


def _channel(channel: str, parameters: Mapping[str, object]) -> str:
    options = options_of(channel, parameters) if channel == FIRST else ()
    return ", ".join(dict.fromkeys(one.channel for one in options)) or channel


def _steps(
    connection: sa.Connection, alarm: int, limit: int, people: Directory
) -> tuple[EscalationStep, ...]:
    newest = sa.select(sa.func.max(steps.c.round)).where(steps.c.alarm == alarm).scalar_subquery()
    query = (
        sa.select(steps).where(steps.c.alarm == alarm, steps.c.round == newest)
        .order_by(steps.c.due_at.desc(), steps.c.id.desc()).limit(limit)
    )  # fmt: skip
    rows = connection.execute(query).mappings().all()
    return tuple(_step(row, people) for row in reversed(rows))


def _step(row: sa.RowMapping, people: Directory) -> EscalationStep:
    state = StepState.TO_COME
    if row["ran_at"] is not None:
        state = StepState.RAN
    elif row["cancelled_at"] is not None:
        state = StepState.CANCELLED
    recipients = tuple(
        dict.fromkeys(
            recipient for one in thawed(row["notify"]) for recipient in _recipients(one, people)
        )
    )
    return EscalationStep(
        chain=row["chain"], step=row["step"], cycle=row["cycle"], state=state,
        due_at=row["due_at"], ran_at=row["ran_at"], told=row["told"], recipients=recipients,
    )  # fmt: skip


def _recipients(one: Addressee | Notify, people: Directory) -> Sequence[Recipient]:
    if isinstance(one, Notify):
        channels = dict.fromkeys(
            option.channel for target in one.targets() for option in target.options
        )
        return [Recipient("channel", channel, None) for channel in channels]
    if one.team is not None:
        team = people.teams.get(one.team)
        return [Recipient("team", one.team, team.name if team else None)]
    if one.on_duty is not None:
        schedule = people.schedules.get(one.on_duty)
        return [Recipient("schedule", one.on_duty, schedule.name if schedule else None)]
    contact = people.contacts.get(one.contact or "")
    name = Label(zh=contact.name, en=contact.name) if contact else None
    return [Recipient("contact", one.contact or "", name)]
