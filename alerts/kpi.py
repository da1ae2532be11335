"""How good the alarms are, and how fast people act on them: pure, of what happened to alarms.

The figures and their limits are those of alarm management (EEMUA 191, ISA-18.2 / IEC 62682) as far
as `docs/kpi.md` says; [K] marks what is common knowledge of the field without a page to cite. Test
and drill alarms count among drills only.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from alerts.alarm import ANNOUNCES, NORMAL_AGAIN, Finding, Severity, Transition
from alerts.chatter import (
    CHATTER_RAISES,
    CHATTER_SPAN_MS,
    FLOOD_BEGINS,
    FLOOD_ENDS,
    FLOOD_SPAN_MS,
)

STALE_MS = 86_400_000
"""Active for longer is stale. [K]"""


@dataclass(frozen=True)
class Step:
    """One event of an alarm's life."""

    at: int
    """[ms, UTC]"""
    event: Transition
    finding: Finding | None = None
    """What was found on site, of `Transition.FOUND`."""


@dataclass(frozen=True)
class Life:
    """One alarm with what happened to it, in order."""

    key: tuple[str, str, str]
    """Rule, device or part, point."""
    alarm_class: str
    severity: Severity
    test: bool
    """It is, to this day, a test or drill."""
    steps: Sequence[Step]
    arrived_at: int | None = None
    """When somebody was on site. [ms, UTC]"""


@dataclass(frozen=True)
class Flood:
    """More alarms at a time than people can deal with."""

    start: int
    end: int
    """[ms, UTC]"""
    alarms: int


@dataclass(frozen=True)
class Spread:
    """How long something took [s]."""

    count: int
    median: float | None
    p90: float | None
    """Nine of ten took no longer."""


@dataclass(frozen=True)
class ClassTimes:
    """How one class of alarms was dealt with."""

    alarms: int
    unacknowledged: int
    """Those that nobody has acknowledged by the end."""
    to_acknowledge: Spread
    to_arrive: Spread
    to_clear: Spread
    judged: int
    """Those of which a finding was noted."""
    false_alarms: int


@dataclass(frozen=True)
class Figures:
    """The figures of some alarms over a time."""

    alarms: int
    """Alarms announced: raised, raised again or turned real."""
    per_operator_10min: float
    peak_10min: int
    floods: Sequence[Flood]
    flooded_share: float
    """Share of the time in a flood."""
    chattering: Sequence[tuple[tuple[str, str, str], int]]
    """Keys that chattered, each with how often it was announced; the worst first."""
    fleeting: int
    """Alarms that were over within a minute, unacknowledged. [P]"""
    stale: int
    """Alarms active for more than a day at the end."""
    mix: Mapping[Severity, float]
    """Share of each severity among the alarms announced."""
    classes: Mapping[str, ClassTimes]
    tests: int
    """Alarms of tests and drills."""


def figures(lives: Iterable[Life], start: int, end: int, operators: int = 1) -> Figures:
    """The figures of the time from `start` until `end` [ms, UTC], which is not included."""
    every = list(lives)
    real = [life for life in every if not life.test]
    announced = sorted(
        (step.at, life.key, life.severity)
        for life in real
        for step in life.steps
        if step.event in ANNOUNCES and start <= step.at < end
    )
    times = [at for at, _, _ in announced]
    found = floods(times, end)
    count = len(announced)
    ten_minutes = (end - start) / FLOOD_SPAN_MS
    return Figures(
        alarms=count,
        per_operator_10min=count / ten_minutes / operators,
        peak_10min=max((len(block) for block in _windows(times)), default=0),
        floods=found,
        flooded_share=sum(one.end - one.start for one in found) / (end - start),
        chattering=_chattering(announced),
        fleeting=sum(_is_fleeting(life, start, end) for life in real),
        stale=sum(_is_stale(life, end) for life in real),
        mix={
            severity: sum(one[2] is severity for one in announced) / count if count else 0.0
            for severity in Severity
        },
        classes=_classes(real, start, end),
        tests=sum(life.test and begins_within(life, start, end) for life in every),
    )


def _windows(times: Sequence[int]) -> Iterable[Sequence[int]]:
    """For each alarm those of the ten minutes that end with it."""
    first = 0
    for last, at in enumerate(times):
        while times[first] <= at - FLOOD_SPAN_MS:
            first += 1
        yield times[first : last + 1]


def floods(times: Sequence[int], end: int) -> tuple[Flood, ...]:
    """The floods among alarms at these times, in order [ms, UTC]; one that lasts ends at `end`."""
    found: list[Flood] = []
    began: int | None = None
    counted = 0
    # Within ten minutes there are as many alarms as came, less those that have left the window.
    moments = sorted(
        [(at, 1, 0) for at in times] + [(at + FLOOD_SPAN_MS, 0, 1) for at in times],
    )
    within = 0
    for at, came, left in moments:
        if at >= end:
            break
        within += came - left
        counted += came if began is not None else 0
        if began is None and within >= FLOOD_BEGINS:
            began, counted = at, within
        elif began is not None and within < FLOOD_ENDS:
            found.append(Flood(began, at, counted))
            began = None
    if began is not None:
        found.append(Flood(began, end, counted))
    return tuple(found)


def _chattering(
    announced: Sequence[tuple[int, tuple[str, str, str], Severity]],
) -> tuple[tuple[tuple[str, str, str], int], ...]:
    by_key: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for at, key, _ in announced:
        by_key[key].append(at)
    worst = [
        (key, len(times))
        for key, times in by_key.items()
        if any(
            late - early < CHATTER_SPAN_MS
            for early, late in zip(times, times[CHATTER_RAISES - 1 :], strict=False)
        )
    ]
    return tuple(sorted(worst, key=lambda one: (-one[1], one[0])))


def begins_within(life: Life, start: int, end: int) -> bool:
    """Whether an alarm was first raised in a time [ms, UTC]."""
    return bool(life.steps) and start <= life.steps[0].at < end


def _is_fleeting(life: Life, start: int, end: int) -> bool:
    if not begins_within(life, start, end):
        return False
    began = life.steps[0].at
    for step in life.steps[1:]:
        if step.event is Transition.ACKNOWLEDGED:
            return False
        if step.event in NORMAL_AGAIN:
            return step.at - began < CHATTER_SPAN_MS and step.at < end
    return False


def _is_stale(life: Life, end: int) -> bool:
    active_since: int | None = None
    for step in life.steps:
        if step.at >= end:
            break
        if step.event in ANNOUNCES and active_since is None:
            active_since = step.at
        elif step.event in NORMAL_AGAIN:
            active_since = None
    return active_since is not None and end - active_since > STALE_MS


def _classes(lives: Sequence[Life], start: int, end: int) -> dict[str, ClassTimes]:
    by_class: dict[str, list[Life]] = defaultdict(list)
    for life in lives:
        if begins_within(life, start, end):
            by_class[life.alarm_class].append(life)
    return {name: times_of(chosen, end) for name, chosen in sorted(by_class.items())}


def first_of(life: Life, event: Transition, end: int) -> int | None:
    """When something first happened to an alarm before a moment [ms, UTC]."""
    return next((step.at for step in life.steps if step.event is event and step.at < end), None)


def times_of(lives: Sequence[Life], end: int) -> ClassTimes:
    """How some alarms were dealt with until a moment [ms, UTC]."""
    acknowledged = [_since(life, first_of(life, Transition.ACKNOWLEDGED, end)) for life in lives]
    findings = [finding for life in lives if (finding := finding_of(life, end)) is not None]
    return ClassTimes(
        alarms=len(lives),
        unacknowledged=sum(one is None for one in acknowledged),
        to_acknowledge=spread(acknowledged),
        to_arrive=spread([_since(life, life.arrived_at) for life in lives]),
        to_clear=spread([_since(life, first_of(life, Transition.CLEARED, end)) for life in lives]),
        judged=len(findings),
        false_alarms=findings.count(Finding.FALSE_ALARM),
    )


def _since(life: Life, at: int | None) -> float | None:
    return None if at is None else (at - life.steps[0].at) / 1000


def finding_of(life: Life, end: int) -> Finding | None:
    """The newest finding: who looked longer knows more."""
    found = [s.finding for s in life.steps if s.event is Transition.FOUND and s.at < end]
    return found[-1] if found else None


def spread(took: Iterable[float | None]) -> Spread:
    """Median and ninth decile (nearest rank) of those that are known [s]."""
    known = sorted(one for one in took if one is not None)
    if not known:
        return Spread(0, None, None)
    rank = -(-9 * len(known) // 10)
    return Spread(len(known), median(known), known[rank - 1])
