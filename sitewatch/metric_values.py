"""Values of metrics as they go from one half of the service to the other."""

import msgspec

from ingest.durations import Durations


class Histogram(msgspec.Struct, frozen=True):
    """How long something took, again and again (`ingest.durations`)."""

    cumulative: tuple[int, ...]
    """How many took no longer than each bound, then all."""
    total_s: float
    """All durations together. [s]"""


Value = tuple[str, tuple[str, ...], float | Histogram]
"""Name of the metric, its labels, its value."""


def histogram_of(found: Durations) -> Histogram:
    """A histogram of this moment."""
    return Histogram(tuple(found.cumulative), found.total_s)
