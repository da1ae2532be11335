"""Meter changes: entered, withdrawn, never altered, and both in the audit chain."""

import pytest
import sqlalchemy as sa

from records.audit import Actor, entries, verify
from records.engine import reading, transaction
from records.meter_changes import (
    NewChange,
    RecordedChange,
    UnknownMeterChangeError,
    enter,
    in_force,
    meter_changes,
    state_of,
    withdraw,
)

WHO = Actor("person:li")
CHANGE = NewChange("m1", "active_energy_import", 2_000, 123_450.0, 10.0, "new number 42")


def test_what_is_entered_counts_until_it_is_withdrawn(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        first = enter(connection, WHO, CHANGE, 5_000)
        second = enter(connection, WHO, NewChange("m2", "volume_total", 1_000, 7.0, 0.0), 6_000)
    with reading(engine) as connection:
        assert in_force(connection) == [
            RecordedChange(second, "m2", "volume_total", 1_000, 7.0, 0.0, ""),
            RecordedChange(
                first, "m1", "active_energy_import", 2_000, 123_450.0, 10.0, "new number 42"
            ),
        ]
        before = state_of(connection)
    with transaction(engine) as connection:
        withdraw(connection, WHO, first, 7_000)
    with reading(engine) as connection:
        assert [one.id for one in in_force(connection)] == [second]
        assert state_of(connection) != before
        assert (
            connection.execute(sa.select(sa.func.count()).select_from(meter_changes)).scalar() == 2
        )


def test_both_deeds_are_in_the_audit_chain(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        number = enter(connection, WHO, CHANGE, 5_000)
        withdraw(connection, WHO, number, 6_000)
    with reading(engine) as connection:
        withdrawn, entered = entries(connection, 2)
        assert verify(connection).whole
    assert (entered.action, entered.subject, entered.actor) == (
        "meter_change.entered", "m1", "person:li",
    )  # fmt: skip
    assert entered.detail["last"] == 123_450.0
    assert (withdrawn.action, withdrawn.detail) == ("meter_change.withdrawn", {"number": number})


def test_what_is_not_there_cannot_be_withdrawn(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        number = enter(connection, WHO, CHANGE, 5_000)
        withdraw(connection, WHO, number, 6_000)
    for wrong in (number, number + 1):
        with (
            pytest.raises(UnknownMeterChangeError, match=str(wrong)),
            transaction(engine) as connection,
        ):
            withdraw(connection, WHO, wrong, 7_000)
