"""The safety report by site, in every rendering. covers: reports.safety_columns."""

import csv
import io
from collections.abc import Iterator

import pytest
from rich.console import Console

from alerts.alarm import Finding
from records.engine import make_engine
from reports.errors import InvalidPeriodError, UnknownSiteError, UnreadableDatabaseError
from reports.render_safety import safety_csv, safety_table
from reports.safety import SafetyReportData, safety_report
from reports.texts import Language
from tests.alerts.desk import START, Desk

PERIOD = "2023-11"
"""START is 2023-11-14."""
LATER = START + 86_400_000


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    desk.say("smoke-1", 1, {"smoke": True})
    desk.ack("smoke_detector_fire", "smoke-1", 31)
    desk.say("lift-1", 2, {"entrapment": True})
    alarm = desk.alarm("smoke_detector_fire", "smoke-1")
    assert alarm is not None
    desk.repository.find(alarm.id, "li", Finding.FALSE_ALARM, "steam", START + 40_000)
    yield desk
    desk.close()


def report(desk: Desk, site: str | None = None, period: str = PERIOD) -> SafetyReportData:
    return safety_report(
        desk.engine, desk.estate, site or desk.estate.id, period, now_ms=LATER, operators=2
    )


def test_the_whole_is_its_sites_and_runs_until_now(desk: Desk) -> None:
    found = report(desk)
    assert found.until_ms == LATER + 1
    assert found.total.alarms == sum(row.figures.alarms for row in found.rows) == 2
    fire = found.total.classes["fire"]
    assert (fire.to_acknowledge.median, fire.judged, fire.false_alarms) == (30.0, 1, 1)
    assert found.total.classes["entrapment"].unacknowledged == 1


def test_a_site_has_what_is_below_it_and_nothing_else(desk: Desk) -> None:
    alarm = desk.alarm("smoke_detector_fire", "smoke-1")
    assert alarm is not None
    mine = report(desk, alarm.place)
    assert mine.total.classes.keys() >= {"fire"}
    assert [row.site for row in mine.rows] == [alarm.place]
    assert report(desk, period="2023-10").total.alarms == 0
    hidden = safety_report(
        desk.engine, desk.estate, desk.estate.id, PERIOD, now_ms=LATER, places=frozenset()
    )
    assert hidden.total.alarms == 0


def test_what_is_asked_wrongly_is_named(desk: Desk) -> None:
    with pytest.raises(UnknownSiteError, match="'nowhere'"):
        report(desk, "nowhere")
    with pytest.raises(InvalidPeriodError):
        report(desk, period="2023-13")
    empty = make_engine("sqlite://")
    with pytest.raises(UnreadableDatabaseError):
        safety_report(empty, desk.estate, desk.estate.id, PERIOD, now_ms=LATER)
    empty.dispose()


def test_csv_and_table_say_the_same(desk: Desk) -> None:
    found = report(desk)
    rows = list(csv.reader(io.StringIO(safety_csv(found, Language.EN).removeprefix("\ufeff"))))
    assert rows[0][2:4] == ["Alarms", "Emergencies"]
    total = dict(zip(rows[0], rows[len(found.rows) + 1], strict=True))
    assert (total["Alarms"], total["Emergencies"]) == ("2", "2")
    assert total["False alarms [%]"] == "100.00"
    assert total["Time to acknowledge, median [s]"] == "30"
    console = Console(width=300, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(safety_table(found, Language.ZH))
    assert "安全报表" in capture.get()
    empty = report(desk, period="2023-10")
    cells = list(csv.reader(io.StringIO(safety_csv(empty, Language.EN))))[1]
    assert dict(zip(rows[0], cells, strict=True))["False alarms [%]"] == ""
