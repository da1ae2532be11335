from hypothesis import given
from hypothesis import strategies as st

from alerts.layers import Choice, Layer, choices, folded

KINDS = frozenset({"meter"})


def layer(value: int | None = None, **where: frozenset[str]) -> Layer:
    data = {"severity": value} if value is not None else {}
    return Layer(data, {key: f"f:{value}" for key in data}, **where)


def test_a_later_condition_replaces_the_earlier_one_whole() -> None:
    data, origin = folded([
        Layer({"threshold": 1, "kinds": ["a"], "except_kinds": ["b"]}, {"threshold": "f:1"}),
        Layer({"state": True, "kinds": ["c"]}, {"state": "f:2"}),
    ])  # fmt: skip
    assert data == {"state": True, "kinds": ["c"]}
    assert origin == {"state": "f:2"}


def test_points_split_a_rule() -> None:
    both, second = frozenset({"p1", "p2"}), frozenset({"p2"})
    layers = [layer(0), layer(1, points=both), layer(2, points=second),
              layer(3, devices=frozenset({"d"}))]  # fmt: skip
    found = choices(layers, KINDS, "meter", "d", frozenset())
    assert set(found) == {
        Choice((0, 1, 3), frozenset({"p1"})),
        Choice((0, 1, 2, 3), frozenset({"p2"})),
        Choice((0, 3), frozenset(), frozenset({"p1", "p2"})),
    }


def test_a_rule_made_for_some_devices_stays_with_them() -> None:
    layers = [layer(0, devices=frozenset({"a"})), layer(1), layer(2, sites=frozenset({"east"}))]
    assert choices(layers, KINDS, "meter", "a", frozenset()) == (Choice((0, 1)),)
    assert choices(layers, KINDS, "meter", "a/p1", frozenset()) == (Choice((0, 1)),)
    assert choices(layers, KINDS, "meter", "b", frozenset()) == ()
    assert choices(layers, KINDS, "meter", "b", frozenset({"east"})) == (Choice((1, 2)),)


def test_a_kind_that_an_entry_names_gets_the_rule() -> None:
    layers = [layer(0), layer(1, kinds=frozenset({"tank"}))]
    assert choices(layers, KINDS, "tank", "x", frozenset()) == (Choice((0, 1)),)
    assert choices(layers, KINDS, "meter", "x", frozenset()) == (Choice((0,)),)
    assert choices(layers, KINDS, "lift", "x", frozenset()) == ()


names = st.frozensets(st.sampled_from(["d1", "d2", "d3"]), max_size=2)
sites = st.frozensets(st.sampled_from(["s1", "s2"]), max_size=1)
points = st.frozensets(st.sampled_from(["p1", "p2"]), max_size=2)


@given(
    st.lists(st.tuples(names, sites, points), max_size=6),
    st.sampled_from(["d1", "d2", "d3"]), sites, st.sampled_from(["p1", "p2", "p3"]),
)  # fmt: skip
def test_every_point_has_one_version_and_the_last_entry_that_applies_wins(
    where: list[tuple[frozenset[str], frozenset[str], frozenset[str]]],
    device: str, inside: frozenset[str], point: str,
) -> None:  # fmt: skip
    layers = [layer(0), *(layer(n, devices=d, sites=s, points=p)
                          for n, (d, s, p) in enumerate(where, 1))]  # fmt: skip
    found = [
        one for one in choices(layers, KINDS, "meter", device, inside)
        if point not in one.except_points and (not one.points or point in one.points)
    ]  # fmt: skip
    assert len(found) == 1
    expected = 0
    for n, (d, s, p) in enumerate(where, 1):
        there = not (d or s) or device in d or bool(s & inside)
        if there and (not p or point in p):
            expected = n
    assert folded([layers[i] for i in found[0].layers])[0]["severity"] == expected
