"""Shares of a branch: counts add up, and what nobody knows is no share."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from alerts.coverage import PlaceCoverage, Protection
from alerts.coverage_shares import branches

DAY = dt.date(2026, 1, 1)
places = st.builds(
    lambda state, units, proven, never, community, number: PlaceCoverage(
        f"place-{number}", community, "fire", state, (), (), units,
        min(proven, units - min(never, units)), min(never, units),
        DAY if never < units else None,
    ),
    st.sampled_from(list(Protection)), st.integers(1, 9), st.integers(0, 9), st.integers(0, 9),
    st.sampled_from(("north", "south", None)), st.integers(0, 99),
)  # fmt: skip


@given(st.lists(places, max_size=12))
def test_the_branches_add_up_to_the_whole(items: list[PlaceCoverage]) -> None:
    found = branches(items)
    assert sum(one.places for one in found) == len(items)
    assert sum(one.units for one in found) == sum(one.units for one in items)
    for one in found:
        assert (one.proven_share is None) == (one.never_tested == one.units)
        if one.proven_share is not None:
            assert 0 <= one.proven_share <= 1
        assert (one.oldest_proof is None) == (one.proven_share is None)
