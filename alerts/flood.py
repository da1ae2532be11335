"""Floods of alarms, as they stand in SQL: begun with the alarm that makes one, ended by time."""

from dataclasses import dataclass

import sqlalchemy as sa

from alerts.chatter import FLOOD_BEGINS, FLOOD_SPAN_MS, is_flood
from alerts.rule import Rule
from alerts.tables import alarms

RULE = "alarm_flood"
"""Its rule; the point of the alarm is the community."""
_OF_SITEWATCH = "service"


@dataclass(frozen=True)
class Begun:
    """A flood that begins now."""

    rule: Rule
    community: str
    count: int


def new_alarms(connection: sa.Connection, community: str, now_ms: int) -> int:
    """New alarms of a community in the last 10 min that were for people, counted up to a flood."""
    lately = (
        sa.select(alarms.c.id)
        .where(alarms.c.community == community, alarms.c.raised_at > now_ms - FLOOD_SPAN_MS)
        .where(alarms.c.raised_at <= now_ms, ~alarms.c.test)
        .where(alarms.c.alarm_class != _OF_SITEWATCH)
        .where(sa.cast(alarms.c.held, sa.Text) == "[]")
        .limit(FLOOD_BEGINS)
    )
    query = sa.select(sa.func.count()).select_from(lately.subquery())
    return int(connection.execute(query).scalar_one())


def flooded_communities(connection: sa.Connection) -> frozenset[str]:
    """Where a flood is now."""
    query = sa.select(alarms.c.point).where(
        alarms.c.rule == RULE, alarms.c.is_open, alarms.c.active
    )
    return frozenset(connection.execute(query).scalars())


class Floods:
    """The floods of one transaction; each number is read once and then kept up."""

    def __init__(self, connection: sa.Connection, rule: Rule | None) -> None:
        self._connection = connection
        self._rule = rule
        self._known: set[str] | None = None
        self._counts: dict[str, int] = {}

    def flooded(self, community: str) -> bool:
        """Whether the desk of a community is flooded."""
        if not community:
            return False
        if self._known is None:
            self._known = set(flooded_communities(self._connection))
        return community in self._known

    def count(self, community: str, alarm_class: str, now_ms: int) -> Begun | None:
        """Count a new alarm that stands in SQL already; tells whether a flood begins with it."""
        if self._rule is None or not community or alarm_class == _OF_SITEWATCH:
            return None
        if self.flooded(community):
            return None
        if community in self._counts:
            self._counts[community] += 1
        else:
            self._counts[community] = new_alarms(self._connection, community, now_ms)
        if not is_flood(self._counts[community], flooded=False):
            return None
        assert self._known is not None  # noqa: S101  (`flooded` has read it)
        self._known.add(community)
        return Begun(self._rule, community, self._counts[community])
