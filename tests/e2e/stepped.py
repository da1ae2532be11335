"""`python -m tests.e2e.stepped FILE ...`: the service with a wall clock that a test can step.

FILE holds how far the clock is off [s]. Only the wall clock moves, as when somebody sets it; what
counts durations (monotonic time) does not. `datetime.now` is not moved: the service takes its time
from `ingest.clock`.
"""

import sys
import time
from pathlib import Path

_real = time.time_ns
_LOOK_EVERY_NS = 10_000_000


class _Clock:
    """The real clock and what a file says beside it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._looked = 0
        self._offset = 0

    def ns(self) -> int:
        now = _real()
        if now - self._looked > _LOOK_EVERY_NS:
            self._looked = now
            self._offset = round(float(self._file.read_text("ascii")) * 1e9)
        return now + self._offset


def set_clock(file: Path, offset_s: float) -> None:
    """Step the clock of a service; its reader never sees half a number."""
    fresh = file.with_suffix(".new")
    fresh.write_text(str(offset_s), "ascii")
    fresh.rename(file)
    # Until it has looked; else what is said at once would still come at the old time.
    time.sleep(2 * _LOOK_EVERY_NS / 1e9)


def main() -> None:
    clock = _Clock(Path(sys.argv.pop(1)))
    time.time_ns = clock.ns
    time.time = lambda: clock.ns() / 1e9

    from sitewatch.cli import main as run

    run()


if __name__ == "__main__":
    main()
