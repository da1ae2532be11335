"""The watching half: from the devices through the journal to alarms and those who are told.

It needs nothing of the serving half, so that nothing there can hold up or take down an alarm.
"""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

import sqlalchemy as sa

from alerts import ack_links
from alerts.deadline_watch import EVERY_S as DEADLINES_S
from alerts.deadline_watch import DeadlineWatch
from alerts.duty_audit import Auditor
from alerts.escalator import Escalator
from alerts.feed import AlarmFeed
from alerts.judge import Judge
from alerts.lookout import Lookout
from alerts.order_desk import OrderDesk
from alerts.order_planner import OrderPlanner
from alerts.outbox import Dispatcher, Outbox
from alerts.receipts import ReceiptPoller
from alerts.rescue_rows import EVERY_S as RESCUE_S
from alerts.rescue_rows import RescueWatch
from alerts.roll_call import RollCalls
from alerts.watch import SERVICE
from collectors.driver import Driver, Wiring
from collectors.mqtt_settings import read_settings
from collectors.primary_values import PrimarySink
from collectors.registry import DRIVERS
from device_configs.estate import Estate
from device_configs.kinds import kinds
from ingest.clock import MACHINE, Clocks
from ingest.intake import Intake
from ingest.journal import Journal
from ingest.journal_limits import JournalLimits
from ingest.latest import Latest
from records.dead_letters import DeadLetterBox
from sitewatch.channels import open_channels
from sitewatch.collection import Collection
from sitewatch.current import Current
from sitewatch.data_folder import DataFolder
from sitewatch.disk_reserve import DISK, DiskReserve
from sitewatch.estate_folder import EstateFolder
from sitewatch.heartbeats import Heartbeats, Stage
from sitewatch.metric_values import Value
from sitewatch.order_times import make_by_calendar
from sitewatch.outside import Outside
from sitewatch.roll_call_times import call_daily
from sitewatch.self_watch import SelfWatch
from sitewatch.settings import Settings
from sitewatch.staleness import stale_after
from sitewatch.watched import CONSUMERS, Watched
from sitewatch.watched_metrics import of_intake, of_journal, of_judge, of_outbox

ORDERS = "orders"
"""The stage that makes work orders; no alarm needs it."""
_EXPIRE_S = 1.0
_START_S = 0.001
"""Between the first polls of two devices: all at once, each would wait for all others. [s]"""
_JUDGED_S = 0.5
"""What came of a device before it left the estate is judged within this time. [s]"""
_REPLACED_S = 30.0
"""How long the judge may take for a new estate; then its devices are let in all the same. [s]"""
_LOOK_S = 0.05

Work = Callable[[], Awaitable[None]]
"""Runs until cancelled."""


@dataclass(frozen=True)
class Watching:
    """Everything that is open while somebody watches."""

    current: Current
    data: DataFolder
    engine: sa.Engine
    journal: Journal
    latest: Latest
    intake: Intake
    primary: PrimarySink
    collection: Collection
    judge: Judge
    dispatcher: Dispatcher
    receipts: ReceiptPoller
    escalator: Escalator
    auditor: Auditor
    rescues: Lookout
    deadlines: Lookout
    roll_calls: RollCalls
    orders: OrderDesk
    planner: OrderPlanner
    feed: AlarmFeed
    letters: DeadLetterBox
    own: SelfWatch
    beats: Heartbeats
    """The pulses of its stages; the journal's is that of the service's own values."""
    settings: Settings
    reserve: DiskReserve
    clocks: Clocks

    async def take_up(self, loaded: EstateFolder) -> None:
        """Work with a changed estate folder from now on.

        Nothing comes in of a device that the judge does not know, or knows no more: it would be
        an alarm of an unlisted one.
        """
        known, wanted = self.judge.devices, loaded.estate.devices
        self.intake.use({name: one for name, one in wanted.items() if name in known})
        if not known <= wanted.keys():
            await asyncio.sleep(_JUDGED_S)
        self.judge.replace(loaded.estate, loaded.rules, loaded.routes)
        with suppress(TimeoutError):
            async with asyncio.timeout(_REPLACED_S):
                while self.judge.routes is not loaded.routes:  # noqa: ASYNC110 - seldom, and short
                    await asyncio.sleep(_LOOK_S)
        self.intake.use(wanted)
        self.primary.use(loaded.estate)
        self.collection.change(loaded.estate)

    def reasons(self) -> Mapping[str, str | None]:
        """Work to why it does not work."""
        known = {
            "journal": self.journal.statistics().reason,
            "engine": self.judge.health.reason,
            "outbox": self.dispatcher.health.reason,
            "escalation": None,
            ORDERS: self.orders.reason,
            "rescue clock": self.rescues.reason,
        }
        found = {name: self.beats.reason(name) or reason for name, reason in known.items()}
        return found | {DISK: self.reserve.reason}

    def metrics(self) -> tuple[Value, ...]:
        """What Prometheus is told of its stages."""
        return (
            *of_journal(self.journal.statistics()),
            *of_intake(self.intake.statistics()),
            *of_judge(self.judge.health, self.clocks.wall_ms()),
            *of_outbox(self.dispatcher.health),
        )

    def trouble(self) -> Sequence[str]:
        """The stages that have stopped or do not work, so that an alarm might not get through."""
        broken = (name for name, reason in self.reasons().items() if reason is not None)
        # With the disk full alarms are still written: that is what its reserve is for. Orders are
        # made of alarms that are told already.
        return [name for name in broken if name not in {DISK, ORDERS}]

    def stages(self, also_stalled: Callable[[], int]) -> Mapping[str, Work]:
        """What runs, by name.

        Args:
            also_stalled: how many stages of the serving half have stopped.
        """

        def stalled() -> int:
            return len(self.beats.stalled()) + also_stalled()

        estate = self.current.loaded.estate.id
        broker = read_settings(self.settings.mqtt.broker(f"sitewatch-{estate}"))
        outside = Outside(
            estate, self.settings.heartbeat, broker, self.engine, self.trouble,
            self.clocks.wall_ms,
        )  # fmt: skip
        return {
            "judge": self.judge.run,
            "outbox": self.dispatcher.run,
            "receipts": self.receipts.run,
            "escalation": self.escalator.run,
            "auditor": self.auditor.run,
            "rescue clock": self.rescues.run,
            "deadlines": self.deadlines.run,
            "roll calls": self.roll_calls.run,
            "work orders": self.orders.run,
            "maintenance plans": functools.partial(
                make_by_calendar, self.planner, self.current.loaded.estate.timezone
            ),
            "roll call times": functools.partial(
                call_daily,
                self.roll_calls,
                self.settings.roll_call.sites,
                self.current.loaded.estate.timezone,
            ),
            "collection": self.collection.run,
            "expire": functools.partial(expire, self.latest, self.clocks.wall_ms),
            "disk reserve": self.reserve.run,
            "self watch": replace(self.own, stalled=stalled).run,
            "outside": outside.run,
        }

    def seen(self) -> Watched:
        """It, as the serving half of the same process sees it."""
        return Watched(
            log=self.journal,
            latest=self.latest,
            feed=self.feed,
            told_by=self.feed,
            wake=self.dispatcher.wake,
            found=self.judge.tell,
            lines=self.collection.health,
            reasons=self.reasons,
            letters=self.letters,
            letter_counts=self.letters.statistics,
            metrics=self.metrics,
            answers=lambda: True,
            one_process=True,
        )


@asynccontextmanager
async def open_watching(
    current: Current,
    settings: Settings,
    data: DataFolder,
    engine: sa.Engine,
    clocks: Clocks = MACHINE,
) -> AsyncIterator[Watching]:
    """Open the watching half; nothing runs yet.

    Raises:
        IngestError: the journal cannot be opened.
    """
    estate, now_ms = current.loaded.estate, clocks.wall_ms
    reserve = DiskReserve(data.path)
    await asyncio.to_thread(reserve.look)
    letters = DeadLetterBox(engine, now_ms=now_ms)
    limits = JournalLimits(
        max_bytes=settings.journal.max_bytes, min_free_bytes=settings.journal.free_floor_bytes
    )
    async with (
        Journal.open(data.journal, CONSUMERS, limits=limits, now_ms=now_ms) as journal,
        open_channels(settings, estate, engine, now_ms) as channels,
    ):
        latest = Latest(stale_after(lambda: current.loaded.estate.devices), now_ms)
        intake = Intake(
            journal, latest, estate.devices, own={SERVICE: kinds()["service"]}, now_ms=now_ms
        )
        feed = AlarmFeed()
        dispatcher = Dispatcher(
            engine,
            channels.channels,
            now_ms=now_ms,
            routes=lambda: current.loaded.routes,
            failure_rule=lambda: current.loaded.rules.find("channel_failed"),
            feed=feed,
            link=_link(engine, settings.service.public_url, now_ms),
        )
        judge = Judge(
            engine, journal, estate, current.loaded.rules, current.loaded.routes,
            now_ms=now_ms, feed=feed, wake=dispatcher.wake, steady_ms=clocks.steady_ms,
        )  # fmt: skip
        escalator = Escalator(
            engine, now_ms=now_ms, routes=lambda: current.loaded.routes,
            wake=dispatcher.wake, feed=feed, monotonic_ms=clocks.steady_ms,
        )  # fmt: skip
        primary = PrimarySink(intake, estate)
        wiring = functools.partial(_wiring, settings, estate, primary, letters, now_ms, engine)
        collection = Collection(DRIVERS, wiring, estate)
        own = SelfWatch(
            intake, journal.statistics, Outbox(engine).waiting, data.path, now_ms,
            clock_set_ms=judge.clock_set_recently,
        )  # fmt: skip
        orders = OrderDesk(
            engine, now_ms=now_ms, plans=lambda: current.loaded.work_plans,
            routes=lambda: current.loaded.routes, rules=lambda: current.loaded.rules,
            estate=lambda: current.loaded.estate, wake=dispatcher.wake, feed=feed,
        )  # fmt: skip
        planner = OrderPlanner(
            engine, now_ms=now_ms, plans=lambda: current.loaded.work_plans,
            estate=lambda: current.loaded.estate,
        )  # fmt: skip
        rescues = RescueWatch(
            engine, now_ms=now_ms, rules=lambda: current.loaded.rules,
            routes=lambda: current.loaded.routes, steady_ms=clocks.steady_ms,
        )  # fmt: skip
        deadlines = DeadlineWatch(
            engine, now_ms=now_ms, estate=lambda: current.loaded.estate,
            rules=lambda: current.loaded.rules, routes=lambda: current.loaded.routes,
        )  # fmt: skip
        rescue_clock = Lookout(
            "rescue clock", rescues.look, RESCUE_S, wake=dispatcher.wake, feed=feed
        )
        beats = Heartbeats({
            "engine": Stage(judge.pulse, 30, safety=True),
            "outbox": Stage(dispatcher.pulse, 60, safety=True),
            "escalation": Stage(escalator.pulse, 60, safety=True),
            "journal": Stage(own.pulse, 60, safety=True),
            ORDERS: Stage(orders.pulse, 60, safety=False),
            "rescue clock": Stage(rescue_clock.pulse, 60, safety=True),
        })  # fmt: skip
        yield Watching(
            current, data, engine, journal, latest, intake, primary, collection, judge, dispatcher,
            ReceiptPoller(engine, channels.reporters, now_ms),
            escalator,
            Auditor(
                engine, now_ms=now_ms, routes=lambda: current.loaded.routes,
                rules=lambda: current.loaded.rules, wake=dispatcher.wake, feed=feed,
            ),
            rescue_clock,
            Lookout("deadlines", deadlines.look, DEADLINES_S, wake=dispatcher.wake, feed=feed),
            roll_calls_of(current, settings, engine, dispatcher.wake, feed, now_ms),
            orders, planner,
            feed,
            letters, own, beats, settings, reserve, clocks,
        )  # fmt: skip


def roll_calls_of(
    current: Current,
    settings: Settings,
    engine: sa.Engine,
    wake: Callable[[], None],
    feed: AlarmFeed | None,
    now_ms: Callable[[], int],
) -> RollCalls:
    """Roll-calls on this database; each half has its own."""
    return RollCalls(
        engine, now_ms=now_ms, routes=lambda: current.loaded.routes,
        rules=lambda: current.loaded.rules, estate=lambda: current.loaded.estate,
        minutes=settings.roll_call.minutes, wake=wake, feed=feed,
    )  # fmt: skip


def _link(
    engine: sa.Engine, public_url: str | None, now_ms: Callable[[], int]
) -> Callable[[int, str], str] | None:
    if public_url is None:
        return None
    base = public_url.rstrip("/")
    return lambda row, contact: f"{base}/ack/{ack_links.make(engine, row, contact, now_ms())}"


def _wiring(
    settings: Settings,
    estate: Estate,
    sink: PrimarySink,
    letters: DeadLetterBox,
    now_ms: Callable[[], int],
    engine: sa.Engine,
    driver: Driver,
) -> Wiring:
    own: dict[str, object] = {}
    spread_s = max(1.0, len(estate.devices) * _START_S)
    if any(schema.protocol == "mqtt" for schema in driver.schemas):
        own = settings.mqtt.broker(f"sitewatch-{estate.id}")
    elif any(schema.protocol == "ocpp" for schema in driver.schemas):
        own = settings.ocpp.model_dump(exclude_none=True)
    return Wiring(sink, letters, now_ms, own, spread_s, engine)


async def expire(latest: Latest, now_ms: Callable[[], int]) -> None:
    """Tell the readers of the latest values what has become stale, until cancelled."""
    while True:
        await asyncio.sleep(_EXPIRE_S)
        latest.expire(now_ms())
