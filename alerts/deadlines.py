"""Which deadlines of devices are near or over: maintenance, inspections, tests. Pure.

Days are those of the estate's time zone. The last day is still in time.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from alerts.alarm import Subject
from alerts.condition import ByService
from alerts.proofs import ProofBook
from alerts.rule import Rule
from alerts.rules import RuleSet
from alerts.watch import rule_sites, subject_of
from device_configs.estate import Estate


@dataclass(frozen=True)
class Judged:
    """What a rule says of a device today."""

    rule: Rule
    subject: Subject
    holds: bool
    due_on: dt.date


def holds(condition: ByService, due_on: dt.date, today: dt.date) -> bool:
    """Whether a deadline is near (of a rule with `days_before`) or over (of one without)."""
    if condition.days_before is None:
        return today > due_on
    return due_on - dt.timedelta(days=condition.days_before) <= today <= due_on


def rules_of(rules: RuleSet) -> frozenset[str]:
    """The rules that judge deadlines."""
    return frozenset(
        rule.id
        for rule in rules.every()
        if isinstance(rule.condition, ByService) and rule.condition.proof is not None
    )


def judged(estate: Estate, rules: RuleSet, book: ProofBook, today: dt.date) -> Iterator[Judged]:
    """Every rule of every device whose deadline is known; what is not known is no deadline."""
    names = rules_of(rules)
    kinds = frozenset[str]().union(*(rules.kinds[name] for name in names))
    for device in estate.devices.values():
        kind = device.profile.kind.kind
        if kind not in kinds:
            continue
        chosen = rules.chosen(kind, device.id, rule_sites(estate, device.place), part=False)
        for rule in chosen:
            if rule.id not in names or not isinstance(rule.condition, ByService):
                continue
            due_on = book.standing(device.id, rule.condition.proof or "").due_on
            if due_on is not None:
                told = holds(rule.condition, due_on, today)
                yield Judged(rule, subject_of(estate, device), told, due_on)
