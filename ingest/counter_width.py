"""Where a counter begins at 0 again: what its profile says, or how wide it is on the wire."""

from fractions import Fraction

from device_configs.profile import ProfilePoint
from ingest.counters import COUNTS_PER_UNIT

_TOPS = {"uint16": 1 << 16, "uint32": 1 << 32, "bcd16": 10**4, "bcd32": 10**8}
"""Types that a counter fills to the end; signed, floating and 64-bit ones end elsewhere."""


def span_of(point: ProfilePoint | None, quantity: str) -> int | None:
    """How much a counter counts before it is at 0 again [counts]; None where that is not known.

    A display of six digits in a wider register is the profile's to say (`rolls_over_at`).
    """
    if point is None:
        return None
    mapping = point.mapping
    if mapping.rolls_over_at is not None:
        shown = _exact(mapping.rolls_over_at)
    else:
        top = _top(point)
        if top is None or mapping.offset != 0.0 or mapping.slope < 0.0:
            return None
        shown = top * _exact(mapping.scale)
    if point.to_stored.offset != 0.0:
        return None
    counts = shown * _exact(point.to_stored.factor) * COUNTS_PER_UNIT[quantity]
    return int(counts) or None


def _top(point: ProfilePoint) -> int | None:
    if point.mapping.cut is not None:
        return 1 << point.mapping.cut[1]
    if getattr(point.address, "scale_from", ()) or getattr(point.address, "add", None) is not None:
        return None
    # A protocol's own word for the type; one that has none (JSON) says nothing of a width.
    return _TOPS.get(str(getattr(point.address, "type", "")))


def _exact(number: float) -> Fraction:
    # By way of the text: a scale of 0.01 is a hundredth, as the file says.
    return Fraction(str(number))
