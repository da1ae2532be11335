"""The fire report, from what detectors said to the last cell."""

import datetime as dt
from collections.abc import Iterator, Sequence

import pytest

from alerts.alarm import Finding
from alerts.coverage import PlaceCoverage, Protection
from alerts.proof_rows import WantedProof, note
from ingest.quality_tables import put_run
from records.engine import make_engine, transaction
from reports import fire_report
from reports.asked import Coverage, asked_for
from reports.document import Report
from reports.errors import UnreadableDatabaseError
from tests.alerts.desk import START, Desk
from tests.reports.ledgers import REVISION, ledger

LATER = START + 86_400_000
MINUTE = 60_000


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk(engine=ledger())
    desk.say("smoke-1", 1, {"smoke": True})
    desk.ack("smoke_detector_fire", "smoke-1", 31)
    alarm = desk.alarm("smoke_detector_fire", "smoke-1")
    assert alarm is not None
    desk.repository.find(alarm.id, "li", Finding.FALSE_ALARM, "steam", START + 40_000)
    desk.say("gas-1", 50, {"gas_alarm": True})
    yield desk
    desk.close()


def report(desk: Desk, period: str = "2023-11", coverage: Coverage | None = None) -> Report:
    asked = asked_for(
        desk.estate, None, desk.engine, None, period, now_ms=LATER, revision=REVISION,
        coverage=coverage,
    )  # fmt: skip
    return fire_report.make(asked)


def test_alarms_are_what_was_found_or_not_judged(desk: Desk) -> None:
    rows = report(desk).sheet("alarms").rows
    (centre, total) = rows
    assert centre.cells[1:] == total.cells[1:]
    assert total.cells[1:] == [2, 0, 1, 0, 0, 0, 1, 0, 30.0, None]
    assert report(desk, "2023-10").sheet("alarms").rows[-1].cells[1:9] == [0] * 8


def test_tests_are_unknown_until_one_is_noted(desk: Desk) -> None:
    before = report(desk).sheet("protection").rows[-1].cells
    assert before[4:7] == [0, None, None]
    wanted = WantedProof("panel-1", "functional_test", dt.date(2023, 11, 15), None, True, None)
    old = WantedProof("smoke-1", "functional_test", dt.date(2022, 1, 1), None, False, None)
    with transaction(desk.engine) as connection:
        note(connection, wanted, "li", START)
        note(connection, old, "li", START)
    after = report(desk).sheet("protection").rows[-1].cells
    units = after[1]
    assert isinstance(units, int)
    # The panel and its 242 parts; the other was tested too long ago.
    assert after[4:7] == [1, 243, 243 / units]
    assert report(desk, "2023-10").sheet("protection").rows[-1].cells[4:6] == [0, 0]


def test_coverage_is_of_now_and_of_no_period_that_has_ended(desk: Desk) -> None:
    def places() -> Sequence[PlaceCoverage]:
        return [
            PlaceCoverage("hall", "centre", "fire", Protection.PROTECTED, (), ()),
            PlaceCoverage("room-2", "centre", "fire", Protection.DEGRADED, ("fault",), ()),
            PlaceCoverage("hall", "centre", "elevator", Protection.UNPROTECTED, ("silent",), ()),
        ]

    running = report(desk, coverage=places)
    assert running.sheet("protection").rows[-1].cells[7] == 0.5
    ended = report(desk, "2023-10", coverage=places)
    assert ended.sheet("protection").rows[-1].cells[7] is None
    assert "coverage_of_now" in {one.key for one in ended.notes}


def test_blind_minutes_are_between_two_runs(desk: Desk) -> None:
    assert report(desk).sheet("blind").rows[-1].cells[2] is None
    with transaction(desk.engine) as connection:
        put_run(connection, START, START + 10 * MINUTE)
        put_run(connection, START + 25 * MINUTE, LATER)
    rows = report(desk).sheet("blind").rows
    assert [row.cells for row in rows[:-1]] == [
        ["2023-11-15 06:23:20", "2023-11-15 06:38:20", 900.0]
    ]
    assert rows[-1].cells[2] == 900.0


def test_without_tables_it_says_so(desk: Desk) -> None:
    empty = make_engine("sqlite://")
    asked = asked_for(desk.estate, None, empty, None, "2023-11", now_ms=LATER, revision=REVISION)
    with pytest.raises(UnreadableDatabaseError):
        fire_report.make(asked)
    empty.dispose()
