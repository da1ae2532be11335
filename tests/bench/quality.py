"""Samples a second that the book of data quality takes, on one core, and what a writing costs.

Run as `python -m tests.bench.quality [--count N] [--devices N]`. Ten points a sample; in `mixed`
every hundredth sample has values without an answer. `write` is one writing of all devices.
"""

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from collectors.sample import Sample
from device_configs.estate import Estate
from ingest.bus import Cursor
from ingest.quality_book import QualityBook
from ingest.quality_tables import put_cursor, put_days, put_states
from records.engine import make_engine, migrate, sqlite_url, transaction
from tests.reports import estates

START = 1_795_363_200_000
"""2026-11-23 00:00 in Shanghai. [ms, UTC]"""
POINTS = (
    "active_power", "frequency", "voltage_l1", "voltage_l2", "voltage_l3",
    "current_l1", "current_l2", "current_l3", "active_energy_import", "active_energy_export",
)  # fmt: skip


def _estate(devices: int) -> Estate:
    one = estates.device("m", "electricity_meter", "centre", points=POINTS)
    every = [replace(one, id=f"m{number}") for number in range(devices)]
    return estates.estate({"centre": None}, every)


def _samples(count: int, devices: int, *, failing: bool) -> list[Sample]:
    good = dict.fromkeys(POINTS, 1.0)
    bad: dict[str, float | None] = dict.fromkeys(POINTS)
    why = dict.fromkeys(POINTS, "no_answer")
    return [
        Sample(f"m{n % devices}", START + n // devices * 10_000, bad, why)
        if failing and n % 100 == 0
        else Sample(f"m{n % devices}", START + n // devices * 10_000, good)
        for n in range(count)
    ]


def main() -> None:
    """Run and print one JSON line a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500_000)
    parser.add_argument("--devices", type=int, default=1000)
    given = parser.parse_args()
    estate = _estate(given.devices)
    for case in ("good", "mixed"):
        samples = _samples(given.count, given.devices, failing=case == "mixed")
        book = QualityBook(estate)
        began = time.process_time()
        book.take(samples)
        seconds = time.process_time() - began
        print(json.dumps({"case": case, "samples_per_second": round(given.count / seconds)}))
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(sqlite_url(Path(folder) / "bench.sqlite"))
        migrate(engine)
        began = time.perf_counter()
        book.settle(samples[-1].received_at)
        states, rows = book.changes()
        with transaction(engine) as connection:
            put_days(connection, rows)
            put_states(connection, states)
            put_cursor(connection, Cursor(), START)
        took = round((time.perf_counter() - began) * 1000)
        print(
            json.dumps({"case": "write", "devices": given.devices, "rows": len(rows), "ms": took})
        )
        engine.dispose()


if __name__ == "__main__":
    main()
