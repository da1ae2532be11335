"""The serving half: the store, the intervals, the reports and the page.

What it has of the watching half is `Watched`; it asks nothing else of it.
"""

import asyncio
import functools
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version

import sqlalchemy as sa
import structlog
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from alerts.order_book import WorkOrderBook
from alerts.outbox import Outbox
from alerts.repository import AlarmRepository
from api.app import create_app, end_streams
from api.house import House
from device_configs.estate import Estate
from device_configs.kinds import kinds
from ingest.clock import MACHINE, Clocks, wall_clock_ms
from ingest.interval_ledger import IntervalLedger
from ingest.intervals import IntervalWriter
from ingest.latest import Latest
from ingest.ledger_writer import LedgerWriter
from ingest.quality import QualityWriter
from ingest.quality_recount import QualityRecount
from ingest.recorder import Recorder
from ingest.session_ledger import PACE_S as SESSIONS_PACE_S
from ingest.session_ledger import SessionLedger
from ingest.session_tables import CONSUMER as SESSIONS
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.store import StoreError, TimeSeriesStore
from records.attachments import Attachments
from records.people import ensure_first_administrator
from records.revisions import accept, folder_files
from records.seal import read_seal
from sitewatch.api_settings import api_settings, provider_of
from sitewatch.channels import mail_of
from sitewatch.control_socket import serve_control
from sitewatch.current import Current
from sitewatch.data_folder import DataFolder
from sitewatch.disk_reserve import DISK
from sitewatch.estate_check import check_apart
from sitewatch.estate_folder import EstateFolder
from sitewatch.expectations import Expectations, Scene
from sitewatch.heartbeats import Heartbeats, Stage
from sitewatch.metrics import Measured, StageCollector
from sitewatch.open_store import open_store
from sitewatch.operations import Workplace
from sitewatch.report_times import ReportTimes
from sitewatch.settings import Settings
from sitewatch.stages import Stages
from sitewatch.store_care import StoreCare
from sitewatch.watched import Watched
from sitewatch.watching import Work, roll_calls_of
from sitewatch.web import make_server

_LOG = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Serving:
    """Everything that is open while the page is served."""

    current: Current
    settings: Settings
    engine: sa.Engine
    watched: Watched
    store: TimeSeriesStore
    recorder: Recorder
    intervals: IntervalWriter
    quality: QualityWriter
    sessions: LedgerWriter[SessionLedger]
    work: Workplace
    care: StoreCare | None
    """Housekeeping of the embedded store; None where the series are elsewhere."""
    expectations: Expectations
    reports: ReportTimes
    registry: CollectorRegistry
    """What Prometheus is told."""
    beats: Heartbeats
    """The pulses of its stages."""
    clocks: Clocks

    async def take_up(self, loaded: EstateFolder) -> None:
        """Keep a changed estate folder, and work with it from now on."""
        await keep_revision(self.engine, loaded, "estate folder")
        self.intervals.ledger.take_estate(loaded.estate)
        self.quality.take_estate(loaded.estate)
        self.sessions.ledger.take_estate(loaded.estate)

    def stages(self) -> Mapping[str, Work]:
        """What runs beside the server, by name."""
        stages: dict[str, Work] = {
            "recorder": self.recorder.run,
            "intervals": self.intervals.run,
            "quality": self.quality.run,
            "sessions": self.sessions.run,
            "expectations": self.expectations.run,
            "reports": self.reports.run,
            "control": functools.partial(serve_control, self.work.data.path, self.work.perform),
            "metrics": StageCollector(self._measured(), self.registry).run,
        }
        if self.care is not None:
            stages["store care"] = self.care.run
        if self.work.quality is not None and isinstance(self.store, DuckDbStore):
            stages["quality recount"] = functools.partial(self.work.quality.run, self.store)
        return stages

    def _measured(self) -> Measured:
        return Measured(
            health=self.health,
            watched=self.watched.metrics,
            latest=self.watched.latest,
            recorder=self.recorder,
            ledger=self.intervals.ledger,
            quality=self.quality,
            outbox_waiting=Outbox(self.engine).waiting_by_channel,
            folder=self.work.data.path,
        )

    def health(self) -> Mapping[str, str]:
        """How the stages of both halves are doing."""
        watched = self.watched.reasons()
        own = {
            "store": self.beats.reason("store") or self.recorder.health().reason,
            "estate": self.current.reason or watched.get("estate"),
            "store files": None if self.care is None else self.care.reason,
            "expectations": self.expectations.reason,
        }
        return Stages(self.watched.lines, lambda: {**watched, **own})()

    def app(self) -> FastAPI:
        """The HTTP interface and the page."""
        watched = self.watched
        return create_app(
            House(
                estate=lambda: self.current.loaded.estate,
                kinds=kinds(),
                engine=self.engine,
                latest=watched.latest,
                store=self.store,
                alarms=AlarmRepository(
                    self.engine, watched.told_by, wake=watched.wake,
                    routes=lambda: self.current.loaded.routes,
                ),
                alarm_feed=watched.feed,
                roll_calls=roll_calls_of(
                    self.current, self.settings, self.engine, watched.wake, watched.told_by,
                    self.clocks.wall_ms,
                ),
                work_orders=WorkOrderBook(
                    self.engine, lambda: self.current.loaded.work_plans
                ),
                attachments=Attachments(self.work.data.attachments),
                rules=lambda: self.current.loaded.rules,
                line_health=watched.lines,
                dead_letters=watched.letters,
                letter_counts=watched.letter_counts,
                is_watched=watched.answers,
                health=self.health,
                revision=lambda: self.current.loaded.revision,
                now_ms=self.clocks.wall_ms,
                version=version("sitewatch"),
                registry=self.registry,
                folder=lambda: self.current.loaded.folder,
                check_estate=check_apart,
                seal=read_seal(self.settings.accounts.key_file or self.work.data.key),
                provider=provider_of(self.settings),
                settings=api_settings(self.settings),
            )
        )  # fmt: skip


@asynccontextmanager
async def open_serving(
    current: Current,
    settings: Settings,
    data: DataFolder,
    engine: sa.Engine,
    watched: Watched,
    clocks: Clocks = MACHINE,
) -> AsyncIterator[Serving]:
    """Open the serving half; nothing runs yet. The latest values are those of the store.

    Raises:
        StoreError: the embedded store cannot be opened.
    """

    def estate() -> Estate:
        return current.loaded.estate

    store = await asyncio.to_thread(open_store, settings.store, data, estate, watched.letters)
    try:
        await _restore(watched.latest, store)
        care = None
        if isinstance(store, DuckDbStore):
            care = StoreCare(store, settings.store, estate, clocks.wall_ms)
        log = watched.log
        ledger = IntervalLedger(engine, estate(), now_ms=clocks.wall_ms)
        recount = QualityRecount(engine, estate, now_ms=clocks.wall_ms)
        # Only what is stored here can be read back as it came.
        stays = SessionLedger(engine, estate(), store if isinstance(store, DuckDbStore) else None)
        recorder = Recorder(log, store, now_ms=clocks.wall_ms, held=_held(store, watched))

        def scene() -> Scene:
            return Scene(estate(), current.loaded.rules, current.loaded.holidays)

        yield Serving(
            current, settings, engine, watched, store, recorder,
            IntervalWriter(ledger, log),
            QualityWriter(
                engine, log, estate(), now_ms=clocks.wall_ms, own_run=watched.one_process,
                is_recounted=isinstance(store, DuckDbStore),
            ),
            LedgerWriter(stays, SESSIONS, log, pace_s=SESSIONS_PACE_S),
            Workplace(
                store, data, estate, current.loaded.folder, settings, ledger, recount, stays
            ),
            care,
            Expectations(engine, store, scene, watched.found, clocks.wall_ms),
            ReportTimes(
                lambda: current.loaded, engine, store,
                lambda: mail_of(settings, estate(), clocks.wall_ms), clocks.wall_ms,
            ),
            CollectorRegistry(),
            Heartbeats({"store": Stage(recorder.pulse, 300, safety=False)}),
            clocks,
        )  # fmt: skip
    finally:
        await asyncio.to_thread(store.close)


def _held(store: TimeSeriesStore, watched: Watched) -> Callable[[], str | None]:
    """Why a store on the disk that is full must wait; one elsewhere empties the journal."""
    embedded = isinstance(store, DuckDbStore)
    return lambda: watched.reasons().get(DISK) if embedded else None


async def _restore(latest: Latest, store: TimeSeriesStore) -> None:
    try:
        latest.load(await asyncio.to_thread(store.latest))
    except StoreError as error:
        _LOG.warning("the store cannot be read; values appear as they come in", error=str(error))


async def keep_revision(engine: sa.Engine, loaded: EstateFolder, by: str) -> None:
    """Keep a state of the estate folder that was taken up."""
    await asyncio.to_thread(
        accept, engine, folder_files(loaded.folder), loaded.revision, by=by, now_ms=wall_clock_ms()
    )


def first_person(engine: sa.Engine, settings: Settings, say: Callable[[str], None]) -> None:
    """Make sure that somebody can sign in; a password that had to be made is said once."""
    file = settings.admin_password_file
    given = file.read_text(encoding="utf-8").strip() if file else None
    made = ensure_first_administrator(engine, given, wall_clock_ms())
    if made is not None:
        say(f"login: admin / {made}   (shown once; change it on the page)")


class PageServer:
    """The server of the page on a socket of our own."""

    def __init__(self, serving: Serving, listening: socket.socket) -> None:
        self._app = serving.app()
        self._server = make_server(self._app, serving.settings.service)
        self._listening = listening

    def stop(self) -> None:
        """End the streams, and let `run` return."""
        end_streams(self._app)
        self._server.should_exit = True

    def run(self) -> Awaitable[None]:
        """Serve until stopped."""
        return self._server.serve(sockets=[self._listening])
