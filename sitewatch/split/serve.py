"""The serving process: `python -m sitewatch.split.serve`, started by the parent.

Where memory runs out, the kernel ends it and not the watching process.
"""

import functools
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event

from alerts.feed import AlarmFeed
from alerts.tail import AlarmTail
from ingest.clock import wall_clock_ms
from ingest.journal_reader import JournalReader
from ingest.latest import Latest
from records.dead_letters import DeadLetterBox, DeadLetterStatistics
from sitewatch.channels import with_channels
from sitewatch.current import Current
from sitewatch.data_folder import DataFolder
from sitewatch.records_database import open_records
from sitewatch.screen import say
from sitewatch.serving import PageServer, Serving, first_person, keep_revision, open_serving
from sitewatch.settings import Settings
from sitewatch.split.child import Child, Work, main, run_until_stopped
from sitewatch.split.follow import Follower, cursor_of
from sitewatch.split.watch_link import WatchLink
from sitewatch.staleness import stale_after
from sitewatch.watched import Watched
from sitewatch.watching import expire

_OUT_OF_MEMORY = Path("/proc/self/oom_score_adj")
_ENDED_FIRST = "500"
_IDLE_MS = 5000
"""After so long in a transaction without a statement PostgreSQL ends the session. [ms]"""


async def serve(child: Child) -> None:
    """Serve until told to stop.

    Raises:
        SitewatchError, IngestError, RecordsError: what it needs cannot be had.
    """
    leave_first()
    current = Current(child.loaded, with_channels(child.settings))
    with bounded_records(child.settings, child.data) as engine:
        await keep_revision(engine, child.loaded, "start")
        first_person(engine, child.settings, say)
        feed = AlarmFeed()
        tail = AlarmTail(engine, feed)
        link, log = _linked(child, tail)
        letters = DeadLetterBox(engine, now_ms=wall_clock_ms)

        def letter_counts() -> DeadLetterStatistics:
            own, (kept, not_kept) = letters.statistics(), link.letters()
            return DeadLetterStatistics(own.kept + kept, own.not_kept + not_kept)

        watched = Watched(
            log=log,
            latest=Latest(stale_after(lambda: current.loaded.estate.devices)),
            feed=feed,
            told_by=None,
            wake=link.acted,
            found=link.found,
            lines=link.lines,
            reasons=link.reasons,
            letters=letters,
            letter_counts=letter_counts,
            answers=link.answers,
            metrics=link.metrics,
            one_process=False,
        )
        try:
            async with open_serving(
                current, child.settings, child.data, engine, watched
            ) as serving:
                server = PageServer(serving, socket.socket(fileno=child.listening))
                follower = Follower(watched.latest, log, await cursor_of(serving.store))
                stages = _stages(serving, link, tail, follower)
                await run_until_stopped(child, stages, server.run, server.stop)
        finally:
            log.close()


def _linked(child: Child, tail: AlarmTail) -> tuple[WatchLink, JournalReader]:
    """The link and the reader, each of which tells the other."""

    def skip(damaged: bool) -> None:
        log.skip_damaged = damaged

    link = WatchLink(
        child.data.path, written=lambda: log.wake(), alarmed=tail.wake, skip_damaged=skip
    )
    log = JournalReader(child.data.journal, link.commit, link.damaged)
    return link, log


def _stages(
    serving: Serving, link: WatchLink, tail: AlarmTail, follower: Follower
) -> dict[str, Work]:
    latest = serving.watched.latest
    return {
        "watch link": link.run,
        "alarm tail": tail.run,
        "latest": follower.run,
        "expire": functools.partial(expire, latest),
        "estate folder": functools.partial(serving.current.watch, serving.take_up),
        **serving.stages(),
    }


@contextmanager
def bounded_records(settings: Settings, data: DataFolder) -> Iterator[sa.Engine]:
    """The relational database, in sessions that cannot hold it for ever where it is PostgreSQL."""
    with open_records(settings, data) as engine:
        if engine.dialect.name == "postgresql":

            @event.listens_for(engine, "connect")
            def _bound(connection: object, _record: object) -> None:
                cursor = connection.cursor()  # type: ignore[attr-defined]
                cursor.execute(f"SET idle_in_transaction_session_timeout = {_IDLE_MS}")
                cursor.close()
                # Rolled back with its transaction the setting would be gone.
                connection.commit()  # type: ignore[attr-defined]

            engine.dispose()
        yield engine


def leave_first() -> None:
    """Let the kernel end this process, and not the watching one, where memory runs out.

    It keeps its share of the processor: what is slow while it holds the database holds up alarms.
    """
    with suppress(OSError):
        _OUT_OF_MEMORY.write_text(_ENDED_FIRST, "ascii")


if __name__ == "__main__":
    main(serve)
