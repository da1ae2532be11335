"""Whether an expression means something: its points exist, its types and units fit. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from alerts.expression_tree import (
    Arithmetic,
    Comparison,
    Literal,
    Logic,
    Negative,
    Node,
    Not,
    OneOf,
    Reference,
)
from device_configs.kinds import PointSpec, PointType
from device_configs.quantities import Label
from device_configs.suggest import did_you_mean

SpecOf = Callable[[Reference], PointSpec | None]
"""The meaning of a point; None where that cannot be said, and then nothing is wrong with it."""


@dataclass(frozen=True)
class _Typed:
    """What a part of an expression is."""

    type: PointType
    unit: str | None = None
    """Of a number; None where any unit fits."""
    values: Mapping[str, Label] | None = None
    name: str = ""

    @property
    def words(self) -> str:
        what = {
            PointType.NUMBER: "a number", PointType.BOOL: "true or false",
            PointType.ENUM: "one of its states", PointType.STRING: "a text",
        }[self.type]  # fmt: skip
        unit = f" [{self.unit}]" if self.unit else ""
        return f"{self.name or 'this'} is {what}{unit}"


def type_faults(tree: Node, spec_of: SpecOf) -> list[str]:
    """Everything that does not fit in an expression, each in one sentence."""
    checker = _Checker(spec_of)
    found = checker.typed(tree)
    if found is not None and found.type is not PointType.BOOL:
        checker.faults.append(f"the expression must be true or false, but {found.words}")
    return checker.faults


class _Checker:
    """Walks an expression and collects what does not fit."""

    def __init__(self, spec_of: SpecOf) -> None:
        self.spec_of = spec_of
        self.faults: list[str] = []

    def typed(self, node: Node) -> _Typed | None:
        if isinstance(node, Reference):
            spec = self.spec_of(node)
            if spec is None:
                return None
            unit = (spec.unit or "") if spec.type is PointType.NUMBER else None
            return _Typed(spec.type, unit, spec.values or None, str(node))
        if isinstance(node, Literal):
            return _literal(node)
        if isinstance(node, Not):
            return self.logical("!", node.of)
        if isinstance(node, Logic):
            self.logical(node.sign, node.left)
            return self.logical(node.sign, node.right)
        if isinstance(node, OneOf):
            for item in node.items:
                self.equal(node.of, item)
        elif isinstance(node, Comparison):
            if node.sign in {"==", "!="}:
                self.equal(node.left, node.right)
            else:
                self.numbers(node.sign, node.left, node.right, same_unit=True)
        elif isinstance(node, Negative):
            return next(iter(self.numbers("-", node.of, same_unit=True)), None)
        else:
            return self.sum(node)
        return _Typed(PointType.BOOL)

    def logical(self, sign: str, node: Node) -> _Typed:
        found = self.typed(node)
        if found is not None and found.type is not PointType.BOOL:
            self.faults.append(f"{sign} joins what is true or false, but {found.words}")
        return _Typed(PointType.BOOL)

    def numbers(self, sign: str, *nodes: Node, same_unit: bool) -> list[_Typed]:
        found = [one for one in map(self.typed, nodes) if one is not None]
        for one in found:
            if one.type is not PointType.NUMBER:
                self.faults.append(f"{sign} needs numbers, but {one.words}")
        units = {one.unit for one in found if one.unit is not None}
        if same_unit and len(units) > 1:
            self.faults.append(f"units differ at {sign}: {' but '.join(o.words for o in found)}")
        return found

    def sum(self, node: Arithmetic) -> _Typed:
        same = node.sign in {"+", "-"}
        found = self.numbers(node.sign, node.left, node.right, same_unit=same)
        units = [one.unit for one in found if one.unit is not None]
        scaled = len(units) == 1 and (same or _is_scaled(node))
        return _Typed(PointType.NUMBER, units[0] if (same and units) or scaled else None)

    def equal(self, left: Node, right: Node) -> None:
        found = [one for one in map(self.typed, (left, right)) if one is not None]
        if len(found) < 2:
            return
        one, other = found
        for state, text in ((one, right), (other, left)):
            if state.type is PointType.ENUM and isinstance(text, Literal):
                self.faults += _state_faults(state, text)
                return
        names = {PointType.ENUM: PointType.STRING}
        if names.get(one.type, one.type) is not names.get(other.type, other.type):
            self.faults.append(f"these are never equal: {one.words}, {other.words}")
        elif one.unit is not None and other.unit is not None and one.unit != other.unit:
            self.faults.append(f"units differ: {one.words} but {other.words}")


def _literal(node: Literal) -> _Typed:
    if isinstance(node.value, bool):
        return _Typed(PointType.BOOL, name=str(node.value).lower())
    if isinstance(node.value, str):
        return _Typed(PointType.STRING, name=repr(node.value))
    return _Typed(PointType.NUMBER, name=f"{node.value:g}")


def _is_scaled(node: Arithmetic) -> bool:
    """Whether a quantity is only made larger or smaller: its unit stays."""
    by = node.right if node.sign == "/" else None
    either = isinstance(node.left, Literal) or isinstance(node.right, Literal)
    return isinstance(by, Literal) if by is not None else either


def _state_faults(state: _Typed, text: Literal) -> Iterator[str]:
    known = state.values or {}
    if text.value not in known:
        hint = did_you_mean(text.value, known)
        yield f"{text.value!r} is not a value of {state.name}: {', '.join(known)}{hint}"
