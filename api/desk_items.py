"""Incidents, classes and who was told, as the interface shows them."""

from alerts import drills, maintenance
from alerts.alarm_groups import AlarmGroup, AlarmGroups
from alerts.holds import alarm_classes
from alerts.notifications import EscalationStep, Notification, Telling
from api.alarm_items import to_alarm_item
from api.device_items import both
from api.items import moment
from api.schemas_desk import (
    AlarmClasses,
    AlarmClassItem,
    AlarmGroupItem,
    AlarmGroupPage,
    EscalationStepItem,
    NotificationItem,
    RecipientItem,
    TellingItem,
)


def to_groups(found: AlarmGroups) -> AlarmGroupPage:
    """Incidents with the counts of all."""
    return AlarmGroupPage(
        items=[_group(one) for one in found.items],
        groups=found.groups,
        alarms=found.alarms,
        tests=found.tests,
        unacked=found.unacked,
        chattering=found.chattering,
    )


def _group(one: AlarmGroup) -> AlarmGroupItem:
    return AlarmGroupItem(
        group=one.id, lead=to_alarm_item(one.lead), alarms=one.alarms, tests=one.tests,
        active=one.active, unacked=one.unacked, held=one.held, chattering=one.chattering,
        first_at=moment(one.first_at), last_at=moment(one.last_at),
    )  # fmt: skip


def to_classes() -> AlarmClasses:
    """The classes, and how long people may put things aside."""
    return AlarmClasses(
        items=[
            AlarmClassItem(
                alarm_class=name, title=both(one.title), life_safety=one.life_safety,
                two_persons=one.two_persons, drillable=one.drillable,
                max_time_shelved_s=None if one.life_safety else one.shelve_max,
            )
            for name, one in alarm_classes().items()
        ],
        longest_window_s=maintenance.LONGEST_MS // 1000,
        longest_window_two_persons_s=maintenance.LONGEST_TWO_PERSONS_MS // 1000,
        longest_drill_s=drills.LONGEST_MS // 1000,
    )  # fmt: skip


def to_telling(found: Telling) -> TellingItem:
    """Who was told of an alarm, and who is told next."""
    return TellingItem(
        notifications=[_notification(one) for one in found.notifications],
        steps=[_step(one) for one in found.steps],
    )


def _notification(one: Notification) -> NotificationItem:
    return NotificationItem(
        transition=one.transition, channel=one.channel, contact=one.contact, name=one.name,
        at=moment(one.at), due_at=moment(one.due_at), attempts=one.attempts,
        sent_at=None if one.sent_at is None else moment(one.sent_at),
        state=one.state, state_at=None if one.state_at is None else moment(one.state_at),
        error=one.error, digest=one.digest,
    )  # fmt: skip


def _step(one: EscalationStep) -> EscalationStepItem:
    return EscalationStepItem(
        chain=one.chain, step=one.step, cycle=one.cycle, state=one.state,
        due_at=moment(one.due_at), ran_at=None if one.ran_at is None else moment(one.ran_at),
        told=one.told,
        recipients=[
            RecipientItem(kind=to.kind, id=to.id, name=None if to.name is None else both(to.name))
            for to in one.recipients
        ],
    )  # fmt: skip
