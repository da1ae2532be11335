"""How often the interval of a saving holds the truth: buildings that are made up, with known truth.

    python -m tests.bench.savings --buildings 200 --step day

Each building has a base, heating, cooling, weekends, noise that follows itself from step to step,
holes in the data and, for a year, a measure that saves 0, 5 or 15 %. Printed are the share of
buildings whose 90 % interval holds what was truly saved, the mean error, and how often a saving was
claimed that there was not.
"""

import argparse
import datetime as dt
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.energy_model import Observation
from analysis.savings import fit_model, savings

FIRST = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
TRUE_RATES = (0.0, 0.05, 0.15)


@dataclass(frozen=True)
class Made:
    """A building with what it truly saved."""

    baseline: Sequence[Observation]
    reporting: Sequence[Observation]
    saved: float
    """In the steps of the reporting period that are known. [kWh]"""


@dataclass(frozen=True)
class Outcome:
    """What was found of many buildings with one true rate."""

    rate: float
    buildings: int
    held: int
    claimed: int
    """How many said that something was saved or lost for sure."""
    mean_error: float
    """Of the saving, as a share of the adjusted baseline."""
    mean_half_width: float
    """As a share of the adjusted baseline."""


def building(seed: int, rate: float, step: str) -> Made:
    """Make up two years of a building, the second with the measure."""
    random = np.random.default_rng(seed)
    per_day = 1 if step == "day" else 24
    count = 731 * per_day
    hours = np.arange(count) * (24 / per_day)
    phase = 2 * math.pi * (hours / 8766 - 0.07)
    weather = _noise(random, count, 0.8 if step == "day" else 0.98, 3.0)
    temperature = 16 - 13 * np.cos(phase) + weather
    moments = [FIRST + dt.timedelta(hours=float(hour)) for hour in hours]
    if step == "hour":
        daytime = np.array([moment.hour for moment in moments])
        temperature = temperature + 4 * np.sin(2 * math.pi * (daytime - 9) / 24)
    rest = np.array([moment.weekday() >= 5 for moment in moments])
    base = random.uniform(200, 2000) / per_day
    energy = np.full(count, base) * np.where(rest, random.uniform(0.4, 0.9), 1.0)
    if step == "hour":
        energy = energy * np.where((daytime >= 8) & (daytime < 18), 1.6, 0.6)
    energy = energy + base * random.uniform(0.01, 0.06) * np.maximum(0, 12 - temperature)
    energy = energy + base * random.uniform(0.01, 0.08) * np.maximum(0, temperature - 22)
    follows = random.uniform(0.0, 0.5)
    energy = energy + _noise(random, count, follows, 0.06 * base)
    half = 366 * per_day
    saved = np.zeros(count)
    saved[half:] = rate * energy[half:]
    energy = energy - saved
    unknown = random.uniform(size=count) < 0.03
    observations = [
        Observation(moment, math.nan if gone else float(used), float(warm), bool(free))
        for moment, used, warm, free, gone in zip(
            moments, energy, temperature, rest, unknown, strict=True
        )
    ]
    truly = float(saved[half:][~unknown[half:]].sum())
    return Made(observations[:half], observations[half:], truly)


def _noise(
    random: np.random.Generator, count: int, follows: float, size: float
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Noise of which each step follows the one before it."""
    found = np.empty(count)
    last = 0.0
    for place, fresh in enumerate(random.normal(0, size * math.sqrt(1 - follows**2), count)):
        last = follows * last + float(fresh)
        found[place] = last
    return found


def outcome(rate: float, buildings: int, step: str, seed: int) -> Outcome:
    """Fit and judge many buildings of one true rate."""
    held = claimed = 0
    errors, widths = [], []
    for number in range(buildings):
        made = building(seed + number, rate, step)
        model = fit_model(made.baseline, step)
        if model is None:
            raise RuntimeError("a whole year is enough for a model")
        found = savings(model, made.reporting)
        error = found.saved - made.saved
        held += abs(error) <= found.half_width
        claimed += found.sure
        errors.append(error / found.adjusted)
        widths.append(found.half_width / found.adjusted)
    return Outcome(rate, buildings, held, claimed, float(np.mean(errors)), float(np.mean(widths)))


def main() -> None:
    """Print the outcome for each true rate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--buildings", type=int, default=200)
    parser.add_argument("--step", choices=("day", "hour"), default="day")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(f"{asked.buildings} buildings by the {asked.step}, seed {asked.seed}")
    for rate in TRUE_RATES:
        found = outcome(rate, asked.buildings, asked.step, asked.seed)
        print(
            f"true {rate:.0%}: the 90 % interval holds it in {found.held / found.buildings:.1%}, "
            f"half of it is {found.mean_half_width:.2%}, mean error {found.mean_error:+.3%}, "
            f"a saving was sure in {found.claimed / found.buildings:.1%}"
        )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
