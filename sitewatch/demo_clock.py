"""The demo's model clock: a data folder keeps its own, so that no counter ever steps back."""

import datetime as dt
from pathlib import Path

from ingest.clock import wall_clock_ms


class ModelClock:
    """Remembers how far the model's clock is shifted against the wall clock."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def start(self, wanted: str | None) -> str | None:
        """What the model's clock is to show now: what the folder began with, else `wanted`."""
        if not self._file.exists():
            return wanted
        shift_ms = int(self._file.read_text(encoding="utf-8"))
        if shift_ms == 0:
            return None
        moment = dt.datetime.fromtimestamp((wall_clock_ms() + shift_ms) / 1000, dt.UTC)
        return moment.isoformat()

    def keep(self, shift_ms: int) -> None:
        """Remember the shift [ms] of a first start."""
        if not self._file.exists():
            self._file.write_text(str(shift_ms), encoding="utf-8")
