"""Orders that make themselves of alarms, and alarms of what is overdue."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from alerts import order_desk, order_rows
from alerts.alarm import Hold
from alerts.order_book import WorkOrderBook
from alerts.order_desk import OrderDesk
from alerts.order_plans import OVERDUE, AlarmEntry, WorkPlans
from alerts.order_rows import OrderFilter, Wanted
from alerts.work_orders import Agreed, Deed, OrderState, OrderStep, Origin, WorkOrder
from device_configs.quantities import Label
from records import audit
from records.engine import reading, transaction
from tests.alerts.desk import START, Desk

FIRE = AlarmEntry.model_validate(
    {"on": {"class": "fire"}, "team": "guards", "checklist": ["look"], "within": {"arrive": "5min"}}
)
ANY = AlarmEntry.model_validate({"on": {}})


class Town:
    """A desk of alarms and one of orders, on the same clock."""

    def __init__(self, *entries: AlarmEntry) -> None:
        self.desk = Desk()
        self.entries = entries
        self.told: list[str] = []
        self.restart()
        self.look()

    def restart(self) -> None:
        self.orders = OrderDesk(
            self.desk.engine, now_ms=self.desk.now_ms, plans=lambda: WorkPlans(self.entries),
            routes=lambda: self.desk.routes, rules=lambda: self.desk.rules,
            estate=lambda: self.desk.estate,
        )  # fmt: skip

    def look(self, at_s: float | None = None) -> None:
        if at_s is not None:
            self.desk.now_s = at_s
        self.told += [one.transition.value for one in self.orders.look()]

    def all(self) -> list[WorkOrder]:
        chosen = OrderFilter(states=tuple(OrderState))
        with reading(self.desk.engine) as connection:
            return list(reversed(order_rows.listed(connection, chosen, 0, 1000, None)))

    def events(self, order: int) -> list[str]:
        return [one.event.value for one in WorkOrderBook(self.desk.engine).events(order)]


@pytest.fixture
def town() -> Iterator[Town]:
    found = Town(FIRE)
    yield found
    found.desk.close()


def test_an_alarm_makes_one_order_whatever_restarts(town: Town) -> None:
    town.desk.say("smoke-1", 1, {"smoke": True})
    town.desk.say("rcm-1", 2, {"alarm": True})
    town.look()
    town.restart()
    town.look()
    (made,) = town.all()
    assert (made.origin, made.device, made.team) == (Origin.ALARM, "smoke-1", "guards")
    assert made.created_by == "system"
    # The clock of life safety runs since the alarm.
    assert made.agreed == Agreed(arrive=START + 1_000 + 300_000)
    with reading(town.desk.engine) as connection:
        (row,) = audit.entries(connection, 10, action="work_order")
    assert (row.action, row.subject) == ("work_order.created", str(made.id))


def test_the_same_again_is_seen_to_by_the_order_that_is_open(town: Town) -> None:
    desk, book = town.desk, WorkOrderBook(town.desk.engine)
    desk.say("smoke-1", 1, {"smoke": True})
    town.look()
    (made,) = town.all()
    desk.say("smoke-1", 5, {"smoke": False})
    desk.tick(100)
    desk.ack("smoke_detector_fire", "smoke-1", 101)
    desk.reset("smoke_detector_fire", "smoke-1", 102)
    desk.say("smoke-1", 200, {"smoke": True})
    town.look()
    assert [one.id for one in town.all()] == [made.id]
    assert town.events(made.id) == ["created", "alarm_again"]
    assert len(book.alarms_of(made.id)) == 2
    book.step(made.id, Deed(OrderStep.CANCEL, "person:li", desk.now_ms(), "false alarm"))
    desk.say("smoke-1", 300, {"smoke": False})
    desk.say("smoke-1", 400, {"smoke": True})
    town.look()
    assert len(town.all()) == 2


def test_nothing_is_made_of_the_past_of_tests_or_of_what_is_held(town: Town) -> None:
    early = Town(FIRE)
    early.desk.close()
    desk = Desk()
    desk.say("smoke-1", 1, {"smoke": True})
    late_comer = Town.__new__(Town)
    late_comer.desk, late_comer.entries, late_comer.told = desk, (FIRE,), []
    late_comer.restart()
    late_comer.look()
    assert late_comer.all() == []
    desk.close()
    town.desk.say("panel-1", 1, {"test": True})
    town.desk.say("panel-1/p001", 2, {"smoke": True})
    town.look()
    assert town.all() == []
    town.entries = (ANY,)
    town.desk.say("leak-1", 3, {"water_leak": True})
    leak = town.desk.alarm("water_leak", "leak-1")
    assert leak is not None
    town.desk.repository.holds.shelve(leak.id, "li", "plumber comes", START + 3_000)
    town.look()
    assert [one.device for one in town.all()] == []
    town.desk.repository.holds.unshelve(leak.id, "li", "he did not", START + 9_000)
    town.look()
    assert [one.device for one in town.all()] == ["leak-1"]
    assert Hold.SHELVED not in (town.desk.alarm("water_leak", "leak-1") or leak).held


def test_an_order_dies_with_its_transaction(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    town.desk.say("smoke-1", 1, {"smoke": True})

    def dies(_connection: sa.Connection, _event: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(order_desk, "_move", dies)
    with pytest.raises(KeyboardInterrupt):
        town.look()
    assert town.all() == []
    monkeypatch.undo()
    town.look()
    assert len(town.all()) == 1


def test_many_alarms_are_seen_to_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_desk, "_EVENTS", 3)
    fault = AlarmEntry.model_validate({"on": {"rule": "detector_fault"}})
    town = Town(fault)
    for number in range(1, 31):
        town.desk.say(f"panel-1/p{number:03d}", number, {"fault": True})
        town.desk.tick(number + 20)
    town.look()
    numbers = [one.device for one in town.all()]
    assert len(numbers) == len(set(numbers)) > 20
    town.desk.close()


def test_a_building_on_fire_is_one_order(town: Town) -> None:
    for number in (1, 3, 4, 5):
        town.desk.say(f"panel-1/p{number:03d}", number, {"smoke": True})
        town.look()
    (made,) = town.all()
    fires = [one.id for one in town.desk.repository.open_alarms() if one.alarm_class == "fire"]
    assert len(fires) >= 4
    assert town.events(made.id) == ["created", *["alarm_again"] * (len(fires) - 1)]
    assert list(WorkOrderBook(town.desk.engine).alarms_of(made.id)) == sorted(fires)


def test_each_agreed_time_that_passes_is_an_alarm_until_it_happens(town: Town) -> None:
    town.entries = (ANY,)
    book = WorkOrderBook(town.desk.engine)
    made = book.make(
        Wanted(Origin.HAND, Label(zh="换灯", en="Lamp"), "hall", "person:li", team="lights",
               agreed=Agreed(START + 10_000, START + 20_000, START + 30_000)),
        START,
    )  # fmt: skip
    town.look(9)
    assert town.told == []
    town.look(10)
    town.look(11)
    assert town.told == ["raised"]
    (alarm,) = town.desk.repository.open_alarms()
    assert (alarm.rule, alarm.place, alarm.kind) == (OVERDUE, "hall", "service")
    assert alarm.point == f"order_{made.id}_accept"
    assert alarm.value == f"{made.id} accept: 换灯 / Lamp, lights"
    assert [step.id for step in alarm.path] == ["centre", "hall"]
    town.look(30)
    assert len(town.desk.repository.open_alarms()) == 3
    town.restart()
    town.look(31)
    assert len(town.all()) == 1, "an overdue order makes no order"
    book.step(made.id, Deed(OrderStep.ARRIVE, "person:wang", START + 32_000))
    town.look(33)
    active = [one.point for one in town.desk.repository.open_alarms() if one.active]
    assert active == [f"order_{made.id}_finish"]
    book.step(made.id, Deed(OrderStep.CANCEL, "person:wang", START + 34_000, "no lamp"))
    town.look(35)
    assert [one for one in town.desk.repository.open_alarms() if one.active] == []
    assert book.get(made.id).late == ()


def test_a_rule_that_is_switched_off_raises_nothing_and_once_on_it_does(town: Town) -> None:
    book = WorkOrderBook(town.desk.engine)
    title = Label(zh="换灯", en="Lamp")
    book.make(Wanted(Origin.HAND, title, "hall", "li", agreed=Agreed(START)), START)
    rules = town.desk.rules
    town.desk.rules = replace(
        rules, rules={name: rules.rules[name] for name in rules.rules if name != OVERDUE}
    )
    town.look(5)
    assert town.told == []
    town.desk.rules = rules
    town.look(6)
    assert town.told == ["raised"]


async def test_a_database_that_fails_is_a_reason_and_no_end(town: Town) -> None:
    with transaction(town.desk.engine) as connection:
        connection.execute(sa.text("DROP TABLE work_order_cursor"))
    with pytest.raises(sa.exc.SQLAlchemyError):
        town.orders.look()
