"""Reads expressions with the grammar of cel-python, and keeps of them what sitewatch offers.

The library's grammar is the language; its evaluator is not used (docs/decisions/0018).
"""

import ast
from functools import lru_cache
from typing import TypeAlias

from celpy.celparser import CELParseError, CELParser
from lark import Token, Tree

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

_Tree: TypeAlias = Tree[Token]

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


@lru_cache(maxsize=1024)
def parse(text: str) -> Node:
    """Read an expression.

    Raises:
        ExpressionError: it is no expression of the language, or uses what is not offered.
    """
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


def _node(tree: _Tree) -> Node:
    name, children = str(tree.data), tree.children
    trees: list[_Tree] = [one for one in children if isinstance(one, Tree)]
    if name == "expr" and len(trees) > 1:
        raise ExpressionError(f"a choice with '?' is not offered; {_FORMS}")
    if name in _SINGLE and len(trees) == 2:
        return _joined(name, *trees)
    if name == "unary" and len(trees) == 2:
        of = _node(trees[1])
        return Not(of) if trees[0].data == "unary_not" else _negative(of)
    if name == "literal":
        return Literal(_literal(Token("", "") if isinstance(children[0], Tree) else children[0]))
    if name == "ident":
        return Reference("", str(children[0]))
    if name == "member_dot":
        return _member(trees[0], str(children[1]))
    if len(trees) == 1 and name in _SINGLE | {"expr", "unary", "member", "primary", "paren_expr"}:
        return _node(trees[0])
    raise ExpressionError(f"{_text(tree)} is not offered; {_FORMS}")


def _negative(of: Node) -> Node:
    if isinstance(of, Literal) and not isinstance(of.value, bool | str):
        return Literal(-of.value)
    return Negative(of)


def _joined(name: str, one: _Tree, other: _Tree) -> Node:
    if name in {"conditionalor", "conditionaland"}:
        return Logic("||" if name == "conditionalor" else "&&", _node(one), _node(other))
    form = str(one.data)
    left = _node(_tree(one.children[0]))
    if form == "relation_in":
        return OneOf(left, _items(other))
    if form not in _SIGNS:
        raise ExpressionError(f"% is not offered; {_FORMS}")
    sign = _SIGNS[form]
    node = Comparison if name == "relation" else Arithmetic
    return node(sign, left, _node(other))


def _items(tree: _Tree) -> tuple[Literal, ...]:
    lists = list(tree.find_data("list_lit"))
    items: list[Literal] = []
    inside = _tree(lists[0].children[0]) if len(lists) == 1 and lists[0].children else None
    for one in inside.children if inside is not None else ():
        item = _node(_tree(one))
        if not isinstance(item, Literal):
            raise ExpressionError("a list after 'in' has numbers or texts only")
        items.append(item)
    if not items:
        raise ExpressionError("after 'in' stands a list: [1, 2]")
    return tuple(items)


def _member(tree: _Tree, point: str) -> Reference:
    index = next(tree.find_data("member_index"), None)
    if index is not None:
        owner, name = (_node(_tree(one)) for one in index.children)
        if owner == Reference("", "devices") and isinstance(name, Literal):
            return Reference(str(name.value), point)
    raise ExpressionError(f'a point of another device is written devices["ID"].{point}')


def _tree(child: object) -> _Tree:
    if isinstance(child, Tree):
        return child
    raise ExpressionError(f"{child} is not offered; {_FORMS}")


def _literal(token: Token) -> bool | float | str:
    kind, text = token.type, str(token)
    if kind == "BOOL_LIT":
        return text == "true"
    if kind in {"INT_LIT", "FLOAT_LIT"}:
        return int(text, 0) if kind == "INT_LIT" and "x" in text else float(text)
    if kind == "STRING_LIT":
        return str(ast.literal_eval(text))
    raise ExpressionError(f"{text} is not offered; {_FORMS}")


def _text(tree: _Tree) -> str:
    words = " ".join(str(token) for token in tree.scan_values(lambda _: True))
    return repr(words) if words else str(tree.data)
