"""A rule and its class: what is an alarm, how it behaves, and why."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Annotated, Literal

from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field, model_validator

from alerts.alarm import Severity, VendorFault
from alerts.condition import (
    AsState,
    ByService,
    Combination,
    Missing,
    Refused,
    Silence,
    Threshold,
    Together,
    Unlisted,
)
from alerts.conditions import NAMES, OF_A_POINT, Condition
from alerts.deviation import Deviation
from alerts.expression import AsExpression
from alerts.fault_codes import FaultCodes
from alerts.texts import text
from alerts.window import Count, Increase, Rate
from collectors.sample import Value
from device_configs.durations import Seconds
from device_configs.estate_entries import FireClass, Id
from device_configs.fault_codes import FaultTable
from device_configs.kinds import kinds
from device_configs.quantities import Label, Strict


class Confidence(StrEnum):
    """How far the source of a rule can be trusted."""

    VERIFIED = "verified"
    """Read in the text itself, or found alike in independent implementations."""
    ONE_SOURCE = "one_source"
    """Read in one text that is not the standard itself."""
    MEMORY = "memory"
    """Not read: to be checked against the text before it is relied on."""
    DEVICE = "device"
    """The device says so; sitewatch sets no limit of its own."""
    PROPOSAL = "proposal"
    """A proposal of sitewatch; no standard gives it."""


Delay = Literal[0] | Seconds
"""A duration in a file, or 0. [s]"""


class AlarmClass(Strict):
    """What all alarms of a class have in common."""

    title: Label
    latch: bool = False
    on_delay: Delay = 0
    off_delay: Delay = 0
    shelve_max: Seconds | None = None
    """How long it may be shelved; without it, not at all. [s]"""
    group_wait: Delay = 0
    """How long notifications of one place wait for each other. [s]"""
    escalate: tuple[Seconds, ...] = ()
    """When the next person is told if nobody acknowledges. [s]"""
    life_safety: bool = False
    """People may be in danger: never shelved, inhibited or collapsed into a digest."""
    two_persons: bool = False
    """Under maintenance only where the window names the class and a second person confirmed it."""
    drillable: bool = True
    """Whether an alarm of a part in test is a test alarm. Silence is never a test."""
    on_site_within: Seconds | None = None
    """How soon somebody has to be on site; without it there is no rescue clock. [s]"""
    source: str


def _every_kind(data: object) -> object:
    return sorted(kinds()) if data == "all" else data


class RuleEntry(Strict):
    """One rule of a file, defaults of its class not yet filled in."""

    model_config = ConfigDict(populate_by_name=True)

    rule: str = Field(pattern=r"^[a-z0-9][a-z0-9_]{0,62}$")
    kinds: Annotated[tuple[str, ...], BeforeValidator(_every_kind)] = ()
    except_kinds: tuple[str, ...] = ()
    point: str = ""
    threshold: Threshold | None = None
    state: AsState | None = None
    fault_code: FaultCodes | None = None
    silence: Silence | None = None
    combination: Combination | None = None
    expression: AsExpression | None = None
    rate: Rate | None = None
    increase: Increase | None = None
    count: Count | None = None
    deviation: Deviation | None = None
    together: Together | None = None
    missing: Missing | None = None
    refused: Refused | None = None
    unlisted: Unlisted | None = None
    by_service: ByService | None = None
    alarm_class: str = Field(validation_alias=AliasChoices("class", "alarm_class"))
    severity: Severity
    latch: bool | None = None
    on_delay: Delay | None = None
    off_delay: Delay | None = None
    title: Label
    source: str
    confidence: Confidence | None = None
    note: str | None = None
    drillable: bool | None = None
    unless_announced: bool = False
    applies_to_parts: bool = True
    devices: tuple[Id, ...] = ()
    sites: tuple[Id, ...] = ()
    fire_classes: tuple[FireClass, ...] = ()
    points: tuple[str, ...] = ()
    """Of the points that the rule means, only these."""
    enabled: bool = True

    @model_validator(mode="after")
    def _one_condition(self) -> "RuleEntry":
        given = [name for name in NAMES if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one condition of {', '.join(NAMES)}")
        if given[0] in OF_A_POINT and not self.point:
            raise ValueError(f"a rule with {given[0]!r} names its 'point'")
        return self

    @property
    def condition(self) -> Condition:
        """The one condition that is given."""
        found: Condition = next(
            condition for name in NAMES if (condition := getattr(self, name)) is not None
        )
        return found


@dataclass(frozen=True)
class Rule:
    """A rule ready to be applied. Delays in [ms]."""

    id: str
    kinds: frozenset[str]
    point: str
    """A point's name or a pattern; for a combination, the point that the alarm shows."""
    condition: Condition
    alarm_class: str
    severity: Severity
    latch: bool
    on_delay_ms: int
    off_delay_ms: int
    title: Label
    source: str
    confidence: Confidence | None = None
    note: str | None = None
    parts: bool = True
    devices: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    """Sites, and fire classes of buildings."""
    points: frozenset[str] = frozenset()
    """Of the points that it means, only these; all where empty."""
    except_points: frozenset[str] = frozenset()
    """Points for which a later version of the rule holds."""
    enabled: bool = True
    drillable: bool = True
    origin: Mapping[str, str] = field(default_factory=dict, compare=False, hash=False)
    """Setting to the file and line that gave it."""
    unless_announced: bool = False
    """Whether an announced drill that names the device makes it no alarm."""
    table: FaultTable | None = field(default=None, compare=False, hash=False)
    """Of fault codes: the table of the device's maker."""

    def title_for(self, value: Value) -> Label:
        """What its alarm is called; a fault code with its maker's words."""
        fault = self.vendor_fault(value)
        if fault is None:
            return self.title
        said = fault.text
        return Label(zh=f"{self.title.zh}：{said.zh}", en=f"{self.title.en}: {said.en}")

    def vendor_fault(self, value: Value) -> VendorFault | None:
        """What the maker says of a fault code; None where the value is none."""
        if self.table is None or isinstance(value, bool) or not isinstance(value, int | float):
            return None
        code, known = int(value), self.table.find(int(value))
        if known is None:
            words = text("fault.unknown")
            said = Label(zh=words.zh.format(code=code), en=words.en.format(code=code))
            return VendorFault(str(code), said, None, None, self.table.table)
        return VendorFault(
            known.written or str(code), known.label, known.fault_class.value, known.vendor_class,
            self.table.table,
        )  # fmt: skip

    @property
    def urgent(self) -> bool:
        """Whether even a late or suspect value raises it."""
        return self.latch or self.severity is Severity.EMERGENCY

    def means(self, point: str) -> bool:
        """Whether this version holds for a point of those that the rule means."""
        return point not in self.except_points and (not self.points or point in self.points)


def make_rule(
    entry: RuleEntry, classes: Mapping[str, AlarmClass], origin: Mapping[str, str]
) -> Rule:
    """Fill in what the class gives."""
    above = classes[entry.alarm_class]
    on_delay = above.on_delay if entry.on_delay is None else entry.on_delay
    off_delay = above.off_delay if entry.off_delay is None else entry.off_delay
    return Rule(
        id=entry.rule,
        kinds=frozenset(entry.kinds) - frozenset(entry.except_kinds),
        point=entry.point,
        condition=entry.condition,
        alarm_class=entry.alarm_class,
        severity=entry.severity,
        latch=above.latch if entry.latch is None else entry.latch,
        on_delay_ms=round(on_delay * 1000),
        off_delay_ms=round(off_delay * 1000),
        title=entry.title,
        source=entry.source,
        confidence=entry.confidence,
        note=entry.note,
        parts=entry.applies_to_parts,
        devices=frozenset(entry.devices),
        sites=frozenset(entry.sites) | {one.value for one in entry.fire_classes},
        points=frozenset(entry.points),
        enabled=entry.enabled,
        drillable=above.drillable if entry.drillable is None else entry.drillable,
        origin=origin,
        unless_announced=entry.unless_announced,
    )


@cache
def pattern(point: str) -> re.Pattern[str]:
    """The names a rule's point stands for: `{n}` is a number, `{name}` a name."""
    escaped = re.escape(point).replace(r"\{n\}", r"\d+").replace(r"\{name\}", r"[a-z0-9_]+")
    return re.compile(f"^{escaped}$")


def covers(rule_point: str, kind: str, point: str) -> bool:
    """Whether a rule's point means this point; `fault_{name}` is not the kind's `fault_code`."""
    if rule_point == point:
        return True
    known = kinds().get(kind)
    exact = known is not None and point in known.points
    return not exact and "{" in rule_point and bool(pattern(rule_point).match(point))
