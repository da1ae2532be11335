"""Which Parquet files are to be merged: a decision on the manifest alone."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingest.stores.duckdb_layout import Segment

FAN_OUT = 4
"""Runs of about one size in a month before they are merged: each reading is rewritten about
log4(readings of a month / readings of a generation) times, and a question opens few files."""


@dataclass(frozen=True, slots=True)
class Run:
    """The files that one piece of work wrote for a month."""

    number: int
    segments: Sequence[Segment]

    @property
    def readings(self) -> int:
        """All readings of the run."""
        return sum(segment.readings for segment in self.segments)

    @property
    def tier(self) -> int:
        """Runs of one tier differ in size by less than `FAN_OUT` times."""
        return (self.readings.bit_length() - 1) // 2


def runs_by_month(segments: Iterable[Segment]) -> dict[int, list[Run]]:
    """The runs of each month, smallest first."""
    found: dict[int, dict[int, list[Segment]]] = defaultdict(lambda: defaultdict(list))
    for segment in segments:
        found[segment.month][segment.run].append(segment)
    return {
        month: sorted((Run(*run) for run in runs.items()), key=lambda run: run.readings)
        for month, runs in found.items()
    }


def next_merge(segments: Sequence[Segment], most: int) -> Sequence[Segment]:
    """Files to merge while data flows: enough runs of one size in one month; none when empty."""
    for runs in runs_by_month(segments).values():
        tiers: dict[int, list[Run]] = defaultdict(list)
        for run in runs:
            tiers[run.tier].append(run)
        for _, alike in sorted(tiers.items()):
            chosen = _within(alike, most)
            if len(chosen) >= FAN_OUT:
                return [segment for run in chosen for segment in run.segments]
    return ()


def whole_merge(segments: Sequence[Segment], most: int, before: int) -> Sequence[Segment]:
    """Files to merge in quiet hours: all of a month before `before`, late data with the rest."""
    for month, runs in runs_by_month(segments).items():
        chosen = _within(runs, most)
        if month < before and len(chosen) > 1:
            return [segment for run in chosen for segment in run.segments]
    return ()


def _within(runs: Sequence[Run], most: int) -> list[Run]:
    chosen: list[Run] = []
    total = 0
    for run in runs:
        total += run.readings
        if total > most:
            break
        chosen.append(run)
    return chosen
