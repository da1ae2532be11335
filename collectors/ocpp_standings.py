"""How connectors stand, written down by many piles at once: one transaction for all that wait."""

import asyncio
from collections.abc import Mapping

from records.charge_points import ChargePoints
from records.engine import RecordsError

_LONGEST_S = 20.0
"""How long the database may take. [s]"""


class Standings:
    """Writes one batch after the other; whoever waits is told when his is on disk."""

    def __init__(self, book: ChargePoints) -> None:
        self._book = book
        self._waiting: dict[tuple[str, int], str] = {}
        self._next: asyncio.Future[None] | None = None
        self._writing: asyncio.Task[None] | None = None

    async def keep(self, device: str, standings: Mapping[int, str]) -> None:
        """Write how some connectors of a pile stand; returns when they are on disk.

        Raises:
            RecordsError: they are not.
        """
        self._waiting |= {(device, connector): text for connector, text in standings.items()}
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        batch = self._next
        if self._writing is None or self._writing.done():
            self._writing = asyncio.ensure_future(self._write())
        try:
            async with asyncio.timeout(_LONGEST_S):
                await asyncio.shield(batch)
        except TimeoutError as error:
            raise RecordsError("the database does not answer in time") from error

    async def _write(self) -> None:
        while (batch := self._next) is not None:
            rows, self._waiting, self._next = self._waiting, {}, None
            try:
                await asyncio.to_thread(self._book.keep_standings, rows)
            except RecordsError as error:
                batch.set_exception(error)
                # Each who waits has it; without anybody it is nobody's.
                batch.exception()
            else:
                batch.set_result(None)
            finally:
                if not batch.done():
                    batch.cancel()
