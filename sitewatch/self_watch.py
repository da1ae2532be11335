"""sitewatch watches itself: its queues, drops and disk are samples like those of any device.

They go through the journal, so that the rules of kind `service` judge them and the store has them.
"""

import asyncio
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
import structlog

from alerts.watch import SERVICE
from collectors.driver import Sink
from collectors.pulse import Pulse
from collectors.sample import Lane, Sample, Value
from device_configs.kinds import Speed, kinds
from ingest.bus import IngestError
from ingest.clock import wall_clock_ms
from ingest.journal_limits import JournalStatistics
from ingest.recorder import CONSUMER

_LOG = structlog.get_logger(__name__)
_EVERY_S = 10.0
_STATUS = Path("/proc/self/statm")
_PAGE = 4096


@dataclass(frozen=True)
class SelfWatch:
    """Writes what the service says of itself."""

    sink: Sink
    journal: Callable[[], JournalStatistics]
    outbox_waiting: Callable[[], int]
    """Notifications that are not sent; blocks."""
    folder: Path
    """The data folder, whose disk is watched."""
    now_ms: Callable[[], int] = wall_clock_ms
    stalled: Callable[[], int] = lambda: 0
    """How many stages have stopped."""
    pulse: Pulse = field(default_factory=Pulse)
    """Beats when the journal has taken the values or refused them: it is the journal's pulse."""

    async def run(self) -> None:
        """Write every ten seconds until cancelled."""
        while True:
            try:
                await self.sink.append(self.samples(await asyncio.to_thread(self._waiting)))
            except IngestError as error:
                _LOG.warning("the service's own values cannot be kept", error=str(error))
            self.pulse.beat()
            await asyncio.sleep(_EVERY_S)

    def samples(self, waiting: int | None) -> Sequence[Sample]:
        """The values of this moment, each point in its lane."""
        values = {**_counted(self.journal()), **self._measured()}
        values |= {"outbox_lag": waiting, "stalled_stages": self.stalled()}
        now = self.now_ms()
        specs = kinds()["service"].points
        found = []
        for lane, speed in ((Lane.SAFETY, True), (Lane.ROUTINE, False)):
            chosen = {
                name: value for name, value in values.items()
                if (specs[name].speed is Speed.SAFETY) == speed
            }  # fmt: skip
            reasons = {name: "no_answer" for name, value in chosen.items() if value is None}
            found.append(Sample(SERVICE, now, chosen, reasons, lane))
        return found

    def _waiting(self) -> int | None:
        try:
            return self.outbox_waiting()
        except sa.exc.SQLAlchemyError:
            return None

    def _measured(self) -> Mapping[str, Value]:
        return {"disk_free": _disk_free(self.folder), "memory": _memory()}


def _counted(journal: JournalStatistics) -> Mapping[str, Value]:
    lags = {name: sum(lag.samples for lag in lanes.values()) for name, lanes in journal.lag.items()}
    behind = [lag for name, lag in lags.items() if name != CONSUMER]
    return {
        "journal_lag": max(behind, default=0),
        "store_lag": lags.get(CONSUMER, 0),
        "journal_bytes": journal.bytes,
        "dropped_total": journal.dropped_total + journal.lost_total,
    }


def _disk_free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _memory() -> int | None:
    """Resident memory of this process [bytes]; source: proc(5), `/proc/pid/statm`."""
    try:
        return int(_STATUS.read_text("ascii").split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return None
