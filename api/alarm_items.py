"""Alarms as the interface shows them."""

from alerts.alarm import Alarm, AlarmEvent
from api.device_items import both
from api.items import moment
from api.schemas import AlarmEvent as EventItem
from api.schemas import AlarmItem


def to_alarm_item(alarm: Alarm) -> AlarmItem:
    """An alarm as `GET alarms` and the live stream show it."""
    return AlarmItem(
        id=alarm.id,
        rule=alarm.rule,
        title=both(alarm.title),
        alarm_class=alarm.alarm_class,
        severity=alarm.severity.value,
        device=alarm.device,
        device_name=both(alarm.device_name),
        point=alarm.point,
        place=alarm.place,
        place_path=[both(step.name) for step in alarm.path],
        unplaced=alarm.unplaced,
        state=alarm.state,
        active=alarm.active,
        acked=alarm.acked,
        latched=alarm.latched,
        quality=alarm.quality.value,
        held=list(alarm.held),
        test=alarm.test,
        occurrences=alarm.occurrences,
        value=alarm.value,
        raised_at=moment(alarm.raised_at),
        updated_at=moment(alarm.updated_at),
        acked_by=alarm.acked_by,
        acked_at=None if alarm.acked_at is None else moment(alarm.acked_at),
        cleared_at=None if alarm.cleared_at is None else moment(alarm.cleared_at),
        note=alarm.note,
    )


def encode_alarm(alarm: Alarm) -> bytes:
    """An alarm as a JSON object."""
    return to_alarm_item(alarm).model_dump_json().encode()


def to_event_item(event: AlarmEvent) -> EventItem:
    """One step in an alarm's life."""
    return EventItem(
        at=moment(event.at),
        event=event.event,
        actor=event.actor,
        note=event.note,
        source_at=None if event.source_at is None else moment(event.source_at),
        value=event.value,
    )
