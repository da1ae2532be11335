"""What single values, and values together, say about whether a profile fits. Pure.

The limits are those of networks and physics, wider than any device's tolerance: what lies outside
was certainly not measured there.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from collectors.probe import ProbedPoint, ProbeQuality
from collectors.sample import Reason
from device_configs.profile import Profile

FREQUENCY = (45.0, 65.0)
"""Networks run at 50 or 60 Hz; EN 50160 allows -6 % and +4 % on an island. [Hz]"""
PHASE_VOLTAGE = (80.0, 300.0)
"""From 100 V networks and secondary sides less 15 %, to 277 V networks plus 10 %. [V]"""
LINE_VOLTAGE = (130.0, 760.0)
"""Between phases, up to 690 V networks plus 10 %. [V]"""
_TINY = 1e-6
"""A float below this is another type read as a float: no meter resolves it."""
_SUM = 0.05
"""Three phases may differ from their total by rounding and by the moment each is taken."""
_NOT_READ = {
    Reason.REFUSED, Reason.NO_ANSWER, Reason.BUSY, Reason.OFFLINE, Reason.NOT_IMPLEMENTED,
}  # fmt: skip
_ZERO = -0.25
"""Weight of a value that is zero beside others that are not."""
_MOST_ZEROS = -2.0
_PHASES = ("l1", "l2", "l3")
_NO_MAKERS = {"generic", "others", "various", "series", "alliance"}


@dataclass(frozen=True)
class Evidence:
    """One observation: for the profile where its weight is positive, against it where negative."""

    weight: float
    text: str
    distinctive: bool = False
    """Whether few other devices would show the same."""


def number(points: Mapping[str, ProbedPoint], name: str) -> float | None:
    """The value of a point where it is a number."""
    point = points.get(name)
    if point is None or isinstance(point.value, bool) or not isinstance(point.value, int | float):
        return None
    return float(point.value)


def identity(
    profile: Profile, points: Mapping[str, ProbedPoint], product: Sequence[str]
) -> Iterator[Evidence]:
    """What the device calls itself, against the profile's maker and model."""
    texts = {
        name: point.value
        for name, point in points.items()
        if name in {"maker", "model"} and isinstance(point.value, str) and point.value
    }
    for name, text in texts.items():
        if not _readable(text):
            yield Evidence(-3.0, f"{name} is no readable text")
        elif weight := _likeness(profile, text):
            yield Evidence(weight, f"{name} reads {text!r}", distinctive=True)
    for text in product:
        if weight := _likeness(profile, text):
            yield Evidence(weight, f"the device calls itself {text!r}", distinctive=True)


def _readable(text: str) -> bool:
    return len(text) >= 2 and all(" " <= sign <= "~" for sign in text)


def _likeness(profile: Profile, text: str) -> float:
    """The weight of a text that holds a type designation of a profile, or at least its maker."""
    squeezed = re.sub(r"[^A-Z0-9]", "", text.upper())
    words = re.findall(r"[A-Za-z0-9]{3,}", profile.model)
    designations = [
        word for word in words if re.search(r"\d", word) and re.search("[A-Za-z]", word)
    ]
    if any(word.upper() in squeezed for word in designations):
        return 8.0
    makers = [
        word for word in re.findall(r"[A-Za-z0-9]{3,}", profile.vendor)
        if word.lower() not in _NO_MAKERS and (len(word) > 3 or word.isupper())
    ]  # fmt: skip
    return 5.0 if any(word.upper() in squeezed for word in makers) else 0.0


def plausibility(
    points: Mapping[str, ProbedPoint], places: Mapping[str, str]
) -> Iterator[Evidence]:
    """Each value by itself."""
    frequency = number(points, "frequency")
    if frequency:
        good = FREQUENCY[0] <= frequency <= FREQUENCY[1]
        text = f"frequency {_short(frequency)} Hz" + _at(places, "frequency")
        yield Evidence(3.0 if good else -4.0, text, distinctive=good)
    yield from _voltages(points, places, [f"voltage_{p}" for p in _PHASES], PHASE_VOLTAGE)
    lines = ["voltage_l1_l2", "voltage_l2_l3", "voltage_l3_l1"]
    yield from _voltages(points, places, lines, LINE_VOLTAGE)
    yield from _others(points)


def _at(places: Mapping[str, str], name: str) -> str:
    return f" at {places[name]}" if name in places else ""


def _voltages(
    points: Mapping[str, ProbedPoint],
    places: Mapping[str, str],
    names: Sequence[str],
    limits: tuple[float, float],
) -> Iterator[Evidence]:
    found = {name: value for name in names if (value := number(points, name))}
    good = {n: v for n, v in found.items() if limits[0] <= v <= limits[1]}
    if good:
        first, last = next(iter(good)), list(good)[-1]
        names_text = first if len(good) == 1 else f"{first} to {last}"
        low, high = min(good.values()), max(good.values())
        span = f"{low:.4g} V" if len(good) == 1 else f"{low:.4g} to {high:.4g} V"
        text = f"{names_text} {span}{_at(places, first)}"
        yield Evidence(0.75 + 0.75 * len(good), text, distinctive=True)
    for name in found.keys() - good.keys():
        yield Evidence(-2.0, f"{name} {_short(found[name])} V")


def _others(points: Mapping[str, ProbedPoint]) -> Iterator[Evidence]:
    """All other points: none of them says much, except where it cannot be."""
    plausible = zeros = 0
    special = {"frequency", "maker", "model"}
    for name, point in points.items():
        if name in special or name.startswith("voltage_l") or point.reason in _NOT_READ:
            continue
        value = point.value
        if point.quality is not ProbeQuality.GOOD:
            what = "" if value is None else f" {_short(value)}"
            yield Evidence(-2.0, f"{name}{what}: {_words_of(point.reason)}")
        elif isinstance(value, float) and 0 < abs(value) < _TINY:
            yield Evidence(-2.0, f"{name} {value:.1e}: smaller than anything that is measured")
        elif isinstance(value, str) and not _is_listed(point) and not _readable(value):
            yield Evidence(-2.0, f"{name} is no readable text")
        elif value in (0, False) or value is None or not any(point.raw):
            zeros += 1
        else:
            plausible += 1
    if plausible:
        text = f"{plausible} other of {len(points)} values plausible"
        if plausible == len(points):
            text = "all values plausible" if plausible > 1 else "its one value is plausible"
        yield Evidence(min(2.0, 0.25 * plausible), text)
    if zeros:
        live = bool(plausible)
        text = f"{zeros} of {len(points)} values are zero or not fitted"
        yield Evidence(max(_ZERO * zeros, _MOST_ZEROS) if live else 0.0, text)


def _short(value: object) -> str:
    """A value in a sentence: four digits are enough, and 10000 is not 1e+04."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:.0f}" if 1000 <= abs(value) < 1e9 else f"{value:.4g}"


def _is_listed(point: ProbedPoint) -> bool:
    """Whether a text stands for a code: an enumeration value, not what the device wrote."""
    return len(point.raw) == 1


def _words_of(reason: Reason | None) -> str:
    words = {
        Reason.OUT_OF_RANGE: "cannot be",
        Reason.UNKNOWN_VALUE: "a code that the profile does not list",
        Reason.GARBLED: "not of the type the profile says",
        Reason.WRONG_TYPE: "not of the type the profile says",
    }
    return words.get(reason, "not good") if reason is not None else "not good"


def consistency(points: Mapping[str, ProbedPoint]) -> Iterator[Evidence]:
    """Values that depend on each other: what a wrong map hardly ever gets right."""
    yield from _sum_of_phases(points)
    yield from _volts_times_amperes(points)
    yield from _power_triangle(points)
    yield from _line_to_phase(points)


def _sum_of_phases(points: Mapping[str, ProbedPoint]) -> Iterator[Evidence]:
    phases = [number(points, f"active_power_{phase}") for phase in _PHASES]
    total = number(points, "active_power")
    known = [power for power in phases if power is not None]
    if total is None or len(known) < 3 or max(abs(total), *map(abs, known)) < 20:
        return
    if _near(sum(known), total, _SUM, 10):
        text = f"phase powers add up to the total: {_short(sum(known))} and {_short(total)} W"
        yield Evidence(4.0, text, distinctive=True)
    else:
        text = f"phase powers add up to {_short(sum(known))} W, the total is {_short(total)} W"
        yield Evidence(-3.0, text)


def _near(one: float, other: float, relative: float, absolute: float) -> bool:
    return abs(one - other) <= max(relative * max(abs(one), abs(other)), absolute)


def _volts_times_amperes(points: Mapping[str, ProbedPoint]) -> Iterator[Evidence]:
    single = number(points, "voltage_l2") is None
    checked = agreed = 0
    for phase in _PHASES:
        volts, amperes = number(points, f"voltage_{phase}"), number(points, f"current_{phase}")
        power = number(points, f"apparent_power_{phase}")
        if power is None and single and phase == "l1":
            power = number(points, "apparent_power")
        if not volts or not amperes or power is None or abs(volts * amperes) < 20:
            continue
        checked += 1
        agreed += _near(abs(volts * amperes), abs(power), 0.05, 5)
    if agreed:
        text = f"volts times amperes are the apparent power on {agreed} of {checked} phases"
        yield Evidence(3.0 if agreed == checked else 1.0, text, distinctive=True)
    elif checked:
        yield Evidence(-2.0, "volts times amperes are not the apparent power")


def _power_triangle(points: Mapping[str, ProbedPoint]) -> Iterator[Evidence]:
    active, reactive = number(points, "active_power"), number(points, "reactive_power")
    apparent = number(points, "apparent_power")
    if not active or not reactive or not apparent or abs(apparent) < 20:
        return
    if _near((active**2 + reactive**2) ** 0.5, abs(apparent), 0.05, 5):
        text = "active and reactive power make the apparent power"
        yield Evidence(2.0, text, distinctive=True)
    elif abs(active) > abs(apparent) * 1.1 + 5:
        text = f"active power {_short(active)} W above the apparent {_short(apparent)} VA"
        yield Evidence(-2.0, text)


def _line_to_phase(points: Mapping[str, ProbedPoint]) -> Iterator[Evidence]:
    """Between two phases stands the root of three times the phase voltage, or twice it."""
    for one, other in combinations(_PHASES, 2):
        name = f"voltage_{one}_{other}" if (one, other) != ("l1", "l3") else "voltage_l3_l1"
        line, phase = number(points, name), number(points, f"voltage_{one}")
        second = number(points, f"voltage_{other}")
        if line and phase and second:
            if 1.6 <= line / phase <= 2.1:
                text = f"{name} is {line / phase:.2f} times voltage_{one}"
                yield Evidence(2.0, text, distinctive=True)
            else:
                yield Evidence(-1.0, f"{name} is {line / phase:.2f} times voltage_{one}")
            return
