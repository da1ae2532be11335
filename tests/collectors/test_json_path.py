"""JMESPath compiled to look-ups gives what JMESPath gives."""

import jmespath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jmespath.exceptions import JMESPathError

from collectors.json_path import ABSENT, compile_path, demanded, steps, writable_steps

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


@st.composite
def alternatives(draw: st.DrawFn) -> str:
    """`a.b || c`, `(a || @).b[0]`, and alternatives of those."""
    plain = plain_paths() | st.just("@")
    path = " || ".join(draw(st.lists(plain, min_size=2, max_size=3)))
    if draw(st.booleans()):
        path = f"({path})" + draw(st.sampled_from(["", ".a", ".b.a", ".state[0]"]))
    return path if draw(st.booleans()) else f"{path} || {draw(plain)}"


@settings(max_examples=500)
@given(path=alternatives(), payload=payloads)
def test_alternatives_find_what_jmespath_finds(path: str, payload: object) -> None:
    found = compile_path(path)(payload)
    wanted = jmespath.search(path, payload)
    if found is ABSENT:
        assert wanted is None
    else:
        assert found is wanted or repr(found) == repr(wanted)


@pytest.mark.parametrize(
    "path",
    [
        "a[*].b",
        "length(@)",
        "sum(a)",
        "a | b",
        "to_number(a)",
        "type(a) == 'array' && sum(a) || a",
        "a[?b == `1`].a | [0]",
        "[a, b][0]",
        "{a: b}.a",
        "!a && b",
        "a[0:1]",
        "a[].b",
        "a.*.b",
    ],
)
@given(payload=payloads)
def test_a_general_expression_never_raises_and_finds_what_jmespath_finds(
    path: str, payload: object
) -> None:
    assert steps(path) is None
    found = compile_path(path)(payload)
    try:
        wanted = jmespath.search(path, payload)
    except (JMESPathError, TypeError):
        wanted = None
    assert repr(None if found is ABSENT else found) == repr(wanted)


@pytest.mark.parametrize(
    ("path", "payload", "found"),
    [
        ("E.P[0] || E.P", {"E": {}}, ABSENT),
        ("E.P[0] || E.P", {}, ABSENT),
        ("E.P[0] || E.P", {"E": {"P": 0}}, 0),
        ("E.P[0] || E.P", {"E": {"P": [0, 7]}}, 0),
        ("E.P[0] || E.P", {"E": {"P": None}}, None),
        ("a || b", {"a": None}, None),
        ("a || b", {"b": None}, None),
        ("a || b", {"a": False}, None),
        ("(S || @).a", {"S": {"a": 1}}, 1),
        ("(S || @).a", {"a": 1}, 1),
        ("(S || @).a", {"S": {"b": 1}}, ABSENT),
        ("(S || @).a", {"S": {}, "a": 2}, 2),
        ("type(E.P) == 'array' && sum(E.P) || E.P", {"E": {"P": [1, 2]}}, 3),
        ("type(E.P) == 'array' && sum(E.P) || E.P", {"E": {"P": 0}}, 0),
        ("type(E.P) == 'array' && sum(E.P) || E.P", {"E": {}}, ABSENT),
        ("type(E.P) == 'array' && sum(E.P) || E.P", {"E": {"P": None}}, None),
        ("sum(a)", {}, ABSENT),
        ("sum(a)", {"a": ["x"]}, None),
        ("@", 5, 5),
    ],
)
def test_alternatives_and_functions_tell_what_was_not_mentioned(
    path: str, payload: object, found: object
) -> None:
    assert compile_path(path)(payload) == found


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("a.b", ("a", "b")),
        ("@", ()),
        ("a[1]", ("a", 1)),
        ("a[0] || a", ("a", 0)),
        ("type(a) == 'array' && sum(a) || a", ("a",)),
        ("sum(a)", None),
        ("(S || @).a", None),
    ],
)
def test_where_a_value_is_put_for_a_path(path: str, place: tuple[str | int, ...] | None) -> None:
    assert writable_steps(path) == place


def test_what_a_condition_demands() -> None:
    assert demanded("method == 'NotifyStatus' || method == 'Other'") == (
        ("method",),
        "NotifyStatus",
    )
    assert demanded("a.b == `3`") == (("a", "b"), 3)
    assert demanded("a") is None
    assert demanded("a > `3`") is None
    assert demanded("a == b") is None


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
