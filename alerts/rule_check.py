"""Whether a rule fits the kinds it is for: points, types, states and units. Pure."""

from collections.abc import Iterator

from alerts.condition import ByService, Combination, State, Threshold
from alerts.deviation import Deviation, Expected
from alerts.expression import Expression
from alerts.expression_check import type_faults
from alerts.expression_tree import Reference
from alerts.fault_codes import FaultCodes
from alerts.rule import RuleEntry, covers
from alerts.window import Count, Increase, Occurrence, Rate
from device_configs.estate import Estate
from device_configs.kinds import Kind, PointSpec, PointType, kinds
from device_configs.suggest import did_you_mean

Found = Iterator[tuple[str, str]]
"""Setting and what is wrong with it."""


def entry_faults(entry: RuleEntry) -> Found:
    """Everything in a rule that does not fit its kinds."""
    for name in (*entry.kinds, *entry.except_kinds):
        if name not in kinds():
            yield "kinds", f"there is no kind {name!r}{did_you_mean(name, kinds())}"
    if not set(entry.kinds) - set(entry.except_kinds):
        yield "kinds", "the rule is for no kind; name some after 'kinds'"
    for name in sorted(set(entry.kinds) & set(kinds())):
        yield from _kind_faults(entry, kinds()[name])


def _kind_faults(entry: RuleEntry, kind: Kind) -> Found:
    points = {entry.point} if entry.point else set()
    condition = entry.condition
    if isinstance(condition, Combination):
        points |= condition.points
    for point in sorted(points):
        if kind.point(point) is None:
            yield "point", _no_point(kind, point)
    if isinstance(condition, Combination):
        yield from _combination_faults(condition, kind)
    elif isinstance(condition, Expression):
        for point in sorted(condition.points):
            if kind.point(point) is None:
                yield "expression", _no_point(kind, point)
        for message in type_faults(condition.tree, lambda ref: _own(kind, ref)):
            yield "expression", message
    elif isinstance(condition, ByService) and condition.proof is not None:
        yield from _proof_faults(condition.proof, kind)
    spec = kind.point(entry.point)
    if spec is not None:
        yield from _type_faults(entry, spec)
    yield from _narrowed_faults(entry, kind)


def _combination_faults(condition: Combination, kind: Kind) -> Found:
    for term in (*condition.all, *condition.any, *condition.unless):
        spec = kind.point(term.point)
        if spec is not None and term.state is not None:
            yield from _state_faults(term.state, spec, "combination")


def _proof_faults(proof: str, kind: Kind) -> Found:
    if proof not in kind.proofs:
        hint = did_you_mean(proof, kind.proofs)
        yield "by_service.proof", f"kind {kind.kind!r} has no proof {proof!r}{hint}"


def _no_point(kind: Kind, point: str) -> str:
    return f"kind {kind.kind!r} has no point {point!r}{did_you_mean(point, kind.points)}"


def _own(kind: Kind, reference: Reference) -> PointSpec | None:
    return None if reference.device else kind.point(reference.point)


def _narrowed_faults(entry: RuleEntry, kind: Kind) -> Found:
    if entry.points and ("{" not in entry.point or isinstance(entry.condition, Combination)):
        yield "points", "only a rule whose point is a pattern has points to choose from"
        return
    for point in entry.points:
        if not covers(entry.point, kind.kind, point):
            yield "points", f"{point!r} is none of {entry.point}"


def _type_faults(entry: RuleEntry, spec: PointSpec) -> Found:
    condition = entry.condition
    number = spec.type is PointType.NUMBER
    if isinstance(condition, Threshold) and not number:
        yield "threshold", f"{entry.point} is no number; use 'state'"
    elif isinstance(condition, Threshold) and condition.of_rating and spec.unit != "W":
        yield "threshold.of_rating", f"{entry.point} is no power; only powers have a rating"
    elif isinstance(condition, FaultCodes) and not number:
        yield "fault_code", f"{entry.point} is no number, and no code"
    elif isinstance(condition, State):
        yield from _state_faults(condition, spec, "state")
    elif isinstance(condition, Rate) and not number:
        yield "rate", f"{entry.point} is no number; count its changes with 'count'"
    elif isinstance(condition, Rate) and spec.counter:
        yield "rate", f"{entry.point} is a counter; use 'increase'"
    elif isinstance(condition, Increase) and not spec.counter:
        yield "increase", f"{entry.point} is no counter; use 'rate'"
    elif isinstance(condition, Count):
        yield from _occurrence_faults(condition.of, spec)
    elif isinstance(condition, Deviation):
        yield from _deviation_faults(condition, spec)


def _occurrence_faults(of: Occurrence, spec: PointSpec) -> Found:
    if of.state is not None:
        yield from _state_faults(of.state, spec, "count.of.state")
    elif spec.type is not PointType.NUMBER:
        yield "count.of", f"{spec.name} is no number; use 'state'"


def _deviation_faults(condition: Deviation, spec: PointSpec) -> Found:
    if not spec.counter:
        yield "deviation", f"{spec.name} is no counter; what was counted in a time is compared"
    elif condition.of is not Expected.BASELINE and spec.quantity != "active_energy":
        yield "deviation.of", f"{spec.name} is no active energy; only 'baseline' can be compared"


def _state_faults(state: State, spec: PointSpec, field: str) -> Found:
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


def reference_faults(expression: Expression, kind: Kind, estate: Estate) -> Iterator[str]:
    """What an expression reads of other devices and the estate does not have, or does not fit."""
    good = True
    for reference in sorted(expression.others, key=str):
        found = kind_of(estate, reference.device)
        if found is None:
            good = False
            hint = did_you_mean(reference.device, estate.devices)
            yield f"there is no device {reference.device!r}{hint}"
        elif found.point(reference.point) is None:
            good = False
            yield _no_point(found, reference.point)
    if good:

        def spec_of(reference: Reference) -> PointSpec | None:
            of = kind_of(estate, reference.device) if reference.device else kind
            return of.point(reference.point) if of is not None else None

        yield from type_faults(expression.tree, spec_of)


def kind_of(estate: Estate, device: str) -> Kind | None:
    """The kind of a device, or of a part that the estate has; None where it has none."""
    parent, _, part = device.partition("/")
    found = estate.devices.get(parent)
    if found is None or (part and part not in found.parts):
        return None
    parts = found.profile.parts
    return found.profile.kind if not part else (parts.kind if parts else None)
