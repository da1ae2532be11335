"""Reads folders of rules, and collects every fault in them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from alerts.condition import Together
from alerts.layers import WHERE, Layer, folded
from alerts.rule import AlarmClass, Rule, RuleEntry, make_rule
from alerts.rule_check import entry_faults
from device_configs.faults import Fault, InvalidConfigError, Path_, dotted, from_validation, line_of
from device_configs.suggest import did_you_mean
from device_configs.yaml_file import Document, read_yaml

DEFAULTS = Path(__file__).with_name("default_rules")
_CLASSES = Path(__file__).with_name("classes.yaml")


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


@dataclass
class RuleFiles:
    """The rules of the folders that were read, and what is wrong with them."""

    classes: Mapping[str, AlarmClass] = field(default_factory=load_classes)
    layers: dict[str, list[Layer]] = field(default_factory=dict)
    kinds: dict[str, frozenset[str]] = field(default_factory=dict)
    """Rule to the kinds it is for."""
    faults: list[Fault] = field(default_factory=list)
    _joined: list[tuple[Document, int, Together]] = field(default_factory=list)

    def read(self, folder: Path, *, defining: bool = False) -> None:
        """Read a folder; where it defines the rules, no id may come twice without a place."""
        for document, index, data in self._entries(folder):
            name = str(data["rule"])
            again = name in self.layers and not any(key in data for key in WHERE)
            if defining and again:
                self._fault(document, (index, "rule"), f"the rule {name!r} is given twice")
            self._take(document, index, data, folder.parent)

    def check(self) -> None:
        """Look at what rules read of other rules, once all are known."""
        for document, index, condition in self._joined:
            for name in condition.rules:
                if name not in self.layers or "together" in self.layers[name][0].data:
                    hint = did_you_mean(name, self.layers)
                    message = f"there is no rule {name!r} to be joined{hint}"
                    self._fault(document, (index, "together", "rules"), message)

    def _fault(self, document: Document, path: Path_, message: str) -> None:
        line = line_of(document.lines, path)
        self.faults.append(Fault(str(document.file), line, dotted(path), message))

    def _entries(self, folder: Path) -> Iterator[tuple[Document, int, dict[str, object]]]:
        for path in sorted(folder.glob("**/*.yaml")):
            try:
                document = read_yaml(path)
            except InvalidConfigError as error:
                self.faults += error.faults
                continue
            if document.data is None:
                continue
            if not isinstance(document.data, list):
                self._fault(document, (), "a file of rules is a list of rules")
                continue
            for index, data in enumerate(document.data):
                if isinstance(data, dict) and isinstance(data.get("rule"), str):
                    yield document, index, data
                else:
                    self._fault(document, (index,), "a rule is a mapping with 'rule: ID'")

    def _take(self, document: Document, index: int, data: dict[str, object], root: Path) -> None:
        name = str(data["rule"])
        before = self.layers.get(name, [])
        whole, _ = folded([one for one in before if not one.scoped][:1] or before[:1])
        plain = {key: value for key, value in data.items() if key not in WHERE}
        tried, _ = folded([Layer(whole, {}), Layer(plain, {})])
        where = {key: data[key] for key in WHERE if key in data}
        entry = self._entry(document, index, tried | where)
        if entry is None:
            return
        rule = make_rule(entry, self.classes, {})
        narrowed = bool(before) and "kinds" in data and "except_kinds" not in data
        others = rule.kinds if narrowed and rule.kinds != self.kinds[name] else None
        if others is not None or (narrowed and "kinds" in plain):
            plain.pop("kinds")
        elif not before or "kinds" in data:
            self.kinds[name] = rule.kinds
        origin = _origin(document, index, data, root)
        layer = Layer(plain, origin, others, rule.devices, rule.sites, rule.points)
        self.layers.setdefault(name, []).append(layer)

    def _entry(
        self, document: Document, index: int, data: Mapping[str, object]
    ) -> RuleEntry | None:
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
            self._fault(document, (index, "class"), message)
        for key, message in dict.fromkeys(entry_faults(entry)):
            self._fault(document, (index, *key.split(".")), message)
        if isinstance(entry.condition, Together):
            self._joined.append((document, index, entry.condition))
        return entry if len(self.faults) == before else None


def _origin(document: Document, index: int, data: Iterable[str], root: Path) -> dict[str, str]:
    """Where each setting of an entry stands: file and line."""
    file = document.file.relative_to(root).as_posix()
    return {key: f"{file}:{line_of(document.lines, (index, key))}" for key in data}


def fold_to_rule(
    layers: Iterable[Layer], kinds: frozenset[str], classes: Mapping[str, AlarmClass]
) -> Rule:
    """One version of a rule.

    Raises:
        InvalidConfigError: what the layers say does not fit together.
    """
    chosen = list(layers)
    data, origin = folded(chosen)
    data = {key: value for key, value in data.items() if key != "except_kinds"}
    data["kinds"] = sorted(kinds)
    where, _, line = chosen[-1].origin.get("rule", "").rpartition(":")
    at = Fault(where, int(line or 0), "", "")
    try:
        entry = RuleEntry.model_validate(data)
    except ValidationError as error:
        faults = from_validation(error, Path(where), {(): at.line}, model=RuleEntry)
        raise InvalidConfigError(faults) from error
    wrong = [Fault(at.file, at.line, key, message) for key, message in entry_faults(entry)]
    if wrong:
        raise InvalidConfigError(wrong)
    return make_rule(entry, classes, origin)
