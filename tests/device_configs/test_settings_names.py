from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import pytest
from pydantic import AliasChoices, Field

from device_configs.quantities import Strict
from device_configs.settings_names import settings_at


class Leaf(Strict):
    depth: int = 0


class Other(Strict):
    width: int = 0


class Tree(Strict):
    name: str = ""
    one: Leaf | None = None
    many: Sequence[Leaf] = ()
    named: Mapping[str, Leaf] = Field(default_factory=dict)
    either: Annotated[Leaf | Other | Literal["none"], Field(title="either")] = "none"
    kept: str = Field(default="", validation_alias=AliasChoices("class", "kept"))


@pytest.mark.parametrize(
    ("steps", "names"),
    [
        ((), {"name", "one", "many", "named", "either", "class"}),
        (("one",), {"depth"}),
        (("many", 3), {"depth"}),
        (("named", "any"), {"depth"}),
        (("either",), {"depth", "width"}),
        (("either", "Leaf"), {"depth", "width"}),
        (("name",), set()),
        (("many",), set()),
        (("nothing", 1, "x"), {"name", "one", "many", "named", "either", "class"}),
    ],
)
def test_the_settings_of_a_place(steps: tuple[str | int, ...], names: set[str]) -> None:
    assert settings_at(Tree, steps) == names
