"""JMESPath over decoded JSON, compiled to look-ups where it is only keys and indices.

A look-up tells a key that is not there (the point was not read) from a null (the device does not
know), which JMESPath itself cannot.
"""

from collections.abc import Callable, Mapping, Sequence
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


def steps(path: str) -> tuple[str | int, ...] | None:
    """The keys and indices of a plain path; None where the expression does more than step down."""
    return _steps(jmespath.compile(path).parsed)


def _steps(node: Mapping[str, Any]) -> tuple[str | int, ...] | None:
    children = node["children"]
    if node["type"] in ("field", "index"):
        value = node["value"]
        return (value,) if isinstance(value, str | int) else None
    if node["type"] == "identity":
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


def compile_path(path: str) -> Getter:
    """Compile a JMESPath expression; the result never raises on any JSON value."""
    plain = steps(path)
    if plain is None:
        return _general(path)
    if len(plain) == 1 and isinstance(plain[0], str):
        return _key(plain[0])
    return _chain(plain)


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


def _general(path: str) -> Getter:
    expression = jmespath.compile(path)

    def get(data: object) -> object:
        try:
            return expression.search(data)
        except (JMESPathError, ArithmeticError, TypeError, ValueError, RecursionError):
            # A function met a type it does not take: the device sent something else than it says.
            return None

    return get
