"""The newest value of every point in memory, and who is told when one changes.

Used in the event loop only. Nothing here waits, so that nothing here can hold up the journal.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from types import TracebackType
from typing import Self

from collectors.sample import Lane, Quality, Reason, Sample, is_hearing
from ingest.checks import FUTURE_MS
from ingest.clock import wall_clock_ms
from ingest.stores.store import LatestValue

StaleAfter = Callable[[str, str], int]
"""Device (or part) and point to the age at which its value is stale. [ms]"""

_NEVER = 2**63 - 1


def _root(device: str) -> str:
    return device.partition("/")[0]


class _Points:
    """The newest sample of each point of one device or part."""

    __slots__ = ("_newest", "due", "heard", "samples", "stale")

    def __init__(self) -> None:
        self.samples: dict[str, Sample] = {}
        self.heard = False
        """Whether it was heard since the start of the service."""
        self.due = 0
        """No value of it becomes stale before this moment. [ms]"""
        self.stale: set[str] = set()
        """Points whose staleness the subscribers have been told."""
        self._newest = dict.fromkeys(Lane, (0, 0, 0))
        """Lane to the greatest number, arrival and device time of its samples. [ms, UTC]"""

    def fresh(self, sample: Sample) -> Collection[str]:
        """The points of a sample that are not older than what is known."""
        at, received, seq, lane = sample.source_at, sample.received_at, sample.seq, sample.lane
        last_seq, last_received, last_at = self._newest[lane]
        if seq >= last_seq and received >= last_received and (at is None or at >= last_at):
            self._newest[lane] = (seq, received, last_at if at is None else at)
            return sample.values
        self._newest[lane] = (
            max(seq, last_seq), max(received, last_received), max(at or 0, last_at),
        )  # fmt: skip
        known = self.samples
        return [
            point
            for point in sample.values
            if (before := known.get(point)) is None or not _is_older(sample, before)
        ]

    def level_lanes(self) -> None:
        """Let what is known hold for both lanes: a store does not keep the lane of a value."""
        one, other = self._newest.values()
        both = tuple(map(max, one, other))
        self._newest = dict.fromkeys(Lane, (both[0], both[1], both[2]))


class Subscription:
    """Changes for one reader, coalesced by device and point and bounded.

    Leave its `with` block, or call `close`, to end it.
    """

    def __init__(
        self,
        latest: "Latest",
        snapshot: Sequence[LatestValue],
        maxsize: int,
        devices: Collection[str] | None,
    ) -> None:
        self.snapshot = snapshot
        """All values at the moment the subscription began; every later change follows."""
        self.dropped = 0
        """Changes lost because this reader was too slow; it should take a new snapshot."""
        self._latest = latest
        self._maxsize = maxsize
        self._devices = devices
        self._pending: dict[tuple[str, str], None] = {}
        self._waiter: asyncio.Future[None] | None = None

    def put(self, device: str, point: str) -> None:
        """Note that a point has changed."""
        only = self._devices
        if only is not None and device not in only and _root(device) not in only:
            return
        key = (device, point)
        pending = self._pending
        if key in pending:
            return
        if len(pending) >= self._maxsize:
            del pending[next(iter(pending))]
            self.dropped += 1
        pending[key] = None
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def next(self, timeout: float) -> Sequence[LatestValue]:
        """The present values of the points that changed; empty when none did for `timeout` s."""
        if not self._pending:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(timeout):
                    await self._waiter
            except TimeoutError:
                return ()
            finally:
                self._waiter = None
        keys, self._pending = self._pending, {}
        return [value for key in keys if (value := self._latest.newest(*key)) is not None]

    def close(self) -> None:
        """End the subscription."""
        self._latest.unsubscribe(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Latest:
    """The newest value of every point, with its age and quality."""

    def __init__(self, stale_after: StaleAfter, now_ms: Callable[[], int] = wall_clock_ms) -> None:
        self._stale_after = stale_after
        self._now_ms = now_ms
        self._devices: dict[str, _Points] = {}
        self._members: dict[str, list[str]] = {}
        """Device to itself and its parts, as far as they were heard of."""
        self._heard: dict[str, int] = {}
        self._subscriptions: set[Subscription] = set()

    @property
    def devices(self) -> int:
        """How many devices and parts have a newest value."""
        return len(self._devices)

    def load(self, values: Sequence[LatestValue]) -> None:
        """Take over what a store held before the service started."""
        for value in values:
            reasons = {} if value.reason is None else {value.point: value.reason}
            sample = Sample(
                value.device,
                value.received_at,
                {value.point: value.value},
                reasons,
                source_at=value.source_at,
            )
            self._take(sample, loaded=True)
        for points in self._devices.values():
            points.level_lanes()

    def apply(self, samples: Sequence[Sample]) -> None:
        """Take new samples and tell the subscribers."""
        for sample in samples:
            self._take(sample, loaded=False)

    def _take(self, sample: Sample, *, loaded: bool) -> None:
        device = sample.device
        points = self._devices.get(device)
        if points is None:
            points = self._devices[device] = _Points()
            self._members.setdefault(_root(device), []).append(device)
        if is_hearing(sample):
            root = _root(device)
            known = self._heard.get(root, 0) if loaded else 0
            self._heard[root] = max(known, sample.received_at)
            points.heard = points.heard or not loaded
        points.due = 0
        fresh = points.fresh(sample)
        points.samples.update(dict.fromkeys(fresh, sample))
        if points.stale:
            points.stale.difference_update(fresh)
        for subscription in self._subscriptions:
            for point in fresh:
                subscription.put(device, point)

    def value(self, device: str, point: str, now_ms: int) -> LatestValue | None:
        """The newest value of a point, None where none was ever heard."""
        points = self._devices.get(device)
        sample = None if points is None else points.samples.get(point)
        if points is None or sample is None:
            return None
        return self._shown(device, point, sample, points, now_ms)

    def newest(self, device: str, point: str) -> LatestValue | None:
        """The newest value of a point at this moment."""
        return self.value(device, point, self._now_ms())

    def items(self, devices: Collection[str] | None, now_ms: int) -> Sequence[LatestValue]:
        """The newest values of all (None), or of some devices with their parts, or of parts."""
        return [
            self._shown(device, point, sample, points, now_ms)
            for device in self._chosen(devices)
            if (points := self._devices.get(device)) is not None
            for point, sample in points.samples.items()
        ]

    def parts(self, device: str) -> Sequence[str]:
        """The full ids of the parts of a device that were ever heard of."""
        return [member for member in self._members.get(device, ()) if member != device]

    def _chosen(self, devices: Collection[str] | None) -> Collection[str]:
        if devices is None:
            return self._devices
        chosen: dict[str, None] = {}
        for device in devices:
            chosen.update(dict.fromkeys(self._members.get(device, (device,))))
        return chosen

    def heard_at(self, device: str) -> int | None:
        """When a device, or the parent of a part, was last heard. [ms, UTC]; None for never."""
        return self._heard.get(_root(device))

    def _spoken_at(self, device: str, sample: Sample, points: _Points) -> int:
        """The moment a value's age counts from: a part's that was heard lives with its parent."""
        root = _root(device)
        if root == device or not points.heard or sample.seq == 0:
            return sample.at
        return max(sample.at, self._heard.get(root, 0))

    def _shown(
        self, device: str, point: str, sample: Sample, points: _Points, now_ms: int
    ) -> LatestValue:
        quality, reason = sample.quality(point), sample.reasons.get(point)
        if quality is not Quality.MISSING:
            age = now_ms - self._spoken_at(device, sample, points)
            # From a future that our clock left when it was set back: of unknown age.
            if age > self._stale_after(device, point) or age < -FUTURE_MS:
                quality, reason = Quality.STALE, Reason.NOT_CURRENT
        value = sample.values[point]
        return LatestValue(
            device, point, value, quality, reason, sample.source_at, sample.received_at
        )

    def subscribe(
        self, maxsize: int = 100_000, devices: Collection[str] | None = None
    ) -> Subscription:
        """Take a snapshot and every change after it: nothing falls between the two.

        `devices` limits both, as in `items`; at most `maxsize` changed points wait to be read.
        """
        snapshot = self.items(devices, self._now_ms())
        only = None if devices is None else frozenset(devices)
        subscription = Subscription(self, snapshot, maxsize, only)
        self._subscriptions.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription."""
        self._subscriptions.discard(subscription)

    def expire(self, now_ms: int) -> int:
        """Tell the subscribers which values have become stale since the last call; how many."""
        count = 0
        for device, points in self._devices.items():
            if points.due > now_ms:
                continue
            due = _NEVER
            for point, sample in points.samples.items():
                if sample.values[point] is None or point in points.stale:
                    continue
                spoken_at = self._spoken_at(device, sample, points)
                until = spoken_at + self._stale_after(device, point)
                if until >= now_ms and spoken_at <= now_ms + FUTURE_MS:
                    due = min(due, until)
                    continue
                points.stale.add(point)
                count += 1
                for subscription in self._subscriptions:
                    subscription.put(device, point)
            points.due = due
        return count


def _is_older(sample: Sample, known: Sample) -> bool:
    """Whether a sample must not replace what is known.

    Two clocks are never compared: unless both have a device time, arrival decides. Else a device
    whose clock is ahead would look live for minutes after it fell silent.
    """
    if sample.source_at is None or known.source_at is None:
        # By their numbers: our own clock may have been set back. What a store held has none.
        return (sample.seq, sample.received_at) < (known.seq, known.received_at)
    return (sample.source_at, sample.seq) < (known.source_at, known.seq)
