"""The runs of sitewatch, where the process that collects is not the one that counts quality."""

import asyncio
from collections.abc import Callable

import sqlalchemy as sa
import structlog

from ingest.quality_tables import put_run
from records.engine import transaction

_LOG = structlog.get_logger(__name__)
EVERY_S = 10.0
"""Between two signs of life; also how exactly a kill is dated. [s]"""


class RunLog:
    """Writes down from when until when this process ran."""

    def __init__(
        self, engine: sa.Engine, *, now_ms: Callable[[], int], every_s: float = EVERY_S
    ) -> None:
        """Its making is the start of the run (`now_ms`, UTC)."""
        self._engine = engine
        self._now_ms = now_ms
        self._every_s = every_s
        self.started_ms = now_ms()

    async def run(self) -> None:
        """Write a sign of life now and then, until cancelled."""
        try:
            while True:
                await asyncio.to_thread(self._write)
                await asyncio.sleep(self._every_s)
        except asyncio.CancelledError:
            await asyncio.to_thread(self._write)
            raise

    def _write(self) -> None:
        try:
            with transaction(self._engine) as connection:
                put_run(connection, self.started_ms, max(self.started_ms, self._now_ms()))
        except sa.exc.SQLAlchemyError as error:
            _LOG.warning("a sign of life cannot be written", error=str(error))
