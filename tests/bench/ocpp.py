"""Many charging piles with sessions on the whole service, killed while they talk.

Run as `python -m tests.bench.ocpp [--piles N] [--sessions N] [--kills N]`. Every pile dials in by a
connection of its own that is cut now and then, and says again what was not answered. In the end the
energies of the sessions are held against what the piles measured.
"""

import argparse
import random
import statistics
import tempfile
import time
from pathlib import Path

from tests.bench.rig.figures import p99, show
from tests.collectors.ocpp_pool import PoolPile, pool
from tests.e2e.charging import answered, killed_while_talking, sent_by, until_counted

_TALK_S = 900.0
_COUNT_S = 300.0
_SEED = 20261125


def main() -> None:
    """Run it and print what was measured; fails where an energy is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--piles", type=int, default=200)
    parser.add_argument("--sessions", type=int, default=6)
    parser.add_argument("--kills", type=int, default=3)
    given = parser.parse_args()
    piles = pool(
        given.piles, time.time_ns() // 1_000_000, sessions=given.sessions, seed=_SEED
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder, chance = Path(name), random.Random(_SEED)
        with killed_while_talking(folder, piles, given.kills, chance) as (_, talking):
            before, began = answered(piles), time.perf_counter()
            talking.join(_TALK_S)
            took = time.perf_counter() - began
            if talking.is_alive():
                raise SystemExit(f"after {_TALK_S:.0f} s the piles have not been answered yet")
            rate = (answered(piles) - before) / took
            counted = until_counted(folder / "data", piles, _COUNT_S)
    report(piles, given.kills, rate, counted)


def report(piles: list[PoolPile], kills: int, rate: float, counted: float) -> None:
    """Print the figures."""
    waits = [wait for one in piles for wait in one.waits]
    energies = sum(map(len, sent_by(piles).values()))
    figures = {
        "piles": len(piles), "kills": kills, "calls": answered(piles),
        "said_again": sum(one.repeated for one in piles), "sessions": energies,
        "sessions_wrong": 0, "calls_per_second": round(rate),
        "answer_p50_ms": round(statistics.median(waits) * 1000, 1),
        "answer_p99_ms": round(p99(waits) * 1000, 1),
        "counted_after_s": round(counted, 1),
    }  # fmt: skip
    rows = [(name.replace("_", " "), str(value), "") for name, value in figures.items()]
    rows = [(name, value, "0" if name == "sessions wrong" else "") for name, value, _ in rows]
    show("OCPP piles with sessions", rows, figures)


if __name__ == "__main__":
    main()
