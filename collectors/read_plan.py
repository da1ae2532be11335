"""Which requests read a set of points: the cheapest on their line, within the device's limits.

Pure. An unused register between two points costs line time, and so does one more request: on a
fast network one request reads across wide holes, on a slow serial pair it does not. The plan is the
cheapest of all that are allowed, found by dynamic programming; a forbidden address is never read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from collectors.driver import CollectorsError
from collectors.modbus_schema import ModbusSettings, Table


class PlanError(CollectorsError):
    """A point that no allowed request can read."""


@dataclass(frozen=True, slots=True)
class LineCost:
    """What reading costs on a line."""

    request_s: float
    """One request and its answer, whatever they carry. [s]"""
    register_s: float
    """Each register that is read. [s]"""

    def of(self, table: Table, count: int) -> float:
        """What a request for so many cells costs, in seconds."""
        return self.request_s + self.register_s * (count / 16 if table.is_bits else count)


NETWORK = LineCost(request_s=1e-3, register_s=1e-6)
"""Modbus TCP in a building [P]: a request is worth a thousand unused registers, so that only the
device's own limits cut a block."""
TURNAROUND_S = 0.02
"""How long a device takes to begin its answer. [s] [C, 20 ms of the usual meter]"""
_CHARACTER_BITS = 11
_FRAME_CHARACTERS = 8 + 5 + 7
"""A request, an answer without its registers, and two silences of 3.5 characters (Modbus over
serial line V1.02, sections 2.5.1 and 2.5.1.1)."""


def serial_cost(baud: int, gap_s: float = 0.0) -> LineCost:
    """What reading costs on a serial line, in seconds.

    Args:
        baud: Its speed. [Bd]
        gap_s: Quiet time the device needs before a request. [s]
    """
    character = _CHARACTER_BITS / baud
    return LineCost(_FRAME_CHARACTERS * character + TURNAROUND_S + gap_s, 2 * character)


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

    @property
    def end(self) -> int:
        """The address after its last cell."""
        return self.address + self.count


def plan(
    wants: Iterable[Want], settings: ModbusSettings, cost: LineCost = NETWORK
) -> tuple[Block, ...]:
    """Cover every want by one block each, as cheaply as is allowed.

    Raises:
        PlanError: a want is larger than a request may be, touches a forbidden address, or lies
            outside of the 65,536 addresses.
    """
    ordered = sorted(wants, key=lambda want: (want.table, want.address, -want.count))
    for want in ordered:
        _check(want, settings)
    if settings.one_value_per_read:
        return tuple(_alone(ordered, settings))
    return tuple(
        block
        for segment in _segments(ordered, settings, cost)
        for block in _cheapest(segment, settings, cost)
    )


def paced_plan(
    wants: Iterable[Want], every: Mapping[int, int], settings: ModbusSettings, cost: LineCost
) -> Mapping[Block, int]:
    """Blocks with how often each is read: points that matter less do not make requests longer.

    What is wanted seldom rides in a block that is read more often where that is cheaper than a
    request of its own.

    Args:
        wants: What is to be read.
        every: Key of a want to the polls between two readings of it; 1 is every poll.
        settings: The device's limits.
        cost: What reading costs.

    Raises:
        PlanError: as `plan`.
    """
    paces: dict[int, list[Want]] = {}
    for want in wants:
        paces.setdefault(every[want.key], []).append(want)
    blocks: dict[Block, int] = {}
    for pace in sorted(paces):
        for block in plan(paces[pace], settings, cost):
            if not _ride(block, pace, blocks, settings, cost):
                blocks[block] = pace
    return blocks


def _ride(
    block: Block, pace: int, blocks: dict[Block, int], settings: ModbusSettings, cost: LineCost
) -> bool:
    """Put a block into one that is read more often, if that costs less than to ask for it."""
    for other, other_pace in blocks.items():
        joined = _joined(other, block, settings)
        if joined is None or other_pace == pace:
            continue
        more = cost.of(block.table, joined.count) - cost.of(block.table, other.count)
        if more * pace <= cost.of(block.table, block.count) * other_pace:
            del blocks[other]
            blocks[joined] = other_pace
            return True
    return False


def _joined(one: Block, other: Block, settings: ModbusSettings) -> Block | None:
    """Both in one request; None where that is not allowed."""
    if one.table is not other.table or settings.one_value_per_read:
        return None
    if max(one.address, other.address) - min(one.end, other.end) > settings.max_gap:
        return None
    joined = _block((*one.wants, *other.wants), settings)
    return joined if _is_allowed(joined, settings) else None


def split(block: Block, settings: ModbusSettings) -> tuple[Block, ...]:
    """Two blocks that read the same wants without the hole between them; one when it has one."""
    wants = sorted(block.wants, key=lambda want: (want.address, want.count))
    if len({(want.address, want.count) for want in wants}) < 2:
        return (block,)
    middle = len(wants) // 2
    while middle < len(wants) - 1 and wants[middle].address == wants[middle - 1].address:
        middle += 1
    return (_block(wants[:middle], settings), _block(wants[middle:], settings))


def limit_of(table: Table, settings: ModbusSettings) -> int:
    """Most cells one request on a table may ask for."""
    return settings.max_bits if table.is_bits else settings.max_registers


def _span(first: int, end: int, settings: ModbusSettings) -> tuple[int, int]:
    """Address and count of the request that covers these addresses."""
    if settings.even:
        first, end = first - first % 2, end + end % 2
    return first, end - first


def _block(wants: Sequence[Want], settings: ModbusSettings) -> Block:
    first = min(want.address for want in wants)
    end = max(want.end for want in wants)
    return Block(wants[0].table, *_span(first, end, settings), tuple(wants))


def _is_allowed(block: Block, settings: ModbusSettings) -> bool:
    return (
        block.count <= limit_of(block.table, settings)
        and block.end <= 0x10000
        and not _forbidden(block.table, block.address, block.end, settings)
    )


def _check(want: Want, settings: ModbusSettings) -> None:
    limit = limit_of(want.table, settings)
    first, count = _span(want.address, want.end, settings)
    if not 1 <= want.count <= count <= limit:
        raise PlanError(f"{want.count} cells at {want.address}: a request takes 1 to {limit}")
    if first < 0 or first + count > 0x10000:
        raise PlanError(f"{want.address} is no wire address")
    if _forbidden(want.table, first, first + count, settings):
        raise PlanError(f"{want.address} lies in a forbidden range")


def _alone(ordered: Sequence[Want], settings: ModbusSettings) -> Iterator[Block]:
    """One block for each different value."""
    groups: dict[tuple[Table, int, int], list[Want]] = {}
    for want in ordered:
        groups.setdefault((want.table, want.address, want.count), []).append(want)
    return (_block(group, settings) for group in groups.values())


def _segments(
    ordered: Sequence[Want], settings: ModbusSettings, cost: LineCost
) -> Iterator[list[Want]]:
    """Runs of wants that may share a request; cut also where a hole costs more than a request."""
    segment: list[Want] = []
    end = 0
    for want in ordered:
        if segment and not _continues(want, segment[0].table, end, settings, cost):
            yield segment
            segment = []
        end = max(end, want.end) if segment else want.end
        segment.append(want)
    if segment:
        yield segment


def _continues(
    want: Want, table: Table, end: int, settings: ModbusSettings, cost: LineCost
) -> bool:
    hole = want.address - end
    if want.table is not table or hole > settings.max_gap:
        return False
    if cost.of(table, max(0, hole)) - cost.request_s >= cost.request_s:
        return False
    return not _forbidden(table, end, want.address, settings)


def _cheapest(segment: Sequence[Want], settings: ModbusSettings, cost: LineCost) -> Sequence[Block]:
    """The cheapest cut of a segment into requests."""
    whole = _block(segment, settings)
    used = len({at for want in segment for at in range(want.address, want.end)})
    holes = cost.of(whole.table, whole.count - used) - cost.request_s
    if _is_allowed(whole, settings) and holes <= cost.request_s:
        return (whole,)
    best: list[tuple[float, int]] = [(0.0, 0)]
    """For the first n wants: what they cost, and where their last block begins."""
    for stop in range(1, len(segment) + 1):
        options = [
            (best[start][0] + price, start)
            for start, price in _last_blocks(segment, stop, settings, cost)
        ]
        best.append(min(options))
    blocks: list[Block] = []
    stop = len(segment)
    while stop:
        start = best[stop][1]
        blocks.append(_block(segment[start:stop], settings))
        stop = start
    return blocks[::-1]


def _last_blocks(
    segment: Sequence[Want], stop: int, settings: ModbusSettings, cost: LineCost
) -> Iterator[tuple[int, float]]:
    """Every block that may end with a want: where it begins, and what it costs."""
    table, end = segment[0].table, 0
    limit = limit_of(table, settings)
    for start in range(stop - 1, -1, -1):
        end = max(end, segment[start].end)
        first, count = _span(segment[start].address, end, settings)
        if count > limit:
            return
        if first + count <= 0x10000 and not (
            settings.even and _forbidden(table, first, first + count, settings)
        ):
            yield start, cost.of(table, count)


def _forbidden(table: Table, first: int, end: int, settings: ModbusSettings) -> bool:
    return any(
        span.first < end and first <= span.last
        for span in settings.forbidden
        if span.table in {None, table}
    )
