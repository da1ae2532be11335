"""Standings of many piles in one transaction, each told when his is on disk."""

import asyncio
import threading
from collections.abc import Mapping

import sqlalchemy as sa

from collectors.ocpp_standings import Standings
from records.charge_points import ChargePoints
from records.engine import RecordsError, metadata
from tests.collectors.ocpp_piles import engine

__all__ = ["engine"]


class Counted(ChargePoints):
    """Counts its transactions, and can be held."""

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__(engine)
        self.written: list[int] = []
        self.gate = threading.Event()

    def keep_standings(self, standings: Mapping[tuple[str, int], str]) -> None:
        assert self.gate.wait(10)
        super().keep_standings(standings)
        self.written.append(len(standings))


async def test_who_waits_is_written_together(engine: sa.Engine) -> None:
    book = Counted(engine)
    written = Standings(book)
    tasks = [asyncio.ensure_future(written.keep(f"p{n}", {1: str(n)})) for n in range(50)]
    await asyncio.sleep(0.01)
    assert not any(task.done() for task in tasks)
    book.gate.set()
    await asyncio.gather(*tasks)
    assert len(book.written) <= 2
    assert sum(book.written) == 50
    assert book.standings("p7") == {1: "7"}
    await written.keep("p7", {1: "newer", 2: "x"})
    assert book.standings("p7") == {1: "newer", 2: "x"}


async def test_who_waits_for_a_database_that_refuses_is_told(engine: sa.Engine) -> None:
    book = Counted(engine)
    book.gate.set()
    written = Standings(book)
    metadata.drop_all(engine)
    found = await asyncio.gather(
        *(written.keep(f"p{n}", {1: "a"}) for n in range(5)), return_exceptions=True
    )
    assert [type(one) for one in found] == [RecordsError] * 5
    metadata.create_all(engine)
    await written.keep("p1", {1: "a"})
    assert book.standings("p1") == {1: "a"}
