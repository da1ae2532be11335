"""The shapes of the alarm desk: incidents, classes with their limits, and who was told."""

import datetime as dt

from alerts.notifications import Delivery, StepState
from api.schemas import AlarmItem, Labelled, Shape


class AlarmGroupItem(Shape):
    """The alarms of one incident that fit the filter."""

    group: int
    """Number of its first alarm: `GET alarms?group=`."""
    lead: AlarmItem
    """The one that stands for all: real before tests, the most severe, of these the first."""
    alarms: int
    tests: int
    active: int
    unacked: int
    """Not acknowledged and not a test."""
    held: int
    """Of which nobody is told."""
    chattering: int
    first_at: dt.datetime
    last_at: dt.datetime


class AlarmGroupPage(Shape):
    """`GET alarms/groups`: the most urgent incident first; the counts are of all of them."""

    items: list[AlarmGroupItem]
    groups: int
    alarms: int
    tests: int
    unacked: int
    chattering: int


class AlarmClassItem(Shape):
    """What all alarms of a class have in common."""

    alarm_class: str
    title: Labelled
    life_safety: bool
    two_persons: bool
    """Out of service only where a window names it and a second person has confirmed it."""
    drillable: bool
    max_time_shelved_s: float | None
    """Null where it is never shelved. [s]"""


class AlarmClasses(Shape):
    """`GET alarm-classes`: the classes, and how long people may put things aside."""

    items: list[AlarmClassItem]
    longest_window_s: int
    longest_window_two_persons_s: int
    longest_drill_s: int


class NotificationItem(Shape):
    """One message to one target; that it was delivered is no acknowledgement."""

    transition: str
    channel: str
    contact: str | None
    name: str | None
    """The contact's name; null for a channel that is nobody's own."""
    at: dt.datetime
    due_at: dt.datetime
    attempts: int
    sent_at: dt.datetime | None
    state: Delivery
    state_at: dt.datetime | None
    error: str | None
    digest: int | None
    """How many messages it stands for, where it is a digest."""


class RecipientItem(Shape):
    """Whom a step tells."""

    kind: str
    """team, schedule, contact or channel."""
    id: str
    name: Labelled | None


class EscalationStepItem(Shape):
    """One step of escalation."""

    chain: str
    step: int
    cycle: int
    """0 for the steps themselves, then how often all have been told again."""
    state: StepState
    due_at: dt.datetime
    ran_at: dt.datetime | None
    told: int | None
    recipients: list[RecipientItem]


class TellingItem(Shape):
    """`GET alarms/{id}/notifications`: who was told, newest first, and the steps, as due."""

    notifications: list[NotificationItem]
    steps: list[EscalationStepItem]
