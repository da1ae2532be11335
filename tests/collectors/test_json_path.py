"""JMESPath compiled to look-ups gives what JMESPath gives."""

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.json_path import ABSENT, compile_path, steps

KEYS = ("a", "b", "state", "0")
scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=3)
payloads = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)
key_steps = st.sampled_from(["a", "b", "state", '"0"'])
index_steps = st.integers(-3, 3).map(lambda n: f"[{n}]")


@st.composite
def plain_paths(draw: st.DrawFn) -> str:
    path = draw(key_steps | index_steps)
    for step in draw(st.lists(key_steps | index_steps, max_size=3)):
        path += step if step.startswith("[") else f".{step}"
    return path


@given(path=plain_paths(), payload=payloads)
def test_a_plain_path_finds_what_jmespath_finds(path: str, payload: object) -> None:
    assert steps(path) is not None
    found = compile_path(path)(payload)
    wanted = jmespath.search(path, payload)
    if found is ABSENT:
        assert wanted is None
    else:
        assert found is wanted or repr(found) == repr(wanted)


@pytest.mark.parametrize(
    "path", ["a || b", "a[*].b", "length(@)", "sum(a)", "a | b", "to_number(a)"]
)
@given(payload=payloads)
def test_a_general_expression_never_raises(path: str, payload: object) -> None:
    assert steps(path) is None
    compile_path(path)(payload)


def test_a_general_expression_is_what_jmespath_says() -> None:
    get = compile_path("ENERGY.Power[0] || ENERGY.Power")
    assert get({"ENERGY": {"Power": [8.15, 0]}}) == 8.15
    assert get({"ENERGY": {"Power": 3}}) == 3


@pytest.mark.parametrize(
    ("path", "payload", "found"),
    [
        ("a", {"a": None}, None),
        ("a", {}, ABSENT),
        ("a", [1], ABSENT),
        ("a.b", {"a": None}, None),
        ("a.b", {"a": {}}, ABSENT),
        ("a.b", {}, ABSENT),
        ("a.b", {"a": 5}, None),
        ("a[1]", {"a": [1]}, None),
        ("a[-1]", {"a": [1, 2]}, 2),
        ("[0].a", [{"a": 1}], 1),
        ("[0].a", {"a": 1}, ABSENT),
    ],
)
def test_not_mentioned_and_null_are_two_things(path: str, payload: object, found: object) -> None:
    assert compile_path(path)(payload) is found
