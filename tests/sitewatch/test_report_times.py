"""Scheduled reports, from the folder to the mail box."""

import asyncio
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from alerts import duty_book
from alerts.channels.email import Email, EmailSettings, Security
from alerts.contacts import Contact
from ingest.interval_tables import Series
from records.audit import SYSTEM, Actor, entries
from records.engine import make_engine, migrate, reading, sqlite_url, transaction
from reports import issued
from reports.asked import asked_for
from reports.issued import Identity
from reports.makers import make_report
from sitewatch.estate_folder import EstateFolder, load_folder
from sitewatch.report_times import ReportTimes
from tests.device_configs.estates import smallest
from tests.reports.days import daily as daily
from tests.reports.ledgers import book
from tests.smtp import MailBox, mail_server

pytestmark = pytest.mark.usefixtures("daily")
SCHEDULE = """\
- {id: monthly, report: daily, site: centre, every: month, on: 3,
   formats: [pdf, csv], to: [li, wang]}
"""


def at(text: str) -> int:
    moment = dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    return int(moment.timestamp() * 1000)


@dataclass
class World:
    """A folder, a database, a mail box and a clock."""

    loaded: EstateFolder
    engine: sa.Engine
    box: MailBox
    now: int = field(default_factory=lambda: at("2026-11-20 10:00"))

    def times(self) -> ReportTimes:
        """As after a start of the service."""
        settings = EmailSettings(
            "127.0.0.1", self.box.port, "sitewatch@example.com", Security.NONE, timeout_s=5
        )
        return ReportTimes(
            lambda: self.loaded, self.engine, None, lambda: Email(settings), lambda: self.now
        )

    def turn(self, moment: str) -> None:
        """What a start at a moment does."""
        self.now = at(moment)
        times = self.times()
        times.begin()
        times.turn()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    folder = smallest(tmp_path / "estate")
    (folder / "reports.yaml").write_text(SCHEDULE)
    engine = make_engine(sqlite_url(tmp_path / "a.sqlite"))
    migrate(engine)
    book(engine, Series("m1", "active_energy_import"), "2026-11-03 12:00", 1500)
    with transaction(engine) as connection:
        for name in ("li", "wang"):
            contact = Contact(id=name, name=name, email=f"{name}@example.com")
            duty_book.put(connection, contact, SYSTEM, 0)
    with mail_server() as box:
        yield World(load_folder(folder), engine, box)
    engine.dispose()


def test_each_period_goes_to_each_person_once_over_any_number_of_starts(world: World) -> None:
    for moment in ("2026-11-20 10:00", "2026-12-03 07:59"):
        world.turn(moment)
    assert world.box.mails == []
    for moment in ("2026-12-03 08:01", "2026-12-03 08:02", "2026-12-30 08:00"):
        world.turn(moment)
    assert [mail.recipients for mail in world.box.mails] == [
        ["li@example.com"],
        ["wang@example.com"],
    ]
    message = world.box.mails[0].message
    assert message["Subject"] == "按日用电：行政中心，2026-11"
    body = message.get_body(("plain",))
    assert body is not None
    assert "未签发" in body.get_content()
    files = {part.get_filename(): part for part in message.iter_attachments()}
    assert set(files) == {"daily-centre-2026-11.pdf", "daily-centre-2026-11.csv"}
    assert files["daily-centre-2026-11.pdf"].get_content().startswith(b"%PDF-")
    with reading(world.engine) as connection:
        sent = entries(connection, 10, action="report.sent")
    assert {entry.detail["to"] for entry in sent} == {"li@example.com", "wang@example.com"}
    world.turn("2027-01-04 00:00")
    assert len(world.box.mails) == 4


def test_a_server_that_is_down_is_tried_again(world: World) -> None:
    world.turn("2026-11-20 10:00")
    world.box.refuse_mail = "451 later"
    world.turn("2026-12-03 08:01")
    world.box.refuse_mail = None
    world.turn("2026-12-03 08:01")
    assert world.box.mails == []
    world.turn("2026-12-03 08:03")
    assert len(world.box.mails) == 2


def test_what_was_issued_is_sent_as_issued(world: World) -> None:
    world.turn("2026-11-20 10:00")
    loaded = world.loaded
    asked = asked_for(
        loaded.estate, loaded.folder, world.engine, "centre", "2026-11",
        now_ms=at("2026-12-01 09:00"), revision="r",
    )  # fmt: skip
    with transaction(world.engine) as connection:
        identity = Identity("daily", "centre", "2026-11")
        report = make_report("daily", asked)
        issued.issue(connection, identity, report, Actor("person:li"), at("2026-12-01 09:00"))
    book(world.engine, Series("m1", "active_energy_import"), "2026-11-04 12:00", 9000)
    world.turn("2026-12-03 08:01")
    [pdf, csv] = world.box.mails[0].message.iter_attachments()
    assert pdf.get_filename() == "daily-centre-2026-11-v1.pdf"
    assert "2026-11-04,9," not in csv.get_content()


def test_a_report_that_cannot_be_made_waits(world: World) -> None:
    world.turn("2026-11-20 10:00")
    (world.loaded.folder / "reports.yaml").write_text(
        SCHEDULE.replace("to:", "options: {tax: half}, to:")
    )
    world.turn("2026-12-03 08:01")
    assert world.box.mails == []
    (world.loaded.folder / "reports.yaml").write_text(SCHEDULE)
    world.turn("2026-12-03 08:03")
    assert len(world.box.mails) == 2


async def test_it_looks_at_once_when_it_starts(world: World) -> None:
    world.turn("2026-11-20 10:00")
    world.now = at("2026-12-03 08:01")
    task = asyncio.create_task(world.times().run())
    try:
        async with asyncio.timeout(30):
            while len(world.box.mails) < 2:  # noqa: ASYNC110 - the server is a thread
                await asyncio.sleep(0.02)
    finally:
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
