"""Incidents: counted whole, the most urgent first, real alarms before tests."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from alerts import tables
from alerts.alarm import Severity
from alerts.alarm_filter import AlarmFilter, Show
from alerts.alarm_groups import folded
from records.engine import reading, transaction
from tests.alerts.desk import memory_engine

NOW = 1_700_000_000_000


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    engine = memory_engine()
    yield engine
    engine.dispose()


def raised(engine: sa.Engine, number: int, group: int | None = None, **changed: object) -> None:
    row: dict[str, object] = {
        "id": number, "rule": "r", "alarm_class": "fire", "severity": "emergency",
        "title": {"zh": "火", "en": "Fire"}, "device": f"panel/p{number}",
        "device_name": {"zh": "d", "en": "d"}, "kind": "fire_panel", "point": "smoke",
        "place": "hall", "path": [], "unplaced": False, "is_open": True, "active": True,
        "acked": False, "latched": False, "quality": "good", "held": [], "test": False,
        "occurrences": 1, "raised_at": NOW + number, "updated_at": NOW, "observed_at": NOW,
        "group_id": group,
    } | changed  # fmt: skip
    with transaction(engine) as connection:
        connection.execute(sa.insert(tables.alarms).values(**row))


def test_a_fire_of_many_detectors_is_one_line_with_whole_counts(engine: sa.Engine) -> None:
    raised(engine, 1, severity="info")
    raised(engine, 2, held=["shelved"], acked=True)
    for number in range(3, 203):
        raised(engine, number, group=2, active=number % 2 == 0, acked=number < 53)
    with reading(engine) as connection:
        found = folded(connection, AlarmFilter(), limit=1)
    (fire,) = found.items
    assert (fire.id, fire.lead.id, fire.alarms) == (2, 2, 201)
    assert (fire.active, fire.unacked, fire.held) == (101, 150, 1)
    assert (fire.first_at, fire.last_at) == (NOW + 2, NOW + 202)
    assert (found.groups, found.alarms, found.unacked) == (2, 202, 151)


def test_the_most_urgent_comes_first_and_a_test_never_leads(engine: sa.Engine) -> None:
    raised(engine, 1, test=True)
    raised(engine, 2, group=1, severity="high", acked=True)
    raised(engine, 3, test=True)
    raised(engine, 4, severity="high")
    raised(engine, 5, severity="medium", chattering_until=NOW)
    with reading(engine) as connection:
        found = folded(connection, AlarmFilter(), limit=9)
    assert [(one.id, one.lead.id) for one in found.items] == [(4, 4), (1, 2), (5, 5), (3, 3)]
    assert (found.tests, found.unacked, found.chattering) == (2, 2, 1)


@pytest.mark.parametrize(
    ("show", "numbers"),
    [
        (Show.OPEN, {1, 2, 3}),
        (Show.UNACKED, {1}),
        (Show.ACTIVE, {1, 2}),
        (Show.RETURNED, {3}),
        (Show.CLOSED, {4}),
        (Show.ALL, {1, 2, 3, 4}),
    ],
)
def test_a_filter_chooses_by_the_life_of_an_alarm(
    engine: sa.Engine, show: Show, numbers: set[int]
) -> None:
    raised(engine, 1)
    raised(engine, 2, acked=True)
    raised(engine, 3, acked=True, active=False, latched=True)
    raised(engine, 4, acked=True, active=False, is_open=False)
    with reading(engine) as connection:
        found = folded(connection, AlarmFilter(show), limit=9)
        none = folded(connection, AlarmFilter(severity=Severity.INFO), limit=9)
    assert {one.lead.id for one in found.items} == numbers
    assert (none.items, none.groups, none.alarms) == ((), 0, 0)
