"""One unit that many profiles are tried on: asked for nothing twice, and not for too much."""

from collections import Counter
from collections.abc import Sequence

from collectors.modbus_link import ModbusLink
from collectors.modbus_schema import ModbusSettings, Table
from collectors.reading import LinkLostError, ReadError
from collectors.sample import Reason
from collectors.sunspec_chain import SunSpecSettings

MOST_REQUESTS = 400
"""Requests to one unit in all."""
_MOST_OF_ONE = 12
"""Requests for one profile: those of its plan, and those that find what is refused of it."""
_MOST_OF_A_CHAIN = 120
"""The same for a SunSpec device, whose chain of models is walked."""
_MOST_REFUSED = 4
"""Refusals after which a profile that has got nothing yet asks for nothing more."""
_SILENT_TABLE = 3
"""Requests without an answer, and never one with, after which a table counts as silent."""
_MOST_UNANSWERED = 30
"""Requests without an answer after which the unit is left alone."""
_PATIENCE_MS = 1000
_ILLEGAL_FUNCTION = 1


class ExaminedUnit:
    """The memory of a unit as far as it is known, and the way to the rest of it.

    Attributes:
        requests: how many were made.
        unanswered: how many of them brought no answer.
    """

    def __init__(self, link: ModbusLink, unit: int) -> None:
        self._link, self._unit = link, unit
        self.requests = 0
        self.unanswered = 0
        self._cells: dict[tuple[Table, int], int] = {}
        self._failures: dict[tuple[Table, int, int], ReadError] = {}
        self._closed: dict[Table, ReadError] = {}
        self._silences: Counter[Table] = Counter()
        self._spoken: set[Table] = set()

    def view(self, settings: ModbusSettings) -> "UnitView":
        """The unit as one profile reads it, with the pauses it asks for."""
        patience = min(settings.timeout_ms, _PATIENCE_MS)
        most = _MOST_OF_A_CHAIN if isinstance(settings, SunSpecSettings) else _MOST_OF_ONE
        return UnitView(self, settings.model_copy(update={"timeout_ms": patience}), most)

    def known(self, table: Table, address: int, count: int) -> Sequence[int] | None:
        """Cells that were read before; None where one of them was not.

        Raises:
            ReadError: the same request failed before, or the whole table is not there.
        """
        if table in self._closed:
            raise self._closed[table]
        if (table, address, count) in self._failures:
            raise self._failures[table, address, count]
        cells = [self._cells.get((table, at)) for at in range(address, address + count)]
        return [cell for cell in cells if cell is not None] if None not in cells else None

    async def ask(
        self, table: Table, address: int, count: int, settings: ModbusSettings
    ) -> Sequence[int]:
        """Read cells from the device.

        Raises:
            ReadError: the device refused or was silent, or has been asked enough.
            LinkLostError: nothing accepts a connection any more.
        """
        if self.requests >= MOST_REQUESTS or self.unanswered >= _MOST_UNANSWERED:
            raise ReadError(Reason.NO_ANSWER, f"unit {self._unit} was asked enough")
        self.requests += 1
        try:
            if not self._link.connected:
                await self._link.open()
            words = await self._link.read(self._unit, table, address, count, settings)
        except LinkLostError as error:
            self.unanswered += 1
            raise ReadError(Reason.NO_ANSWER, str(error)) from error
        except ReadError as error:
            self._remember(table, address, count, error)
            raise
        self._spoken.add(table)
        self._cells |= {(table, address + at): word for at, word in enumerate(words)}
        return words

    def _remember(self, table: Table, address: int, count: int, error: ReadError) -> None:
        self._failures[table, address, count] = error
        if error.reason is Reason.REFUSED:
            if error.code == _ILLEGAL_FUNCTION:
                self._closed[table] = error
            return
        self.unanswered += 1
        self._silences[table] += 1
        if table not in self._spoken and self._silences[table] >= _SILENT_TABLE:
            self._closed[table] = error


class UnitView:
    """The unit as one profile reads it: the `Registers` of its reader."""

    def __init__(self, unit: ExaminedUnit, settings: ModbusSettings, most: int) -> None:
        self._unit, self._settings, self._left = unit, settings, most
        self._refusals = 0
        self._answered = False

    async def read(self, table: Table, address: int, count: int) -> Sequence[int]:
        """Read cells, from memory where they are known.

        Raises:
            ReadError: the unit refused or was silent, or this profile has asked enough.
        """
        if self._refusals >= _MOST_REFUSED and not self._answered:
            raise ReadError(Reason.REFUSED, "nothing of this profile was answered")
        try:
            words = self._unit.known(table, address, count)
            if words is None:
                words = await self._ask(table, address, count)
        except ReadError as error:
            self._refusals += error.reason is Reason.REFUSED
            raise
        self._answered = True
        return words

    async def _ask(self, table: Table, address: int, count: int) -> Sequence[int]:
        if self._left <= 0:
            raise ReadError(Reason.NO_ANSWER, "asked enough for one profile")
        self._left -= 1
        return await self._unit.ask(table, address, count, self._settings)
