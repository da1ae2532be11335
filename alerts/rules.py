"""All rules: the default set from YAML, then the estate's own `rules/*.yaml` over it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from alerts.condition import Combination, State, Threshold
from alerts.rule import CONDITIONS, AlarmClass, Rule, RuleEntry, make_rule
from device_configs.faults import Fault, InvalidConfigError, Path_, dotted, from_validation, line_of
from device_configs.kinds import PointSpec, PointType, kinds
from device_configs.suggest import did_you_mean
from device_configs.yaml_file import Document, read_yaml

DEFAULTS = Path(__file__).with_name("default_rules")
_CLASSES = Path(__file__).with_name("classes.yaml")


@dataclass(frozen=True)
class RuleSet:
    """All rules: by id the versions of each, the more special ones last."""

    classes: Mapping[str, AlarmClass]
    rules: Mapping[str, Sequence[Rule]]
    _by_kind: dict[tuple[str, bool], tuple[Rule, ...]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def find(self, rule: str) -> Rule | None:
        """The general version of a rule; None where there is none of that id."""
        versions = self.rules.get(rule)
        return versions[0] if versions else None

    def every(self) -> tuple[Rule, ...]:
        """Every version of every rule, in the order of their ids."""
        return tuple(version for _, found in sorted(self.rules.items()) for version in found)

    @cached_property
    def _general(self) -> bool:
        return all(version.everywhere for version in self.every())

    def chosen(
        self, kind: str, device: str, sites: Iterable[str], *, part: bool
    ) -> tuple[Rule, ...]:
        """The rules of one device or part: of each id the last version that applies."""
        if self._general:
            key = (kind, part)
            if key not in self._by_kind:
                self._by_kind[key] = self._choose(kind, device, sites, part)
            return self._by_kind[key]
        return self._choose(kind, device, sites, part)

    def _choose(self, kind: str, device: str, sites: Iterable[str], part: bool) -> tuple[Rule, ...]:
        inside = frozenset(sites)
        found = []
        for versions in self.rules.values():
            fitting = [v for v in versions if v.applies(kind, device, inside, part=part)]
            if fitting and fitting[-1].enabled:
                found.append(fitting[-1])
        return tuple(found)


def load_classes() -> dict[str, AlarmClass]:
    """The classes of alarms.

    Raises:
        InvalidConfigError: `classes.yaml` is wrong.
    """
    document = read_yaml(_CLASSES)
    found, faults = {}, []
    for name, data in (document.data if isinstance(document.data, dict) else {}).items():
        try:
            found[str(name)] = AlarmClass.model_validate(data)
        except ValidationError as error:
            faults += from_validation(error, _CLASSES, document.lines, (name,), model=AlarmClass)
    if faults:
        raise InvalidConfigError(faults)
    return found


class _Loader:
    """Reads folders of rules and collects every fault in them."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.classes = load_classes()
        self.base: dict[str, dict[str, object]] = {}
        self.rules: dict[str, list[Rule]] = {}

    def fault(self, document: Document, path: Path_, message: str) -> None:
        line = line_of(document.lines, path)
        self.faults.append(Fault(str(document.file), line, dotted(path), message))

    def entries(self, folder: Path) -> Iterator[tuple[Document, int, dict[str, object]]]:
        for path in sorted(folder.glob("**/*.yaml")):
            try:
                document = read_yaml(path)
            except InvalidConfigError as error:
                self.faults += error.faults
                continue
            if document.data is None:
                continue
            if not isinstance(document.data, list):
                self.fault(document, (), "a file of rules is a list of rules")
                continue
            for index, data in enumerate(document.data):
                if isinstance(data, dict) and isinstance(data.get("rule"), str):
                    yield document, index, data
                else:
                    self.fault(document, (index,), "a rule is a mapping with 'rule: ID'")

    def defaults(self) -> None:
        for document, index, data in self.entries(DEFAULTS):
            name = str(data["rule"])
            if name in self.base:
                self.fault(document, (index, "rule"), f"the rule {name!r} is given twice")
            self.base[name] = data
            rule = self.rule(document, index, data)
            if rule is not None:
                self.rules[name] = [rule]

    def estate(self, folder: Path) -> None:
        for document, index, data in self.entries(folder):
            name = str(data["rule"])
            whole = _merged(self.base.get(name, {}), data)
            rule = self.rule(document, index, whole)
            if rule is None:
                continue
            if rule.everywhere:
                special = [r for r in self.rules.get(name, []) if not r.everywhere]
                self.rules[name] = [rule, *special]
                self.base[name] = whole
            else:
                self.rules.setdefault(name, []).append(rule)

    def rule(self, document: Document, index: int, data: Mapping[str, object]) -> Rule | None:
        try:
            entry = RuleEntry.model_validate(data)
        except ValidationError as error:
            file, lines = document.file, document.lines
            self.faults += from_validation(error, file, lines, (index,), model=RuleEntry)
            return None
        before = len(self.faults)
        if entry.alarm_class not in self.classes:
            known = ", ".join(self.classes)
            hint = did_you_mean(entry.alarm_class, self.classes)
            message = f"there is no class {entry.alarm_class!r} but {known}{hint}"
            self.fault(document, (index, "class"), message)
        for kind in (*entry.kinds, *entry.except_kinds):
            if kind not in kinds():
                hint = did_you_mean(kind, kinds())
                self.fault(document, (index, "kinds"), f"there is no kind {kind!r}{hint}")
        for key, message in _point_faults(entry):
            self.fault(document, (index, key), message)
        if len(self.faults) > before:
            return None
        return make_rule(entry, self.classes)


def _merged(base: Mapping[str, object], data: Mapping[str, object]) -> dict[str, object]:
    """An estate's entry over the default of the same id; a condition replaces the condition."""
    kept = dict(base)
    if any(name in data for name in CONDITIONS):
        kept = {key: value for key, value in kept.items() if key not in CONDITIONS}
    return kept | dict(data)


def _point_faults(entry: RuleEntry) -> Iterator[tuple[str, str]]:
    for name in sorted(set(entry.kinds) & set(kinds())):
        kind = kinds()[name]
        points = {entry.point} if entry.point else set()
        if isinstance(entry.condition, Combination):
            points |= entry.condition.points
        for point in sorted(points):
            if kind.point(point) is None:
                hint = did_you_mean(point, kind.points)
                yield "point", f"kind {name!r} has no point {point!r}{hint}"
        spec = kind.point(entry.point)
        if spec is not None:
            yield from _type_faults(entry, spec)
        if isinstance(entry.condition, Combination):
            for term in (*entry.condition.all, *entry.condition.any, *entry.condition.unless):
                term_spec = kind.point(term.point)
                if term_spec is not None and term.state is not None:
                    yield from _state_faults(term.state, term_spec, "combination")


def _type_faults(entry: RuleEntry, spec: PointSpec) -> Iterator[tuple[str, str]]:
    if isinstance(entry.condition, Threshold) and spec.type is not PointType.NUMBER:
        yield "threshold", f"{entry.point} is no number; use 'state'"
    if isinstance(entry.condition, State):
        yield from _state_faults(entry.condition, spec, "state")


def _state_faults(state: State, spec: PointSpec, field: str) -> Iterator[tuple[str, str]]:
    for value in (*state.equals, *state.differs):
        if spec.type is PointType.BOOL and not isinstance(value, bool):
            yield field, f"{spec.name} is true or false, not {value!r}"
        elif spec.type is PointType.ENUM and value not in spec.values:
            hint = did_you_mean(value, spec.values)
            known = ", ".join(spec.values)
            yield field, f"{value!r} is not a value of {spec.name}: {known}{hint}"
        elif spec.type is PointType.NUMBER and (
            isinstance(value, bool) or not isinstance(value, int | float)
        ):
            yield field, f"{spec.name} is a number, not {value!r}"


def load_rules(estate_folder: Path | None = None) -> RuleSet:
    """Load the default rules, and an estate's over them.

    An entry of the estate with the id of a default rule changes what it gives and keeps the rest;
    with `devices` or `sites` it does so for those only. `enabled: false` switches a rule off.

    Raises:
        InvalidConfigError: with every fault of every file.
    """
    loader = _Loader()
    loader.defaults()
    if estate_folder is not None:
        loader.estate(estate_folder / "rules")
    if loader.faults:
        raise InvalidConfigError(loader.faults)
    return RuleSet(loader.classes, {name: tuple(found) for name, found in loader.rules.items()})
