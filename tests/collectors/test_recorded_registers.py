import pytest

from collectors.modbus_schema import Table
from collectors.reading import LinkLostError, ReadError
from collectors.recorded_registers import FailedCells, ReadCells, RecordedRegisters
from collectors.sample import Reason


class _Device:
    """Registers that hold their own address, refuse those above 9 and lose the link at 99."""

    async def read(self, table: Table, address: int, count: int) -> list[int]:
        if address == 99:
            raise LinkLostError("gone")
        if address + count > 10:
            raise ReadError(Reason.REFUSED, "illegal data address (2)", 2)
        return list(range(address, address + count))


async def test_what_was_asked_and_what_came_back() -> None:
    registers = RecordedRegisters(_Device())
    assert await registers.read(Table.INPUT, 2, 3) == [2, 3, 4]
    with pytest.raises(ReadError) as refused:
        await registers.read(Table.HOLDING, 9, 2)
    with pytest.raises(LinkLostError):
        await registers.read(Table.COIL, 99, 1)
    assert registers.read_cells == [ReadCells(Table.INPUT, 2, (2, 3, 4))]
    first, second = registers.failed_cells
    assert first == FailedCells(Table.HOLDING, 9, 2, refused.value)
    assert (second.address, second.error.reason) == (99, Reason.NO_ANSWER)
    assert registers.last_error is second.error
    assert [(r.function, r.address, r.count, r.error, r.reason) for r in registers.requests] == [
        (4, 2, 3, None, None),
        (3, 9, 2, "illegal data address (2)", Reason.REFUSED),
        (1, 99, 1, "the connection was lost", Reason.NO_ANSWER),
    ]
    assert all(request.ms >= 0 for request in registers.requests)
    registers.begin()
    kept = [*registers.requests, *registers.read_cells, *registers.failed_cells]
    assert not kept
