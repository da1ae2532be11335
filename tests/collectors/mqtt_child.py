"""The MQTT line with a journal on disk, in a process of its own that a test kills.

It says when it is subscribed, and ends by itself once a message of the smoke detector is durable.
Given a point it kills itself there: `before_append`, `after_append` (durable and not acknowledged)
or `after_ack`.
"""

import asyncio
import os
import signal
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from collectors.driver import Wiring
from collectors.mqtt import DRIVER
from collectors.sample import Sample
from ingest.journal import Journal
from tests.collectors.mqtt_devices import Letters, device, now_ms, until

CONSUMER = "judge"
DEVICES = (device("lift-1", "generic_elevator_mqtt"), device("smoke-1", "zigbee2mqtt_smoke"))
"""Made at import, which a forked child has behind it."""


class _DyingSink:
    """The journal, with a death before or after it has the samples."""

    def __init__(self, journal: Journal, point: str) -> None:
        self.ended = asyncio.Event()
        self._journal = journal
        self._point = point

    async def append(self, samples: Sequence[Sample]) -> int:
        if self._point == "before_append":
            _die()
        number = await self._journal.append(samples)
        if self._point == "after_append":
            _die()
        if any(sample.device == "smoke-1" for sample in samples):
            self.ended.set()
        return number


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def run(url: str, folder: Path, point: str, ready: Connection) -> None:
    """Run until killed, or until the smoke detector says that this was all."""
    asyncio.run(_collect(url, folder, point, ready))


async def _collect(url: str, folder: Path, point: str, ready: Connection) -> None:
    async with Journal.open(folder / "journal.sqlite", (CONSUMER,)) as journal:
        sink = _DyingSink(journal, point)
        wiring = Wiring(sink, Letters(), now_ms, {"url": url})
        (line,) = DRIVER.open(DEVICES, wiring)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(line.run())
            await until(lambda: line.health().connected, 60)
            ready.send("ready")
            if point == "after_ack":
                await until(lambda: line.health().counters.get("acked", 0) > 0, 60)
                _die()
            async with asyncio.timeout(60):
                await sink.ended.wait()
            running.cancel()
