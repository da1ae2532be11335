"""Workload and times of work orders."""

from dataclasses import replace

from alerts.order_statistics import Took, statistics, was_late
from alerts.work_orders import Agreed, OrderState
from tests.alerts.test_work_orders import order

WANG, ZHAO = "person:wang", "person:zhao"


def test_each_order_counts_for_its_team_and_for_who_did_it() -> None:
    done = order(
        id=1, team="lifts", assignee=WANG, state=OrderState.DONE, accepted_at=1_000,
        arrived_at=10_000, finished_at=40_000, finished_by=ZHAO,
    )  # fmt: skip
    verified = replace(done, id=2, state=OrderState.VERIFIED, closed_at=90_000, arrived_at=20_000)
    waiting = order(id=3)
    gone = replace(waiting, id=4, state=OrderState.CANCELLED, closed_at=5_000)
    found = statistics([done, verified, waiting, gone], {2}, 100_000)
    total = found.total
    assert (total.orders, total.open, total.done) == (4, 1, 1)
    assert (total.verified, total.cancelled, total.reopened) == (1, 1, 1)
    assert total.to_arrive == Took(2, 15.0, 15.0, 20.0)
    assert total.on_site == Took(2, 25.0, 25.0, 30.0)
    assert set(found.teams) == {"lifts", None}
    assert {who: load.orders for who, load in found.people.items()} == {ZHAO: 2, None: 2}
    assert found.teams[None].to_accept == Took(0, None, None, None)


def test_late_is_what_was_not_there_in_time_whatever_happened_since() -> None:
    agreed = order(agreed=Agreed(accept=10, arrive=20))
    assert not was_late(agreed, 10)
    assert was_late(agreed, 11)
    assert was_late(replace(agreed, accepted_at=11), 15)
    assert not was_late(replace(agreed, arrived_at=9), 500)
    cancelled = replace(agreed, state=OrderState.CANCELLED, closed_at=8)
    assert not was_late(cancelled, 500)
