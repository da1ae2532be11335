"""All rules: the default set from YAML, then the estate's own `rules/*.yaml` over it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from alerts.condition import Together
from alerts.conditions import NAMES
from alerts.rule import AlarmClass, Rule, RuleEntry, make_rule
from alerts.rule_check import entry_faults
from device_configs.faults import Fault, InvalidConfigError, Path_, dotted, from_validation, line_of
from device_configs.suggest import did_you_mean
from device_configs.yaml_file import Document, read_yaml

DEFAULTS = Path(__file__).with_name("default_rules")
_CLASSES = Path(__file__).with_name("classes.yaml")
_WHERE = frozenset({"devices", "sites", "points"})
"""Where an entry holds; the next entry of the same id says it anew."""


@dataclass(frozen=True)
class RuleSet:
    """All rules: by id the versions of each, the more special ones last."""

    classes: Mapping[str, AlarmClass]
    rules: Mapping[str, Sequence[Rule]]
    _narrowed: dict[tuple[int, frozenset[str]], Rule] = field(
        default_factory=dict, compare=False, repr=False
    )
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

    def versions(
        self, kind: str, device: str, sites: Iterable[str], *, part: bool
    ) -> Iterator[Rule]:
        """The versions that hold for a device or part, those that are switched off included."""
        inside = frozenset(sites)
        for versions in self.rules.values():
            yield from self._last(v for v in versions if v.applies(kind, device, inside, part=part))

    def _last(self, fitting: Iterable[Rule]) -> tuple[Rule, ...]:
        """Of versions that apply the last; before it those whose points it does not mean."""
        found: tuple[Rule, ...] = ()
        for version in fitting:
            if version.points:
                found = (*(self._without(one, version.points) for one in found), version)
            else:
                found = (version,)
        return found

    def _without(self, rule: Rule, points: frozenset[str]) -> Rule:
        """A version that leaves points to another; always the same object for the same."""
        key = (id(rule), points)
        if key not in self._narrowed:
            self._narrowed[key] = replace(rule, except_points=rule.except_points | points)
        return self._narrowed[key]

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
        found = self.versions(kind, device, sites, part=part)
        return tuple(version for version in found if version.enabled)


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
        self.origins: dict[str, dict[str, str]] = {}
        self.general: dict[str, Rule] = {}
        self.special: dict[str, list[Rule]] = {}
        self.joined: list[tuple[Document, int, Together]] = []

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
            self.take(document, index, data, DEFAULTS.parent)

    def estate(self, folder: Path) -> None:
        for document, index, data in self.entries(folder):
            self.take(document, index, data, folder.parent)

    def take(self, document: Document, index: int, data: dict[str, object], root: Path) -> None:
        name = str(data["rule"])
        known = name in self.base
        whole = _merged(self.base.get(name, {}), data)
        origin = _origin(self.origins.get(name, {}), whole, data, document, index, root)
        rule = self.rule(document, index, whole, origin)
        if rule is None:
            return
        if known and self.is_special(name, rule, data):
            self.special.setdefault(name, []).append(rule)
            return
        self.general[name] = rule
        self.base[name] = {key: value for key, value in whole.items() if key not in _WHERE}
        self.origins[name] = origin

    def is_special(self, name: str, rule: Rule, data: Mapping[str, object]) -> bool:
        """Whether an entry holds for some of what the rule is for, and leaves the rest as it is."""
        if not rule.everywhere or rule.points:
            return True
        general = self.general.get(name)
        narrowed = "kinds" in data and "except_kinds" not in data
        return narrowed and general is not None and rule.kinds != general.kinds

    def rule(
        self, document: Document, index: int, data: Mapping[str, object], origin: Mapping[str, str]
    ) -> Rule | None:
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
        for key, message in dict.fromkeys(entry_faults(entry)):
            self.fault(document, (index, *key.split(".")), message)
        if isinstance(entry.condition, Together):
            self.joined.append((document, index, entry.condition))
        if len(self.faults) > before:
            return None
        return make_rule(entry, self.classes, origin)

    def together(self) -> None:
        """What rules read of other rules, once all are known."""
        for document, index, condition in self.joined:
            for name in condition.rules:
                of = self.general.get(name)
                if of is None or isinstance(of.condition, Together):
                    hint = did_you_mean(name, self.general)
                    message = f"there is no rule {name!r} to be joined{hint}"
                    self.fault(document, (index, "together", "rules"), message)

    def rules(self) -> dict[str, tuple[Rule, ...]]:
        names = dict.fromkeys([*self.general, *self.special])
        return {
            name: tuple([self.general[name], *self.special.get(name, ())])
            for name in names
            if name in self.general
        }


def _origin(
    before: Mapping[str, str],
    whole: Mapping[str, object],
    data: Mapping[str, object],
    document: Document,
    index: int,
    root: Path,
) -> dict[str, str]:
    """Where each setting of an entry comes from: file and line."""
    file = document.file.relative_to(root).as_posix()
    here = {key: f"{file}:{line_of(document.lines, (index, key))}" for key in data}
    return {key: here.get(key) or before.get(key, "") for key in whole}


def _merged(base: Mapping[str, object], data: Mapping[str, object]) -> dict[str, object]:
    """An estate's entry over the rule of the same id; a condition replaces the condition."""
    kept = {key: value for key, value in base.items() if not (key in NAMES and _condition(data))}
    if "kinds" in data:
        kept.pop("except_kinds", None)
    return kept | dict(data)


def _condition(data: Mapping[str, object]) -> bool:
    return any(name in data for name in NAMES)


def load_rules(estate_folder: Path | None = None) -> RuleSet:
    """Load the default rules, and an estate's over them.

    An entry of the estate with the id of a default rule changes what it gives and keeps the rest;
    with `devices`, `sites`, `points`, or fewer or other `kinds`, it does so for those only.
    `enabled: false` switches a rule off.

    Raises:
        InvalidConfigError: with every fault of every file.
    """
    loader = _Loader()
    loader.defaults()
    if estate_folder is not None:
        loader.estate(estate_folder / "rules")
    loader.together()
    if loader.faults:
        raise InvalidConfigError(loader.faults)
    return RuleSet(loader.classes, loader.rules())
