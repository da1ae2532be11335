"""Which alarms stand together: several detectors of one place are more than one detector. Pure."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from alerts.condition import Together, Verdict
from alerts.engine import Observation, State
from alerts.rule import Rule
from alerts.rules import RuleSet
from alerts.tracked import Tracked
from alerts.watch import Key, Watch

if TYPE_CHECKING:
    from alerts.evaluator import Evaluator


def joined(rules: RuleSet) -> frozenset[str]:
    """The rules whose alarms some other rule puts together."""
    found = (r.condition.rules for r in rules.every() if isinstance(r.condition, Together))
    return frozenset(name for names in found for name in names)


def where(watch: Watch, condition: Together) -> str:
    """What a device or part shares with others: its place, the panel, or a zone of the panel.

    What has no zone shares it with nobody.
    """
    if condition.same == "place":
        return watch.subject.place
    return watch.root.id if condition.same == "panel" else f"{watch.root.id} {_zone(watch)}"


def _zone(watch: Watch) -> str:
    return f"zone {watch.zone}" if watch.zone else watch.id


def members(
    tracked: Mapping[Key, Tracked],
    condition: Together,
    at: str,
    state_of: Callable[[Key], State],
) -> list[str]:
    """The devices and parts whose alarms stand together there, outside of a test."""
    found = set()
    for key, one in tracked.items():
        if key.rule in condition.rules and where(one.watch, condition) == at:
            state = state_of(key)
            if state.active and not state.test:
                found.add(one.watch.id)
    return sorted(found)


def key_of(
    tracked: Mapping[Key, Tracked], rule: Rule, condition: Together, at: str, member: Watch
) -> Key:
    """The alarm that is open there; else one of the member that made it so."""
    for key, one in tracked.items():
        if key.rule == rule.id and where(one.watch, condition) == at:
            return key
    return Key(rule.id, member.id, "")


def _count(evaluator: "Evaluator", found: list[str], condition: Together) -> int:
    if condition.same != "zone":
        return len(found)
    return len({evaluator.watches.of(device).subject.place for device in found})


def look(evaluator: "Evaluator", member: Watch, at: int, source_at: int | None = None) -> None:
    """Judge what alarms of several devices at one place mean together."""
    for rule, condition in member.plan.together:
        shared = where(member, condition)
        found = members(evaluator.tracked, condition, shared, evaluator.state_of)
        key = key_of(evaluator.tracked, rule, condition, shared, member)
        enough = _count(evaluator, found, condition) >= condition.at_least
        if not enough and key not in evaluator.tracked:
            continue
        watch = evaluator.watches.of(key.device)
        told = Observation(
            Verdict.TRUE if enough else Verdict.FALSE,
            max(at, evaluator.state_of(key).observed_at),
            ", ".join(found) if enough else None, False, source_at, names=True,
        )  # fmt: skip
        evaluator.put(key, rule, watch, told, at)
