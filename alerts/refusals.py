"""Points that a device says it does not have, although its profile names them. Pure.

A refusal is a fault of configuration: the profile, the firmware or a setting of the device is
wrong. It is one alarm of the device, whatever the number of points, and the alarm names them.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from collectors.sample import Reason, Sample, Value, is_hearing
from device_configs.kinds import Kind, Speed, System, kinds
from device_configs.profile import Profile, ProfilePoint

FACT = "(refused)"
"""The name under which the judge remembers the refused points of a device; no point can have it."""
NAMED = 40
"""How many refused points an alarm names; the rest is counted."""
_PROTECTING = frozenset({System.FIRE, System.ELEVATOR})


@lru_cache(maxsize=4096)
def protects(kind: str, point: str) -> bool:
    """Whether somebody is protected by a point: a safety point of a fire or elevator kind."""
    found = kinds()[kind]
    spec = found.point(point) if found.system in _PROTECTING else None
    return spec is not None and spec.speed is Speed.SAFETY


def point_names(points: Mapping[str, ProfilePoint]) -> Iterable[str]:
    """The points that a profile's table gives; a bit field stands as its bits."""
    for point in points.values():
        yield from point.mapping.bits.values() if point.mapping.bits else (point.name,)


def note(
    refused: dict[str, bool], sample: Sample, prefix: str, is_protecting: Callable[[str], bool]
) -> bool:
    """Bring the refused points of a device up to date by one sample of it or of a part.

    A point leaves when the device answers for it; silence and garbled answers say nothing.

    Args:
        refused: point, or `part/point`, to whether it protects; changed in place.
        sample: what was heard.
        prefix: `part/` for the sample of a part, else empty.
        is_protecting: whether a point of the sample's device or part protects.

    Returns:
        Whether the sample said anything about refused points.
    """
    touched = False
    reasons = sample.reasons
    for point, value in sample.values.items():
        reason = reasons.get(point)
        if value is None and reason == Reason.REFUSED:
            refused.setdefault(prefix + point, is_protecting(point))
            touched = True
        elif prefix + point in refused and _is_answer(point, value, reason):
            del refused[prefix + point]
            touched = True
    return touched


def _is_answer(point: str, value: Value, reason: str | None) -> bool:
    """Whether the device itself spoke of this one point."""
    return is_hearing(Sample("", 0, {point: value}, {} if reason is None else {point: reason}))


def chosen(refused: Mapping[str, bool], *, protecting: bool) -> list[str]:
    """The refused points that protect, or all others, sorted."""
    return sorted(name for name, protects_ in refused.items() if protects_ is protecting)


def in_words(names: list[str]) -> str:
    """Names for an alarm's value: `frequency, p003/smoke`."""
    rest = len(names) - NAMED
    more = f" (+{rest})" if rest > 0 else ""
    return ", ".join(names[:NAMED]) + more


def to_fact(refused: Iterable[str]) -> str:
    """The refused points as the judge stores them."""
    return " ".join(sorted(refused))


def from_fact(text: object, kind: Kind, part_kind: Kind | None) -> dict[str, bool]:
    """The refused points as they were stored."""
    found: dict[str, bool] = {}
    for name in str(text or "").split():
        part, _, point = name.rpartition("/")
        of = part_kind if part and part_kind is not None else kind
        found[name] = protects(of.kind, point)
    return found


def without_strangers(refused: Mapping[str, bool], profile: Profile) -> dict[str, bool]:
    """The refused points that a profile still has; a discovered one (SunSpec) names none."""
    if not profile.points:
        return dict(refused)
    own = frozenset(point_names(profile.points))
    of_parts = frozenset(point_names(profile.parts.points)) if profile.parts else frozenset()
    return {
        name: protecting
        for name, protecting in refused.items()
        if (name.rpartition("/")[2] in of_parts if "/" in name else name in own)
    }


def restored(text: object, profile: Profile) -> tuple[dict[str, bool], bool]:
    """What a device refused when it was stored, and whether its profile has lost some of it."""
    known = from_fact(text, profile.kind, profile.parts.kind if profile.parts else None)
    still = without_strangers(known, profile)
    return still, still.keys() != known.keys()
