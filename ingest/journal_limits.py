"""The bounds of a journal and what it counts."""

from collections.abc import Mapping
from dataclasses import dataclass

from collectors.sample import Lane
from ingest.durations import Durations


@dataclass(frozen=True)
class JournalLimits:
    """The bounds of a journal."""

    max_bytes: int = 2 * 1024**3
    """Payloads on disk; above it the oldest unread are dropped, routine before safety."""
    min_free_bytes: int = 256 * 1024**2
    """Free space of the file system, below which the journal gives space back."""
    reserve_bytes: int = 16 * 1024**2
    """What the journal may always hold, however full the file system is."""
    keep_batches: int = 1000
    """Batches of each lane that stay although every consumer has passed them."""
    tail_bytes: int = 4 * 1024**2
    """Newest payloads kept in memory for the consumers; as objects they take many times as much."""
    identity_ms: int = 7 * 24 * 3600 * 1000
    """How long an identity is remembered. [ms]"""
    max_identities: int = 5_000_000
    """How many identities are remembered at most."""
    group_samples: int = 4000
    """Samples in one commit; bounds how long a safety sample waits for the commit before it."""
    pending_samples: int = 200_000
    """Samples that wait for the disk; more are refused and not acknowledged."""
    append_timeout_s: float = 30.0
    """How long `append` waits for the disk. [s]"""
    tidy_s: float = 0.25
    """How often old batches and identities are looked for. [s]"""

    @property
    def kept_in_memory(self) -> int:
        """Newest payloads in memory; less than what stays on disk, so that a drop is a loss."""
        return min(self.tail_bytes, self.max_bytes // 4, self.reserve_bytes // 2)


@dataclass(frozen=True)
class Lag:
    """How far a consumer is behind in one lane."""

    samples: int
    age_ms: int
    """Age of the oldest batch it has not wholly taken. [ms]"""


@dataclass(frozen=True)
class JournalStatistics:
    """What the journal counts."""

    bytes: int
    """Payloads on disk."""
    last_seq: int
    lag: Mapping[str, Mapping[Lane, Lag]]
    written: int
    """Samples since the start of the process."""
    batches: int
    """Since the start of the process."""
    dropped_total: int
    """Unread samples dropped because the journal was full, since the file was made."""
    duplicates_total: int
    """Samples whose identity was known already, since the file was made."""
    damaged_batches: int
    """Batches skipped because their checksum was wrong, since the start of the process."""
    lost_total: int
    """Samples that a damaged file no longer had, since the first journal of this folder."""
    salvaged_as: str | None
    """Name under which the newest damaged file was kept, since the start of the process."""
    refused: int
    """Samples that were not taken (disk error, too many waiting), since the start."""
    commit_ms: float
    """Duration of the newest commit. [ms]"""
    commit_max_ms: float
    """Duration of the longest commit since the start. [ms]"""
    commits: Durations
    """How long the commits took."""
    dropped: Mapping[Lane, int]
    """Unread samples dropped because the journal was full, since the start of the process."""
    reason: str | None
    """Why the newest write failed; None when it did not."""
