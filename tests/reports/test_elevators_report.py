"""The report of elevators, from what the cars said to the last cell."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import pytest

from alerts.alarm import Finding
from alerts.proof_rows import WantedProof, note
from alerts.rescue import RescueStep
from collectors.sample import Quality
from ingest.quality_book import DayRow
from ingest.quality_tables import put_days
from ingest.stores.store import Aggregate, Reading, StoreError
from records.engine import make_engine, transaction
from reports import elevators_report
from reports.asked import Series, asked_for
from reports.document import Report
from reports.errors import UnreadableDatabaseError
from reports.report_texts import report_texts
from tests.alerts.desk import START, Desk
from tests.reports import estates
from tests.reports.ledgers import REVISION, ledger, ms

LATER = START + 86_400_000 * 30
"""START is 2023-11-15 06:13 in Shanghai."""
FIFTEENTH = dt.date(2023, 11, 15)


class Counters:
    """A store of which each lift's counters are known at the end of some days."""

    def __init__(self, values: Mapping[str, Sequence[tuple[str, float]]]) -> None:
        self.values = values

    def series(
        self, device: str, points: Sequence[str], start: int, end: int,
        step_ms: int | None = None, aggregate: Aggregate = Aggregate.MEAN, limit: int = 100_000,
    ) -> Mapping[str, Sequence[Reading]]:  # fmt: skip
        if device == "lift-cq":
            raise StoreError("away")
        return {
            point: [Reading(at, value, Quality.GOOD)
                    for day, value in self.values.get(point, ())
                    if start <= (at := ms(f"{day} 00:00")) < end]
            for point in points
        }  # fmt: skip


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk(engine=ledger())
    desk.say("lift-1", 10, {"entrapment": True, "fault_code": 2})
    alarm = desk.alarm("elevator_entrapment", "lift-1")
    assert alarm is not None
    for said, at in ((RescueStep.ON_SITE, 610), (RescueStep.RELEASED, 1210)):
        desk.repository.rescue(
            alarm.id, said, "li", None, START + at * 1000, lambda _connection, _alarm: None
        )
    desk.say("lift-1", 3610, {"entrapment": False, "fault_code": 0})
    desk.tick(3700)
    desk.repository.find(alarm.id, "li", Finding.REAL, None, START + 4_000_000)
    rows = [DayRow("lift-1", FIFTEENTH.toordinal() + n, counted=1440, online=720) for n in (0, 1)]
    with transaction(desk.engine) as connection:
        put_days(connection, rows)
        note(
            connection,
            WantedProof("lift-1", "maintenance", dt.date(2023, 11, 20), None, False, None),
            "li", START,
        )  # fmt: skip
    yield desk
    desk.close()


def report(desk: Desk, readings: Series | None = None, period: str = "2023-11") -> Report:
    asked = asked_for(
        desk.estate, None, desk.engine, None, period, now_ms=LATER, revision=REVISION,
        readings=readings,
    )  # fmt: skip
    return elevators_report.make(asked)


def test_known_stopped_and_unknown_time_of_a_lift(desk: Desk) -> None:
    found = report(desk).sheet("elevators")
    by_name = {str(row.cells[0]): row.cells for row in found.rows}
    # Of thirty days two are half known; one stop, until 30 s after the door fault was gone.
    stopped = by_name["lift-1"][4]
    assert isinstance(stopped, float)
    assert 3600 <= stopped <= 3690
    assert by_name["lift-1"][2:6] == [
        1 - Fraction(round(stopped * 1000), 86_400_000), 86_400, stopped, 29 * 86_400,
    ]  # fmt: skip
    assert by_name["lift-1"][7:] == [1, None, None]
    # Never heard: neither available nor stopped.
    assert by_name["lift-cq"][2:6] == [None, 0, 0, 30 * 86_400]
    total = found.rows[-1].cells
    assert total[3:6] == [86_400, stopped, 59 * 86_400]


def test_a_rescue_is_dated_and_counted_once(desk: Desk) -> None:
    rows = report(desk).sheet("rescues").rows
    words = report_texts("elevators").rows
    assert [row.cells[2:] for row in rows] == [
        ["2023-11-15 06:13", 600.0, 1200.0, words["in_time"]]
    ]


def test_faults_bear_the_words_of_the_table_and_add_up(desk: Desk) -> None:
    found = report(desk)
    rows = found.sheet("faults").rows
    each = [row.cells[3] for row in rows[:-1]]
    assert len(each) >= 2
    assert rows[-1].cells[3] == sum(one for one in each if isinstance(one, int))
    assert found.sheet("elevators").rows[-1].cells[6] == rows[-1].cells[3]


def test_upkeep_is_overdue_unknown_or_in_order(desk: Desk) -> None:
    words = report_texts("elevators").rows
    rows = {
        (str(row.cells[0]), row.cells[2]): row.cells[3:]
        for row in report(desk).sheet("upkeep").rows
    }
    kept = rows["lift-1", words["maintenance"]]
    assert kept == [1, "2023-11-20", "2023-12-05", words["in_order"]]
    assert rows["lift-1", words["inspection"]][3] == words["due_unknown"]
    later = report(desk, period="2023-12").sheet("upkeep").rows
    late = next(row.cells for row in later if row.cells[2] == words["maintenance"])
    assert late[3:] == [0, "2023-11-20", "2023-12-05", words["overdue"]]


def test_a_test_is_no_fault_and_an_empty_period_has_no_rescue(desk: Desk) -> None:
    found = report(desk, period="2023-10")
    assert not found.sheet("rescues").rows
    assert found.sheet("elevators").rows[-1].cells[6:8] == [0, 0]
    empty = make_engine("sqlite://")
    asked = asked_for(
        desk.estate, None, empty, None, "2023-11", now_ms=LATER, revision=REVISION
    )  # fmt: skip
    with pytest.raises(UnreadableDatabaseError):
        elevators_report.make(asked)
    empty.dispose()


def counted(values: Mapping[str, Sequence[tuple[str, float]]], lift: str = "lift") -> Report:
    plan = estates.estate(
        {"c1": None}, [estates.device(lift, "elevator", "c1", points=("trip_count", "run_time"))]
    )
    engine = ledger()
    asked = asked_for(
        plan, None, engine, None, "2026-11", now_ms=ms("2026-12-05 00:00"), revision=REVISION,
        readings=Counters(values),
    )  # fmt: skip
    found = elevators_report.make(asked)
    engine.dispose()
    return found


def test_trips_are_counted_from_the_last_reading_before_the_period() -> None:
    trips = [("2026-10-30", 100.0), ("2026-11-01", 140.0), ("2026-11-30", 900.0)]
    found = counted({"trip_count": trips, "run_time": [("2026-11-02", 5.0), ("2026-11-09", 9.0)]})
    assert found.sheet("elevators").rows[0].cells[8:] == [800, None]
    assert found.sheet("elevators").rows[-1].cells[8:] == [800, None]
    assert "counter_unknown" in {one.key for one in found.notes}
    back = counted({"trip_count": [*trips, ("2026-11-30", 12.0)]})
    assert back.sheet("elevators").rows[0].cells[8] is None
    away = counted({"trip_count": trips}, "lift-cq")
    assert away.sheet("elevators").rows[0].cells[8:] == [None, None]
