"""The rescue clock of an alarm: begun when it is raised, kept when it comes again."""

from collections.abc import Mapping
from functools import cache

import sqlalchemy as sa

from alerts import rescue, tables
from alerts.rule_files import load_classes


@cache
def on_site_within() -> Mapping[str, int]:
    """Class to how soon somebody has to be on site [ms]; classes without a rescue are not in it."""
    limits = {name: one.on_site_within for name, one in load_classes().items()}
    return {name: round(limit * 1000) for name, limit in limits.items() if limit is not None}


def begun(
    connection: sa.Connection, alarm_class: str, device: str, at: int
) -> Mapping[str, object] | None:
    """The clock of an alarm that is raised; that of its elevator where a rescue is going on."""
    if alarm_class not in on_site_within():
        return None
    clock = rescue.begin(at, on_site_within()[alarm_class])
    table = tables.alarms
    query = sa.select(table.c.rescue).where(
        table.c.is_open, ~table.c.test, table.c.device == device,
        table.c.alarm_class == alarm_class,
    )  # fmt: skip
    for stored in connection.execute(query).scalars():
        known = rescue.from_json(stored)
        clock = clock if known is None else rescue.joined(clock, known)
    return rescue.to_json(clock)


def again(
    connection: sa.Connection, alarm: int, alarm_class: str, at: int, *, was_test: bool
) -> Mapping[str, object]:
    """The column of an alarm that comes again; nothing where it has no clock.

    What was said of a drill (`was_test`) says nothing of the people who are really trapped.
    """
    if alarm_class not in on_site_within():
        return {}
    query = sa.select(tables.alarms.c.rescue).where(tables.alarms.c.id == alarm)
    known = rescue.from_json(connection.execute(query).scalar_one_or_none())
    clock = rescue.again(None if was_test else known, at, on_site_within()[alarm_class])
    return {"rescue": rescue.to_json(clock)}
