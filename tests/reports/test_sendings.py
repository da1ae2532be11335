"""No period is sent twice to one address, whatever happens."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from records.audit import entries
from records.engine import transaction
from reports import sendings
from reports.issued_tables import report_sendings
from tests.reports.ledgers import ledger

TO = ["li@example.com", "wang@example.com"]


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    engine = ledger()
    with transaction(engine) as found:
        yield found
    engine.dispose()


def known(connection: sa.Connection) -> None:
    """A schedule that has begun."""
    assert not sendings.begin(connection, "s", "2026-09", TO, 0)
    assert sendings.pending(connection, 10**15) == []


def test_a_new_schedule_begins_with_the_next_period(connection: sa.Connection) -> None:
    known(connection)
    assert sendings.begin(connection, "s", "2026-10", [*TO, TO[0]], 5)
    assert [one.address for one in sendings.pending(connection, 5)] == TO
    assert not sendings.begin(connection, "s", "2026-10", TO, 6)
    assert sendings.pending(connection, 4) == []


def test_what_was_sent_is_over_and_in_the_audit(connection: sa.Connection) -> None:
    known(connection)
    sendings.begin(connection, "s", "2026-10", TO, 5)
    first, second = sendings.pending(connection, 5)
    sendings.sending(connection, first)
    sendings.sent(connection, first, {"report": "daily"}, 7)
    assert sendings.pending(connection, 10**15) == [second]
    [entry] = entries(connection, 5)
    assert (entry.action, entry.subject, entry.detail["to"]) == ("report.sent", "s", TO[0])


def test_it_is_tried_again_later_and_given_up_after_a_day(connection: sa.Connection) -> None:
    known(connection)
    sendings.begin(connection, "s", "2026-10", TO[:1], 0)
    now, tries = 0, 0
    while found := sendings.pending(connection, now):
        sendings.sending(connection, found[0])
        sendings.failed(connection, found[0], "451 later", now)
        tries += 1
        again = connection.execute(sa.select(sa.func.max(report_sendings.c.next_at))).scalar()
        assert again is None or again >= now + sendings.RETRY_MS[0]
        now = again or now
    assert tries == sendings.MOST_TRIES
    assert 23 * 3_600_000 < now < 25 * 3_600_000
    [entry] = entries(connection, 5)
    assert (entry.action, entry.detail["reason"]) == ("report.not_sent", "451 later")


def test_what_is_refused_for_good_is_not_tried_again(connection: sa.Connection) -> None:
    known(connection)
    sendings.begin(connection, "s", "2026-10", TO[:1], 0)
    [one] = sendings.pending(connection, 0)
    sendings.failed(connection, one, "550 never", 1, permanent=True)
    assert sendings.pending(connection, 10**15) == []


def test_what_a_stop_left_between_is_never_sent_twice(connection: sa.Connection) -> None:
    known(connection)
    sendings.begin(connection, "s", "2026-10", TO[:1], 0)
    [one] = sendings.pending(connection, 0)
    sendings.sending(connection, one)
    assert sendings.after_a_stop(connection, 9) == 1
    assert sendings.after_a_stop(connection, 9) == 0
    assert sendings.pending(connection, 10**15) == []
    assert "not sent twice" in str(entries(connection, 1)[0].detail["reason"])


def test_a_period_that_reaches_nobody_is_told_once(connection: sa.Connection) -> None:
    known(connection)
    assert not sendings.begin(connection, "s", "2026-10", [], 3)
    assert not sendings.begin(connection, "s", "2026-10", [], 4)
    assert len(entries(connection, 5, action="report.not_sent")) == 1
