"""Which requests read a set of points: few, within the device's limits, and never a forbidden one.

Pure. The greedy cut from the lowest address is the least number of windows that cover all points
when holes may be read along.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from collectors.driver import CollectorsError
from collectors.modbus_schema import ModbusSettings, Table


class PlanError(CollectorsError):
    """A point that no allowed request can read."""


@dataclass(frozen=True, slots=True)
class Want:
    """Consecutive cells that belong together: one value on the wire.

    Attributes:
        key: What the caller knows it by.
        table: The table it stands in.
        address: Wire address of its first cell.
        count: Its cells.
    """

    key: int
    table: Table
    address: int
    count: int

    @property
    def end(self) -> int:
        """The address after its last cell."""
        return self.address + self.count


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One request and the wants it serves; told from others by identity."""

    table: Table
    address: int
    count: int
    wants: tuple[Want, ...]


def plan(wants: Iterable[Want], settings: ModbusSettings) -> tuple[Block, ...]:
    """Cover every want by one block each.

    Raises:
        PlanError: a want is larger than a request may be, touches a forbidden address, or lies
            outside of the 65,536 addresses.
    """
    blocks: list[Block] = []
    pending: list[Want] = []
    end = 0
    for want in sorted(wants, key=lambda want: (want.table, want.address, -want.count)):
        _check(want, settings)
        if pending and not _joins(want, pending, end, settings):
            blocks.append(_block(pending))
            pending = []
        end = max(end, want.end) if pending else want.end
        pending.append(want)
    if pending:
        blocks.append(_block(pending))
    return tuple(blocks)


def split(block: Block) -> tuple[Block, ...]:
    """Two blocks that read the same wants without the hole between them; one when it has one."""
    wants = sorted(block.wants, key=lambda want: (want.address, want.count))
    if len({(want.address, want.count) for want in wants}) < 2:
        return (block,)
    middle = len(wants) // 2
    while middle < len(wants) - 1 and wants[middle].address == wants[middle - 1].address:
        middle += 1
    return (_block(wants[:middle]), _block(wants[middle:]))


def limit_of(table: Table, settings: ModbusSettings) -> int:
    """Most cells one request on a table may ask for."""
    return settings.max_bits if table.is_bits else settings.max_registers


def _block(wants: Sequence[Want]) -> Block:
    first = min(want.address for want in wants)
    last = max(want.end for want in wants)
    return Block(wants[0].table, first, last - first, tuple(wants))


def _check(want: Want, settings: ModbusSettings) -> None:
    limit = limit_of(want.table, settings)
    if not 1 <= want.count <= limit:
        raise PlanError(f"{want.count} cells at {want.address}: a request takes 1 to {limit}")
    if want.address < 0 or want.end > 0x10000:
        raise PlanError(f"{want.address} is no wire address")
    if _forbidden(want.table, want.address, want.end, settings):
        raise PlanError(f"{want.address} lies in a forbidden range")


def _joins(want: Want, pending: Sequence[Want], end: int, settings: ModbusSettings) -> bool:
    first = pending[0]
    if want.table is not first.table:
        return False
    if settings.one_value_per_read:
        return (want.address, want.count) == (first.address, first.count)
    if max(end, want.end) - first.address > limit_of(want.table, settings):
        return False
    if want.address - end > settings.max_gap:
        return False
    return not _forbidden(want.table, end, want.address, settings)


def _forbidden(table: Table, first: int, end: int, settings: ModbusSettings) -> bool:
    return any(
        span.first < end and first <= span.last
        for span in settings.forbidden
        if span.table in {None, table}
    )
