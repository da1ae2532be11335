"""Issued reports are stored whole and never altered."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from records import audit
from records.audit import Actor
from records.engine import reading, transaction
from reports.errors import InvalidReportError
from reports.issued import (
    EVERYTHING,
    Identity,
    NotIssuedError,
    UnknownIssueError,
    issue,
    latest,
    listed,
    options_text,
    read,
    scope_text,
)
from reports.render_json import canonical, digest
from tests.reports.days import november
from tests.reports.estates import estate
from tests.reports.ledgers import ledger

LI = Actor("person:li", "10.0.0.7")
WHOLE = Identity("daily", "town", "2026-11")


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    made = ledger()
    yield made
    made.dispose()


def test_it_comes_back_as_it_was_issued_and_is_in_the_audit(engine: sa.Engine) -> None:
    report = november(("2026-11-01", 1, 2, 3))
    with transaction(engine) as connection:
        found = issue(connection, WHOLE, report, LI, 5)
        assert (found.issue.version, found.issue.replaces) == (1, None)
        assert found.issue.digest == digest(canonical(report))
        assert read(connection, found.issue.id) == (found, report)
        assert latest(connection, WHOLE) == found
        [entry] = audit.entries(connection, 5)
    assert (entry.action, entry.actor, entry.subject) == ("report.issued", "person:li", "1")
    assert entry.detail["digest"] == found.issue.digest


def test_a_correction_is_the_next_version_and_names_the_one_before(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        first = issue(connection, WHOLE, november(("2026-11-01", 1, 2, 3)), LI, 5)
        with pytest.raises(NotIssuedError, match="nothing has changed since version 1"):
            issue(connection, WHOLE, november(("2026-11-01", 1, 2, 3)), LI, 6)
        other = Identity("daily", "town", "2026-11", options_text({"tax": "without"}))
        assert issue(connection, other, november(("2026-11-01", 1, 2, 3)), LI, 7).issue.version == 1
        second = issue(connection, WHOLE, november(("2026-11-01", 9, 2, 3)), LI, 8)
        assert (second.issue.version, second.issue.replaces) == (2, first.issue.id)
        assert [one.issue.id for one in listed(connection, None)] == [3, 2, 1]
        assert [one.issue.id for one in listed(connection, None, before=3, limit=1)] == [2]
        assert listed(connection, frozenset({"north"})) == []
        assert listed(connection, None, kind="cost") == []


def test_a_period_that_runs_is_not_issued(engine: sa.Engine) -> None:
    from dataclasses import replace

    report = november(("2026-11-01", 1, 2, 3))
    early = replace(report, made_at_ms=report.period.span.end - 1)
    with transaction(engine) as connection, pytest.raises(NotIssuedError, match="has not ended"):
        issue(connection, WHOLE, early, LI, 5)


@pytest.mark.parametrize(
    "change", ["UPDATE issued_reports SET version = 9", "DELETE FROM issued_reports"]
)
def test_it_cannot_be_altered(engine: sa.Engine, change: str) -> None:
    with transaction(engine) as connection:
        issue(connection, WHOLE, november(("2026-11-01", 1, 2, 3)), LI, 5)
    with (
        pytest.raises(sa.exc.IntegrityError, match="never altered"),
        transaction(engine) as connection,
    ):
        connection.execute(sa.text(change))


def test_what_was_altered_beside_sitewatch_is_not_shown(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        issue(connection, WHOLE, november(("2026-11-01", 1, 2, 3)), LI, 5)
        connection.execute(sa.text("DROP TRIGGER issued_reports_no_update"))
        connection.execute(
            sa.text("UPDATE issued_reports SET content = replace(content, '1', '2')")
        )
    with reading(engine) as connection:
        with pytest.raises(InvalidReportError, match="was altered"):
            read(connection, 1)
        with pytest.raises(UnknownIssueError):
            read(connection, 2)


def test_a_scope_is_the_sites_with_all_below() -> None:
    town = estate({"c1": None, "b1": "c1", "c2": None}, [])
    assert Identity("daily", "c1", "2026", scope=scope_text(["c1"])).places(town) == frozenset(
        {"c1", "b1"}
    )
    assert Identity("daily", "c1", "2026", scope=scope_text(None)).places(town) is None
    assert scope_text(None) == EVERYTHING
    with pytest.raises(NotIssuedError, match="too long"):
        scope_text([f"site-{number}" for number in range(100)])
