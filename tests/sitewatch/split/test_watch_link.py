"""Both ends of the socket between the halves, on a real one. covers: watch_socket, watch_link."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from alerts.condition import Verdict
from alerts.deviations import Finding
from alerts.feed import AlarmFeed
from alerts.watch import Key
from collectors.driver import DeviceHealth, LineHealth
from collectors.sample import Lane
from ingest.bus import Cursor
from ingest.journal import Journal
from sitewatch.local_socket import address
from sitewatch.metric_values import Histogram, Value
from sitewatch.split.frames import NAME, Report
from sitewatch.split.watch_link import ANSWERS_WITHIN_S, SILENT, STAGE, WatchLink
from sitewatch.split.watch_socket import WatchSocket
from tests.alerts.test_feed import changes
from tests.ingest.samples import NOW, open_journal, sample, until

LINE = LineHealth(
    "mqtt[h:1883]", True, [DeviceHealth("smoke-1", True, NOW, refused={"x": "refused"})],
    {"messages": 7}, 1.5, 2.5,
)  # fmt: skip

METRICS: tuple[Value, ...] = (
    ("sitewatch_journal_lag_seconds", ("judge", "safety"), 0.5),
    ("sitewatch_journal_samples", (), 7),
    ("sitewatch_journal_commit_seconds", (), Histogram((1, 2), 0.25)),
)


@dataclass
class Heard:
    """What an end was told."""

    written: int = 0
    alarmed: int = 0
    acted: int = 0
    skip: bool = False
    clock: float = 1000.0
    findings: list[Finding] = field(default_factory=list)
    reasons: dict[str, str | None] = field(
        default_factory=lambda: {"engine": None, "journal": None}
    )

    def on_written(self) -> None:
        self.written += 1

    def on_alarmed(self) -> None:
        self.alarmed += 1

    def on_acted(self) -> None:
        self.acted += 1

    def on_found(self, findings: Sequence[Finding]) -> None:
        self.findings += findings

    def on_skip(self, skip: bool) -> None:
        self.skip = skip

    def report(self) -> Report:
        return Report(NOW, (LINE,), self.reasons, 3, 4, skip_damaged=True, metrics=METRICS)


@contextmanager
def running(*tasks: asyncio.Task[None]) -> Iterator[None]:
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


@asynccontextmanager
async def listening(
    folder: Path, journal: Journal, heard: Heard, feed: AlarmFeed
) -> AsyncIterator[None]:
    server = WatchSocket(folder, journal, feed, heard.on_acted, heard.report, heard.on_found)
    task = asyncio.create_task(server.run())
    await until(lambda: (folder / NAME).exists())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def a_link(folder: Path, heard: Heard) -> WatchLink:
    return WatchLink(
        folder, written=heard.on_written, alarmed=heard.on_alarmed, skip_damaged=heard.on_skip,
        now_ms=lambda: NOW, monotonic=lambda: heard.clock,
    )  # fmt: skip


async def test_everything_that_is_said_is_heard(tmp_path: Path) -> None:
    heard, feed = Heard(), AlarmFeed()
    async with (
        open_journal(tmp_path / "j", ("recorder",)) as journal,
        listening(tmp_path, journal, heard, feed),
    ):
        link = a_link(tmp_path, heard)
        link.commit("recorder", Cursor(0, 1))
        with running(asyncio.create_task(link.run())):
            await until(link.answers)
            assert link.lines() == (LINE,)
            assert link.reasons() == {STAGE: None, "engine": None, "journal": None}
            assert (link.letters(), heard.skip) == ((3, 4), True)
            assert link.metrics() == METRICS
            written, alarmed = heard.written, heard.alarmed
            last = await journal.append([sample(), sample()])
            await until(lambda: heard.written > written)
            feed.publish(changes(1))
            await until(lambda: heard.alarmed > alarmed)
            link.acted()
            await until(lambda: heard.acted == 1)
            link.commit("recorder", Cursor(0, last))
            await until(lambda: journal.statistics().lag["recorder"][Lane.ROUTINE].samples == 0)


async def test_cursors_are_said_again_to_who_comes_back(tmp_path: Path) -> None:
    heard = Heard()
    async with open_journal(tmp_path / "j", ("recorder",)) as journal:
        last = await journal.append([sample(), sample()])
        link = a_link(tmp_path, heard)
        link.commit("recorder", Cursor(0, last))
        with running(asyncio.create_task(link.run())):
            async with listening(tmp_path, journal, heard, AlarmFeed()):
                await until(lambda: journal.statistics().lag["recorder"][Lane.ROUTINE].samples == 0)


async def test_who_does_not_answer_is_never_told_to_be_well(tmp_path: Path) -> None:
    heard = Heard()
    async with open_journal(tmp_path / "j", ("recorder",)) as journal:
        link = a_link(tmp_path, heard)
        before = link.reasons()
        assert before[STAGE] == "does not answer since 2026-05-28T20:26:40+00:00"
        assert {before["engine"], before["journal"], before["collectors"]} == {SILENT}
        assert (link.lines(), link.answers(), link.metrics()) == ((), False, None)
        with running(asyncio.create_task(link.run())):
            async with listening(tmp_path, journal, heard, AlarmFeed()):
                await until(link.answers)
            await until(lambda: not link.answers())
            assert (link.reasons()[STAGE] or "").startswith("does not answer since ")
            (line,) = link.lines()
            assert (line.connected, line.devices[0].connected) == (False, None)
            assert line.devices[0].last_answer_at == NOW
            async with listening(tmp_path, journal, heard, AlarmFeed()):
                await until(link.answers)


async def test_a_report_that_is_old_is_no_report(tmp_path: Path) -> None:
    heard = Heard()
    async with (
        open_journal(tmp_path / "j", ("recorder",)) as journal,
        listening(tmp_path, journal, heard, AlarmFeed()),
    ):
        link = a_link(tmp_path, heard)
        task = asyncio.create_task(link.run())
        await until(link.answers)
        task.cancel()
        await asyncio.wait([task])
        link._heard_at = heard.clock
        heard.clock += ANSWERS_WITHIN_S + 1
        assert not link.answers()
        assert link.metrics() is None


async def test_a_reader_that_does_not_read_is_not_waited_for(tmp_path: Path) -> None:
    heard = Heard()
    heard.reasons = {"engine": "x" * 200_000}
    async with (
        open_journal(tmp_path / "j", ("recorder",)) as journal,
        listening(tmp_path, journal, heard, AlarmFeed()),
    ):
        with address(tmp_path, NAME) as path:
            _, writer = await asyncio.open_unix_connection(path)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        async with asyncio.timeout(20):
            for _ in range(300):
                await journal.append([sample()])
        writer.close()


async def test_nonsense_ends_the_connection_and_nothing_else(tmp_path: Path) -> None:
    heard = Heard()
    async with (
        open_journal(tmp_path / "j", ("recorder",)) as journal,
        listening(tmp_path, journal, heard, AlarmFeed()),
    ):
        for nonsense in (b"\xff\xff\xff\xff", b"\0\0\0\3abc", b"\0\0\0\1\xc0"):
            with address(tmp_path, NAME) as path:
                reader, writer = await asyncio.open_unix_connection(path)
            writer.write(nonsense)
            async with asyncio.timeout(10):
                await reader.read()
            writer.close()
        link = a_link(tmp_path, heard)
        with running(asyncio.create_task(link.run())):
            await until(link.answers)


async def test_what_was_found_is_told_and_said_again_to_whoever_comes(tmp_path: Path) -> None:
    found = Finding(Key("night_use_high", "m1", "active_power"), Verdict.TRUE, NOW, 7.5)
    heard, feed = Heard(), AlarmFeed()
    link = WatchLink(
        tmp_path, written=heard.on_written, alarmed=heard.on_alarmed, skip_damaged=heard.on_skip
    )
    async with open_journal(tmp_path / "j") as journal:
        with running(asyncio.create_task(link.run())):
            link.found([found])
            async with listening(tmp_path, journal, heard, feed):
                await until(lambda: len(heard.findings) == 1)
            async with listening(tmp_path, journal, heard, feed):
                await until(lambda: len(heard.findings) == 2)
    assert heard.findings == [found, found]
