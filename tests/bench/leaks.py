"""How often a leak is found, and how often one is claimed that is none: meters that are made up.

    python -m tests.bench.leaks --meters 500

Each meter has 90 nights of use at night that differs from night to night, now and then a night of
cleaning, a counter of 1, 10 or 100 litres, and for half of them a leak that begins in the middle.
"""

import argparse
import datetime as dt
import random
import sys
from dataclasses import dataclass

from analysis.leaks import Leak, LeakKind, Night, find_leak

FIRST = dt.date(2026, 1, 1)
NIGHTS = 90
BEGINS = 60
SIZES_M3_H = (0.0, 0.05, 0.1, 0.2, 0.5)


@dataclass(frozen=True)
class Found:
    """What was found of many meters with leaks of one size."""

    size: float
    meters: int
    found: int
    """How many were said to have a leak that began."""
    held: int
    """How many of these have the true size in the 90 % interval."""
    late_days: float
    """How late the first night was dated, in the mean."""


def nights(seed: int, size: float) -> list[Night]:
    """Make up the nights of a meter."""
    draw = random.Random(seed)
    usual = draw.choice((0.0, 0.02, 0.05, 0.15))
    pulse = draw.choice((0.001, 0.01, 0.1))
    found, carried = [], 0.0
    for n in range(NIGHTS):
        quarters = []
        cleaning = draw.random() < 0.04
        for _ in range(12):
            used = max(0.0, draw.gauss(usual, usual * 0.5)) / 4 if draw.random() < 0.6 else 0.0
            used += draw.uniform(0.05, 0.3) if cleaning and draw.random() < 0.5 else 0.0
            used += size / 4 if n >= BEGINS else 0.0
            carried += used
            counted = int(carried / pulse + 1e-9) * pulse
            carried -= counted
            quarters.append(counted)
        flow, least = sum(quarters) / 3, min(quarters) * 4
        found.append(Night(FIRST + dt.timedelta(days=n), flow, least))
    return found


def outcome(size: float, meters: int, seed: int) -> Found:
    """Look for leaks of one size in many meters."""
    leaks: list[Leak] = []
    for number in range(meters):
        leak = find_leak(nights(seed + number, size))
        if leak is not None and leak.kind is LeakKind.STEP:
            leaks.append(leak)
    true_day = FIRST + dt.timedelta(days=BEGINS)
    late = [(leak.since - true_day).days for leak in leaks]
    held = sum(abs(leak.flow - size) <= leak.half_width + 1e-9 for leak in leaks)
    return Found(size, meters, len(leaks), held, sum(late) / len(late) if late else 0.0)


def main() -> None:
    """Print the rates for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--meters", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(f"{asked.meters} meters of {NIGHTS} nights, seed {asked.seed}")
    for size in SIZES_M3_H:
        found = outcome(size, asked.meters, asked.seed)
        name = f"leak of {size} m3/h" if size else "no leak"
        interval = (
            f", size within its interval in {found.held / found.found:.0%}, "
            if size and found.found
            else ""
        )
        late = f"dated {found.late_days:+.1f} days late" if size and found.found else ""
        print(f"{name}: said in {found.found / found.meters:.1%}{interval}{late}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
