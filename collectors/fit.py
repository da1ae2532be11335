"""How well a profile fits a device that nobody has named: evidence for and against, in words.

Pure. Nothing here is a proof: registers that look right may still mean something else, so that the
best word a profile can get is `likely`, and one whose values are all zero gets `cannot_tell`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from collectors.fit_evidence import Evidence, consistency, identity, plausibility
from collectors.probe import ProbedPoint
from collectors.sample import Reason
from device_configs.point_mapping import Verified
from device_configs.profile import Profile

_LIKELY = 6.0
_DISTINCTIVE = 2.0
"""Weight that evidence must have which few other devices would show: any number passes for a
counter."""
_REFUSED = -0.75
"""Weight of each point that is refused."""
_MOST_REFUSED = -6.0


class Verdict(StrEnum):
    """How much the evidence says, the most first."""

    LIKELY = "likely"
    POSSIBLE = "possible"
    CANNOT_TELL = "cannot_tell"
    """What was answered would look the same from many other devices: zeros, a bare counter."""
    UNLIKELY = "unlikely"


@dataclass(frozen=True)
class Observed:
    """What the chosen points of a profile gave on one unit."""

    profile: Profile
    points: Mapping[str, ProbedPoint]
    places: Mapping[str, str]
    """Point to where it stands: `input 0x46`."""
    product: Sequence[str] = ()
    """What the device is known to call itself, from wherever."""


@dataclass(frozen=True)
class Fit:
    """One profile on one unit, judged."""

    profile: Profile
    verdict: Verdict
    score: float
    reasons: Sequence[str]
    """For it, the strongest first."""
    doubts: Sequence[str]
    """Against it, the strongest first."""


def judge(observed: Observed) -> Fit:
    """Weigh what was observed."""
    found = [
        *identity(observed.profile, observed.points, observed.product),
        *plausibility(observed.points, observed.places),
        *consistency(observed.points),
        *_refusals(observed.points),
    ]
    good = sorted((one for one in found if one.weight > 0), key=lambda one: -one.weight)
    bad = sorted((one for one in found if one.weight < 0), key=lambda one: one.weight)
    score = round(sum(one.weight for one in found), 2)
    verdict = _verdict(good, bad, score, observed.points)
    reasons = tuple(one.text for one in good)
    if verdict is Verdict.CANNOT_TELL and not reasons:
        reasons = ("it answers, with zeros only",)
    return Fit(observed.profile, verdict, score, reasons, tuple(one.text for one in bad))


def _refusals(points: Mapping[str, ProbedPoint]) -> Sequence[Evidence]:
    refused = [name for name, point in points.items() if point.reason is Reason.REFUSED]
    if not refused:
        return ()
    weight = max(_REFUSED * len(refused), _MOST_REFUSED)
    text = f"refuses {len(refused)} of {len(points)}: {_named(refused)}"
    return (Evidence(weight, text),)


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def _verdict(
    good: Sequence[Evidence],
    bad: Sequence[Evidence],
    score: float,
    points: Mapping[str, ProbedPoint],
) -> Verdict:
    if not any(_answered(point) for point in points.values()):
        return Verdict.UNLIKELY
    against = -sum(one.weight for one in bad)
    distinctive = sum(one.weight for one in good if one.distinctive)
    if against and against >= distinctive:
        return Verdict.UNLIKELY
    if distinctive < _DISTINCTIVE:
        return Verdict.CANNOT_TELL
    if score >= _LIKELY and against <= distinctive / 3:
        return Verdict.LIKELY
    return Verdict.POSSIBLE


def _answered(point: ProbedPoint) -> bool:
    return point.reason not in {Reason.REFUSED, Reason.NO_ANSWER, Reason.BUSY, Reason.OFFLINE}


_ORDER = list(Verdict)
_PROOF = list(Verified)


def rank(fits: Iterable[Fit]) -> Sequence[Fit]:
    """The best first; of equals the better proven, then the one with more points."""
    return sorted(
        fits,
        key=lambda fit: (
            _ORDER.index(fit.verdict), -fit.score, _PROOF.index(fit.profile.verified),
            -len(fit.profile.points), fit.profile.id,
        ),
    )  # fmt: skip
