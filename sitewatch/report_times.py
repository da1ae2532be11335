"""Sends the reports of an estate's `reports.yaml` by e-mail when they are due.

They do not go through the outbox of alarms: that merges, limits and escalates messages, and must
never wait for a file. What is sent stands in a table of its own (`reports.sendings`).
"""

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import sqlalchemy as sa
import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from alerts import duty_book
from alerts.channels.email import Attachment, Email
from alerts.errors import SendError
from api.report_items import rendered
from device_configs.faults import DeviceConfigsError
from ingest.bus import IngestError
from records.engine import RecordsError, reading, transaction
from reports import issued, sendings
from reports.asked import Series, asked_for
from reports.document import Report
from reports.errors import ReportsError
from reports.frame import title, word
from reports.issue import status
from reports.issued import Identity, Issued, options_text
from reports.makers import MAKERS, make_report
from reports.schedules import Schedule, latest_due, load_schedules
from reports.sendings import Sending
from sitewatch.estate_folder import EstateFolder

_LOG = structlog.get_logger(__name__)
_FAILURES = (ReportsError, RecordsError, IngestError, DeviceConfigsError)
"""What making a report may come to."""


@dataclass(frozen=True)
class ReportTimes:
    """The calendar work of reports."""

    loaded: Callable[[], EstateFolder]
    engine: sa.Engine
    readings: Series | None
    mail: Callable[[], Email | None]
    now_ms: Callable[[], int]

    async def run(self) -> None:
        """Look every minute until cancelled; each time at the folder of now."""
        scheduler = AsyncIOScheduler(timezone=dt.UTC)
        await asyncio.to_thread(self.begin)
        scheduler.add_job(
            self._turn, "cron", second=0, misfire_grace_time=None, coalesce=True, max_instances=1
        )
        scheduler.start()
        try:
            await self._turn()
            await asyncio.Event().wait()
        finally:
            scheduler.shutdown(wait=False)

    async def _turn(self) -> None:
        try:
            await asyncio.to_thread(self.turn)
        except (sa.exc.SQLAlchemyError, *_FAILURES) as error:
            _LOG.warning("scheduled reports wait", error=str(error))

    def begin(self) -> None:
        """Close what the last stop left between."""
        with transaction(self.engine) as connection:
            left = sendings.after_a_stop(connection, self.now_ms())
        if left:
            _LOG.warning("reports were being sent when the service stopped", mails=left)

    def turn(self) -> None:
        """Queue what has become due, and send what is queued; blocks."""
        loaded = self.loaded()
        schedules = load_schedules(loaded.folder, loaded.estate, frozenset(MAKERS))
        self._queue(loaded, schedules)
        by_id = {one.id: one for one in schedules}
        with reading(self.engine) as connection:
            waiting = sendings.pending(connection, self.now_ms())
        for (schedule, period), group in groupby(waiting, lambda one: (one.schedule, one.period)):
            if schedule in by_id:
                self._send(loaded, by_id[schedule], period, list(group))

    def _queue(self, loaded: EstateFolder, schedules: Sequence[Schedule]) -> None:
        now = dt.datetime.fromtimestamp(self.now_ms() / 1000, loaded.estate.timezone)
        due = [(one, latest_due(one, now, loaded.holidays).period) for one in schedules]
        with reading(self.engine) as connection:
            new = [(one, name) for one, name in due if not sendings.has(connection, one.id, name)]
        for one, period in new:
            with transaction(self.engine) as connection:
                contacts = duty_book.directory(connection).contacts
                mails = {name: contacts[name].email for name in one.to if name in contacts}
                reached = [mail for mail in mails.values() if mail is not None]
                queued = sendings.begin(connection, one.id, period, reached, self.now_ms())
            unreached = sorted(name for name in one.to if mails.get(name) is None)
            if queued and unreached:
                _LOG.warning("no e-mail address", schedule=one.id, contacts=unreached)

    def _send(
        self, loaded: EstateFolder, schedule: Schedule, period: str, group: Sequence[Sending]
    ) -> None:
        mail = self.mail()
        if mail is None:
            self._later(group, "no mail server is set (mail.host)")
            return
        try:
            found, report = self._report(loaded, schedule, period)
            files = [
                Attachment(file.name, file.media_type, file.content)
                for form in schedule.formats
                for file in [rendered(report, form, schedule.language, found)]
            ]
        except _FAILURES as error:
            _LOG.warning("a scheduled report cannot be made", schedule=schedule.id, why=str(error))
            self._later(group, str(error))
            return
        heading = title(report, schedule.language)
        text = word("mail_body", schedule.language).format(
            title=heading,
            status=status(report, None if found is None else found.issue, schedule.language),
            schedule=schedule.id,
        )
        detail = _detail(schedule, found)
        for one in group:
            self._deliver(mail, one, heading, text, files, detail)

    def _report(
        self, loaded: EstateFolder, schedule: Schedule, period: str
    ) -> tuple[Issued | None, Report]:
        """The report as it was issued; as it is now, where it was not."""
        site = schedule.site or loaded.estate.id
        identity = Identity(schedule.report, site, period, options_text(schedule.options))
        with reading(self.engine) as connection:
            last = issued.latest(connection, identity)
            if last is not None:
                return issued.read(connection, last.issue.id)
        asked = asked_for(
            loaded.estate, loaded.folder, self.engine, site, period,
            now_ms=self.now_ms(), revision=loaded.revision, readings=self.readings,
            options=schedule.options,
        )  # fmt: skip
        return None, make_report(schedule.report, asked)

    def _deliver(
        self,
        mail: Email,
        one: Sending,
        heading: str,
        text: str,
        files: Sequence[Attachment],
        detail: Mapping[str, object],
    ) -> None:
        with transaction(self.engine) as connection:
            sendings.sending(connection, one)
        try:
            mail.send_letter(one.address, heading, text, files)
        except SendError as error:
            with transaction(self.engine) as connection:
                sendings.failed(
                    connection, one, str(error), self.now_ms(), permanent=error.permanent
                )
            _LOG.warning("a report was not sent", schedule=one.schedule, why=str(error))
            return
        with transaction(self.engine) as connection:
            sendings.sent(connection, one, dict(detail), self.now_ms())

    def _later(self, group: Sequence[Sending], reason: str) -> None:
        with transaction(self.engine) as connection:
            for one in group:
                sendings.failed(connection, one, reason, self.now_ms())


def _detail(schedule: Schedule, found: Issued | None) -> Mapping[str, object]:
    number = None if found is None else found.issue.id
    return {"report": schedule.report, "formats": list(schedule.formats), "issue": number}
