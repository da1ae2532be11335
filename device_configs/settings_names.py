"""Which settings a place in a configuration model has, so that a misspelt one can be suggested."""

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo


def settings_at(model: type[BaseModel], steps: tuple[str | int, ...]) -> frozenset[str]:
    """The names that are settings at a path into a model; of a union those of every alternative."""
    places: list[Any] = [model]
    for step in steps:
        places = [below for place in places for below in _below(place, step)]
    return frozenset(
        _written(name, field)
        for place in places
        for alternative in _alternatives(place)
        if _is_model(alternative)
        for name, field in alternative.model_fields.items()
    )


def _below(place: Any, step: str | int) -> Iterator[Any]:
    """What stands under a step; pydantic also names the alternative of a union as a step."""
    for alternative in _alternatives(place):
        arguments = get_args(alternative)
        if _is_model(alternative):
            fields = {_written(n, field): field for n, field in alternative.model_fields.items()}
            field = fields.get(str(step))
            yield alternative if field is None else field.annotation
        elif arguments and isinstance(get_origin(alternative), type):
            yield arguments[0] if isinstance(step, int) else arguments[-1]


def _alternatives(place: Any) -> Iterator[Any]:
    origin = get_origin(place)
    if origin is Annotated:
        yield from _alternatives(get_args(place)[0])
    elif origin in (Union, types.UnionType):
        for argument in get_args(place):
            yield from _alternatives(argument)
    else:
        yield place


def _is_model(place: Any) -> bool:
    return isinstance(place, type) and issubclass(place, BaseModel)


def _written(name: str, field: FieldInfo) -> str:
    """A setting's name as it stands in a file."""
    alias = field.validation_alias or field.alias
    if isinstance(alias, AliasChoices):
        alias = next((one for one in alias.choices if isinstance(one, str)), None)
    return alias if isinstance(alias, str) else name
