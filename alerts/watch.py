"""What is watched: each device or part with its compiled rules and the little it must remember."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
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
    Together,
    Unlisted,
    calm_of,
)
from alerts.conditions import OfFacts
from alerts.deviation import Deviation
from alerts.expression import Expression
from alerts.fault_choice import FaultChoice
from alerts.inhibition import SILENCES, Parent, Topology, child_after_ms, topology
from alerts.refusals import point_names
from alerts.rule import Rule, covers
from alerts.rules import RuleSet
from alerts.texts import text
from alerts.window import Count, Increase, Rate, Window
from collectors.sample import Value
from device_configs.estate import Device, Estate
from device_configs.estate_entries import Level
from device_configs.kinds import Kind, Speed, kinds
from device_configs.profile import ProfilePoint
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
    windowed: tuple[tuple[str, Rule, Window], ...]
    """The points that are judged over time."""


class Plan:
    """The rules of one kind of device, found by point."""

    def __init__(self, kind: str, rules: Iterable[Rule], read: Iterable[str] = ()) -> None:
        """`read` are the points that expressions of other devices read here."""
        self.kind = kind
        self.silence: Rule | None = None
        self.unlisted: Rule | None = None
        self.refusals: list[tuple[Rule, Refused]] = []
        self._points: list[Rule] = []
        self._combinations: list[tuple[Rule, OfFacts]] = []
        self._windows: list[tuple[Rule, Window]] = []
        self.together: list[tuple[Rule, Together]] = []
        self.deviations: list[tuple[Rule, Deviation]] = []
        self._read = frozenset(read)
        self._found: dict[str, tuple[Rule, ...]] = {}
        self._calm: dict[str, Calm | None] = {}
        self._layouts: dict[tuple[str, ...], Layout] = {}
        for rule in rules:
            if isinstance(rule.condition, Silence):
                self.silence = rule
            elif isinstance(rule.condition, Unlisted):
                self.unlisted = rule
            elif isinstance(rule.condition, Combination | Expression):
                self._combinations.append((rule, rule.condition))
            elif isinstance(rule.condition, Refused):
                self.refusals.append((rule, rule.condition))
            elif isinstance(rule.condition, Rate | Increase | Count):
                self._windows.append((rule, rule.condition))
            elif isinstance(rule.condition, Together):
                self.together.append((rule, rule.condition))
            elif isinstance(rule.condition, Deviation):
                self.deviations.append((rule, rule.condition))
            elif not isinstance(rule.condition, ByService):
                self._points.append(rule)
        own = (condition.points for _, condition in self._combinations)
        self.facts: frozenset[str] = frozenset({"test"}).union(self._read, *own)

    def rules_of(self, point: str) -> tuple[Rule, ...]:
        """The rules that judge a point by itself."""
        found = self._found.get(point)
        if found is None:
            found = tuple(r for r in self._points if self._means(r, point))
            self._found[point] = found
        return found

    def _means(self, rule: Rule, point: str) -> bool:
        return covers(rule.point, self.kind, point) and rule.means(point)

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
            facts = tuple(p for p in points if p in self.facts)
            windowed = tuple(
                (p, rule, one) for p in points for rule, one in self._windows
                if self._means(rule, p)
            )  # fmt: skip
            found = Layout(judged, facts, windowed)
            if len(self._layouts) < _LAYOUTS:
                self._layouts[points] = found
        return found

    def combined(self, points: Iterable[str]) -> tuple[tuple[Rule, OfFacts], ...]:
        """The combinations that read one of these points."""
        if not self._combinations or not points:
            return ()
        asked = frozenset(points)
        return tuple(pair for pair in self._combinations if not pair[1].points.isdisjoint(asked))

    def judges_alike(self, point: str, one: Value, other: Value) -> bool:
        """Whether two values are the same to every combination."""
        if point in self._read:
            return False
        return all(condition.alike(point, one, other) for _, condition in self._combinations)

    def find(self, rule: str, point: str) -> Rule | None:
        """The version of a rule that holds here for a point; None where it is not judged."""
        for special in (self.silence, self.unlisted):
            if special is not None and special.id == rule:
                return special
        whole = [one for one, _ in (*self.refusals, *self.together)]
        whole += [one for one, _ in self._combinations if one.point == point]
        pointed = [*self._points, *(one for one, _ in (*self._windows, *self.deviations))]
        whole += [one for one in pointed if one.id == rule and self._means(one, point)]
        return next((one for one in whole if one.id == rule), None)

    def reading_others(self) -> Iterator[tuple[Rule, Expression]]:
        """The expressions that read points of other devices."""
        for rule, condition in self._combinations:
            if isinstance(condition, Expression) and condition.others:
                yield rule, condition

    def window_of(self, rule: str, point: str) -> Window | None:
        """How a rule judges a point over time; None where it does not."""
        found = (
            one for its, one in self._windows if its.id == rule and self._means(its, point)
        )  # fmt: skip
        return next(found, None)


@dataclass(slots=True, eq=False)
class Watch:
    """One device or part, and what must be remembered of it between samples."""

    subject: Subject
    plan: Plan
    parent: "Watch | None" = None
    listed: bool = True
    silence_after: int | None = None
    """[ms]; None for parts, whose silence is their parent's."""
    overdue_after: int | None = None
    """The same without what it waits for its gateway or line to be told first. [ms]"""
    poll_ms: int = 0
    """How often it is polled; 0 for what reports by itself. [ms]"""
    cut_off: bool = False
    """Whether the line it hangs on is silent."""
    zone: str = ""
    """Of a part: the zone of its panel; empty where the estate says none."""
    can_tell_test: bool = False
    """Whether it, or the panel it hangs on, has a test bit."""
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
    readers: "tuple[tuple[Watch, Rule, Expression], ...]" = ()
    """Expressions of other devices that read points of this one."""

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

    def clock_set(self, by_ms: int, now_ms: int) -> None:
        """Our clock was set: what was heard is as long ago as before, and nothing is in future."""
        self.heard_at += by_ms
        self.newest_at = min(self.newest_at, now_ms)
        for times in (self.values_at, self.point_at):
            times.update({point: now_ms for point, at in times.items() if at > now_ms})

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


def has_test(kind: Kind, points: Mapping[str, ProfilePoint]) -> bool:
    """Whether devices of a profile have a test bit; one that names no points may have all."""
    return "test" in (point_names(points) if points else kind.points)


def desk_and_building(estate: Estate, place: str) -> tuple[str, str]:
    """The community whose desk a place belongs to, and the building that groups its alarms.

    Both are empty for what belongs to the whole estate; without a building the community groups.
    """
    if place not in estate.sites:
        return "", ""
    community = estate.community_of(place)
    desk = community.id if community is not None else ""
    nodes = estate.path(place)
    return desk, next((node.id for node in nodes if node.level is Level.BUILDING), desk)


def place_path(estate: Estate, place: str) -> tuple[SiteName, ...]:
    """The sites from the community down to a place."""
    if place not in estate.sites:
        return ()
    nodes = estate.path(place)
    return tuple(SiteName(node.id, node.name) for node in nodes if node.level is not Level.ESTATE)


def subject_of(estate: Estate, device: Device) -> Subject:
    """A device as its alarms name it."""
    path = place_path(estate, device.place)
    desk, building = desk_and_building(estate, device.place)
    kind = device.profile.kind.kind
    return Subject(device.id, kind, device.name, device.place, path, False, desk, building)


def rule_sites(estate: Estate, place: str) -> frozenset[str]:
    """What rules can name a place by: its sites, and the fire class of its building."""
    if place not in estate.sites:
        return frozenset()
    building = estate.sites[place].building
    own = {building.fire_class.value} if building is not None and building.fire_class else set()
    return frozenset({place, *(step.id for step in place_path(estate, place))} | own)


def _of_rating(rule: Rule) -> bool:
    return isinstance(rule.condition, Threshold) and rule.condition.of_rating


class Watches:
    """Makes and keeps the watches of an estate under a set of rules."""

    def __init__(self, estate: Estate, rules: RuleSet, day: dt.date | None = None) -> None:
        """Limits are those of the ratings of `day`; of the newest ones where it is not given."""
        self.estate = estate
        self.rules = rules
        self._watches: dict[str, Watch] = {}
        self._plans: dict[tuple[str, tuple[int, ...], frozenset[str]], Plan] = {}
        self._faults = FaultChoice(estate)
        self._by_rating: dict[tuple[int, float], Rule] = {}
        self._day = day or dt.date.max
        self._read = self._points_read()
        self.topology: Topology = topology(estate)
        self.roots: tuple[Watch, ...] = tuple(self.of(device) for device in estate.devices)
        self._link()
        for watch in self.roots:
            self._wait_for_parents(watch)

    def of(self, device: str) -> Watch:
        """The watch of a device or part, listed or not."""
        found = self._watches.get(device)
        if found is None:
            found = self._watches[device] = self._make(device)
        return found

    def _wait_for_parents(self, watch: Watch) -> None:
        """Give its gateway and line the time to be told first."""
        own = watch.overdue_after
        if own is None:
            return
        waits = [own]
        for name in self.topology.above.get(watch.id, ()):
            parent = self.topology.parents[name]
            waits.append(child_after_ms(own, watch.poll_ms, self._down_after(parent)))
        watch.silence_after = max(waits)

    def _down_after(self, parent: Parent) -> int | None:
        """How long a gateway takes to count as down [ms]; None for a line."""
        if parent.is_line:
            return None
        watch = self.of(parent.id)
        rules = (rule for rule in watch.plan.rules_of("connected") if rule.alarm_class in SILENCES)
        delays = [rule.on_delay_ms for rule in rules]
        return min(delays, default=watch.overdue_after or 0)

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
        desk, building = desk_and_building(self.estate, place)
        subject = Subject(
            device, kind, name, place, place_path(self.estate, place), part is None, desk, building
        )
        plan = self._plan(subject, part=True)
        parent = self.of(parent_id)
        tells = parent.can_tell_test or (
            profile_parts is not None and has_test(profile_parts.kind, profile_parts.points)
        )
        zone = (part.zone if part else None) or ""
        return Watch(subject, plan, parent, part is not None, zone=zone, can_tell_test=tells)

    def _device(self, entry: Device) -> Watch:
        subject = subject_of(self.estate, entry)
        plan = self._plan(subject, part=False)
        after = None
        if plan.silence is not None and isinstance(plan.silence.condition, Silence):
            after = silence_ms(entry, plan.silence.condition.after)
        polled = entry.profile.protocol in _POLLED
        return Watch(
            subject, plan, silence_after=after, overdue_after=after,
            poll_ms=round(entry.interval_s * 1000) if polled else 0,
            can_tell_test=has_test(entry.profile.kind, entry.profile.points),
        )  # fmt: skip

    def _stranger(self, device: str) -> Watch:
        """A device that is in no file of the estate, and sitewatch itself."""
        own = device == SERVICE
        name = text("device.service") if own else Label(zh=device, en=device)
        subject = Subject(device, "service", name, self.estate.id, (), unplaced=not own)
        return Watch(subject, self._plan(subject, part=False), listed=own)

    def _plan(self, subject: Subject, *, part: bool) -> Plan:
        chosen = self.rules.chosen(
            subject.kind, subject.device, rule_sites(self.estate, subject.place), part=part
        )
        chosen = self._faults.fitted(self._rated(chosen, subject.device), subject.device)
        read = self._read.get(subject.device, frozenset())
        key = (subject.kind, tuple(id(rule) for rule in chosen), read)
        if key not in self._plans:
            self._plans[key] = Plan(subject.kind, chosen, read)
        return self._plans[key]

    def _rated(self, chosen: tuple[Rule, ...], device: str) -> tuple[Rule, ...]:
        """Limits that are shares of a rating, by that of the device; without one there is none."""
        if not any(_of_rating(rule) for rule in chosen):
            return chosen
        entry = self.estate.devices.get(device)
        dated = entry.entry.rating_w if entry is not None else None
        rating = dated.on(self._day) if dated is not None else None
        plain = tuple(rule for rule in chosen if not _of_rating(rule))
        if not rating:
            return plain
        return (*plain, *(self._with(rule, rating) for rule in chosen if _of_rating(rule)))

    def _with(self, rule: Rule, rating: float) -> Rule:
        key = (id(rule), rating)
        if key not in self._by_rating and isinstance(rule.condition, Threshold):
            self._by_rating[key] = replace(rule, condition=rule.condition.rated(rating))
        return self._by_rating[key]

    def _points_read(self) -> dict[str, frozenset[str]]:
        """Device to the points that expressions of other devices read of it."""
        found: dict[str, frozenset[str]] = {}
        for rule in self.rules.every():
            if isinstance(rule.condition, Expression):
                for one in rule.condition.others:
                    found[one.device] = found.get(one.device, frozenset()) | {one.point}
        return found

    def _link(self) -> None:
        """Tell each device whose points are read elsewhere who reads them."""
        if not self._read:
            return
        for entry in self.estate.devices.values():
            for part in ("", *entry.parts):
                watch = self.of(f"{entry.id}/{part}" if part else entry.id)
                for rule, condition in watch.plan.reading_others():
                    for device in {one.device for one in condition.others}:
                        read = self.of(device)
                        read.readers = (*read.readers, (watch, rule, condition))

    def values(self, watch: Watch, condition: OfFacts) -> Mapping[str, Value]:
        """The last values that a condition reads, those of other devices included."""
        if isinstance(condition, Combination) or not condition.others:
            return watch.values
        others = {
            one.key: self.of(one.device).values.get(one.point) for one in condition.others
        }  # fmt: skip
        return {**watch.values, **others}


def _part_name(parent: Label, part: str) -> Label:
    return Label(zh=f"{parent.zh} {part}", en=f"{parent.en} {part}")
