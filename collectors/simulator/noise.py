"""Chance that is the same in every run: a number is a pure function of a key and an index."""

import hashlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_MASK = (1 << 64) - 1
# Constants of the SplitMix64 finaliser: Steele, Lea, Flood, "Fast splittable pseudorandom number
# generators", OOPSLA 2014, figure 17.
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


@lru_cache(maxsize=16_384)
def key(seed: int, *names: object) -> int:
    """A 64-bit key of a seed and names."""
    text = "/".join([str(seed), *map(str, names)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def uniform(of: int, index: Indices) -> Floats:
    """A number in [0, 1) for every index."""
    mixed = (index.astype(np.uint64) + np.uint64(1)) * _GOLDEN + np.uint64(of)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX_1
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX_2
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def draw(of: int, index: int = 0) -> float:
    """One number in [0, 1), the same as `uniform` gives for this index."""
    mixed = ((index + 1) * int(_GOLDEN) + of) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * int(_MIX_1)) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * int(_MIX_2)) & _MASK
    mixed ^= mixed >> 31
    return (mixed >> 11) * 2.0**-53


def smooth(of: int, index: Indices, spacing: int) -> Floats:
    """Noise in [-1, 1] with a knot every `spacing` indices and straight lines between them.

    The indices must be consecutive.
    """
    first, last = int(index[0]) // spacing, int(index[-1]) // spacing + 1
    heights = uniform(of, np.arange(first, last + 1, dtype=np.int64)) * 2.0 - 1.0
    ramp = np.arange(spacing) / spacing
    lines = heights[:-1, None] + np.diff(heights)[:, None] * ramp
    begin = int(index[0]) - first * spacing
    result: Floats = lines.reshape(-1)[begin : begin + len(index)]
    return result
