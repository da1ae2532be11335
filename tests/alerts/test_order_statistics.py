"""Workload and times of work orders."""

from dataclasses import replace

from alerts.order_statistics import Kept, Took, statistics, was_late
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


def test_agreed_times_are_kept_or_not_only_when_they_are_over() -> None:
    agreed = order(team="lifts", agreed=Agreed(accept=10, arrive=20, finish=30))
    orders = [
        replace(agreed, id=1, accepted_at=5, arrived_at=15, finished_at=35),
        replace(agreed, id=2, accepted_at=12, arrived_at=15),
        replace(agreed, id=3),
        order(id=4, team="lifts"),
        replace(agreed, id=5, state=OrderState.CANCELLED, closed_at=9),
    ]
    load = statistics(orders, (), 25).teams["lifts"]
    assert load.kept_accept == Kept(3, 1)
    assert load.kept_arrive == Kept(3, 2), "the third had not arrived at 25, agreed was 20"
    assert load.kept_finish == Kept(1, 0), "30 is not over, but what was done at 35 was late"


def test_to_verify_is_from_done_to_verified_and_of_no_cancelled_order() -> None:
    done = order(id=1, finished_at=40_000, state=OrderState.VERIFIED, closed_at=90_000)
    gone = order(id=2, finished_at=40_000, state=OrderState.CANCELLED, closed_at=50_000)
    assert statistics([done, gone], (), 0).total.to_verify == Took(1, 50.0, 50.0, 50.0)


def test_late_is_what_was_not_there_in_time_whatever_happened_since() -> None:
    agreed = order(agreed=Agreed(accept=10, arrive=20))
    assert not was_late(agreed, 10)
    assert was_late(agreed, 11)
    assert was_late(replace(agreed, accepted_at=11), 15)
    assert not was_late(replace(agreed, arrived_at=9), 500)
    cancelled = replace(agreed, state=OrderState.CANCELLED, closed_at=8)
    assert not was_late(cancelled, 500)
