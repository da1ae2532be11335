"""Conditions as expressions of the Common Expression Language (docs/decisions/0018)."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema, model_validator

from alerts.condition import Verdict
from alerts.expression_tree import Node, Reference, atoms, references, worth
from collectors.sample import Value
from device_configs.quantities import Strict


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
        # The library takes a tenth of a second to import: only who writes expressions waits for it.
        from alerts.expression_parse import parse

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
