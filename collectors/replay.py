"""Serves a capture as a Modbus TCP device: functions 1 to 4, and nothing that was not captured."""

from collectors.capture import Block, Capture, Gap
from collectors.modbus_schema import Table
from collectors.simulator.modbus_socket import (
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    REQUEST,
    TABLES,
    TARGET_SILENT,
    cells_answer,
    is_count,
    refusal,
)


class ReplayedDevice:
    """The captured device behind a port, for every client the same.

    Attributes:
        requests: how many were answered or refused so far.
    """

    def __init__(self, capture: Capture, unit: int = 1) -> None:
        self._unit = unit
        self._capture = capture
        self._cells = {
            (block.table, block.start + at): word
            for block in capture.blocks
            for at, word in enumerate(block.words)
        }
        self.requests = 0

    def answer(self, unit: int, pdu: bytes) -> bytes | None:
        """The answer to a request; None where the captured device was silent."""
        self.requests += 1
        function = pdu[0]
        table = TABLES.get(function)
        if table is None:
            return refusal(function, ILLEGAL_FUNCTION)
        if unit != self._unit:
            return refusal(function, TARGET_SILENT)
        if len(pdu) != REQUEST.size:
            return refusal(function, ILLEGAL_VALUE)
        _, address, count = REQUEST.unpack(pdu)
        if not is_count(table, count):
            return refusal(function, ILLEGAL_VALUE)
        return self._read(table, address, count)

    def _read(self, table: Table, address: int, count: int) -> bytes | None:
        cells = [self._cells.get((table, at)) for at in range(address, address + count)]
        known = [cell for cell in cells if cell is not None]
        if len(known) == count and self._is_whole(table, address, count):
            return cells_answer(table, known)
        gap = self._gap(table, address, count)
        if gap is not None and gap.exception is None:
            return None
        code = gap.exception if gap is not None else None
        return refusal(table.function, code or ILLEGAL_ADDRESS)

    def _is_whole(self, table: Table, address: int, count: int) -> bool:
        """Whether a device that answers only for its own blocks has one of this extent."""
        if not self._capture.whole_blocks:
            return True
        return any(_extent(block) == (table, address, count) for block in self._capture.blocks)

    def _gap(self, table: Table, address: int, count: int) -> Gap | None:
        for gap in self._capture.gaps:
            apart = gap.start + gap.count <= address or address + count <= gap.start
            if gap.table is table and not apart:
                return gap
        return None


def _extent(block: Block) -> tuple[Table, int, int]:
    return block.table, block.start, len(block.words)
