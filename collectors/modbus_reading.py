"""Reads one Modbus device once: its requests, what to do when one fails, and the decoding.

A block that fails does not cost the others. An address that the device refuses is found by halving
its block; from then on it is asked for alone and seldom. A device that is silent costs its line one
time-out an attempt, and each attempt begins with another block.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from msgspec import structs

from collectors.convert import Raw, to_values
from collectors.modbus_schema import (
    Address,
    ModbusSettings,
    Scale,
    Table,
    WordType,
    order_of,
    table_of,
    wire,
)
from collectors.point_decoder import PointDecoder, point_decoder
from collectors.read_plan import Block, Want, plan, split
from collectors.reading import PointReading, ReadError, Reading, failed, lane_of
from collectors.registers import DecodeError, decode, factor_of
from collectors.sample import Lane, Reason
from device_configs.profile import PartsProfile, Profile, ProfilePoint

_MISPLACED = {2, 3}
"""Illegal data address and value: some cell of the block is not there (Modbus application protocol
V1.1b3, section 7)."""
_BEHIND_GATEWAY = {10, 11}
"""Gateway path unavailable and target failed to respond: the device itself was silent."""
_SILENT_REST_S = {False: 60.0, True: 15.0}
"""Longest rest of a block that is not answered; by whether a safety point is in it. [s]"""
_REFUSED_REST_S = {False: 600.0, True: 60.0}
"""Longest rest of a block that is refused, and of a plan that was cut. [s]"""


_CUTS = 24
"""Most cuts in one poll: finding what a device refuses must not hold up its neighbours."""


class Registers(Protocol):
    """One device's registers on an open connection."""

    async def read(self, table: Table, address: int, count: int) -> Sequence[int]:
        """Read cells; bits come as 0 and 1.

        Raises:
            ReadError: the device refused, was silent, or answered something else.
            LinkLostError: the connection is gone.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Target:
    """A point, and the wants whose cells make its value: its own, then fraction and scales."""

    point: ProfilePoint
    address: Address
    own: Want
    extra: tuple[Want, ...]
    part: int | None
    quick: PointDecoder


@dataclass
class _BlockState:
    slices: Sequence[tuple[int, slice]]
    """Want's key, and where its cells are in the answer."""
    urgent: bool
    """Whether a safety point is in it."""
    failures: int = 0
    rests: int = 0
    """Polls to leave out."""
    whole: bool = False
    """Cutting it was tried and won nothing."""


@dataclass
class _Found:
    """What one or more requests brought."""

    answers: dict[int, tuple[int, ...] | Reason]
    timeouts: int = 0
    heard: bool = True


Answers = Mapping[int, tuple[int, ...] | Reason]
"""Want's key to its cells, or why there are none."""


class DeviceReader:
    """The requests and the decoding of one device, made from its profile.

    Raises:
        PlanError: a point cannot be read by any allowed request.
    """

    def __init__(
        self, profile: Profile, settings: ModbusSettings, parts: int = 0, interval_s: float = 10.0
    ) -> None:
        self._profile = profile
        self._settings = settings
        self._interval_s = interval_s
        self._cuts_left = 0
        self.parts = parts if profile.parts is None else max(parts, profile.parts.count)
        self._make_plan()

    def _make_plan(self) -> None:
        self._wants = 0
        self._targets = [self._target(point) for point in self._profile.points.values()]
        if self._profile.parts is not None:
            for number in range(self.parts):
                for point in self._profile.parts.points.values():
                    self._targets.append(self._target(point, number))
        self._urgent = {
            want.key
            for target in self._targets
            if self._is_safety(target)
            for want in (target.own, *target.extra)
        }
        self._last: dict[int, PointReading] = {}
        self._merge()

    def _merge(self) -> None:
        """Plan the requests anew, as few as the settings allow."""
        wants = [want for target in self._targets for want in (target.own, *target.extra)]
        self._states = {block: self._state(block) for block in plan(wants, self._settings)}
        self._polls_to_merge: int | None = None

    def _state(self, block: Block) -> _BlockState:
        first = block.address
        slices = [(w.key, slice(w.address - first, w.end - first)) for w in block.wants]
        return _BlockState(slices, any(want.key in self._urgent for want in block.wants))

    def _is_safety(self, target: _Target) -> bool:
        parts = self._profile.parts
        kind = parts.kind if parts is not None and target.part is not None else self._profile.kind
        point = target.point
        names = point.mapping.bits.values() or (point.name,)
        return any(lane_of(kind, name) is Lane.SAFETY for name in names)

    def _want(self, cell: Address | Scale, count: int, shift: int = 0) -> Want:
        self._wants += 1
        settings = self._settings
        return Want(self._wants, table_of(cell, settings), wire(cell, settings) + shift, count)

    def _target(self, point: ProfilePoint, part: int | None = None) -> _Target:
        address = point.address
        if not isinstance(address, Address):
            raise TypeError(f"{point.name} has no Modbus address")
        shift = (part or 0) * (address.stride or 0)
        own = self._want(address, address.words, shift)
        extra = [self._want(scale, scale.type.words) for scale in address.scale_from]
        if address.add is not None:
            fraction = address.add
            extra.append(
                Want(
                    self._wants + 1,
                    table_of(fraction, self._settings),
                    wire(fraction, self._settings) + shift,
                    fraction.type.words,
                )
            )
            self._wants += 1
        order = order_of(address, self._settings)
        quick = point_decoder(point, _word_type(address, own.table), order)
        return _Target(point, address, own, tuple(extra), part, quick)

    @property
    def blocks(self) -> Sequence[Block]:
        """The requests as they stand now."""
        return tuple(self._states)

    def grow(self, parts: int) -> None:
        """Read at least this many parts from the next poll on."""
        if self._profile.parts is not None and parts > self.parts:
            last = min(self._room(point) for point in self._profile.parts.points.values())
            self.parts = min(parts, last)
            self._make_plan()

    def _room(self, point: ProfilePoint) -> int:
        """How many parts fit below the end of the address space."""
        address = point.address
        if not isinstance(address, Address) or not address.stride:
            return 0
        return (0x10000 - wire(address, self._settings) - address.words) // address.stride + 1

    async def read(self, registers: Registers, timeouts: int = 1, unheard: int = 1) -> Reading:
        """Poll the device once.

        Args:
            registers: The device on an open connection.
            timeouts: Requests that may go unanswered before the rest is left for the next poll.
            unheard: The same while nothing at all was answered.

        Raises:
            LinkLostError: the connection is gone.
        """
        self._count_down()
        self._cuts_left = _CUTS if timeouts == 1 else len(self._targets) * 2
        answers: dict[int, tuple[int, ...] | Reason] = {}
        heard = False
        for block in self._due():
            if timeouts <= 0 or (not heard and unheard <= 0):
                break
            found = await self._block(registers, block)
            answers |= found.answers
            timeouts -= found.timeouts
            unheard -= found.timeouts
            heard = heard or found.heard
        return self._reading(answers) if heard else self._silent(answers)

    def _count_down(self) -> None:
        """Put a plan together again that was cut long ago: what was refused may be there now."""
        if self._polls_to_merge is None:
            return
        self._polls_to_merge -= 1
        if self._polls_to_merge <= 0:
            self._merge()

    def _due(self) -> Sequence[Block]:
        """Blocks to ask for now: the good ones first, then those that have rested enough."""
        due = []
        for block, state in self._states.items():
            if state.rests > 0:
                state.rests -= 1
            else:
                due.append(block)
        due = due or list(self._states)
        return sorted(due, key=lambda block: self._states[block].failures)

    async def _block(self, registers: Registers, block: Block) -> _Found:
        """Ask for one block; cut it in two where the device says that a cell is not there."""
        state = self._states[block]
        try:
            cells = await registers.read(block.table, block.address, block.count)
        except ReadError as error:
            misplaced = error.reason is Reason.REFUSED and error.code in _MISPLACED
            halves = split(block) if misplaced and not state.whole else ()
            if len(halves) > 1:
                if self._cuts_left <= 0:
                    return _Found({})
                self._cuts_left -= 1
                return await self._halves(registers, block, halves)
            return self._rest(block, state, error)
        state.failures = state.rests = 0
        row = tuple(cells)
        return _Found({key: row[where] for key, where in state.slices})

    def _rest(self, block: Block, state: _BlockState, error: ReadError) -> _Found:
        """Leave a failing block out for some polls, longer each time."""
        behind = error.code in _BEHIND_GATEWAY
        silent = error.reason is not Reason.REFUSED or behind
        longest = (_SILENT_REST_S if silent else _REFUSED_REST_S)[state.urgent]
        state.failures += 1
        cap = max(1, int(longest / self._interval_s))
        state.rests = min(2 ** min(state.failures - 1, 16) - 1, cap)
        reason = Reason.NO_ANSWER if behind else error.reason
        # A gateway's word for a silent device comes at once: it costs the line no time-out, but
        # asking for the rest would cost the gateway one.
        return _Found(dict.fromkeys((w.key for w in block.wants), reason), int(silent), not silent)

    async def _halves(self, registers: Registers, block: Block, halves: Sequence[Block]) -> _Found:
        """Ask for both halves of a refused block; they stay in its place if that won anything."""
        self._replace((block,), halves)
        found = _Found({})
        for half in halves:
            one = await self._block(registers, half)
            found.answers |= one.answers
            found.timeouts += one.timeouts
            if one.timeouts:
                return found
        complete = len(found.answers) == len({want.key for want in block.wants})
        if complete and all(isinstance(answer, Reason) for answer in found.answers.values()):
            self._replace(halves, (block,))
            state = self._states[block]
            state.whole, state.failures, state.rests = True, 1, 1
        if self._polls_to_merge is None:
            longest = _REFUSED_REST_S[self._states_urgent()]
            self._polls_to_merge = max(2, int(longest / self._interval_s))
        return found

    def _states_urgent(self) -> bool:
        return any(state.urgent for state in self._states.values())

    def _replace(self, old: Sequence[Block], new: Sequence[Block]) -> None:
        kept: dict[Block, _BlockState] = {}
        for block, state in self._states.items():
            if block == old[0]:
                kept.update({fresh: self._state(fresh) for fresh in new})
            elif block not in old:
                kept[block] = state
        self._states = kept

    def _silent(self, answers: Answers) -> Reading:
        """Nothing was answered: every point is unknown for the same reason."""
        reasons = [answer for answer in answers.values() if isinstance(answer, Reason)]
        reason = reasons[0] if reasons else Reason.NO_ANSWER
        for state in self._states.values():
            state.rests = 0
        return self.lost(reason)

    def lost(self, reason: Reason) -> Reading:
        """The reading of a device of which nothing can be read."""
        own = [failed(t.point, reason) for t in self._targets if t.part is None]
        parts: dict[str, list[PointReading]] = {}
        for target in self._targets:
            if target.part is not None:
                parts.setdefault(self._part_id(target.part), []).append(
                    failed(target.point, reason)
                )
        return Reading(own, parts, failure=reason)

    def _part_id(self, number: int) -> str:
        parts = self._profile.parts
        return part_id(parts, number) if parts is not None else str(number)

    def _reading(self, answers: Answers) -> Reading:
        own: list[PointReading] = []
        parts: dict[str, list[PointReading]] = {}
        for target in self._targets:
            words = answers.get(target.own.key)
            if words is None:
                continue
            found = self._point_reading(target, words, answers)
            if target.part is None:
                own.append(found)
            else:
                parts.setdefault(self._part_id(target.part), []).append(found)
        if parts:
            self._grow_to_count(own)
        reasons = [answer for answer in answers.values() if isinstance(answer, Reason)]
        failure = reasons[0] if reasons and len(reasons) == len(answers) else None
        return Reading(own, parts, failure=failure)

    def _grow_to_count(self, own: Sequence[PointReading]) -> None:
        """Read as many parts as the device says it has, known to the estate or not."""
        for reading in own:
            count, _ = reading.values.get("part_count", (None, None))
            if isinstance(count, (int, float)) and count > self.parts:
                self.grow(int(count))

    def _point_reading(
        self, target: _Target, words: tuple[int, ...] | Reason, answers: Answers
    ) -> PointReading:
        """Decode a point, or give back the last decoding where its words are the same."""
        if isinstance(words, Reason):
            return failed(target.point, words)
        if target.extra:
            return _decoded(target, words, answers, self._settings)
        last = self._last.get(target.own.key)
        if last is not None and last.words == words:
            return last
        quick = target.quick(words)
        if quick is not None:
            found = PointReading(target.point, words, {target.point.name: quick})
        else:
            found = _decoded(target, words, answers, self._settings)
        self._last[target.own.key] = found
        return found


def part_id(parts: PartsProfile, number: int) -> str:
    """The id of the part at a 0-based place."""
    return parts.id_format.format(n=parts.first + number)


def _word_type(address: Address, table: Table) -> WordType:
    return WordType.BOOL if table.is_bits else address.type


def _decoded(
    target: _Target, words: tuple[int, ...], answers: Answers, settings: ModbusSettings
) -> PointReading:
    """The long way: any type, fraction, scale registers, and every way to be unknown."""
    point = target.point
    kind = _word_type(target.address, target.own.table)
    try:
        raw = decode(words, kind, order_of(target.address, settings))
        if target.extra and raw is not None and raw not in point.mapping.missing:
            raw = _composed(raw, target, answers, settings)
    except DecodeError:
        return structs.replace(failed(point, Reason.GARBLED), words=words)
    except ReadError as error:
        return structs.replace(failed(point, error.reason), words=words)
    return PointReading(point, words, to_values(raw, point))


def _composed(raw: Raw, target: _Target, answers: Answers, settings: ModbusSettings) -> Raw:
    """Add the fraction and apply the scale registers."""
    if isinstance(raw, str) or raw is None:
        raise ReadError(Reason.WRONG_TYPE, "a text cannot be scaled")
    number: float = raw
    if target.address.add is not None:
        add = target.address.add
        rest = decode(_words(answers, target.extra[-1]), add.type, order_of(add, settings))
        if not isinstance(rest, (int, float)):
            raise ReadError(Reason.NOT_IMPLEMENTED, "the fraction is not available")
        number = number + rest * add.scale
    for want, scale in zip(target.extra, target.address.scale_from, strict=False):
        code = decode(_words(answers, want), scale.type, order_of(scale, settings))
        factor = factor_of(code, scale)
        if factor is None:
            raise ReadError(Reason.UNKNOWN_VALUE, "the scale register holds nothing known")
        number = number * factor
    return number


def _words(answers: Answers, want: Want) -> tuple[int, ...]:
    words = answers.get(want.key, Reason.NO_ANSWER)
    if isinstance(words, Reason):
        raise ReadError(words, "a register the value depends on was not read")
    return words
