"""The newest batches of the journal in memory, so that consumers seldom read the disk."""

import threading
from collections import deque

from collectors.sample import Lane, Sample
from ingest.journal_batch import LANES, Batch, Unread


class Tail:
    """The newest batches of each lane, bounded in bytes of their payloads; thread-safe."""

    def __init__(self, max_bytes: int, floors: dict[Lane, int]) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._lock = threading.Lock()
        self._batches: dict[Lane, deque[Batch]] = {lane: deque() for lane in LANES}
        self._floors = dict(floors)
        """The last number of each lane that is not here."""

    def add(self, batch: Batch) -> None:
        """Add the newest batch of a lane and let the oldest go where there are too many bytes."""
        with self._lock:
            self._batches[batch.lane].append(batch)
            self._bytes += batch.size
            while self._bytes > self._max_bytes:
                # Routine ones go first: a safety reader must not wait for the disk.
                lane = Lane.ROUTINE if self._batches[Lane.ROUTINE] else Lane.SAFETY
                oldest = self._batches[lane].popleft()
                self._floors[lane] = oldest.last_seq
                self._bytes -= oldest.size

    def release(self, lane: Lane, passed: int) -> None:
        """Let go the batches up to a number that every consumer has passed: nobody asks for them.

        As objects they take many times the bytes of their payloads.
        """
        with self._lock:
            batches = self._batches[lane]
            while batches and batches[0].last_seq <= passed:
                oldest = batches.popleft()
                self._floors[lane] = oldest.last_seq
                self._bytes -= oldest.size

    @property
    def samples(self) -> int:
        """How many samples are here."""
        with self._lock:
            return sum(len(one.samples) for kept in self._batches.values() for one in kept)

    def read(self, lane: Lane, after: int, limit: int) -> list[Sample] | None:
        """Samples after a number, whole batches until `limit`; None where they are not all here."""
        with self._lock:
            if after < self._floors[lane]:
                return None
            chosen: list[Batch] = []
            count = 0
            for batch in _after(self._batches[lane], after):
                chosen.append(batch)
                count += len(batch.samples)
                if count >= limit:
                    break
        samples: list[Sample] = []
        for batch in chosen:
            if batch.first_seq > after:
                samples += batch.samples
            else:
                samples += [sample for sample in batch.samples if sample.seq > after]
        return samples

    def first_after(self, lane: Lane, after: int) -> Unread | None:
        """Where the first unread batch stands, if it is here."""
        with self._lock:
            if after < self._floors[lane]:
                return None
            for batch in _after(self._batches[lane], after):
                return Unread(batch.written_at, batch.lane_total - len(batch.samples))
        return None


def _after(batches: deque[Batch], after: int) -> list[Batch]:
    """The batches with a number above `after`, oldest first; looks from the newest back."""
    found: list[Batch] = []
    for batch in reversed(batches):
        if batch.last_seq <= after:
            break
        found.append(batch)
    found.reverse()
    return found
