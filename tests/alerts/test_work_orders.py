"""The steps of a work order: which can be taken when, by whom, and what is late."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import NotAllowedError
from alerts.work_orders import (
    CLOSED,
    Agreed,
    Answer,
    CheckItem,
    Deed,
    OrderState,
    OrderStep,
    Origin,
    WorkOrder,
    answered,
    check_addition,
    late,
    steps_of,
    take_step,
)
from device_configs.quantities import Label

LI, WANG, ZHAO = "person:li", "person:wang", "person:zhao"
TITLE = Label(zh="困人", en="Entrapment")


def order(*items: str, **changed: object) -> WorkOrder:
    made = WorkOrder(
        id=1, origin=Origin.HAND, title=TITLE, site="hall", device="lift-1", alarm=None,
        alarm_class=None, severity=None, plan=None, due_day=None, created_by=LI, created_at=0,
        checklist=tuple(CheckItem(Label(zh=one, en=one)) for one in items),
    )  # fmt: skip
    return replace(made, **changed)  # type: ignore[arg-type]


def do(now: WorkOrder, step: OrderStep, actor: str = WANG, at: int = 10, **more: str) -> WorkOrder:
    return take_step(now, Deed(step, actor, at, **more))  # type: ignore[arg-type]


def refused(now: WorkOrder, step: OrderStep, actor: str = WANG, note: str = "") -> str:
    with pytest.raises(NotAllowedError) as caught:
        do(now, step, actor, note=note)
    return caught.value.key


def test_the_usual_way() -> None:
    now = do(order(), OrderStep.ASSIGN, LI, 1, team="lifts", assignee=WANG)
    assert (now.state, now.team, now.assignee) == (OrderState.ASSIGNED, "lifts", WANG)
    now = do(now, OrderStep.ACCEPT, WANG, 2)
    now = do(now, OrderStep.ARRIVE, WANG, 3)
    now = do(now, OrderStep.FINISH, WANG, 4)
    assert (now.accepted_at, now.arrived_at, now.finished_at) == (2, 3, 4)
    now = do(now, OrderStep.VERIFY, LI, 5)
    assert (now.state, now.closed_by, now.closed_at) == (OrderState.VERIFIED, LI, 5)
    assert now.closed


def test_nobody_verifies_their_own_work_and_no_machine_does() -> None:
    done = order(state=OrderState.DONE, assignee=WANG, finished_by=ZHAO)
    assert refused(done, OrderStep.VERIFY, WANG) == "second_person"
    assert refused(done, OrderStep.VERIFY, ZHAO) == "second_person"
    with pytest.raises(NotAllowedError) as caught:
        take_step(done, Deed(OrderStep.VERIFY, "token:ci", 5, is_person=False))
    assert caught.value.key == "order_person"
    assert OrderStep.VERIFY not in steps_of(done, ZHAO)
    assert OrderStep.VERIFY not in steps_of(done, "token:ci", is_person=False)
    assert OrderStep.VERIFY in steps_of(done, LI)


def test_a_reason_is_asked_for() -> None:
    mine = order(state=OrderState.ACCEPTED, assignee=WANG, accepted_at=3)
    for step in (OrderStep.REJECT, OrderStep.CANCEL):
        assert refused(mine, step, note="  ") == "reason_missing"
    assert refused(order(state=OrderState.DONE), OrderStep.REOPEN) == "reason_missing"
    back = do(mine, OrderStep.REJECT, note="on leave")
    assert (back.state, back.assignee, back.accepted_at) == (OrderState.OPEN, None, None)


def test_a_team_alone_leaves_it_open_and_nobody_at_all_is_no_assignment() -> None:
    now = do(order(), OrderStep.ASSIGN, LI, team="lifts")
    assert (now.state, now.team, now.assignee) == (OrderState.OPEN, "lifts", None)
    assert refused(order(), OrderStep.ASSIGN) == "order_assignee"


def test_whoever_is_there_first_has_it() -> None:
    given_to_wang = order(state=OrderState.ASSIGNED, assignee=WANG)
    now = do(given_to_wang, OrderStep.ARRIVE, ZHAO, 7)
    assert (now.assignee, now.accepted_at, now.arrived_at) == (ZHAO, 7, 7)


def test_the_work_is_done_when_every_item_is_answered() -> None:
    now = order("brake", "doors", state=OrderState.ON_SITE, assignee=WANG)
    assert refused(now, OrderStep.FINISH) == "order_checklist"
    now = answered(now, 0, Answer.DONE, " worn ", WANG, 5)
    now = answered(now, 1, Answer.NOT_APPLICABLE, "", WANG, 6)
    assert [(one.answer, one.remark, one.by) for one in now.checklist] == [
        (Answer.DONE, "worn", WANG), (Answer.NOT_APPLICABLE, "", WANG),
    ]  # fmt: skip
    done = do(now, OrderStep.FINISH, WANG, 8)
    for wrong, at in ((done, 0), (now, 2), (now, -1), (order(state=OrderState.CANCELLED), 0)):
        with pytest.raises(NotAllowedError):
            answered(wrong, at, Answer.DONE, "", WANG, 9)


def test_nothing_is_added_to_a_closed_order() -> None:
    check_addition(order(state=OrderState.DONE))
    for state in CLOSED:
        with pytest.raises(NotAllowedError):
            check_addition(order(state=state))


def test_each_agreed_time_is_late_until_it_happens() -> None:
    now = order(agreed=Agreed(10, 20, 30))
    assert late(now, 9) == ()
    assert late(now, 10) == (OrderStep.ACCEPT,)
    assert late(now, 30) == (OrderStep.ACCEPT, OrderStep.ARRIVE, OrderStep.FINISH)
    there = do(now, OrderStep.ARRIVE, at=15)
    assert late(there, 29) == ()
    assert late(there, 30) == (OrderStep.FINISH,)
    assert late(do(there, OrderStep.CANCEL, note="nobody in it"), 99) == ()
    again = do(do(there, OrderStep.FINISH, at=16), OrderStep.REOPEN, LI, note="stuck again")
    assert late(again, 29) == ()
    assert late(do(again, OrderStep.ASSIGN, assignee=ZHAO), 29) == ()


# ---- against a small reference ----

TABLE = {
    "open": {"assign": "assigned", "team": "open", "accept": "accepted", "arrive": "on_site",
             "cancel": "cancelled"},
    "assigned": {"assign": "assigned", "team": "open", "accept": "accepted", "reject": "open",
                 "arrive": "on_site", "cancel": "cancelled"},
    "accepted": {"assign": "assigned", "team": "open", "reject": "open", "arrive": "on_site",
                 "cancel": "cancelled"},
    "on_site": {"finish": "done", "cancel": "cancelled"},
    "done": {"verify": "verified", "reopen": "assigned"},
    "verified": {"reopen": "assigned"},
    "cancelled": {"reopen": "?"},
}  # fmt: skip
"""State, step, state: written a second time, so that a change of one shows."""
PEOPLE = (LI, WANG, ZHAO)
STEPS = st.tuples(
    st.sampled_from(["team", *OrderStep]), st.sampled_from(PEOPLE), st.sampled_from(PEOPLE),
    st.sampled_from(["", "because"]),
)  # fmt: skip


@given(st.lists(STEPS, max_size=30), st.integers(0, 2))
def test_any_sequence_of_steps_follows_the_table(
    steps: list[tuple[str, str, str, str]], items: int
) -> None:
    now = order(*("item" for _ in range(items)))
    for at, (name, actor, other, note) in enumerate(steps, 1):
        before = now
        step = OrderStep.ASSIGN if name == "team" else OrderStep(name)
        whom = {"team": "lifts"} if name == "team" else {"assignee": other}
        deed = Deed(step, actor, at, note, **(whom if step is OrderStep.ASSIGN else {}))  # type: ignore[arg-type]
        follows = TABLE[before.state].get(name)
        allowed = follows is not None and not (
            (name in {"reject", "reopen", "cancel"} and not note)
            or (name == "finish" and items > 0)
            or (name == "verify" and actor in {before.finished_by, before.assignee})
        )
        try:
            now = take_step(now, deed)
        except NotAllowedError:
            assert not allowed
            assert now is before
            continue
        assert allowed
        if follows == "?":
            follows = "open" if before.assignee is None else "assigned"
        assert now.state == follows
        assert (now.state is OrderState.OPEN) == (now.assignee is None) or now.closed
        assert now.closed == (now.closed_at is not None)
        assert (now.finished_at is not None) == (
            now.state in {OrderState.DONE, OrderState.VERIFIED}
        )
        assert step in steps_of(before, actor)
        if now.state is OrderState.VERIFIED:
            assert now.closed_by != now.finished_by
        if before.arrived_at is not None:
            assert now.arrived_at == before.arrived_at
