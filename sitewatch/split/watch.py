"""The watching process: `python -m sitewatch.split.watch`, started by the parent."""

import asyncio
import functools
from pathlib import Path

from ingest.clock import wall_clock_ms
from ingest.quality_runs import RunLog
from sitewatch.channels import with_channels
from sitewatch.current import Current
from sitewatch.records_database import open_records
from sitewatch.split.child import Child, Work, main, run_until_stopped
from sitewatch.split.frames import Report
from sitewatch.split.lock_probe import probe
from sitewatch.split.recall import recall
from sitewatch.split.watch_socket import WatchSocket
from sitewatch.watching import Watching, open_watching


async def watch(child: Child) -> None:
    """Watch until told to stop.

    Raises:
        SitewatchError, IngestError: what it needs cannot be had.
    """
    current = Current(child.loaded, with_channels(child.settings))
    with open_records(child.settings, child.data) as engine:
        runs = RunLog(engine, now_ms=wall_clock_ms)
        async with open_watching(current, child.settings, child.data, engine) as watching:
            await recall(watching.latest, watching.journal, engine)
            stopped = asyncio.Event()

            async def until_stopped() -> None:
                await stopped.wait()

            def goes_on() -> bool:
                return not watching.beats.stalled(safety_only=True)

            stages = {**_stages(watching), "runs": runs.run}
            if engine.dialect.name == "sqlite" and engine.url.database:
                file = Path(engine.url.database)
                stages["lock probe"] = functools.partial(probe, file, child.lifeline)
            await run_until_stopped(child, stages, until_stopped, stopped.set, goes_on)


def _stages(watching: Watching) -> dict[str, Work]:
    current = watching.current
    server = WatchSocket(
        watching.data.path,
        watching.journal,
        watching.feed,
        watching.dispatcher.wake,
        functools.partial(report, watching),
        watching.judge.tell,
    )
    return {
        **watching.stages(lambda: int(server.is_alone())),
        "estate folder": functools.partial(current.watch, watching.take_up),
        "watch socket": server.run,
    }


def report(watching: Watching) -> Report:
    """How the watching half is doing now."""
    letters = watching.letters.statistics()
    return Report(
        at_ms=wall_clock_ms(),
        lines=tuple(watching.collection.health()),
        reasons={**watching.reasons(), "estate": watching.current.reason},
        letters_kept=letters.kept,
        letters_not_kept=letters.not_kept,
        skip_damaged=watching.journal.beyond_repair,
        metrics=watching.metrics(),
    )


if __name__ == "__main__":
    main(watch)
