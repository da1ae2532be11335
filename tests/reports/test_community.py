"""Rank, trend and overdue orders."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from alerts.work_orders import Agreed, OrderState, Origin, WorkOrder
from reports.community import Trend, overdue, ranks, trend
from tests.reports.estates import label


def order(created: int, agreed: Agreed, **times: int) -> WorkOrder:
    return WorkOrder(
        id=1, origin=Origin.HAND, title=label("w"), site="c1", device=None, alarm=None,
        alarm_class=None, severity=None, plan=None, due_day=None, created_by="li",
        created_at=created, agreed=agreed, state=OrderState.OPEN, team=None, assignee=None,
        accepted_at=times.get("accepted"), arrived_at=times.get("arrived"),
        finished_at=times.get("finished"), finished_by=None, closed_at=times.get("closed"),
        closed_by=None, checklist=(), parts=(), photos=(), late=(),
    )  # fmt: skip


@given(st.dictionaries(st.text(max_size=3), st.none() | st.fractions(0, 100), max_size=8))
def test_a_rank_is_one_more_than_those_with_less(values: dict[str, Fraction | None]) -> None:
    found = ranks(values)
    assert found.keys() == {name for name, value in values.items() if value is not None}
    in_order = sorted(value for value in values.values() if value is not None)
    assert all(in_order.index(value) + 1 == found[n] for n, value in values.items() if n in found
               and value is not None)  # fmt: skip


def test_a_trend_is_a_change_of_more_than_five_per_cent() -> None:
    assert trend(None) is None
    assert trend(Fraction(1, 20)) is trend(Fraction(-1, 20)) is Trend.STEADY
    assert trend(Fraction(6, 100)) is Trend.RISING
    assert trend(Fraction(-6, 100)) is Trend.FALLING


def test_an_order_is_overdue_as_it_was_at_that_moment() -> None:
    agreed = Agreed(10, 20, 30)
    assert overdue([order(0, agreed)], 10) == 0
    assert overdue([order(0, agreed)], 11) == 1
    assert overdue([order(0, agreed, accepted=5)], 15) == 0
    assert overdue([order(0, agreed, arrived=8)], 25) == 0
    assert overdue([order(0, agreed, accepted=5, arrived=15)], 31) == 1
    # What happened after the moment does not count yet.
    assert overdue([order(0, agreed, accepted=5, arrived=15, finished=40)], 31) == 1
    assert overdue([order(0, agreed, accepted=5, arrived=15, finished=29)], 31) == 0
    assert overdue([order(0, agreed, closed=9)], 31) == 0
    assert overdue([order(0, agreed, closed=50)], 31) == 1
    assert overdue([order(40, agreed)], 31) == 0
    assert overdue([order(0, Agreed(None, None, None))], 1_000) == 0
