from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.simulator.curve import Flow, Source
from collectors.simulator.noise import Floats, smooth
from collectors.simulator.span import STEP_MS, Span, start_of

DAY_MS = 86_400_000
# Away from midnight of the first day on, over three days.
moments = st.integers(start_of(0), start_of(3) - 1)
change = st.tuples(moments, st.floats(0, 2), st.floats(-500, 500))


def wavy(name: int) -> Source:
    def shape(span: Span) -> Floats:
        return 1000.0 * smooth(name, span.index, 2)

    return Source(shape)


def integral(flow: Flow, begin: int, end: int) -> float:
    """By trapezia over every corner of the curve: exact for straight lines [unit]."""
    corners = {change.at_ms for source, _ in flow.terms for change in source.changes}
    grid = range(-(-begin // STEP_MS) * STEP_MS, end, STEP_MS)
    inner = sorted({begin, end, *grid, *(c for c in corners if begin < c < end)})
    total = 0.0
    for first, last in pairwise(inner):
        # A change makes a step: the line up to it is the one that holds just before.
        before = flow.rate(last - 1) if last in corners and last - 1 > first else flow.rate(last)
        total += (flow.rate(first) + before) / 2 * (last - first) / 3_600_000
    return total


@settings(max_examples=60, deadline=None)
@given(begin=moments, length=st.integers(0, DAY_MS))
def test_the_counters_integrate_the_rate(begin: int, length: int) -> None:
    flow = Flow([(wavy(1), 1.0), (wavy(2), -0.5)])
    end = begin + length
    ahead = flow.total(end) - flow.total(begin)
    back = flow.backward_total(end) - flow.backward_total(begin)

    assert ahead >= 0
    assert back >= 0
    assert ahead - back == pytest.approx(integral(flow, begin, end), rel=1e-9, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(changes=st.lists(change, max_size=4), at=st.lists(moments, min_size=2, max_size=8))
def test_the_counters_integrate_the_rate_through_changes(
    changes: list[tuple[int, float, float]], at: list[int]
) -> None:
    source, other = wavy(3), wavy(4)
    flow = Flow([(source, 1.0), (other, -1.0)])
    for moment, scale, offset in sorted(changes):
        source.change(moment, scale, offset)
    shown = [(flow.total(moment), flow.backward_total(moment)) for moment in sorted(at)]

    for (ahead, back), (more, further) in pairwise(shown):
        assert more >= ahead
        assert further >= back
    gained = shown[-1][0] - shown[0][0] - (shown[-1][1] - shown[0][1])
    assert gained == pytest.approx(integral(flow, min(at), max(at)), rel=1e-6, abs=1.0)


@settings(max_examples=40, deadline=None)
@given(at=st.lists(moments, min_size=2, max_size=30))
def test_the_counters_never_step_back(at: list[int]) -> None:
    flow = Flow([(wavy(5), 1.0)])
    totals = [flow.total(moment) for moment in sorted(at)]

    assert totals == sorted(totals)


def test_reading_out_of_order_gives_the_same() -> None:
    forwards, backwards = Flow([(wavy(6), 1.0)]), Flow([(wavy(6), 1.0)])
    at = [start_of(day) + 7_654_321 for day in (0, 1, 2, 40, 90)]

    assert [forwards.total(moment) for moment in at] == [
        backwards.total(moment) for moment in reversed(at)
    ][::-1]


def test_an_earlier_reading_after_a_change_is_not_lost() -> None:
    source = wavy(7)
    flow = Flow([(source, 1.0)])
    source.change(start_of(1), scale=0.0, offset=100.0)
    early = flow.total(start_of(1) + 3_600_000)
    late = flow.total(start_of(1) + 7_200_000)

    assert flow.total(start_of(1) + 3_600_000) == early
    assert late - early == pytest.approx(100.0)


def test_a_change_may_be_taken_back() -> None:
    source = wavy(8)
    flow, quiet = Flow([(source, 1.0)]), Flow([(wavy(8), 1.0)])
    source.change(start_of(1), scale=0.0)
    source.change(start_of(1) + 3_600_000)
    lost = quiet.total(start_of(1) + 3_600_000) - quiet.total(start_of(1))

    assert flow.rate(start_of(2)) == quiet.rate(start_of(2))
    assert flow.total(start_of(2)) == pytest.approx(quiet.total(start_of(2)) - lost)


def test_the_series_is_what_single_readings_give() -> None:
    flow = Flow([(wavy(9), 2.0)])
    at = np.arange(start_of(5), start_of(6), 700_000, dtype=np.int64)
    rates, ahead, back = flow.series(5, at)

    assert rates.tolist() == pytest.approx([flow.rate(moment) for moment in at.tolist()])
    assert ahead.tolist() == pytest.approx([flow.total(moment) for moment in at.tolist()])
    assert back.tolist() == pytest.approx([flow.backward_total(moment) for moment in at.tolist()])
