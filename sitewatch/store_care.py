"""The embedded store's housekeeping: files sorted while data flows, the rest in quiet hours."""

import asyncio
from collections.abc import Callable

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from device_configs.estate import Estate
from ingest.clock import wall_clock_ms
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.store import StoreError
from sitewatch.open_store import kind_and_site
from sitewatch.settings import StoreSettings

_LOG = structlog.get_logger(__name__)
_IDLE_S = 20.0
"""Between two looks where there was nothing to do. [s]"""
_BREATH_S = 0.5
"""Between two pieces of work, so that one after the other never holds the machine. [s]"""
_FAILED_S = 60.0
_DAY_MS = 86_400_000


class StoreCare:
    """Compaction all the time, and every night retention and the merging of closed months."""

    def __init__(
        self,
        store: DuckDbStore,
        settings: StoreSettings,
        estate: Callable[[], Estate],
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self._store = store
        self._settings = settings
        self._estate = estate
        self._now_ms = now_ms
        self._reason: str | None = None

    @property
    def reason(self) -> str | None:
        """What is wrong with the files; None where nothing is."""
        lost = self._store.database.damaged
        if lost:
            return f"{len(lost)} series files are missing or cut, such as {min(lost)}"
        return self._reason

    async def run(self) -> None:
        """Work until cancelled; what fails is tried again, for the data is safe either way."""
        scheduler = AsyncIOScheduler(timezone=self._estate().timezone)
        scheduler.add_job(
            self.night, "cron", hour=2, minute=40, misfire_grace_time=None, coalesce=True
        )
        scheduler.start()
        try:
            while True:
                pause_s = await self._work()
                await asyncio.sleep(pause_s)
        finally:
            scheduler.shutdown(wait=False)

    async def _work(self) -> float:
        """Do one piece of work; returns how long to rest after it [s]."""
        try:
            worked = await asyncio.to_thread(self._store.compactor.step)
            # Also where nothing was done: what people asked has left memory too.
            await asyncio.to_thread(self._store.database.give_back)
        except StoreError as error:
            self._failed(error)
            return _FAILED_S
        self._reason = None
        return _BREATH_S if worked else _IDLE_S

    def _failed(self, error: StoreError) -> None:
        self._reason = f"files are not sorted: {error}"
        _LOG.warning("the store's housekeeping failed; nothing is lost", error=str(error))

    async def night(self) -> None:
        """Move everything into files, merge closed months, and let go what has expired."""
        try:
            await asyncio.to_thread(self._store.seal)
            await _repeat(self._store.compactor.step)
            await _repeat(lambda: self._store.compactor.merge_closed(self._now_ms()))
            gone = await asyncio.to_thread(self._store.expire, self.expires_before)
        except StoreError as error:
            self._failed(error)
            return
        if gone:
            _LOG.info("readings past their retention were removed", readings=gone)

    def expires_before(self, device: str) -> int | None:
        """The moment before which readings of a device go [ms, UTC]; None where all stay."""
        if device.partition("/")[0] not in self._estate().devices:
            # Nobody knows its kind any more, and what is gone cannot be brought back.
            return None
        kind, _ = kind_and_site(self._estate(), device)
        days = self._settings.kept_days(kind)
        return None if days is None else self._now_ms() - days * _DAY_MS


async def _repeat(work: Callable[[], bool]) -> None:
    """Piece after piece until nothing is left."""
    while True:
        if not await asyncio.to_thread(work):
            return
        await asyncio.sleep(_BREATH_S)
