"""What is watched: each device or part with its compiled rules and the little it must remember."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from alerts.alarm import SiteName, Subject
from alerts.condition import (
    ByService,
    Calm,
    Combination,
    Missing,
    Refused,
    Silence,
    State,
    Threshold,
    Unlisted,
    calm_of,
)
from alerts.rule import Rule, covers
from alerts.rules import RuleSet
from alerts.texts import text
from collectors.sample import Value
from device_configs.estate import Device, Estate
from device_configs.estate_entries import Level
from device_configs.kinds import Speed, kinds
from device_configs.quantities import Label

SERVICE = "sitewatch"
"""The device under whose name sitewatch reports itself; its kind is `service`."""

_SILENCE_FLOOR_MS = 30_000
_SILENCE_INTERVALS = 3
_REPORT_GRACE = 0.1
# Protocols whose devices are asked; all others report by themselves.
_POLLED = frozenset({"modbus", "sunspec"})


class Key(NamedTuple):
    """What one alarm at a time is open for."""

    rule: str
    device: str
    point: str


def silence_ms(device: Device, after_s: float | None) -> int:
    """How long a device may be silent [ms].

    A polled one three of its intervals, at least 30 s; one that reports, its interval (the longest
    silence it is expected to keep) and a tenth of it in grace, at least 30 s. [P]
    """
    if after_s is not None:
        return round(after_s * 1000)
    interval = round(device.interval_s * 1000)
    if device.profile.protocol in _POLLED:
        return max(_SILENCE_INTERVALS * interval, _SILENCE_FLOOR_MS)
    return interval + max(round(interval * _REPORT_GRACE), _SILENCE_FLOOR_MS)


_LAYOUTS = 256
"""Sets of points that come together and whose layout is kept; a device has few."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a sample of certain points must be looked at for."""

    judged: tuple[tuple[str, Calm], ...]
    """The points that rules read by themselves, with the quick look at each."""
    facts: tuple[str, ...]
    """The points that combinations and the test flag read."""


class Plan:
    """The rules of one kind of device, found by point."""

    def __init__(self, kind: str, rules: Iterable[Rule]) -> None:
        self.kind = kind
        self.silence: Rule | None = None
        self.unlisted: Rule | None = None
        self.refusals: list[tuple[Rule, Refused]] = []
        self._points: list[Rule] = []
        self._combinations: list[tuple[Rule, Combination]] = []
        self._found: dict[str, tuple[Rule, ...]] = {}
        self._calm: dict[str, Calm | None] = {}
        self._layouts: dict[tuple[str, ...], Layout] = {}
        for rule in rules:
            if isinstance(rule.condition, Silence):
                self.silence = rule
            elif isinstance(rule.condition, Unlisted):
                self.unlisted = rule
            elif isinstance(rule.condition, Combination):
                self._combinations.append((rule, rule.condition))
            elif isinstance(rule.condition, Refused):
                self.refusals.append((rule, rule.condition))
            elif not isinstance(rule.condition, ByService):
                self._points.append(rule)
        read = (condition.points for _, condition in self._combinations)
        self.facts: frozenset[str] = frozenset({"test"}).union(*read)

    def rules_of(self, point: str) -> tuple[Rule, ...]:
        """The rules that judge a point by itself."""
        found = self._found.get(point)
        if found is None:
            found = tuple(r for r in self._points if covers(r.point, self.kind, point))
            self._found[point] = found
        return found

    def calm(self, point: str) -> Calm | None:
        """The quick look at a point's values; None where no rule reads it by itself."""
        if point not in self._calm:
            plain = [
                rule.condition
                for rule in self.rules_of(point)
                if isinstance(rule.condition, Threshold | State | Missing)
            ]
            self._calm[point] = calm_of(plain) if plain else None
        return self._calm[point]

    def layout(self, values: Mapping[str, Value]) -> Layout:
        """What a sample of these points must be looked at for."""
        points = tuple(values)
        found = self._layouts.get(points)
        if found is None:
            judged = tuple((p, calm) for p in points if (calm := self.calm(p)) is not None)
            found = Layout(judged, tuple(p for p in points if p in self.facts))
            if len(self._layouts) < _LAYOUTS:
                self._layouts[points] = found
        return found

    def combined(self, points: Iterable[str]) -> tuple[tuple[Rule, Combination], ...]:
        """The combinations that read one of these points."""
        if not self._combinations or not points:
            return ()
        asked = frozenset(points)
        return tuple(pair for pair in self._combinations if not pair[1].points.isdisjoint(asked))

    def judges_alike(self, point: str, one: Value, other: Value) -> bool:
        """Whether two values are the same to every combination."""
        terms = [
            term
            for _, condition in self._combinations
            for term in (*condition.all, *condition.any, *condition.unless)
            if term.point == point
        ]
        return all(term.judge({point: one}) is term.judge({point: other}) for term in terms)

    def has(self, rule: str, point: str) -> bool:
        """Whether a state of this rule and point is still judged here."""
        for special in (self.silence, self.unlisted):
            if special is not None and special.id == rule:
                return True
        if any(r.id == rule for r, _ in self.refusals):
            return True
        if any(r.id == rule and r.point == point for r, _ in self._combinations):
            return True
        return any(r.id == rule for r in self.rules_of(point))

    def find(self, rule: str) -> Rule | None:
        """The version of a rule that holds here."""
        every = [*self._points, *(rule for rule, _ in (*self._combinations, *self.refusals))]
        every += [special for special in (self.silence, self.unlisted) if special is not None]
        return next((r for r in every if r.id == rule), None)


@dataclass(slots=True, eq=False)
class Watch:
    """One device or part, and what must be remembered of it between samples."""

    subject: Subject
    plan: Plan
    parent: "Watch | None" = None
    listed: bool = True
    silence_after: int | None = None
    """[ms]; None for parts, whose silence is their parent's."""
    heard_at: int = 0
    silent: bool = False
    test: bool = False
    values: dict[str, Value] = field(default_factory=dict)
    values_at: dict[str, int] = field(default_factory=dict)
    point_at: dict[str, int] = field(default_factory=dict)
    """Newest event time of points that came with a trusted device clock. [ms, UTC]"""
    newest_at: int = 0
    """The newest of them. [ms, UTC]"""
    keys: set[Key] = field(default_factory=set)
    """What is not normal here."""
    refused: dict[str, bool] = field(default_factory=dict)
    """Of a device: its points, or `part/point`, that it says it does not have; whether they
    protect."""
    safety_points: dict[str, bool] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """`device` or `device/part`."""
        return self.subject.device

    @property
    def root(self) -> "Watch":
        """The device itself, for a part its parent."""
        return self.parent or self

    def note_time(self, points: Iterable[str], at: int) -> None:
        """Keep the event time of judged points that came with a trusted device clock."""
        if at >= self.newest_at:
            self.newest_at = at
            self.point_at.update(dict.fromkeys(points, at))
            return
        for point in points:
            if at > self.point_at.get(point, 0):
                self.point_at[point] = at

    @property
    def in_test(self) -> bool:
        """Whether it, or the panel it hangs on, is in test."""
        return self.test or (self.parent is not None and self.parent.test)

    def is_safety(self, point: str) -> bool:
        """Whether a point travels in the safety lane."""
        known = self.safety_points.get(point)
        if known is None:
            spec = kinds()[self.subject.kind].point(point)
            known = self.safety_points[point] = spec is not None and spec.speed is Speed.SAFETY
        return known


def place_path(estate: Estate, place: str) -> tuple[SiteName, ...]:
    """The sites from the community down to a place."""
    if place not in estate.sites:
        return ()
    nodes = estate.path(place)
    return tuple(SiteName(node.id, node.name) for node in nodes if node.level is not Level.ESTATE)


class Watches:
    """Makes and keeps the watches of an estate under a set of rules."""

    def __init__(self, estate: Estate, rules: RuleSet) -> None:
        self.estate = estate
        self.rules = rules
        self._watches: dict[str, Watch] = {}
        self._plans: dict[tuple[str, tuple[int, ...]], Plan] = {}
        self.roots: tuple[Watch, ...] = tuple(self.of(device) for device in estate.devices)

    def of(self, device: str) -> Watch:
        """The watch of a device or part, listed or not."""
        found = self._watches.get(device)
        if found is None:
            found = self._watches[device] = self._make(device)
        return found

    def known(self) -> Mapping[str, Watch]:
        """Every watch made so far."""
        return self._watches

    def _make(self, device: str) -> Watch:
        parent_id, _, part_id = device.partition("/")
        entry = self.estate.devices.get(parent_id)
        if entry is None:
            return self._stranger(device)
        if not part_id:
            return self._device(entry)
        profile_parts = entry.profile.parts
        kind = profile_parts.kind.kind if profile_parts else entry.profile.kind.kind
        part = entry.parts.get(part_id)
        place = part.place if part else entry.place
        name = part.name if part and part.name else _part_name(entry.name, part_id)
        subject = Subject(
            device, kind, name, place, place_path(self.estate, place), unplaced=part is None
        )
        plan = self._plan(subject, part=True)
        return Watch(subject, plan, parent=self.of(parent_id), listed=part is not None)

    def _device(self, entry: Device) -> Watch:
        kind = entry.profile.kind.kind
        path = place_path(self.estate, entry.place)
        subject = Subject(entry.id, kind, entry.name, entry.place, path)
        plan = self._plan(subject, part=False)
        after = None
        if plan.silence is not None and isinstance(plan.silence.condition, Silence):
            after = silence_ms(entry, plan.silence.condition.after)
        return Watch(subject, plan, silence_after=after)

    def _stranger(self, device: str) -> Watch:
        """A device that is in no file of the estate, and sitewatch itself."""
        own = device == SERVICE
        name = text("device.service") if own else Label(zh=device, en=device)
        subject = Subject(device, "service", name, self.estate.id, (), unplaced=not own)
        return Watch(subject, self._plan(subject, part=False), listed=own)

    def _plan(self, subject: Subject, *, part: bool) -> Plan:
        sites = {subject.place, *(step.id for step in subject.path)}
        chosen = self.rules.chosen(subject.kind, subject.device, sites, part=part)
        key = (subject.kind, tuple(id(rule) for rule in chosen))
        if key not in self._plans:
            self._plans[key] = Plan(subject.kind, chosen)
        return self._plans[key]


def _part_name(parent: Label, part: str) -> Label:
    return Label(zh=f"{parent.zh} {part}", en=f"{parent.en} {part}")
