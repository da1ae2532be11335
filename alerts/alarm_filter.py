"""Which alarms a list shows, as conditions on their table."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from alerts import tables
from alerts.alarm import Hold, Severity


class Show(StrEnum):
    """What of their life alarms are listed by."""

    OPEN = "open"
    """Everything that still wants something."""
    UNACKED = "unacked"
    """Open, and nobody has acknowledged; tests too."""
    ACTIVE = "active"
    RETURNED = "returned"
    """Open, and back to normal: to be acknowledged or reset."""
    CLOSED = "closed"
    ALL = "all"


@dataclass(frozen=True)
class AlarmFilter:
    """Everything that is given must fit."""

    show: Show = Show.OPEN
    sites: Collection[str] | None = None
    """Ids of the allowed places; None is every place, those that are gone included."""
    severity: Severity | None = None
    device: str | None = None
    """A device with all its parts, or one part."""
    alarm_class: str | None = None
    held: Hold | None = None
    group: int | None = None
    """Number of the first alarm of an incident."""


def group_of() -> sa.ColumnElement[int]:
    """The number of an alarm's incident: its own where it is the first."""
    return sa.func.coalesce(tables.alarms.c.group_id, tables.alarms.c.id)


def _shown(show: Show) -> Sequence[sa.ColumnElement[bool]]:
    table = tables.alarms
    if show is Show.ALL:
        return ()
    if show is Show.CLOSED:
        return (sa.not_(table.c.is_open),)
    more: dict[Show, sa.ColumnElement[bool]] = {
        Show.UNACKED: sa.not_(table.c.acked),
        Show.ACTIVE: table.c.active.is_(True),
        Show.RETURNED: sa.not_(table.c.active),
    }
    return (table.c.is_open, more[show]) if show in more else (table.c.is_open,)


def conditions(asked: AlarmFilter) -> Sequence[sa.ColumnElement[bool]]:
    """The conditions of a filter on `alarms`."""
    table = tables.alarms
    found = list(_shown(asked.show))
    if asked.sites is not None:
        found.append(table.c.place.in_(sorted(asked.sites)))
    if asked.severity is not None:
        found.append(table.c.severity == asked.severity.value)
    if asked.device is not None:
        part = table.c.device.startswith(f"{asked.device}/", autoescape=True)
        found.append(sa.or_(table.c.device == asked.device, part))
    if asked.alarm_class is not None:
        found.append(table.c.alarm_class == asked.alarm_class)
    if asked.held is not None:
        # A list of a few words: as text it is the same in both databases.
        found.append(sa.cast(table.c.held, sa.Text).contains(f'"{asked.held.value}"'))
    if asked.group is not None:
        found.append(group_of() == asked.group)
    return found
