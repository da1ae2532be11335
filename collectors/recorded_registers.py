"""Registers that remember what was asked of them, what came back and how long it took."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from collectors.modbus_reading import Registers
from collectors.modbus_schema import Table
from collectors.reading import LinkLostError, ReadError
from collectors.sample import Reason


@dataclass(frozen=True)
class MadeRequest:
    """One request that was sent, and how it ended."""

    function: int
    address: int
    count: int
    ms: float
    error: str | None = None
    reason: Reason | None = None
    """Why it brought nothing."""


@dataclass(frozen=True)
class ReadCells:
    """Consecutive cells as one request brought them."""

    table: Table
    address: int
    words: tuple[int, ...]


@dataclass(frozen=True)
class FailedCells:
    """Consecutive cells of which a request brought nothing, and why."""

    table: Table
    address: int
    count: int
    error: ReadError


class RecordedRegisters:
    """Passes requests on and keeps the record of them.

    Attributes:
        requests: what was asked, in order.
        read_cells: what was answered.
        failed_cells: what was refused or not answered.
        last_error: the newest of these failures.
    """

    def __init__(self, inner: Registers) -> None:
        self._inner = inner
        self.begin()

    def begin(self) -> None:
        """Forget everything: a new reading begins."""
        self.requests: list[MadeRequest] = []
        self.read_cells: list[ReadCells] = []
        self.failed_cells: list[FailedCells] = []
        self.last_error: ReadError | None = None

    async def read(self, table: Table, address: int, count: int) -> Sequence[int]:
        """Read cells; bits come as 0 and 1.

        Raises:
            ReadError: the device refused, was silent, or answered something else.
            LinkLostError: the connection is gone.
        """
        started = time.perf_counter()
        error: str | None = "the connection was lost"
        reason: Reason | None = Reason.NO_ANSWER
        try:
            words = await self._inner.read(table, address, count)
        except ReadError as failure:
            self.last_error, error, reason = failure, str(failure), failure.reason
            self.failed_cells.append(FailedCells(table, address, count, failure))
            raise
        except LinkLostError as lost:
            unanswered = ReadError(Reason.NO_ANSWER, str(lost))
            self.last_error = unanswered
            self.failed_cells.append(FailedCells(table, address, count, unanswered))
            raise
        else:
            error = reason = None
            self.read_cells.append(ReadCells(table, address, tuple(words)))
            return words
        finally:
            ms = round((time.perf_counter() - started) * 1000, 2)
            self.requests.append(MadeRequest(table.function, address, count, ms, error, reason))
