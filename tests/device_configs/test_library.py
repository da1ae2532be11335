"""The library as a whole: readable files, honest levels. covers: device_configs/profiles"""

import re
import statistics
from pathlib import Path

from device_configs.profile import LIBRARY

_TABLE = re.compile(r"^\s+(0x[0-9A-Fa-f]+|\d+|[A-Z]\d?|\"[^\"]+\"): ")
"""A line of a table of bits or values: a number or a short text, and what it means."""
MEDIAN_LINES = 40
"""Most lines of the middle profile, its tables of bits and enumerations not counted."""


def lines_of(file: Path) -> int:
    """Lines of a profile without its tables."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return sum(1 for line in lines if line.strip() and not _TABLE.match(line))


def test_profiles_stay_readable() -> None:
    counts = {file.stem: lines_of(file) for file in LIBRARY.glob("*.yaml")}
    assert len(counts) > 50
    assert statistics.median(counts.values()) <= MEDIAN_LINES


def test_the_table_is_told_from_the_points() -> None:
    assert _TABLE.match("      0x2430: SG5.0RT")
    assert _TABLE.match("      13: fault_over_temperature")
    assert not _TABLE.match("  voltage_l1: {address: 0}")
