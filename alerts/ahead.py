"""What was read of the bus before its turn, so that a fire does not wait behind a flood.

Raising an alarm costs far more than judging a sample that raises none. While a flood of alarms is
written, safety samples that come in meanwhile are read ahead, and what is urgent among them is
judged and written out of turn.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from alerts.condition import State, Threshold, Verdict
from alerts.watch import Watch
from collectors.sample import Sample

MOST = 50_000
"""Samples that are read ahead at most; more wait in the bus. [P]"""


class Ahead:
    """Safety samples that wait for their turn, in the order of the bus.

    What was judged out of turn is skipped in its turn. After a crash it is judged once more, as the
    cursor is behind it: its alarm is open then, and is not raised again.
    """

    def __init__(self) -> None:
        self._waiting: deque[Sample] = deque()
        self._unseen: list[Sample] = []
        """Those that nobody has looked at for what is urgent."""
        self._judged: set[int] = set()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, samples: Iterable[Sample]) -> None:
        """Take up what was read before its turn."""
        fresh = list(samples)
        self._waiting += fresh
        self._unseen += fresh

    def clear(self) -> None:
        """Forget what waits, which will be read again, but not what was judged out of turn."""
        self._waiting.clear()
        self._unseen.clear()

    def take(self, limit: int) -> Sequence[Sample]:
        """The next samples in their turn, those that were judged out of turn included."""
        return [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]

    def still_to_judge(self, samples: Sequence[Sample]) -> Sequence[Sample]:
        """Those that were not judged out of turn; the others are forgotten."""
        if not self._judged:
            return samples
        left = [sample for sample in samples if sample.seq not in self._judged]
        self._judged.difference_update([sample.seq for sample in samples])
        return left

    def urgent(self, is_urgent: Callable[[Sample], bool]) -> Sequence[Sample]:
        """What must not wait: urgent samples that came in, after the earlier of their devices.

        The earlier ones of a device and its parts say whether it is in test.
        """
        until = {_root(one): one.seq for one in self._unseen if is_urgent(one)}
        self._unseen.clear()
        if not until:
            return ()
        found = [
            one for one in self._waiting
            if one.seq <= until.get(_root(one), -1) and one.seq not in self._judged
        ]  # fmt: skip
        self._judged.update(one.seq for one in found)
        return found


def is_urgent(watch: Watch, sample: Sample) -> bool:
    """Whether a sample by itself may raise an alarm of an urgent rule."""
    plan = watch.plan
    for point, value in sample.values.items():
        for rule in plan.rules_of(point):
            condition = rule.condition
            if not rule.urgent or not isinstance(condition, Threshold | State):
                continue
            if condition.judge(value) is Verdict.TRUE:
                return True
    combined = plan.combined(sample.values)
    return any(rule.urgent and sample.values.get(rule.point) is True for rule, _ in combined)


def _root(sample: Sample) -> str:
    return sample.device.partition("/")[0]
