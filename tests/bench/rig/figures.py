"""How figures are printed: one table, the figure to reach beside each, and one JSON line."""

import json
import resource
import statistics
import time
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

CONSOLE = Console(width=100)


def p99(values: Sequence[float]) -> float:
    """The 99th percentile; the only value where there is one."""
    return statistics.quantiles(values, n=100)[98] if len(values) > 1 else values[0]


def resident_mb() -> float:
    """Most memory this process has had. [MB]"""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Clock:
    """Wall and processor time since it was made. [s]"""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        """Both. [s]"""
        return time.perf_counter() - self._wall, time.process_time() - self._cpu


def show(title: str, rows: Sequence[tuple[str, str, str]], figures: Mapping[str, object]) -> None:
    """Print what was measured beside what is to be reached, and the same for a program."""
    table = Table("figure", "measured", "to reach", title=title)
    for row in rows:
        table.add_row(*row)
    CONSOLE.print(table)
    print(json.dumps({"bench": title, **figures}), flush=True)
