"""The service: the one place where the packages are wired together."""

import asyncio
import functools
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version

import sqlalchemy as sa
import structlog
from prometheus_client import CollectorRegistry

from alerts.feed import AlarmFeed
from alerts.judge import Judge
from alerts.outbox import Dispatcher, Outbox
from alerts.repository import AlarmRepository
from alerts.watch import SERVICE
from api.app import create_app, end_streams
from api.house import ApiSettings, House
from collectors.driver import Driver, Wiring
from collectors.mqtt_settings import read_settings
from collectors.registry import DRIVERS
from collectors.supervise import supervise
from device_configs.estate import Estate
from device_configs.kinds import kinds
from ingest.clock import wall_clock_ms
from ingest.intake import Intake
from ingest.intervals import IntervalWriter
from ingest.journal import Journal
from ingest.journal_limits import JournalLimits
from ingest.latest import Latest
from ingest.quality import QualityWriter
from ingest.recorder import Recorder
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.store import StoreError, TimeSeriesStore
from records.dead_letters import DeadLetterBox
from records.people import ensure_first_administrator
from records.revisions import accept, folder_files
from sitewatch.channels import open_channels
from sitewatch.collection import Collection
from sitewatch.control_socket import serve_control
from sitewatch.current import Current
from sitewatch.data_folder import DataFolder
from sitewatch.estate_folder import EstateFolder
from sitewatch.garbage import settle
from sitewatch.heartbeats import Heartbeats, Stage
from sitewatch.memory import keep_small
from sitewatch.open_store import open_store
from sitewatch.operations import Workplace
from sitewatch.outside import Outside
from sitewatch.records_database import open_records
from sitewatch.self_watch import SelfWatch
from sitewatch.settings import Settings
from sitewatch.stages import Stages
from sitewatch.staleness import stale_after
from sitewatch.store_care import StoreCare
from sitewatch.watchdog import Watchdog
from sitewatch.web import make_server

_LOG = structlog.get_logger(__name__)
_CONSUMERS = ("recorder", "judge", "intervals", "quality")
_EXPIRE_S = 1.0
_START_S = 0.001
"""Between the first polls of two devices: all at once, each would wait for all others. [s]"""


@dataclass(frozen=True)
class Running:
    """What a companion of the service may use while it runs."""

    estate: EstateFolder
    store: TimeSeriesStore
    intervals: IntervalWriter


Companion = Callable[[Running], Awaitable[None]]
"""Something that runs beside the service until it ends, such as the demo's import of history."""


@dataclass(frozen=True)
class _House:
    """Everything that is open while the service runs."""

    current: Current
    settings: Settings
    engine: sa.Engine
    journal: Journal
    store: TimeSeriesStore
    latest: Latest
    intake: Intake
    collection: Collection
    recorder: Recorder
    judge: Judge
    intervals: IntervalWriter
    quality: QualityWriter
    dispatcher: Dispatcher
    repository: AlarmRepository
    feed: AlarmFeed
    letters: DeadLetterBox
    work: Workplace
    care: StoreCare | None
    """Housekeeping of the embedded store; None where the series are elsewhere."""

    async def take_up(self, loaded: EstateFolder) -> None:
        """Hand a changed estate folder to everything that works with it."""
        await asyncio.to_thread(
            accept, self.engine, folder_files(loaded.folder), loaded.revision,
            by="estate folder", now_ms=wall_clock_ms(),
        )  # fmt: skip
        self.intake.use(loaded.estate.devices)
        self.judge.replace(loaded.estate, loaded.rules, loaded.routes)
        self.intervals.take_estate(loaded.estate)
        self.quality.take_estate(loaded.estate)
        self.collection.change(loaded.estate)

    def heartbeats(self, watch: SelfWatch) -> Heartbeats:
        """The pulses of the stages; the journal's is that of the service's own values."""
        return Heartbeats({
            "engine": Stage(self.judge.pulse, 30, safety=True),
            "outbox": Stage(self.dispatcher.pulse, 60, safety=True),
            "journal": Stage(watch.pulse, 60, safety=True),
            "store": Stage(self.recorder.pulse, 300, safety=False),
        })  # fmt: skip

    def outside(self, beats: Heartbeats) -> Outside:
        """The heartbeat to somebody outside, which stops where an alarm might not get through."""

        def trouble() -> Sequence[str]:
            reasons = {
                "journal": self.journal.statistics().reason,
                "engine": self.judge.health.reason,
                "outbox": self.dispatcher.health.reason,
            }
            broken = [name for name, reason in reasons.items() if reason is not None]
            return [*beats.stalled(safety_only=True), *broken]

        estate = self.current.loaded.estate.id
        broker = read_settings(self.settings.mqtt.broker(f"sitewatch-{estate}"))
        return Outside(estate, self.settings.heartbeat, broker, self.engine, trouble)

    def stages(self, beats: Heartbeats) -> Stages:
        """How the stages are doing."""
        return Stages(
            self.collection.health,
            {
                "journal": lambda: beats.reason("journal") or self.journal.statistics().reason,
                "store": lambda: beats.reason("store") or self.recorder.health().reason,
                "engine": lambda: beats.reason("engine") or self.judge.health.reason,
                "outbox": lambda: beats.reason("outbox") or self.dispatcher.health.reason,
                "estate": lambda: self.current.reason,
                "store files": lambda: None if self.care is None else self.care.reason,
            },
        )

    def api(self, beats: Heartbeats) -> House:
        """What the HTTP interface is given."""
        return House(
            estate=lambda: self.current.loaded.estate,
            kinds=kinds(),
            engine=self.engine,
            latest=self.latest,
            store=self.store,
            alarms=self.repository,
            alarm_feed=self.feed,
            rules=lambda: self.current.loaded.rules,
            line_health=self.collection.health,
            dead_letters=self.letters,
            health=self.stages(beats),
            revision=lambda: self.current.loaded.revision,
            now_ms=wall_clock_ms,
            version=version("sitewatch"),
            registry=CollectorRegistry(),
            settings=ApiSettings(secure_cookies=self.settings.service.secure_cookies),
        )


def _wiring(
    settings: Settings, estate: Estate, intake: Intake, letters: DeadLetterBox, driver: Driver
) -> Wiring:
    own: dict[str, object] = {}
    spread_s = max(1.0, len(estate.devices) * _START_S)
    if any(schema.protocol == "mqtt" for schema in driver.schemas):
        own = settings.mqtt.broker(f"sitewatch-{estate.id}")
    return Wiring(intake, letters, wall_clock_ms, own, spread_s)


@asynccontextmanager
async def _open(
    loaded: EstateFolder, settings: Settings, data: DataFolder, engine: sa.Engine
) -> AsyncIterator[_House]:
    current = Current(loaded)
    letters = DeadLetterBox(engine, now_ms=wall_clock_ms)
    store = await asyncio.to_thread(
        open_store, settings.store, data, lambda: current.loaded.estate, letters
    )
    limits = JournalLimits(
        max_bytes=settings.journal.max_bytes, min_free_bytes=settings.journal.free_floor_bytes
    )
    try:
        async with (
            Journal.open(data.journal, _CONSUMERS, limits=limits) as journal,
            open_channels(settings, loaded.estate, wall_clock_ms) as channels,
        ):
            latest = Latest(stale_after(lambda: current.loaded.estate.devices))
            await _restore(latest, store)
            intake = Intake(
                journal, latest, loaded.estate.devices, own={SERVICE: kinds()["service"]}
            )
            wiring = functools.partial(_wiring, settings, loaded.estate, intake, letters)
            feed = AlarmFeed()
            dispatcher = Dispatcher(
                engine,
                channels,
                now_ms=wall_clock_ms,
                routes=lambda: current.loaded.routes,
                failure_rule=lambda: current.loaded.rules.find("channel_failed"),
                feed=feed,
            )
            yield _House(
                current, settings, engine, journal, store, latest, intake,
                Collection(DRIVERS, wiring, loaded.estate),
                Recorder(journal, store),
                Judge(
                    engine, journal, loaded.estate, loaded.rules, loaded.routes,
                    now_ms=wall_clock_ms, feed=feed, wake=dispatcher.wake,
                ),
                IntervalWriter(engine, journal, loaded.estate, now_ms=wall_clock_ms),
                QualityWriter(engine, journal, loaded.estate, now_ms=wall_clock_ms),
                dispatcher,
                AlarmRepository(
                    engine, feed, routes=lambda: current.loaded.routes, wake=dispatcher.wake
                ),
                feed,
                letters,
                Workplace(
                    store, data, lambda: current.loaded.estate, loaded.folder, settings,
                ),
                _care(store, settings, current),
            )  # fmt: skip
    finally:
        await asyncio.to_thread(store.close)


def _care(store: TimeSeriesStore, settings: Settings, current: Current) -> StoreCare | None:
    if not isinstance(store, DuckDbStore):
        return None
    return StoreCare(store, settings.store, lambda: current.loaded.estate)


async def _restore(latest: Latest, store: TimeSeriesStore) -> None:
    try:
        latest.load(await asyncio.to_thread(store.latest))
    except StoreError as error:
        _LOG.warning("the store cannot be read; values appear as they come in", error=str(error))


async def _expire(latest: Latest) -> None:
    while True:
        await asyncio.sleep(_EXPIRE_S)
        latest.expire(wall_clock_ms())


async def serve(
    loaded: EstateFolder,
    settings: Settings,
    data: DataFolder,
    listening: socket.socket,
    *,
    say: Callable[[str], None],
    companions: Sequence[Companion] = (),
) -> None:
    """Run the service until SIGINT or SIGTERM.

    Raises:
        SitewatchError, IngestError, RecordsError: what it needs cannot be had.
    """
    keep_small()
    with open_records(settings, data) as engine:
        await asyncio.to_thread(
            accept, engine, folder_files(loaded.folder), loaded.revision,
            by="start", now_ms=wall_clock_ms(),
        )  # fmt: skip
        _first_person(engine, settings, say)
        async with _open(loaded, settings, data, engine) as house:
            await _run(house, listening, companions, say)


def _first_person(engine: sa.Engine, settings: Settings, say: Callable[[str], None]) -> None:
    file = settings.admin_password_file
    given = file.read_text(encoding="utf-8").strip() if file else None
    made = ensure_first_administrator(engine, given, wall_clock_ms())
    if made is not None:
        say(f"login: admin / {made}   (shown once; change it on the page)")


async def _run(
    house: _House,
    listening: socket.socket,
    companions: Sequence[Companion],
    say: Callable[[str], None],
) -> None:
    watch = SelfWatch(
        house.intake, house.journal.statistics, Outbox(house.engine).waiting, house.work.data.path
    )
    beats = house.heartbeats(watch)
    app = create_app(house.api(beats))
    server = make_server(app)

    def stop() -> None:
        end_streams(app)
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    settle()
    running = Running(house.current.loaded, house.store, house.intervals)
    async with asyncio.TaskGroup() as group:
        stages: dict[str, Callable[[], Awaitable[None]]] = {
            "recorder": house.recorder.run,
            "judge": house.judge.run,
            "intervals": house.intervals.run,
            "quality": house.quality.run,
            "outbox": house.dispatcher.run,
            "collection": house.collection.run,
            "expire": functools.partial(_expire, house.latest),
            "estate folder": functools.partial(house.current.watch, house.take_up),
            "control": functools.partial(serve_control, house.work.data.path, house.work.perform),
        }
        stages["self watch"] = replace(watch, stalled=lambda: len(beats.stalled())).run
        stages["watchdog"] = Watchdog.of_process(beats).run
        stages["outside"] = house.outside(beats).run
        if house.care is not None:
            stages["store care"] = house.care.run
        tasks = [group.create_task(supervise(name, run), name=name) for name, run in stages.items()]
        tasks += [
            group.create_task(supervise("companion", functools.partial(one, running)))
            for one in companions
        ]
        host, port = listening.getsockname()[:2]
        estate = house.current.loaded.estate
        say(f"sitewatch {version('sitewatch')}: {estate.id}, {len(estate.devices)} devices")
        say(f"page: http://{host}:{port}")
        await server.serve(sockets=[listening])
        for task in tasks:
            task.cancel()
