"""The memories of all conditions over time, and how they outlive a restart.

A memory is written as a fact of the judge, in the transaction of its cursor. Its point is a name
that no point can have.
"""

from collections.abc import Callable, Sequence

from alerts.condition import Verdict
from alerts.ledger import Fact
from alerts.watch import Key
from alerts.window import Count, Memory, Window
from collectors.sample import Value

_MARK = "~"


def is_memory(fact: Fact) -> bool:
    """Whether a fact is the memory of a window."""
    return fact.point.startswith(_MARK)


class Windows:
    """What every window remembers; empty where no rule looks over time."""

    def __init__(self) -> None:
        self._memories: dict[Key, Memory] = {}
        self._forms: dict[Key, str] = {}
        self._changed: set[Key] = set()

    def read(self, key: Key, window: Window, at: int, value: Value) -> tuple[Verdict, Value]:
        """Take up a reading at its event time [ms, UTC], and judge."""
        before = self._memories.get(key)
        memory = window.after(before, at, value)
        if memory is not None and memory is not before:
            self._memories[key] = memory
            self._forms[key] = window.form
            self._changed.add(key)
        return window.judge(memory)

    def over_at(self, key: Key, count: Count) -> int | None:
        """When a count that holds is over if nothing more happens [ms, UTC]; None: it is not."""
        memory = self._memories.get(key)
        if memory is None or len(memory.marks) < count.at_least:
            return None
        return count.over_at(memory)

    def facts(self) -> Sequence[Fact]:
        """The memories that have changed since the last commit."""
        return [
            Fact(key.device, f"{_MARK}{key.rule}{_MARK}{key.point}", self._text(key), one.at)
            for key in self._changed
            if (one := self._memories[key])
        ]

    def _text(self, key: Key) -> str:
        return f"{self._forms[key]};{self._memories[key].to_text()}"

    def clock_set(self, by_ms: int, now_ms: int) -> None:
        """Our clock was set: nothing that was read may stand in the future, or all would be late.

        Set forward, it is a gap, which windows know; readings by devices' own clocks go on.
        """
        if by_ms < 0:
            for key, memory in self._memories.items():
                self._memories[key] = memory.moved(by_ms, now_ms)
                self._changed.add(key)

    def settle(self) -> None:
        """What has changed is on disk."""
        self._changed.clear()

    def restore(self, fact: Fact, window_of: Callable[[str, str], Window | None]) -> None:
        """Take up a memory; one of a rule that is gone or looks otherwise now is left."""
        _, rule, point = fact.point.split(_MARK, 2)
        window = window_of(rule, point)
        form, _, text = str(fact.value).partition(";")
        if window is None or window.form != form:
            return
        key = Key(rule, fact.device, point)
        # The clock may have been set back while nobody judged: then the fact's moment was moved.
        self._memories[key] = Memory.from_text(text).moved(0, fact.at)
        self._forms[key] = form
