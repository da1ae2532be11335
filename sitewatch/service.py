"""The service in one process: the watching and the serving half, wired together."""

import asyncio
import functools
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from collectors.supervise import supervise
from ingest.clock import MACHINE, Clocks
from sitewatch.channels import with_channels
from sitewatch.current import Current
from sitewatch.data_folder import DataFolder
from sitewatch.estate_folder import EstateFolder
from sitewatch.garbage import clear_away, settle
from sitewatch.greeting import greet
from sitewatch.memory import keep_small
from sitewatch.operations import Workplace
from sitewatch.records_database import open_records
from sitewatch.serving import PageServer, Serving, first_person, keep_revision, open_serving
from sitewatch.settings import Settings
from sitewatch.watchdog import Watchdog
from sitewatch.watching import Watching, Work, open_watching


@dataclass(frozen=True)
class Running:
    """What a companion of the service may use while it runs."""

    estate: EstateFolder
    work: Workplace


Companion = Callable[[Running], Awaitable[None]]
"""Something that runs beside the service until it ends, such as the demo's import of history."""


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
    async with open_halves(loaded, settings, data, say=say) as (watching, serving):
        server = PageServer(serving, listening)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, server.stop)
        settle()
        greet(loaded, settings.service, listening, say)
        await run_beside(server.run, stages(watching, serving, companions))


@asynccontextmanager
async def open_halves(
    loaded: EstateFolder,
    settings: Settings,
    data: DataFolder,
    *,
    say: Callable[[str], None],
    clocks: Clocks = MACHINE,
) -> AsyncIterator[tuple[Watching, Serving]]:
    """Open both halves on one database; nothing runs yet.

    Raises:
        SitewatchError, IngestError, RecordsError: what they need cannot be had.
    """
    current = Current(loaded, with_channels(settings))
    with open_records(settings, data) as engine:
        await keep_revision(engine, loaded, "start")
        first_person(engine, settings, say)
        async with (
            open_watching(current, settings, data, engine, clocks) as watching,
            open_serving(current, settings, data, engine, watching.seen(), clocks) as serving,
        ):
            yield watching, serving


def stages(
    watching: Watching, serving: Serving, companions: Sequence[Companion] = ()
) -> Mapping[str, Work]:
    """Everything that runs beside the server of the page, by name."""

    async def take_up(loaded: EstateFolder) -> None:
        await watching.take_up(loaded)
        await serving.take_up(loaded)

    current = serving.current
    running = Running(current.loaded, serving.work)
    beside = {
        f"companion {number}": functools.partial(one, running)
        for number, one in enumerate(companions, 1)
    }
    around: dict[str, Work] = {
        "estate folder": functools.partial(current.watch, take_up),
        "watchdog": Watchdog.of_process(watching.beats).run,
        "garbage": clear_away,
    }
    watches = watching.stages(lambda: len(serving.beats.stalled()))
    return {**watches, **serving.stages(), **around, **beside}


async def run_beside(main: Work, stages: Mapping[str, Work]) -> None:
    """Keep the stages running until `main` ends."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(supervise(name, run), name=name) for name, run in stages.items()]
        await main()
        for task in tasks:
            task.cancel()
