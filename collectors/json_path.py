"""JMESPath over decoded JSON, compiled to look-ups where it is only keys, indices and `||`.

A look-up tells a key that is not there (the point was not read) from a null (the device does not
know), which JMESPath itself cannot.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any, Final, final

import jmespath
from jmespath.exceptions import JMESPathError


@final
class Absent:
    """The type of `ABSENT`."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()
"""What a path leads to when a key on the way is not in the payload."""

Getter = Callable[[object], object]
"""Payload to what stands at the path, `ABSENT` where nothing does."""

Steps = tuple[str | int, ...]
"""Keys and indices from the payload down; empty for the payload itself."""

_ALL_CHILDREN = frozenset({
    "or_expression", "and_expression", "not_expression", "comparator", "function_expression",
    "multi_select_list", "multi_select_dict", "key_val_pair",
})  # fmt: skip
"""Expressions whose parts are all looked up in the same value."""
_FIRST_CHILD = frozenset({
    "subexpression", "index_expression", "projection", "filter_projection", "value_projection",
    "flatten", "pipe",
})  # fmt: skip
"""Expressions whose first part only is looked up in the payload, the others in what it finds."""


def steps(path: str) -> Steps | None:
    """The keys and indices of a plain path; None where the expression does more than step down."""
    return _steps(jmespath.compile(path).parsed)


def writable_steps(path: str) -> Steps | None:
    """Where a value can be put so that the path finds it: its first alternative that is plain.

    None where there is none, as in `sum(a)`: such a point follows from others.
    """
    return _writable(jmespath.compile(path).parsed)


def demanded(condition: str) -> tuple[Steps, object] | None:
    """Where and what a condition `path == 'literal'` wants; of several alternatives the first."""
    node = jmespath.compile(condition).parsed
    while node["type"] == "or_expression":
        node = node["children"][0]
    if node["type"] != "comparator" or node["value"] != "eq":
        return None
    left, right = node["children"]
    plain = _steps(left)
    return (plain, right["value"]) if plain and right["type"] == "literal" else None


def _steps(node: Mapping[str, Any]) -> Steps | None:
    children = node["children"]
    if node["type"] in ("field", "index"):
        value = node["value"]
        return (value,) if isinstance(value, str | int) else None
    if node["type"] in ("identity", "current"):
        return ()
    if node["type"] not in ("subexpression", "index_expression") or not isinstance(children, list):
        return None
    found: list[str | int] = []
    for child in children:
        part = _steps(child)
        if part is None:
            return None
        found += part
    return tuple(found)


def _writable(node: Mapping[str, Any]) -> Steps | None:
    if node["type"] == "or_expression":
        left, right = (_writable(child) for child in node["children"])
        return right if left is None else left
    return _steps(node)


def compile_path(path: str) -> Getter:
    """Compile a JMESPath expression; the result never raises on any JSON value."""
    return _compiled(jmespath.compile(path).parsed) or _general(path)


def _compiled(node: Mapping[str, Any]) -> Getter | None:
    """The look-up of an expression of keys, indices and `||`; None for all else."""
    plain = _steps(node)
    if plain is not None:
        return _key(plain[0]) if len(plain) == 1 and isinstance(plain[0], str) else _chain(plain)
    if node["type"] not in ("or_expression", "subexpression", "index_expression"):
        return None
    join = _either if node["type"] == "or_expression" else _then
    found = [_compiled(child) for child in node["children"]]
    known = [getter for getter in found if getter is not None]
    return reduce(join, known) if len(known) == len(found) else None


def _key(key: str) -> Getter:
    def get(data: object) -> object:
        return data.get(key, ABSENT) if type(data) is dict else ABSENT

    return get


def _chain(plain: Sequence[str | int]) -> Getter:
    def get(data: object) -> object:
        missing: object = ABSENT
        for step in plain:
            if isinstance(step, str):
                if not isinstance(data, dict):
                    return missing
                data = data.get(step, ABSENT)
                if data is ABSENT:
                    return ABSENT
            elif isinstance(data, list) and -len(data) <= step < len(data):
                data = data[step]
            else:
                return missing
            # The way was there so far: what ends it now is an unknown value, not an unread one.
            missing = None
        return data

    return get


def _either(left: Getter, right: Getter) -> Getter:
    """`left || right`: the left one unless it is null, false or empty (JMESPath, 'Or Expressions').

    Zero counts as something.
    """

    def get(data: object) -> object:
        first = left(data)
        empty = isinstance(first, str | list | dict) and not first
        if not (first is ABSENT or first is None or first is False or empty):
            return first
        second = right(data)
        return None if second is ABSENT and first is not ABSENT else second

    return get


def _then(left: Getter, right: Getter) -> Getter:
    def get(data: object) -> object:
        inner = left(data)
        if inner is ABSENT:
            return ABSENT
        found = right(inner)
        return None if found is ABSENT and not isinstance(inner, dict) else found

    return get


def _general(path: str) -> Getter:
    expression = jmespath.compile(path)
    named = list(_looked_up(expression.parsed))

    def get(data: object) -> object:
        try:
            found = expression.search(data)
        except (JMESPathError, ArithmeticError, TypeError, ValueError, RecursionError):
            # A function met a type it does not take: the device sent something else than it says.
            found = None
        if found is None and named and all(look_up(data) is ABSENT for look_up in named):
            return ABSENT
        return found

    return get


def _looked_up(node: Mapping[str, Any]) -> Iterator[Getter]:
    """The plain paths of an expression that begin at the payload."""
    plain = _steps(node)
    if plain is not None:
        yield _chain(plain)
    elif node["type"] in _ALL_CHILDREN:
        for child in node["children"]:
            yield from _looked_up(child)
    elif node["type"] in _FIRST_CHILD:
        yield from _looked_up(node["children"][0])
