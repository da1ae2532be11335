"""Sums of flows: the parts of a day and of an hour are the whole."""

from hypothesis import given, settings
from hypothesis import strategies as st

from reports.energy_flows import Flows, SiteFlows, flows_of_step, together
from reports.flow_sums import by_cut, by_hour_of_day
from reports.periods import Step, parse_period, steps_of
from tests.reports.ledgers import SHANGHAI

COUNTS = st.integers(0, 10**9)
PERIOD = parse_period("2026-11-23..2026-11-24", SHANGHAI)
STARTS = st.integers(0, 191).map(lambda n: PERIOD.span.start + n * 900_000)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(STARTS, st.builds(flows_of_step, COUNTS, COUNTS, COUNTS, COUNTS)))
def test_days_and_hours_of_the_day_add_up_to_the_whole(each: dict[int, Flows]) -> None:
    whole = sum(each.values(), Flows())
    assert together(each.values()) == whole
    sites = [SiteFlows(name, 900_000, each, 192, ()) for name in ("c1", "c2")]
    assert together(by_cut(sites, steps_of(PERIOD, Step.DAY))) == whole + whole
    hours = by_hour_of_day(sites, SHANGHAI)
    assert list(hours) == list(range(24))
    assert together(hours.values()) == whole + whole
