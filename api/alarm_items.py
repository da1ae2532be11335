"""Alarms as the interface shows them."""

import datetime as dt

from alerts.alarm import Alarm, AlarmEvent, Rescue, VendorFault, shelving_state, told
from alerts.holds import max_time_shelved_ms
from api.device_items import both
from api.items import moment
from api.schemas import AlarmEvent as EventItem
from api.schemas import AlarmItem, RescueItem, VendorFaultItem


def to_alarm_item(alarm: Alarm) -> AlarmItem:
    """An alarm as `GET alarms` and the live stream show it."""
    longest = max_time_shelved_ms(alarm)
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
        group=alarm.group or alarm.id,
        first_in_group=alarm.first_in_group,
        chattering=alarm.chattering,
        rescue=_rescue(alarm.rescue),
        vendor=_vendor(alarm.vendor),
        shelving_state=shelving_state(alarm),
        shelved_until=None if alarm.shelf is None else moment(alarm.shelf.until),
        shelved_by=None if alarm.shelf is None else alarm.shelf.by,
        shelved_reason=None if alarm.shelf is None else alarm.shelf.reason,
        max_time_shelved_s=None if longest is None else longest / 1000,
        suppressed_or_shelved=not told(alarm),
    )


def _vendor(vendor: VendorFault | None) -> VendorFaultItem | None:
    if vendor is None:
        return None
    return VendorFaultItem(
        code=vendor.code,
        text=both(vendor.text),
        fault_class=vendor.fault_class,
        vendor_class=vendor.vendor_class,
        table=vendor.table,
    )


def _rescue(rescue: Rescue | None) -> RescueItem | None:
    if rescue is None:
        return None
    return RescueItem(
        since=moment(rescue.since),
        due_at=moment(rescue.due_at),
        on_the_way_at=_moment(rescue.on_the_way_at),
        on_site_at=_moment(rescue.on_site_at),
        released_at=_moment(rescue.released_at),
        late=rescue.late,
    )


def _moment(at: int | None) -> dt.datetime | None:
    return None if at is None else moment(at)


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
