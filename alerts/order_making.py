"""What a work order says that is made of an alarm, or of a maintenance plan. Pure."""

import datetime as dt
from zoneinfo import ZoneInfo

from alerts.alarm import Alarm
from alerts.order_plans import AlarmEntry, PlanEntry
from alerts.order_rows import Wanted
from alerts.service_times import starts_with_alarm, within_of
from alerts.work_orders import Agreed, Origin


def of_alarm(alarm: Alarm, entry: AlarmEntry | None, by: str, now_ms: int) -> Wanted:
    """The order for an alarm; `entry` is what the estate folder says of such alarms.

    The clock of the agreed times starts now; for life safety, when the alarm was raised.
    """
    within = entry.within if entry is not None else None
    start = alarm.raised_at if starts_with_alarm(alarm.alarm_class) else now_ms
    return Wanted(
        origin=Origin.ALARM,
        title=alarm.title if entry is None or entry.title is None else entry.title,
        site=alarm.place,
        created_by=by,
        device=alarm.device,
        alarm=alarm.id,
        alarm_class=alarm.alarm_class,
        severity=alarm.severity.value,
        team=None if entry is None else entry.team,
        agreed=(within or within_of(alarm.alarm_class, alarm.severity)).agreed(start),
        checklist=() if entry is None else entry.checklist,
    )


def of_plan(
    entry: PlanEntry, device: str, site: str, day: dt.date, zone: ZoneInfo, by: str
) -> Wanted:
    """The order for a device that is due on a day: to be done by the end of that day."""
    midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone)
    return Wanted(
        origin=Origin.PLAN,
        title=entry.title,
        site=site,
        created_by=by,
        device=device,
        plan=entry.plan,
        due_day=day.isoformat(),
        team=entry.team,
        agreed=Agreed(finish=round(midnight.timestamp() * 1000)),
        checklist=entry.checklist,
    )
