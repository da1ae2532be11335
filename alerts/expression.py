"""Conditions as expressions of the Common Expression Language (CEL), as cel-python parses it.

The library's grammar is the language; what is allowed of it, and what unknown means, is decided
here (docs/decisions/0018). It is imported when the first expression is read, not before.
"""

import ast
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, WithJsonSchema, model_validator

from alerts.condition import Verdict
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
    atoms,
    references,
    worth,
)
from collectors.sample import Value
from device_configs.quantities import Strict

if TYPE_CHECKING:
    from lark import Tree

_SIGNS = {
    "relation_lt": "<", "relation_le": "<=", "relation_gt": ">", "relation_ge": ">=",
    "relation_eq": "==", "relation_ne": "!=", "addition_add": "+", "addition_sub": "-",
    "multiplication_mul": "*", "multiplication_div": "/",
}  # fmt: skip
_LONGEST = 1000
"""An expression is a sentence, not a program. [characters]"""
_SINGLE = frozenset({"conditionalor", "conditionaland", "relation", "addition", "multiplication"})
_FORMS = 'use points, devices["ID"].point, numbers, "texts", && || !, comparisons, + - * / and in'


class ExpressionError(ValueError):
    """An expression that cannot be read; where and why, in one sentence."""


def parse(text: str) -> Node:
    """Read an expression.

    Raises:
        ExpressionError: it is no expression of the language, or uses what is not offered.
    """
    from celpy.celparser import CELParseError, CELParser

    if len(text) > _LONGEST:
        raise ExpressionError(f"the expression is longer than {_LONGEST} characters")
    try:
        tree = CELParser().parse(text)
    except CELParseError as error:
        where = f" at character {error.column}" if error.column else ""
        near = text[error.column - 1 :][:20] if error.column else text[-20:]
        raise ExpressionError(f"the expression cannot be read{where}: {near!r}") from error
    try:
        return _node(tree)
    except RecursionError as error:
        raise ExpressionError("the expression is nested too deeply") from error


def _node(tree: "Tree[object]") -> Node:
    name, children = str(tree.data), [one for one in tree.children if one is not None]
    trees = [one for one in children if hasattr(one, "data")]
    if name == "expr" and len(trees) > 1:
        raise ExpressionError(f"a choice with '?' is not offered; {_FORMS}")
    if name in _SINGLE and len(trees) == 2:
        return _joined(name, *trees)
    if name == "unary" and len(trees) == 2:
        of = _node(trees[1])
        return Not(of) if str(trees[0].data) == "unary_not" else _negative(of)
    if name == "literal":
        return Literal(_literal(children[0]))
    if name == "ident":
        return Reference("", str(children[0]))
    if name == "member_dot":
        return _member(trees[0], str(children[1]))
    if len(trees) == 1 and name in _SINGLE | {"expr", "unary", "member", "primary", "paren_expr"}:
        return _node(trees[0])
    raise ExpressionError(f"{_text(tree)} is not offered; {_FORMS}")


def _negative(of: Node) -> Node:
    number = isinstance(of, Literal) and not isinstance(of.value, bool | str)
    return Literal(-of.value) if number else Negative(of)  # type: ignore[union-attr, operator]


def _joined(name: str, one: "Tree[object]", other: "Tree[object]") -> Node:
    if name in {"conditionalor", "conditionaland"}:
        return Logic("||" if name == "conditionalor" else "&&", _node(one), _node(other))
    form = str(one.data)
    left = _node(one.children[0])  # type: ignore[arg-type]
    if form == "relation_in":
        return OneOf(left, _items(other))
    if form not in _SIGNS:
        raise ExpressionError(f"% is not offered; {_FORMS}")
    sign = _SIGNS[form]
    node = Comparison if name == "relation" else Arithmetic
    return node(sign, left, _node(other))


def _items(tree: "Tree[object]") -> tuple[Literal, ...]:
    lists = list(tree.find_data("list_lit"))
    items: list[Literal] = []
    for one in lists[0].children[0].children if len(lists) == 1 and lists[0].children else ():  # type: ignore[attr-defined]
        item = _node(one)
        if not isinstance(item, Literal):
            raise ExpressionError("a list after 'in' has numbers or texts only")
        items.append(item)
    if not items:
        raise ExpressionError("after 'in' stands a list: [1, 2]")
    return tuple(items)


def _member(tree: "Tree[object]", point: str) -> Reference:
    index = next(tree.find_data("member_index"), None)
    if index is not None:
        owner, name = (_node(one) for one in index.children)  # type: ignore[arg-type]
        if owner == Reference("", "devices") and isinstance(name, Literal):
            return Reference(str(name.value), point)
    raise ExpressionError(f'a point of another device is written devices["ID"].{point}')


def _literal(token: object) -> bool | float | str:
    kind, text = str(getattr(token, "type", "")), str(token)
    if kind == "BOOL_LIT":
        return text == "true"
    if kind in {"INT_LIT", "FLOAT_LIT"}:
        return int(text, 0) if kind == "INT_LIT" and "x" in text else float(text)
    if kind == "STRING_LIT":
        return str(ast.literal_eval(text))
    raise ExpressionError(f"{text} is not offered; {_FORMS}")


def _text(tree: "Tree[object]") -> str:
    words = " ".join(str(token) for token in tree.scan_values(lambda _: True))
    return repr(words) if words else str(tree.data)


def _as_expression(data: object) -> object:
    return {"text": data} if isinstance(data, str) else data


class Expression(Strict):
    """True when a sentence about points is true; unknown where it hangs on what is not known."""

    text: str

    @model_validator(mode="after")
    def _reads(self) -> "Expression":
        if not any(references(self.tree)):
            raise ValueError("the expression reads no point")
        return self

    @cached_property
    def tree(self) -> Node:
        """The expression, read."""
        return parse(self.text)

    @cached_property
    def points(self) -> frozenset[str]:
        """The points that it reads of the device that is judged."""
        return frozenset(one.point for one in references(self.tree) if not one.device)

    @cached_property
    def others(self) -> frozenset[Reference]:
        """The points that it reads of other devices."""
        return frozenset(one for one in references(self.tree) if one.device)

    @cached_property
    def _atoms(self) -> tuple[tuple[frozenset[str], Node], ...]:
        found = atoms(self.tree)
        return tuple((frozenset(one.key for one in references(atom)), atom) for atom in found)

    def judge(self, values: Mapping[str, Value]) -> Verdict:
        """Judge the last values."""
        found = worth(self.tree, values)
        if not isinstance(found, bool):
            return Verdict.UNKNOWN
        return Verdict.TRUE if found else Verdict.FALSE

    def alike(self, key: str, one: Value, other: Value) -> bool:
        """Whether two values of a point are surely the same to it."""
        reading = [(keys, atom) for keys, atom in self._atoms if key in keys]
        return all(
            len(keys) == 1 and worth(atom, {key: one}) is worth(atom, {key: other})
            for keys, atom in reading
        )


AsExpression = Annotated[
    Expression, BeforeValidator(_as_expression), WithJsonSchema({"type": "string"})
]
