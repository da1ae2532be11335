"""What both children do alike: read their arguments, run until told to stop, say what failed."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from collectors.supervise import supervise
from device_configs.faults import InvalidConfigError
from sitewatch.cli import failures
from sitewatch.data_folder import DataFolder
from sitewatch.errors import InvalidInputError
from sitewatch.estate_folder import EstateFolder
from sitewatch.garbage import clear_away, settle
from sitewatch.logs import configure_logs
from sitewatch.screen import err
from sitewatch.settings import Settings, load_settings
from sitewatch.split.accepted import load_or_accepted
from sitewatch.split.lifeline import READY, Lifeline

Work = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Child:
    """What a child is given."""

    loaded: EstateFolder
    settings: Settings
    data: DataFolder
    lifeline: Lifeline
    listening: int | None
    """Descriptor of the page's socket."""
    opening: asyncio.Task[None]
    """Gives signs of life while a large journal or store is opened."""


Body = Callable[[Child], Awaitable[None]]


def arguments(
    estate: Path, config: Path | None, data: Path, lifeline: int, listening: int | None
) -> list[str]:
    """The command line of a child."""
    found = ["--estate", str(estate), "--data", str(data), "--lifeline", str(lifeline)]
    found += ["--config", str(config)] if config is not None else []
    return found + (["--listening", str(listening)] if listening is not None else [])


def _parsed(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A half of `sitewatch run --split`.")
    parser.add_argument("--estate", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--lifeline", type=int, required=True)
    parser.add_argument("--listening", type=int)
    return parser.parse_args(given)


def main(body: Body) -> None:
    """Run a child and leave with its exit code, as `sitewatch.cli` has them."""
    try:
        given = _parsed(sys.argv[1:])
        configure_logs()
        settings = load_settings(given.config)
        data = DataFolder(given.data)
        loaded = load_or_accepted(given.estate, settings, data)
        lifeline = Lifeline(given.lifeline)
        asyncio.run(_run(body, loaded, settings, data, lifeline, given.listening))
    except InvalidConfigError as error:
        for fault in error.faults:
            err.print(str(fault))
        sys.exit(2)
    except InvalidInputError as error:
        err.print(str(error))
        sys.exit(2)
    except failures() as error:
        err.print(str(error))
        sys.exit(1)


async def _run(
    body: Body,
    loaded: EstateFolder,
    settings: Settings,
    data: DataFolder,
    lifeline: Lifeline,
    listening: int | None,
) -> None:
    opening = asyncio.create_task(lifeline.beat(), name="opening")
    try:
        await body(Child(loaded, settings, data, lifeline, listening, opening))
    finally:
        opening.cancel()


async def run_until_stopped(
    child: Child,
    stages: Mapping[str, Work],
    main: Work,
    stop: Callable[[], None],
    goes_on: Callable[[], bool] = lambda: True,
) -> None:
    """Keep stages running until `main` ends; SIGTERM and the end of the parent call `stop`.

    Where it does not go on, the parent hears nothing more and starts the process anew.
    """
    settle()
    child.opening.cancel()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop)

    def orphaned() -> None:
        with suppress(RuntimeError):  # the loop has ended already
            loop.call_soon_threadsafe(stop)

    child.lifeline.end_with_parent(orphaned)
    async with asyncio.TaskGroup() as group:
        works = {**stages, "garbage": clear_away}
        tasks = [group.create_task(supervise(name, run), name=name) for name, run in works.items()]
        tasks.append(group.create_task(child.lifeline.beat(goes_on), name="beat"))
        child.lifeline.say(READY)
        await main()
        for task in tasks:
            task.cancel()
