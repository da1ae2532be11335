"""Power now: a sum is known only while everything in it is, and nothing is counted as 0."""

from hypothesis import given
from hypothesis import strategies as st

from analysis.power_now import BalanceTerms, PowerTerms, power_now, total

_values = st.lists(st.none() | st.floats(-1e9, 1e9), max_size=20)


def test_consumption_is_grid_plus_pv() -> None:
    terms = PowerTerms((BalanceTerms(("g",), ("p1", "p2")),), ("g",), ("p1", "p2"), ("c",))
    now = power_now(terms, {"g": -300.0, "p1": 500.0, "p2": 0.0, "c": 7.0}.get)
    assert (now.power.whole, now.grid.whole, now.pv.whole, now.charging.whole) == (
        200,
        -300,
        500,
        7,
    )


def test_a_balance_that_lacks_a_meter_is_unknown_as_a_whole() -> None:
    terms = PowerTerms((BalanceTerms(("g",), ("p",)), BalanceTerms(("h",))), ("g", "h"), ("p",))
    now = power_now(terms, {"g": 100.0, "h": 5.0}.get)
    assert (now.power.whole, now.power.known, now.power.unknown) == (None, 5.0, 1)
    assert (now.grid.whole, now.pv.whole, now.pv.known) == (105.0, None, None)


def test_a_site_without_meters_has_no_figure() -> None:
    now = power_now(PowerTerms(), dict[str, float]().get)
    for figure in (now.power, now.grid, now.pv, now.charging):
        assert (figure.whole, figure.sources, figure.unknown) == (None, 0, 0)


@given(_values)
def test_nothing_unknown_is_ever_in_a_whole(values: list[float | None]) -> None:
    found = total(values)
    assert found.sources == len(values)
    assert found.unknown == values.count(None)
    if None in values or not values:
        assert found.whole is None
    else:
        assert found.whole == found.known
    assert (found.known is None) == (found.sources == found.unknown)


@given(_values, st.integers(0, 20))
def test_an_unknown_term_never_changes_what_is_known(
    values: list[float | None], place: int
) -> None:
    more = [*values[:place], None, *values[place:]]
    assert total(more).known == total(values).known
    assert total(more).whole is None
