"""Checks that need what came before: rate of change, stuck values, the clock, order, repetition.

Pure: how a device stands and a sample in, the sample and how the device stands then out. A value
that came late is neither suspect nor forbidden: it is right, and so is its time. Whoever keeps
newest values or alarms compares times (decision 0013); here it is counted only.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec

from collectors.sample import Reason, Sample, Value
from ingest.checks import FUTURE_MS, DeviceChecks, check

CLOCK_FAULT = "clock_wrong"
"""The point of every kind that says whether the device's own clock can be believed."""
SET_BACK_MS = 10_000
"""For so long a clock must go on at our pace from an earlier time before it was set back. [ms]

A backlog that a device sends after an outage runs faster than time does; a clock does not.
"""
PACE_MS = 2_000
"""How far the two clocks may drift apart meanwhile. [ms]"""
SHORTEST_MS = 1_000
"""Two readings are taken to be at least this far apart when their rate is judged. [ms]"""


class Clock(StrEnum):
    """What a device's clock is like."""

    GOOD = "good"
    AHEAD = "ahead"
    """Ahead of ours by more than `FUTURE_MS`."""
    UNSET = "unset"
    """Before `EARLIEST_MS`."""
    SET_BACK = "set_back"
    """It runs behind what it showed before; trusted again once it has caught up."""


class Track(NamedTuple):
    """What is known of one watched point."""

    at: int
    value: float
    held: float | None = None
    """A value that came too fast; a second one on its side shows that it was real."""
    since: int = 0
    """Since when it is exactly `value`. [ms]"""


class Standing(msgspec.Struct, frozen=True):
    """How one device (or part) stands."""

    newest: Sample | None = None
    """That with the newest trusted device time, as it came."""
    back: tuple[int, int] | None = None
    """Device time and arrival of the first sample after the clock seemed to go back. [ms]"""
    clock: Clock = Clock.GOOD
    tracks: Mapping[str, Track] = {}
    moved_at: int = 0
    """When a number that is not watched for being stuck last changed. [ms]"""
    others: Mapping[str, Value] = {}
    """The newest values of such numbers, of devices that have watched points."""


UNHEARD = Standing()
"""A device of which nothing is known."""


class Examined(msgspec.Struct, frozen=True):
    """What examining one sample led to."""

    sample: Sample
    standing: Standing
    late: bool = False
    """It is older, by the device's clock, than what is known of the device."""
    repeated: bool = False
    """It says at the same device time just what the sample before said."""


def examine(sample: Sample, checks: DeviceChecks, standing: Standing, now_ms: int) -> Examined:
    """Check one sample, by itself and beside what came before."""
    good = check(sample, checks, now_ms)
    late = repeated = False
    if sample.source_at is not None:
        known = standing.newest
        if good.source_at is None:
            clock = Clock.AHEAD if sample.source_at > now_ms + FUTURE_MS else Clock.UNSET
            standing = _replaced(standing, clock=clock)
        elif known is None or known.source_at is None or good.source_at > known.source_at:
            standing = Standing(
                good, None, Clock.GOOD, standing.tracks, standing.moved_at, standing.others
            )
        elif good.source_at == known.source_at:
            repeated = good.values == known.values
        else:
            late = True
            standing = _gone_back(standing, good)
            if standing.clock is Clock.SET_BACK:
                good = msgspec.structs.replace(good, source_at=None)
                late = False
    if (checks.rates or checks.stuck_ms) and not (late or repeated):
        good, standing = _watched(good, checks, standing)
    return Examined(good, standing, late, repeated)


def _replaced(standing: Standing, **changes: object) -> Standing:
    return msgspec.structs.replace(standing, **changes)


def _gone_back(standing: Standing, sample: Sample) -> Standing:
    """Tell a clock that was set back from a sample that is late."""
    source_at = sample.source_at or 0
    if standing.clock is Clock.SET_BACK:
        return standing
    if standing.back is None:
        return _replaced(standing, back=(source_at, sample.received_at))
    gone = source_at - standing.back[0]
    passed = sample.received_at - standing.back[1]
    if abs(gone - passed) > PACE_MS:
        return _replaced(standing, back=(source_at, sample.received_at))
    if passed < SET_BACK_MS:
        return standing
    return _replaced(standing, clock=Clock.SET_BACK)


def _watched(sample: Sample, checks: DeviceChecks, standing: Standing) -> tuple[Sample, Standing]:
    """Judge the points that have a greatest rate or may not stand still."""
    at = sample.at
    tracks: dict[str, Track] = {}
    reasons: dict[str, str] = {}
    moved_at, others = standing.moved_at, standing.others
    if checks.stuck_ms:
        fresh = {
            point: value
            for point, value in sample.values.items()
            if point not in checks.stuck_ms and isinstance(value, float | int)
        }
        if any(others.get(point, value) != value for point, value in fresh.items()):
            moved_at = at
        others = {**others, **fresh}
    for point in (checks.rates.keys() | checks.stuck_ms.keys()) & sample.values.keys():
        value = sample.values[point]
        if value is None or isinstance(value, bool | str) or point in sample.reasons:
            continue
        track, too_fast = _followed(standing.tracks.get(point), at, value, checks.rates.get(point))
        tracks[point] = track
        limit = checks.stuck_ms.get(point)
        if too_fast:
            reasons[point] = Reason.TOO_FAST.value
        elif limit is not None and _is_stuck(track, at, moved_at, limit):
            reasons[point] = Reason.STUCK.value
    if tracks:
        standing = _replaced(
            standing, tracks={**standing.tracks, **tracks}, moved_at=moved_at, others=others
        )
    if reasons:
        sample = msgspec.structs.replace(sample, reasons={**sample.reasons, **reasons})
    return sample, standing


def _is_stuck(track: Track, at: int, moved_at: int, limit: float) -> bool:
    # At 0 it is at rest: no sun, no load.
    return track.value != 0 and at - track.since > limit and track.since < moved_at


def _followed(track: Track | None, at: int, value: float, rate: float | None) -> tuple[Track, bool]:
    """How a point stands after a value, and whether the value came too fast to be believed."""
    if track is None:
        return Track(at, value, None, at), False
    since = track.since if value == track.value else at
    change = value - track.value
    if rate is None or abs(change) <= rate * max(at - track.at, SHORTEST_MS):
        return Track(at, value, None, since), False
    if track.held is not None and (track.held > track.value) == (change > 0):
        return Track(at, value, None, at), False
    return Track(track.at, track.value, value, track.since), True
