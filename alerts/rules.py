"""All rules: the default set from YAML, then the estate's own `rules/*.yaml` over it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from alerts.layers import Choice, Layer, choices
from alerts.rule import AlarmClass, Rule
from alerts.rule_files import DEFAULTS, RuleFiles, fold_to_rule, load_classes
from device_configs.faults import InvalidConfigError

__all__ = ["RuleSet", "load_classes", "load_rules"]


@dataclass(frozen=True)
class RuleSet:
    """All rules: by id the entries of each, in order."""

    classes: Mapping[str, AlarmClass]
    rules: Mapping[str, Sequence[Layer]]
    kinds: Mapping[str, frozenset[str]]
    """Rule to the kinds it is for."""
    _made: dict[tuple[str, Choice, frozenset[str]], Rule] = field(
        default_factory=dict, compare=False, repr=False
    )
    _by_kind: dict[tuple[str, bool], tuple[tuple[Rule, ...], tuple[str, ...]]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def find(self, rule: str) -> Rule | None:
        """The general version of a rule; None where there is none of that id."""
        layers = self.rules.get(rule)
        if not layers:
            return None
        return self._make(rule, Choice(self._general(layers)), self.kinds[rule])

    def every(self) -> tuple[Rule, ...]:
        """Every version of every rule, in the order of their ids."""
        return tuple(version for name in sorted(self.rules) for version in self.versions_of(name))

    def versions_of(self, rule: str) -> Iterator[Rule]:
        """The general version of a rule, then one for each entry that holds somewhere only."""
        layers = self.rules[rule]
        general = self._general(layers)
        yield self._make(rule, Choice(general), self.kinds[rule])
        for index, layer in enumerate(layers):
            if index and layer.scoped:
                chosen = tuple(sorted({*general, index}))
                kinds = layer.kinds or self.kinds[rule]
                made = self._make(rule, Choice(chosen, layer.points), kinds)
                yield replace(made, devices=layer.devices, sites=layer.sites)

    def chosen(
        self, kind: str, device: str, sites: Iterable[str], *, part: bool
    ) -> tuple[Rule, ...]:
        """The rules of one device or part: each as the entries that apply there make it.

        Args:
            kind: the kind of the device or part.
            device: its id.
            sites: the sites it stands at, and the fire class of its building.
            part: whether it is a part.
        """
        fixed, varying = self._of_kind(kind, part)
        if not varying:
            return fixed
        inside = frozenset(sites)
        own = (one for name in varying for one in self.versions(name, kind, device, inside))
        return (*fixed, *(one for one in own if one.enabled and (one.parts or not part)))

    def versions(self, rule: str, kind: str, device: str, sites: frozenset[str]) -> Iterator[Rule]:
        """What a rule is for one device or part, switched off or not."""
        for choice in choices(self.rules[rule], self.kinds[rule], kind, device, sites):
            yield self._make(rule, choice, frozenset({kind}))

    def _of_kind(self, kind: str, part: bool) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
        """The rules of a kind that are the same everywhere, and the names of the others."""
        if (kind, part) not in self._by_kind:
            varying = tuple(n for n in self.rules if self._varies(n, kind))
            fixed = tuple(
                one
                for name in self.rules.keys() - set(varying)
                for one in self.versions(name, kind, "", frozenset())
                if one.enabled and (one.parts or not part)
            )
            self._by_kind[kind, part] = tuple(sorted(fixed, key=_order)), varying
        return self._by_kind[kind, part]

    def _varies(self, rule: str, kind: str) -> bool:
        of_it = kind in self.kinds[rule]
        return any(
            layer.located and (of_it or layer.kinds is not None) for layer in self.rules[rule]
        )

    def _general(self, layers: Sequence[Layer]) -> tuple[int, ...]:
        return tuple(i for i, layer in enumerate(layers) if not i or not layer.scoped)

    def _make(self, rule: str, choice: Choice, kinds: frozenset[str]) -> Rule:
        """A version of a rule; always the same object for the same."""
        key = (rule, choice, kinds)
        if key not in self._made:
            layers = [self.rules[rule][index] for index in choice.layers]
            if 0 not in choice.layers:
                layers.insert(0, self.rules[rule][0])
            made = fold_to_rule(layers, kinds, self.classes)
            self._made[key] = replace(
                made, points=choice.points, except_points=choice.except_points
            )
        return self._made[key]


def _order(rule: Rule) -> str:
    return rule.id


def load_rules(estate_folder: Path | None = None) -> RuleSet:
    """Load the default rules, and an estate's over them.

    An entry of the estate with the id of a known rule changes what it gives and keeps the rest;
    with `devices`, `sites`, `fire_classes`, `points`, or other `kinds` than the rule's, it does so
    for those only. Of entries that apply the last one wins. `enabled: false` switches a rule off.

    Raises:
        InvalidConfigError: with every fault of every file.
    """
    files = RuleFiles()
    files.read(DEFAULTS, defining=True)
    if estate_folder is not None:
        files.read(estate_folder / "rules")
    files.check()
    if files.faults:
        raise InvalidConfigError(files.faults)
    rules = RuleSet(
        files.classes, {name: tuple(found) for name, found in files.layers.items()}, files.kinds
    )
    rules.every()
    return rules
