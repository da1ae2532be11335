"""The parts of an expression, and what each is worth. Pure; None is unknown everywhere.

Logic is that of Kleene, which is also what the Common Expression Language says of errors: what is
false `and` unknown is false, true `or` unknown is true, all else that meets unknown is unknown.
"""

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Union

from collectors.sample import Value


@dataclass(frozen=True)
class Reference:
    """A point: of the device or part that is judged, or of another one."""

    device: str
    """Empty for the one that is judged."""
    point: str

    @property
    def key(self) -> str:
        """The name under which its value is looked up; no point's name has a dot."""
        return f"{self.device}.{self.point}" if self.device else self.point

    def __str__(self) -> str:
        return f'devices["{self.device}"].{self.point}' if self.device else self.point


@dataclass(frozen=True)
class Literal:
    """A value that stands in the text."""

    value: bool | float | str


@dataclass(frozen=True)
class Not:
    """`!x`."""

    of: "Node"


@dataclass(frozen=True)
class Negative:
    """`-x`."""

    of: "Node"


@dataclass(frozen=True)
class Logic:
    """`a && b`, `a || b`."""

    sign: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class Comparison:
    """`a < b` and the like."""

    sign: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class Arithmetic:
    """`a + b` and the like."""

    sign: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class OneOf:
    """`x in [a, b]`."""

    of: "Node"
    items: tuple[Literal, ...]


Node = Union[Reference, Literal, Not, Negative, Logic, Comparison, Arithmetic, OneOf]  # noqa: UP007

_ORDER: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_SUMS: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip


def references(node: Node) -> Iterator[Reference]:
    """Every point that an expression reads."""
    if isinstance(node, Reference):
        yield node
    elif isinstance(node, Not | Negative | OneOf):
        yield from references(node.of)
    elif isinstance(node, Logic | Comparison | Arithmetic):
        yield from references(node.left)
        yield from references(node.right)


def atoms(node: Node) -> Iterator[Node]:
    """The smallest parts that are true or false; all else is logic between them."""
    if isinstance(node, Not):
        yield from atoms(node.of)
    elif isinstance(node, Logic):
        yield from atoms(node.left)
        yield from atoms(node.right)
    else:
        yield node


def worth(node: Node, values: Mapping[str, Value]) -> Value:
    """What a part of an expression is worth; None where that cannot be known.

    Args:
        node: the part.
        values: the last value by `Reference.key`; what is absent is unknown.
    """
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Reference):
        return values.get(node.key)
    if isinstance(node, Not):
        found = worth(node.of, values)
        return not found if isinstance(found, bool) else None
    if isinstance(node, Negative):
        number = _number(worth(node.of, values))
        return None if number is None else -number
    if isinstance(node, Logic):
        return _logic(node, values)
    if isinstance(node, OneOf):
        return _one_of(worth(node.of, values), node.items)
    left, right = worth(node.left, values), worth(node.right, values)
    if isinstance(node, Arithmetic):
        return _arithmetic(node.sign, left, right)
    return _compared(node.sign, left, right)


def _number(value: Value) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None


def _logic(node: Logic, values: Mapping[str, Value]) -> bool | None:
    decisive = node.sign == "||"
    left = worth(node.left, values)
    if left is decisive:
        return decisive
    right = worth(node.right, values)
    if right is decisive:
        return decisive
    known = isinstance(left, bool) and isinstance(right, bool)
    return (not decisive) if known else None


def same(one: Value, other: Value) -> bool | None:
    """Whether two values are equal; 1 is 1.0 but not true, and unknown is equal to nothing."""
    if one is None or other is None or isinstance(one, bool) != isinstance(other, bool):
        return None
    if isinstance(one, str) != isinstance(other, str):
        return None
    return one == other


def _one_of(value: Value, items: tuple[Literal, ...]) -> bool | None:
    if value is None:
        return None
    return any(same(value, item.value) for item in items)


def _arithmetic(sign: str, left: Value, right: Value) -> float | None:
    one, other = _number(left), _number(right)
    if one is None or other is None or (sign == "/" and other == 0):
        return None
    try:
        return _number(_SUMS[sign](one, other))
    except OverflowError:
        return None


def _compared(sign: str, left: Value, right: Value) -> bool | None:
    if sign in {"==", "!="}:
        equal = same(left, right)
        return equal if equal is None or sign == "==" else not equal
    one, other = _number(left), _number(right)
    return None if one is None or other is None else _ORDER[sign](one, other)
