"""Reads one Modbus device once: its requests, what to do when one fails, and what it all says.

A block that fails does not cost the others. An address that the device refuses is found by halving
its block; from then on it is asked for alone and seldom. A device that is silent costs its line one
time-out an attempt, and each attempt begins with another block.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from collectors.block_states import BEHIND_GATEWAY, CUTS, BlockStates
from collectors.modbus_schema import ModbusSettings, Table
from collectors.modbus_targets import Answers, Target, decoded, room_for_parts, targets_of
from collectors.read_plan import NETWORK, Block, LineCost, paced_plan
from collectors.reading import PointReading, ReadError, Reading, failed
from collectors.sample import Reason
from device_configs.kinds import Speed
from device_configs.profile import Profile
from device_configs.variants import UNDECIDED, Told, Undecided, decide

MOST_USUAL_PARTS = 4_000
"""More parts than this are believed when they are told twice: large panels have a few loops of some
hundred addresses each. [P]"""


class Registers(Protocol):
    """One device's registers on an open connection."""

    async def read(self, table: Table, address: int, count: int) -> Sequence[int]:
        """Read cells; bits come as 0 and 1.

        Raises:
            ReadError: the device refused, was silent, or answered something else.
            LinkLostError: the connection is gone.
        """
        ...


@dataclass(frozen=True)
class Pace:
    """How often a device is polled, and in how many polls each speed of its points is read."""

    interval_s: float = 10.0
    """Between two polls. [s]"""
    every: Mapping[Speed, int] | None = None
    """Speed to polls; every speed in every poll when absent."""

    def polls(self, speed: Speed) -> int:
        """Polls between two readings of a point of this speed."""
        return 1 if self.every is None else self.every[speed]


@dataclass
class _Found:
    """What one or more requests brought."""

    answers: dict[int, tuple[int, ...] | Reason]
    timeouts: int = 0
    heard: bool = True


class DeviceReader:
    """The requests and the decoding of one device, made from its profile.

    Raises:
        PlanError: a point cannot be read by any allowed request.
    """

    def __init__(
        self,
        profile: Profile,
        settings: ModbusSettings,
        parts: int = 0,
        pace: Pace | None = None,
        cost: LineCost = NETWORK,
    ) -> None:
        self._profile = profile
        self._settings = settings
        self._pace = pace or Pace()
        self._cost = cost
        self._variant: str | Undecided | None = decide(profile.rules, {})
        self._told: dict[str, Told] = {}
        self.parts = parts if profile.parts is None else max(parts, profile.parts.count)
        self._listed = self.parts
        self._parts_told = 0
        self.plans = 0
        """How often the requests were planned: once, and when more became known of the device."""
        self._make_plan()

    def _make_plan(self) -> None:
        profile, variant = self._profile, self._variant
        targets = targets_of(
            profile.as_variant(None if isinstance(variant, Undecided) else variant),
            self._settings,
            self.parts,
        )
        if variant is UNDECIDED:
            targets = tuple(t for t in targets if t.part or t.point.name not in profile.varying)
        polls = {want.key: self._pace.polls(t.speed) for t in targets for want in t.wants}
        # Where nothing is read in every poll, the device is still polled at its own pace.
        fastest = min(polls.values(), default=1)
        every = {key: max(1, round(count / fastest)) for key, count in polls.items()}
        wants = [want for target in targets for want in target.wants]
        paces = paced_plan(wants, every, self._settings, self._cost)
        urgent = {w.key for t in targets if t.speed is Speed.SAFETY for w in t.wants}
        self._targets = targets
        self._last: dict[int, PointReading] = {}
        self._states = BlockStates(
            paces, self._settings, frozenset(urgent), self._pace.interval_s * fastest
        )
        self.plans += 1

    @property
    def blocks(self) -> Sequence[Block]:
        """The requests as they are planned now."""
        return self._states.blocks

    def refused(self) -> Mapping[str, str]:
        """Point (or part and point) to what the device said that does not have it."""
        said = self._states.refused()
        if not said:
            return {}
        return {t.name: said[w.key] for t in self._targets for w in t.wants if w.key in said}

    def grow(self, parts: int) -> None:
        """Read more parts from the next poll on, as far as the address space holds them."""
        if self._profile.parts is not None and parts > self.parts:
            self.parts = min(parts, room_for_parts(self._profile.parts, self._settings))
            self._make_plan()

    async def read(self, registers: Registers, timeouts: int = 1, unheard: int = 1) -> Reading:
        """Poll the device once.

        Args:
            registers: The device on an open connection.
            timeouts: Requests that may go unanswered before the rest is left for the next poll.
            unheard: The same while nothing at all was answered.

        Raises:
            LinkLostError: the connection is gone.
        """
        answers: dict[int, tuple[int, ...] | Reason] = {}
        heard = False
        cuts = CUTS if timeouts == 1 else 2 * len(self._targets)
        for block in self._states.begin(cuts):
            if timeouts <= 0 or (not heard and unheard <= 0):
                break
            found = await self._block(registers, block)
            answers |= found.answers
            timeouts -= found.timeouts
            unheard -= found.timeouts
            heard = heard or found.heard
        if heard:
            return self._reading(answers)
        self._states.all_silent()
        reasons = [answer for answer in answers.values() if isinstance(answer, Reason)]
        return self.lost(reasons[0] if reasons else Reason.NO_ANSWER)

    async def _block(self, registers: Registers, block: Block) -> _Found:
        """Ask for one block; cut it in two where the device says that a cell is not there."""
        try:
            cells = await registers.read(block.table, block.address, block.count)
        except ReadError as error:
            halves = self._states.halves(block, error)
            if halves is None:
                return self._failed(block, error)
            return await self._halves(registers, block, halves) if halves else _Found({})
        row = tuple(cells)
        return _Found({key: row[where] for key, where in self._states.answered(block)})

    def _failed(self, block: Block, error: ReadError) -> _Found:
        self._states.failed(block, error)
        behind = error.code in BEHIND_GATEWAY
        silent = error.reason not in (Reason.REFUSED, Reason.BUSY)
        reason = Reason.NO_ANSWER if behind else error.reason
        # A gateway's word for a silent device comes at once: it costs the line no time-out, but
        # asking for the rest would cost the gateway one.
        timeouts = int(silent or behind)
        return _Found(dict.fromkeys((w.key for w in block.wants), reason), timeouts, not timeouts)

    async def _halves(self, registers: Registers, block: Block, halves: Sequence[Block]) -> _Found:
        """Ask for both halves of a refused block; they stay in its place if that won anything."""
        found = _Found({})
        for half in halves:
            one = await self._block(registers, half)
            found.answers |= one.answers
            found.timeouts += one.timeouts
            if one.timeouts:
                return found
        complete = len(found.answers) == len({want.key for want in block.wants})
        if complete and all(isinstance(answer, Reason) for answer in found.answers.values()):
            self._states.uncut(block, halves)
        return found

    def lost(self, reason: Reason) -> Reading:
        """The reading of a device of which nothing can be read."""
        own = [failed(t.point, reason) for t in self._targets if t.part is None]
        parts: dict[str, list[PointReading]] = {}
        for target in self._targets:
            if target.part is not None:
                parts.setdefault(target.part, []).append(failed(target.point, reason))
        return Reading(own, parts, failure=reason)

    def _reading(self, answers: Answers) -> Reading:
        own: list[PointReading] = []
        parts: dict[str, list[PointReading]] = {}
        remembered, answered = self._last.get, answers.get
        for target in self._targets:
            words = answered(target.key)
            if words is None or (target.extra and not all(w.key in answers for w in target.extra)):
                continue
            # This runs for every point of every poll: what is as before needs no call.
            found = remembered(target.key)
            if found is None or found.words != words:
                found = self._point_reading(target, words, answers)
            if target.part is None:
                own.append(found)
            else:
                parts.setdefault(target.part, []).append(found)
        if self._profile.parts is not None:
            self._grow_to_count(own)
        if self._profile.variants:
            own = self._decided(own)
        reasons = [answer for answer in answers.values() if isinstance(answer, Reason)]
        # Where only what it does not have was due, the device is not to be asked less often.
        nothing = len(reasons) == len(answers) and not self._states.works
        return Reading(own, parts, failure=reasons[0] if reasons and nothing else None)

    def _grow_to_count(self, own: Sequence[PointReading]) -> None:
        """Read as many parts as the device says it has, known to the estate or not.

        An unlisted detector must be read at once; a count that no panel has may be one wrong word,
        and is believed when it is told again.
        """
        for reading in own:
            count, _ = reading.values.get("part_count", (None, None))
            if not isinstance(count, (int, float)):
                continue
            told, self._parts_told = self._parts_told, int(count)
            if self.parts < count and (count <= MOST_USUAL_PARTS or count == told):
                self.grow(int(count))
            elif count == told and self._listed <= count < self.parts:
                self.parts = int(count)
                self._make_plan()

    def _decided(self, own: Sequence[PointReading]) -> list[PointReading]:
        """The readings by the variant that the device is; unknown where they depend on it."""
        for reading in own:
            for name, (value, _) in reading.values.items():
                if value is not None:
                    self._told[name] = value
        variant = decide(self._profile.rules, self._told)
        if variant == self._variant and variant is not UNDECIDED:
            return list(own)
        varying = self._profile.varying
        sure = [reading for reading in own if reading.point.name not in varying]
        if variant is not UNDECIDED:
            self._variant = variant
            self._make_plan()
            return sure
        points = (self._profile.points.get(name) for name in sorted(varying))
        return sure + [failed(p, Reason.UNKNOWN_VARIANT) for p in points if p is not None]

    def _point_reading(
        self, target: Target, words: tuple[int, ...] | Reason, answers: Answers
    ) -> PointReading:
        """Decode a point; what depends on its own words alone is remembered."""
        if isinstance(words, Reason):
            return failed(target.point, words)
        if target.extra:
            return decoded(target, words, answers, self._settings)
        quick = target.quick(words)
        if quick is not None:
            found = PointReading(target.point, words, {target.point.name: quick})
        else:
            found = decoded(target, words, answers, self._settings)
        self._last[target.key] = found
        return found
