"""Asks the providers what became of what they took, and keeps it.

A report says that a phone has a message, or that somebody picked a call up. It is kept beside the
delivery and nothing follows from it: it acknowledges no alarm, and stops no escalation.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from alerts import tables
from alerts.channels.message import Receipt, Report, Reporter
from alerts.errors import SendError
from records.engine import reading

_LOG = structlog.get_logger(__name__)

_POLL_S = 5.0
_ASK_AFTER_MS = (15_000, 60_000, 300_000, 1_800_000, 7_200_000, 43_200_000)
"""Pauses between two questions; after the last nobody asks any more. [ms] [P]"""
_AT_ONCE = 20


@dataclass(frozen=True)
class Asked:
    """One delivery without a report."""

    id: int
    channel: str
    parameters: Mapping[str, object]
    receipt: Receipt
    at: int
    """When it was given to the provider. [ms, UTC]"""
    asked: int


class ReceiptBook:
    """The reports in SQL; all calls block."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def due(self, now_ms: int) -> Sequence[Asked]:
        """The deliveries to ask for now."""
        table = tables.deliveries
        query = (
            sa.select(table).where(table.c.ask_at <= now_ms)
            .order_by(table.c.ask_at).limit(_AT_ONCE)
        )  # fmt: skip
        with reading(self._engine) as connection:
            return [
                Asked(
                    row["id"], row["channel"], row["parameters"], Receipt(row["receipt"]),
                    row["at"], row["asked"],
                )
                for row in connection.execute(query).mappings()
            ]  # fmt: skip

    def note(self, one: Asked, report: Report | None, now_ms: int) -> None:
        """Keep a report, or the moment at which to ask again."""
        table = tables.deliveries
        values: dict[str, object] = {"asked": one.asked + 1, "ask_at": None}
        if report is not None:
            values |= {
                "state": report.state.value, "detail": report.detail, "reported_at": now_ms
            }  # fmt: skip
        elif one.asked < len(_ASK_AFTER_MS):
            values["ask_at"] = now_ms + _ASK_AFTER_MS[one.asked]
        with self._engine.begin() as connection:
            connection.execute(sa.update(table).where(table.c.id == one.id).values(**values))


class ReceiptPoller:
    """Asks while it runs."""

    def __init__(
        self, engine: sa.Engine, reporters: Mapping[str, Reporter], now_ms: Callable[[], int]
    ) -> None:
        self._book = ReceiptBook(engine)
        self._reporters = reporters
        self._now_ms = now_ms

    async def run(self) -> None:
        """Ask until cancelled; a provider or database that is down is asked again later."""
        while True:
            try:
                await self.ask()
            except sa.exc.SQLAlchemyError as error:
                _LOG.warning("delivery reports cannot be kept", error=str(error))
            await asyncio.sleep(_POLL_S)

    async def ask(self) -> None:
        """Ask once for everything that is due."""
        for one in await asyncio.to_thread(self._book.due, self._now_ms()):
            report = await self._report(one)
            await asyncio.to_thread(self._book.note, one, report, self._now_ms())

    async def _report(self, one: Asked) -> Report | None:
        reporter = self._reporters.get(one.channel)
        if reporter is None:
            return None
        try:
            return await reporter.report(one.parameters, one.receipt, one.at)
        except SendError:
            return None
