"""Work orders in SQL: a deed and its event stand together, and any row follows from its events."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import order_evidence
from alerts.errors import (
    AlarmNotFoundError,
    AlertsError,
    NotAllowedError,
    WorkOrderNotFoundError,
)
from alerts.lives import lives
from alerts.order_book import MAX_PHOTOS, WorkOrderBook
from alerts.order_plans import AlarmEntry, WorkPlans
from alerts.order_rows import OrderFilter, Wanted
from alerts.work_orders import (
    EVENT_OF,
    Agreed,
    Answer,
    Deed,
    OrderEvent,
    OrderState,
    OrderStep,
    Origin,
    Part,
    Photo,
    WorkOrder,
    answered,
    late,
    take_step,
)
from device_configs.quantities import Label
from records.engine import reading
from tests.alerts.desk import START, Desk, memory_engine

TITLE = Label(zh="检查", en="Look")
LI, WANG, ZHAO = "person:li", "person:wang", "person:zhao"


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    engine = memory_engine()
    yield engine
    engine.dispose()


def wanted(**more: object) -> Wanted:
    return replace(Wanted(Origin.HAND, TITLE, "hall", LI), **more)  # type: ignore[arg-type]


def photo(number: int = 0) -> Photo:
    return Photo(f"{number:064x}", "image/png", 10, 1, 1, WANG, 5)


def test_a_deed_leaves_its_event(engine: sa.Engine) -> None:
    book = WorkOrderBook(engine)
    order = book.make(wanted(checklist=(TITLE,), note="by phone", assignee=WANG), 1)
    assert order.state is OrderState.ASSIGNED
    number = order.id
    book.step(number, Deed(OrderStep.ACCEPT, WANG, 2))
    book.step(number, Deed(OrderStep.ARRIVE, WANG, 3))
    book.check(number, 0, Answer.DONE, "tight", WANG, 4)
    book.use_part(number, Part("fuse", 2), WANG, 5)
    book.add_photo(number, photo())
    assert book.add_photo(number, photo()).photos == (photo(),)
    book.note(number, " all well ", WANG, 6)
    book.step(number, Deed(OrderStep.FINISH, WANG, 7))
    book.step(number, Deed(OrderStep.VERIFY, LI, 8, "looked"))
    found = book.events(number)
    assert [(one.event.value, one.at, one.actor) for one in found] == [
        ("created", 1, LI), ("accepted", 2, WANG), ("arrived", 3, WANG), ("checked", 4, WANG),
        ("part_used", 5, WANG), ("photo_added", 5, WANG), ("noted", 6, WANG),
        ("finished", 7, WANG), ("verified", 8, LI),
    ]  # fmt: skip
    assert [one.note for one in found if one.note] == ["by phone", "tight", "all well", "looked"]
    assert found[3].detail == {"item": 0, "answer": "done"}
    now = book.get(number)
    assert (now.state, now.parts) == (OrderState.VERIFIED, (Part("fuse", 2),))
    with pytest.raises(NotAllowedError):
        book.note(number, "too late", WANG, 9)
    assert len(book.events(number)) == len(found)


def test_what_is_refused_leaves_nothing(engine: sa.Engine) -> None:
    book = WorkOrderBook(engine)
    order = book.make(wanted(), 1)

    def fails(connection: sa.Connection, now: WorkOrder) -> None:
        raise RuntimeError("the audit row cannot be written")

    with pytest.raises(RuntimeError):
        book.step(order.id, Deed(OrderStep.ACCEPT, WANG, 2), fails)
    with pytest.raises(NotAllowedError):
        book.step(order.id, Deed(OrderStep.FINISH, WANG, 2))
    with pytest.raises(WorkOrderNotFoundError):
        book.step(99, Deed(OrderStep.ACCEPT, WANG, 2))
    assert book.get(order.id) == order
    assert len(book.events(order.id)) == 1


def test_orders_are_listed_newest_first_by_what_is_asked(engine: sa.Engine) -> None:
    book = WorkOrderBook(engine)
    first = book.make(wanted(team="lifts", device="lift-1"), 1)
    second = book.make(wanted(site="gate", device="panel-1/p002", assignee=WANG), 2)
    third = book.make(wanted(agreed=Agreed(accept=10)), 3)
    book.step(first.id, Deed(OrderStep.CANCEL, LI, 4, "by mistake"))

    def ids(now: int = 5, limit: int = 100, after: int | None = None, **asked: object) -> list[int]:
        chosen = OrderFilter(**asked)  # type: ignore[arg-type]
        return [one.id for one in book.listed(chosen, now, limit, after)]

    everything = tuple(OrderState)
    assert ids() == [third.id, second.id]
    assert ids(states=everything) == [third.id, second.id, first.id]
    assert ids(states=everything, limit=2) == [third.id, second.id]
    assert ids(states=everything, after=second.id) == [first.id]
    assert ids(states=everything, team="lifts") == [first.id]
    assert ids(sites={"gate"}) == [second.id]
    assert ids(sites=set()) == []
    assert ids(device="panel-1") == [second.id]
    assert ids(device="panel") == []
    assert ids(assignee=WANG) == [second.id]
    assert ids(9, overdue=True) == []
    assert ids(10, overdue=True) == [third.id]


def test_an_order_of_an_alarm_has_its_agreed_times_and_its_arrival_counts() -> None:
    desk = Desk()
    try:
        desk.say("lift-1", 10, {"entrapment": True})
        desk.say("rcm-1", 20, {"alarm": True})
        entry = AlarmEntry.model_validate({"on": {"class": "entrapment"}, "team": "lifts"})
        book = WorkOrderBook(desk.engine, lambda: WorkPlans((entry,)))
        trapped = desk.alarm("elevator_entrapment", "lift-1")
        current = desk.alarm("electrical_fire_alarm", "rcm-1")
        assert trapped is not None
        assert current is not None
        order = book.make_for_alarm(trapped.id, LI, START + 60_000, note="called the firm")
        assert (order.origin, order.team, order.device) == (Origin.ALARM, "lifts", "lift-1")
        # The clock of life safety starts with the alarm, that of all others with the order.
        assert order.agreed.arrive == START + 10_000 + 30 * 60_000
        assert order.title == trapped.title
        other = book.make_for_alarm(current.id, LI, START + 60_000, title=TITLE, assignee=WANG)
        assert other.agreed.accept == START + 60_000 + 10 * 60_000
        assert (other.title, other.state) == (TITLE, OrderState.ASSIGNED)
        with pytest.raises(NotAllowedError) as caught:
            book.make_for_alarm(trapped.id, LI, START + 61_000)
        assert caught.value.key == "order_exists"
        with pytest.raises(AlarmNotFoundError):
            book.make_for_alarm(999, LI, START)
        assert book.alarms_of(order.id) == (trapped.id,)
        book.step(order.id, Deed(OrderStep.ARRIVE, WANG, START + 900_000))
        with reading(desk.engine) as connection:
            early = lives(connection, START, START + 900_000)
            found = lives(connection, START, START + 10**7)
        assert {one.life.arrived_at for one in early} == {None}
        arrived = {one.life.key[0]: one.life.arrived_at for one in found}
        assert arrived["elevator_entrapment"] == START + 900_000
        assert arrived["electrical_fire_alarm"] is None
        # A cleared alarm closes no order.
        desk.say("lift-1", 1000, {"entrapment": False})
        desk.tick(1100)
        desk.ack("elevator_entrapment", "lift-1", 1101)
        desk.reset("elevator_entrapment", "lift-1", 1102)
        assert book.get(order.id).state is OrderState.ON_SITE
    finally:
        desk.close()


def test_photos_have_a_limit(engine: sa.Engine) -> None:
    book = WorkOrderBook(engine)
    order = book.make(wanted(), 1)
    for number in range(MAX_PHOTOS):
        book.add_photo(order.id, photo(number))
    with pytest.raises(NotAllowedError) as caught:
        book.add_photo(order.id, photo(MAX_PHOTOS))
    assert caught.value.key == "order_photos"


def test_a_database_that_fails_is_said() -> None:
    engine = sa.create_engine("sqlite://")
    book = WorkOrderBook(engine)
    with pytest.raises(AlertsError, match="cannot be read"):
        book.get(1)
    with pytest.raises(AlertsError, match="cannot be written"):
        book.make(wanted(), 1)
    engine.dispose()


DEEDS = st.tuples(
    st.sampled_from([*OrderStep, "check", "part", "note"]), st.sampled_from([LI, WANG, ZHAO]),
    st.sampled_from([LI, WANG, ZHAO]), st.sampled_from(["", "because"]),
    st.sampled_from(list(Answer)), st.integers(1, 40),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(DEEDS, max_size=25))
def test_the_row_of_an_order_follows_from_its_events(
    deeds: list[tuple[str, str, str, str, Answer, int]],
) -> None:
    engine = memory_engine()
    book = WorkOrderBook(engine)
    made = book.make(wanted(checklist=(TITLE, TITLE), agreed=Agreed(10, 100, 200)), 1)
    at = 1
    for name, actor, other, note, answer, rest in deeds:
        at += rest
        try:
            if name == "check":
                book.check(made.id, rest % 2, answer, note, actor, at)
            elif name == "part":
                book.use_part(made.id, Part("fuse", rest), actor, at)
            elif name == "note":
                book.note(made.id, "a note", actor, at)
            else:
                book.step(made.id, Deed(OrderStep(name), actor, at, note, None, other))
        except NotAllowedError:
            continue
    told = made
    steps = {event: step for step, event in EVENT_OF.items()}
    for one in book.events(made.id)[1:]:
        if one.event is OrderEvent.CHECKED:
            told = answered(
                told, int(str(one.detail["item"])), Answer(str(one.detail["answer"])),
                one.note or "", one.actor, one.at,
            )  # fmt: skip
        elif one.event is OrderEvent.PART_USED:
            told = replace(told, parts=(*told.parts, Part(**one.detail)))  # type: ignore[arg-type]
        elif one.event in steps:
            assigned = one.detail.get("assignee")
            whom = None if assigned is None else str(assigned)
            deed = Deed(steps[one.event], one.actor, one.at, one.note or "", None, whom)
            told = take_step(told, deed)
    assert told == book.get(made.id)
    for now in (at, at + 100, at + 1000):
        overdue = bool(book.listed(OrderFilter(overdue=True), now))
        assert overdue == bool(late(told, now))
    with reading(engine) as connection:
        assert order_evidence.verify(connection).whole
    engine.dispose()
