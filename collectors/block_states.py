"""The requests of one device and how each of them fares: which are due, rest, or were cut.

No I/O. A block that fails rests, longer each time. A block that is refused as misplaced is cut in
two, so that one address the device does not have costs no other. It is asked for alone, and seldom;
only when it answers, or nothing is refused any more, is the plan put together again: to begin the
search anew while the device still refuses would leave its other points unread each time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collectors.modbus_schema import ModbusSettings
from collectors.read_plan import Block, split
from collectors.reading import ReadError
from collectors.sample import Reason

_MISPLACED = frozenset({2, 3})
"""Illegal data address and value: some cell of the block is not there (Modbus application protocol
V1.1b3, section 7)."""
_ABSENT = frozenset({1, 2, 3})
"""What says for good that the device has no such thing."""
BEHIND_GATEWAY = frozenset({10, 11})
"""Gateway path unavailable and target failed to respond: the device itself was silent."""
_LATER_REST_S = {False: 60.0, True: 15.0}
"""Longest rest of a block that was not answered, or that the device was too busy for; by whether a
safety point is in it. [s]"""
_ABSENT_REST_S = {False: 600.0, True: 60.0}
"""Longest rest of a block that the device does not have, and of a plan that was cut. [s]"""
_TRIES_TO_CUT = 10
"""Every so many refusals a block is cut again that was refused in all its pieces."""
CUTS = 24
"""Most cuts in one poll: finding what a device refuses must not hold up its neighbours."""


@dataclass
class BlockState:
    """How one block fares."""

    slices: Sequence[tuple[int, slice]]
    """Want's key, and where its cells are in the answer."""
    urgent: bool
    """Whether a safety point is in it."""
    every: int
    """Polls between two readings of it."""
    next_beat: int = 0
    """The poll at which it is due."""
    failures: int = 0
    rests: int = 0
    """Polls to leave out."""
    whole: bool = False
    """Cutting it was tried and won nothing."""
    refusal: str | None = None
    """What the device said when it refused it as not there."""


class BlockStates:
    """The blocks of one device, with what is known of each."""

    def __init__(
        self,
        paces: Mapping[Block, int],
        settings: ModbusSettings,
        urgent: frozenset[int],
        interval_s: float,
    ) -> None:
        self._paces = paces
        self._settings = settings
        self._urgent = urgent
        self._interval_s = interval_s
        self._beat = -1
        self._cuts_left = CUTS
        self._merge()

    def _merge(self) -> None:
        """Ask as few requests as the settings allow, again."""
        self._states = {block: self._state(block, pace) for block, pace in self._paces.items()}
        self._polls_to_merge: int | None = None
        self._came_back = False
        """Whether something was answered that had been refused."""

    def _state(self, block: Block, every: int, next_beat: int = 0) -> BlockState:
        first = block.address
        slices = [(w.key, slice(w.address - first, w.end - first)) for w in block.wants]
        urgent = any(want.key in self._urgent for want in block.wants)
        return BlockState(slices, urgent, every, next_beat)

    @property
    def blocks(self) -> Sequence[Block]:
        """The blocks as they are asked for now."""
        return tuple(self._states)

    def begin(self, cuts: int = CUTS) -> Sequence[Block]:
        """Begin a poll: the blocks to ask for, the good ones first.

        Args:
            cuts: How often a refused block may be cut in this poll.
        """
        self._beat += 1
        self._cuts_left = cuts
        if self._polls_to_merge is not None:
            self._polls_to_merge -= 1
            if self._polls_to_merge <= 0:
                self._polls_to_merge = None
                if self._came_back or not self.refused():
                    self._merge()
                else:
                    self._merge_later()
        wanted = [
            block
            for block, state in self._states.items()
            if state.failures or state.next_beat <= self._beat
        ]
        due = []
        for block in wanted:
            state = self._states[block]
            if state.rests > 0:
                state.rests -= 1
            else:
                due.append(block)
        return sorted(due or wanted, key=lambda block: self._states[block].failures)

    def answered(self, block: Block) -> Sequence[tuple[int, slice]]:
        """Note a good answer; returns where the wants' cells are in it."""
        state = self._states[block]
        # On common beats, so that a value and the register that scales it are read together.
        state.next_beat = (self._beat // state.every + 1) * state.every
        state.failures = state.rests = 0
        self._came_back = self._came_back or state.refusal is not None
        state.refusal = None
        return state.slices

    def halves(self, block: Block, error: ReadError) -> Sequence[Block] | None:
        """The two blocks to ask instead of a refused one; None where cutting does not help.

        They stand in its place. Empty when this poll has cut enough.
        """
        state = self._states[block]
        if error.reason is not Reason.REFUSED or error.code not in _MISPLACED:
            return None
        if state.whole and state.failures % _TRIES_TO_CUT:
            return None
        cut = split(block, self._settings)
        if len(cut) < 2:
            return None
        if self._cuts_left <= 0:
            return ()
        self._cuts_left -= 1
        self._replace((block,), cut, state)
        self._merge_later()
        return cut

    def uncut(self, block: Block, halves: Sequence[Block]) -> None:
        """Put a block back whose halves were all refused, too: it is not there at all."""
        refusal = next((self._states[h].refusal for h in halves if h in self._states), None)
        self._replace(halves, (block,), self._states[halves[0]])
        state = self._states[block]
        state.whole, state.failures, state.rests, state.refusal = True, 1, 1, refusal

    def _replace(self, old: Sequence[Block], new: Sequence[Block], like: BlockState) -> None:
        kept: dict[Block, BlockState] = {}
        for block, state in self._states.items():
            if block == old[0]:
                kept.update({f: self._state(f, like.every, like.next_beat) for f in new})
            elif block not in old:
                kept[block] = state
        self._states = kept

    def _merge_later(self) -> None:
        if self._polls_to_merge is None:
            urgent = any(state.urgent for state in self._states.values())
            self._polls_to_merge = max(2, int(_ABSENT_REST_S[urgent] / self._interval_s))

    def failed(self, block: Block, error: ReadError) -> None:
        """Leave a failing block out for some polls, longer each time."""
        state = self._states[block]
        absent = error.reason is Reason.REFUSED and error.code in _ABSENT
        longest = (_ABSENT_REST_S if absent else _LATER_REST_S)[state.urgent]
        state.refusal = str(error) if absent else None
        state.failures += 1
        cap = max(1, int(longest / self._interval_s))
        state.rests = min(2 ** min(state.failures - 1, 16) - 1, cap)

    def all_silent(self) -> None:
        """The device was not heard at all: when it is, everything is asked for at once."""
        for state in self._states.values():
            state.rests = state.next_beat = 0

    @property
    def works(self) -> bool:
        """Whether the device has answered something since it was last silent, and still does."""
        return any(state.next_beat and not state.failures for state in self._states.values())

    def refused(self) -> Mapping[int, str]:
        """Want's key to what the device said when it refused the want's cells."""
        return {
            want.key: state.refusal
            for block, state in self._states.items()
            if state.refusal is not None
            for want in block.wants
        }
