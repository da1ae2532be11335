"""A look at the database every so often, and word of what came of it."""

import asyncio
from collections.abc import Callable, Sequence

import sqlalchemy as sa
import structlog

from alerts.feed import AlarmChange, AlarmFeed
from collectors.pulse import Pulse

_LOG = structlog.get_logger(__name__)


class Lookout:
    """Runs one look again and again; what it told is published and sent."""

    def __init__(
        self,
        name: str,
        look: Callable[[], Sequence[AlarmChange]],
        every_s: float,
        *,
        wake: Callable[[], None] = lambda: None,
        feed: AlarmFeed | None = None,
    ) -> None:
        """`look` blocks; it is called in a thread."""
        self._name = name
        self._look = look
        self._every_s = every_s
        self._wake = wake
        self._feed = feed
        self.pulse = Pulse()
        """Beats with every look, also with one that failed: `reason` says so."""
        self.reason: str | None = None
        """Why it cannot look; None while it can."""

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                told = await asyncio.to_thread(self._look)
            except sa.exc.SQLAlchemyError as error:
                if self.reason is None:
                    _LOG.error("cannot look", what=self._name, error=str(error))
                self.reason = f"database: {error}"
            else:
                self.reason = None
                self._publish(told)
            self.pulse.beat()
            await asyncio.sleep(self._every_s)

    def _publish(self, told: Sequence[AlarmChange]) -> None:
        if not told:
            return
        self._wake()
        if self._feed is not None:
            self._feed.publish(told)
