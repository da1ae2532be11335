"""Samples of 10 points a second through the checks alone, on one core.

Run as `python -m tests.bench.checks [--count N]`. `itself` are the checks that need one sample,
`beside others` those that also need what came before, with and without watched points.
"""

import argparse
import json
import time

from collectors.sample import Sample
from device_configs.kinds import kinds
from ingest.checks import DeviceChecks, check, kind_checks
from ingest.standing import UNHEARD, Standing, examine

POINTS = (
    "voltage_l1", "voltage_l2", "voltage_l3", "current_l1", "current_l2", "current_l3",
    "active_power", "frequency", "power_factor", "active_energy_import",
)  # fmt: skip
START = 1_795_363_200_000


def samples(count: int) -> list[Sample]:
    """Samples of one meter, one a second, each with a device time."""
    return [
        Sample(
            "m1",
            START + n * 1000,
            {point: (n % 7 + 1) / 10 for point in POINTS},
            source_at=START + n * 1000,
        )
        for n in range(count)
    ]


def itself(heard: list[Sample], checks: DeviceChecks) -> float:
    """Samples a second of the checks that need one sample."""
    began = time.perf_counter()
    for sample in heard:
        check(sample, checks, sample.received_at)
    return len(heard) / (time.perf_counter() - began)


def beside_others(heard: list[Sample], checks: DeviceChecks) -> float:
    """Samples a second of all checks."""
    standing: Standing = UNHEARD
    began = time.perf_counter()
    for sample in heard:
        standing = examine(sample, checks, standing, sample.received_at).standing
    return len(heard) / (time.perf_counter() - began)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=200_000)
    count = parser.parse_args().count
    heard, plain = samples(count), kind_checks(kinds()["electricity_meter"])
    kind = kinds()["electricity_meter"]
    watched = DeviceChecks({}, kind, {"voltage_l1": 1.0, "frequency": 1.0}, {"active_power": 6e5})
    print(
        json.dumps(
            {
                "samples": count,
                "points": len(POINTS),
                "itself_per_s": round(itself(heard, plain)),
                "beside_others_per_s": round(beside_others(heard, plain)),
                "with_three_watched_points_per_s": round(beside_others(heard, watched)),
            }
        )
    )


if __name__ == "__main__":
    main()
