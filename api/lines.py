"""Lines as the interface shows them: what they count, and how fast over the last minute."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from collectors.driver import DeviceHealth, LineHealth
from device_configs.quantities import Strict
from device_configs.yaml_file import read_yaml

_FILE = Path(__file__).with_name("line_counters.yaml")
SPAN_MS = 60_000
"""Over how long rates are taken. [ms]"""
EVERY_S = 5.0
"""How often the counters are noted. [s]"""
_KEPT = round(SPAN_MS / 1000 / EVERY_S) + 1
_SHORTEST_MS = 1000
"""A rate over less would be noise. [ms]"""


class CounterTable(Strict):
    """What lines count, by name, in words."""

    polled: dict[str, str]
    listening: dict[str, str]
    moments: dict[str, str]
    """What falls as well as rises."""
    rated: tuple[str, ...]

    @property
    def counters(self) -> Mapping[str, str]:
        """Everything that only rises."""
        return self.polled | self.listening


@cache
def counter_table() -> CounterTable:
    """The table of `line_counters.yaml`, read once."""
    return CounterTable.model_validate(read_yaml(_FILE).data)


def is_polled(line: LineHealth) -> bool:
    """Whether a line asks its devices; one that listens has no beat to be late for."""
    return not line.counters.keys() & counter_table().listening.keys()


def counts(line: LineHealth) -> dict[str, int]:
    """What a line has counted; a polled line that has not counted something yet has 0 of it."""
    table = counter_table()
    found = {name: n for name, n in line.counters.items() if name not in table.moments}
    return dict.fromkeys(table.polled, 0) | found if is_polled(line) else found


def moments(line: LineHealth) -> dict[str, int]:
    """What stands at this moment: `waiting`, `queue`, `refused_subscriptions`."""
    table = counter_table()
    return {name: n for name, n in line.counters.items() if name in table.moments}


def waiting(line: LineHealth) -> int:
    """What a line has and the journal not yet: samples of a polled line, messages of a listener."""
    found = moments(line)
    return found.get("waiting", 0) + found.get("queue", 0)


def state_of(health: DeviceHealth) -> str:
    """`answering`, `silent`, or `unknown` until the first attempt has ended."""
    return {True: "answering", False: "silent", None: "unknown"}[health.connected]


@dataclass(frozen=True)
class Rates:
    """How much a line counted per second."""

    span_s: float | None
    """Over how long; None while too little was noted. [s]"""
    per_s: Mapping[str, float]


UNKNOWN = Rates(None, {})


class Note(NamedTuple):
    """The rated counters of one line at one moment."""

    at: int
    """[ms, UTC]"""
    counts: Mapping[str, int]


def rates(now: Note, before: Iterable[Note]) -> Rates:
    """The rates since the oldest note, newest first, from which everything rose until now."""
    first, after = now, now
    for note in before:
        fell = any(after.counts.get(name, 0) < count for name, count in note.counts.items())
        if fell or not now.at - SPAN_MS <= note.at < after.at:
            # The line was opened anew, or the clock was set: what lies before says nothing.
            break
        first = after = note
    span = now.at - first.at
    if span < _SHORTEST_MS:
        return UNKNOWN
    per_s = {name: (n - first.counts.get(name, 0)) * 1000 / span for name, n in now.counts.items()}
    return Rates(span / 1000, per_s)


class LineRates:
    """Notes what every line has counted, for a minute and no longer."""

    def __init__(
        self, lines: Callable[[], Sequence[LineHealth]], now_ms: Callable[[], int]
    ) -> None:
        self._lines = lines
        self._now_ms = now_ms
        self._kept: deque[Mapping[str, Note]] = deque(maxlen=_KEPT)

    async def run(self) -> None:
        """Note the counters until cancelled."""
        while True:
            self.take()
            await asyncio.sleep(EVERY_S)

    def take(self) -> None:
        """Note the counters of this moment."""
        now = self._now_ms()
        self._kept.append({line.line: _note(line, now) for line in self._lines()})

    def of(self, line: LineHealth) -> Rates:
        """The rates of a line now."""
        before = (notes[line.line] for notes in reversed(self._kept) if line.line in notes)
        return rates(_note(line, self._now_ms()), before)


def _note(line: LineHealth, now: int) -> Note:
    counted = counts(line)
    return Note(now, {name: counted[name] for name in counter_table().rated if name in counted})
