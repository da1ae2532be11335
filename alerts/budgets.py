"""How often each robot and phone may be used, and what is left of it now.

What was used is counted from the rows of `deliveries`, so that a restart changes nothing.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from pydantic import Field

from device_configs.quantities import Strict
from device_configs.yaml_file import read_yaml

_FILE = Path(__file__).with_name("budgets.yaml")
DAY_MS = 86_400_000
"""The longest window. [ms]"""
_LAST = 2
"""Uses that are kept for a message that merges what does not fit. [P]"""


class Window(Strict):
    """At most `count` uses in any `seconds`."""

    count: int = Field(ge=1)
    seconds: int = Field(ge=1, le=86_400)


class Budget(Strict):
    """How often one robot or phone of a channel may be used."""

    key: str
    """The parameter of a target that the provider counts by."""
    windows: tuple[Window, ...] = Field(min_length=1)
    reserve: int = Field(default=0, ge=0)
    """Uses of the first window that only emergencies get."""
    merges: bool = False
    """Whether what does not fit any more is sent as one message."""


@cache
def budgets() -> Mapping[str, Budget]:
    """The budget of each channel that has one."""
    data = read_yaml(_FILE).data
    found = data if isinstance(data, dict) else {}
    return {str(name): Budget.model_validate(one) for name, one in found.items()}


def budget_key(channel: str, parameters: Mapping[str, object]) -> str:
    """What the rate of a target is counted by, `wecom:duty`; empty where nothing is."""
    budget = budgets().get(channel)
    return "" if budget is None else f"{channel}:{parameters.get(budget.key, '')}"


def budget_of(key: str) -> Budget | None:
    """The budget of a key."""
    return budgets().get(key.partition(":")[0])


@dataclass(frozen=True)
class Allowance:
    """What may be claimed now, as a value for another thread."""

    closed: frozenset[str] = frozenset()
    """Keys whose notifications wait."""
    closed_first: frozenset[str] = frozenset()
    """The same for lists that are tried in order, by the key of their first option."""
    left: Mapping[str, int] = field(default_factory=dict)
    """Uses that are left of the keys that were used lately."""
    emergency: bool = False

    def merges(self, key: str, waiting: int) -> bool:
        """Whether so many notifications go as one; the last uses are kept for that."""
        budget = budget_of(key)
        if budget is None or not budget.merges:
            return False
        left = self.left.get(key, _whole(budget, emergency=self.emergency))
        return left <= _LAST and waiting > left

    def after(self, key: str) -> "Allowance":
        """What is left when one message more of a key was claimed."""
        budget = budget_of(key)
        if budget is None:
            return self
        left = self.left.get(key, _whole(budget, emergency=self.emergency))
        return replace(self, left={**self.left, key: max(0, left - 1)})

    def most(self, key: str) -> int:
        """How many waiting notifications need be counted to answer that."""
        return self.left.get(key, _LAST) + 1


@dataclass
class _Used:
    at: deque[tuple[int, bool]] = field(default_factory=deque)
    """When [ms, UTC], and whether for an emergency."""
    blocked_until: int = 0
    seen: int = 0
    """The newest moment that was seen here. [ms, UTC]"""


class Budgets:
    """What was used in the last day. The only sender keeps it; times are [ms, UTC]."""

    def __init__(self) -> None:
        self._used: dict[str, _Used] = {}

    def load(self, rows: Iterable[tuple[str, int, bool, int]]) -> None:
        """Take up what was used before: key, when, for an emergency, blocked until."""
        for key, at, emergency, blocked_until in rows:
            self._spend(key, at, emergency=emergency)
            self.block(key, blocked_until)

    def take(self, key: str, now: int, *, emergency: bool) -> bool:
        """One use, if there is one left; what has no budget always has."""
        left = self.left(key, now, emergency=emergency)
        if left == 0:
            return False
        if left is not None:
            self._spend(key, now, emergency=emergency)
        return True

    def _spend(self, key: str, at: int, *, emergency: bool) -> None:
        used = self._used.setdefault(key, _Used())
        used.at.append((at, emergency))
        used.seen = max(used.seen, at)

    def block(self, key: str, until: int) -> None:
        """The provider takes nothing more until then."""
        if budget_of(key) is not None and until:
            used = self._used.setdefault(key, _Used())
            used.blocked_until = max(used.blocked_until, until)

    def left(self, key: str, now: int, *, emergency: bool) -> int | None:
        """Uses that are left now; None where nothing is counted."""
        budget = budget_of(key)
        if budget is None:
            return None
        used = self._used.get(key, _Used())
        _not_later_than(used, now)
        _forget(budget, used, now)
        if used.blocked_until > now:
            return 0
        return max(0, min(_room(budget, used, now, emergency=emergency)))

    def free_at(self, key: str, now: int, *, emergency: bool) -> int:
        """When there is something left again."""
        budget, used = budget_of(key), self._used.get(key)
        if budget is None or used is None:
            return now
        moment = max(now, used.blocked_until)
        # Room comes only when a use leaves its window, so those moments are the only ones to try.
        edges = {at + window.seconds * 1000 for at, _ in used.at for window in budget.windows}
        for edge in sorted({moment, *(edge for edge in edges if edge > moment)}):
            if min(_room(budget, used, edge, emergency=emergency)) > 0:
                return edge
        return moment

    def allowance(self, now: int, *, emergency: bool) -> Allowance:
        """What may be claimed now.

        What merges waits for the next use, a minute at the most. An emergency waits for nothing
        else: it is tried, goes another way where there is one, and is an alarm where there is none.
        """
        left = {key: self.left(key, now, emergency=emergency) or 0 for key in self._used}
        empty = frozenset(key for key, uses in left.items() if uses == 0)
        soon = frozenset(key for key in empty if self._merges_soon(key, now))
        if emergency:
            return Allowance(soon, frozenset(), left, emergency=True)
        return Allowance(empty, soon, left)

    def _merges_soon(self, key: str, now: int) -> bool:
        budget = budget_of(key)
        return budget is not None and budget.merges and self._used[key].blocked_until <= now


def _whole(budget: Budget, *, emergency: bool) -> int:
    return min(_room(budget, _Used(), 0, emergency=emergency))


def _room(budget: Budget, used: _Used, now: int, *, emergency: bool) -> list[int]:
    found = []
    for index, window in enumerate(budget.windows):
        since = now - window.seconds * 1000
        uses = [urgent for at, urgent in used.at if at > since]
        room = window.count - len(uses)
        if not emergency and index == 0:
            # Of the reserve, only what emergencies have not used is still kept for them.
            room -= max(0, budget.reserve - sum(uses))
        found.append(room)
    return found


def _not_later_than(used: _Used, now: int) -> None:
    """The clock was set back: what was used just now stays so, and a block ends when it would have.

    Else a robot would stand still, with an emergency waiting, until the clock has caught up.
    """
    back = used.seen - now
    used.seen = now
    if back > 0:
        used.at = deque((min(at, now), urgent) for at, urgent in used.at)
        used.blocked_until = max(0, used.blocked_until - back)


def _forget(budget: Budget, used: _Used, now: int) -> None:
    longest_ms = max(window.seconds for window in budget.windows) * 1000
    while used.at and used.at[0][0] <= now - longest_ms:
        used.at.popleft()
