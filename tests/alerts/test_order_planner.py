"""Orders of plans: each device and due day once, over years, restarts and changed folders."""

import datetime as dt
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import order_evidence, order_planner, order_rows
from alerts.order_planner import OrderPlanner
from alerts.order_plans import PlanEntry, WorkPlans
from alerts.order_rows import OrderFilter
from alerts.work_orders import Origin, WorkOrder
from records.engine import reading
from tests.alerts.desk import memory_engine
from tests.alerts.estates import device, make_estate

ZONE = ZoneInfo("Asia/Shanghai")
FIRST = dt.date(2026, 12, 1)


def plan(every: str = "15d", lead: str | None = "3d", **more: object) -> PlanEntry:
    entry: dict[str, object] = {
        "plan": "lifts", "kinds": ["elevator"], "every": every, "lead": lead, "team": "lift-team",
        "title": {"zh": "半月维保", "en": "Maintenance"}, "checklist": ["brake"],
    }  # fmt: skip
    return PlanEntry.model_validate(entry | more)


@dataclass
class Estate:
    """An estate with a calendar that a test turns."""

    lifts: int = 1
    plans: list[PlanEntry] = field(default_factory=lambda: [plan(**{"from": "2026-12-01"})])
    today: dt.date = FIRST
    hour: int = 9
    engine: sa.Engine = field(default_factory=memory_engine)

    def now(self) -> int:
        moment = dt.datetime.combine(self.today, dt.time(self.hour), ZONE)
        return round(moment.timestamp() * 1000)

    def run(self, today: dt.date | None = None) -> int:
        """A start of the service, and one look at the calendar."""
        self.today = today or self.today
        estate = make_estate([device(f"lift-{n}", "elevator") for n in range(self.lifts)])
        planner = OrderPlanner(
            self.engine, now_ms=self.now, plans=lambda: WorkPlans((), self.plans),
            estate=lambda: estate,
        )  # fmt: skip
        return planner.make_due()

    def orders(self) -> list[WorkOrder]:
        with reading(self.engine) as connection:
            found = order_rows.listed(connection, OrderFilter(), self.now(), 10_000, None)
        return list(reversed(found))

    def due(self) -> list[tuple[str | None, str | None]]:
        return [(one.device, one.due_day) for one in self.orders()]


def test_an_order_is_made_its_lead_before_it_is_due() -> None:
    town = Estate(today=dt.date(2026, 11, 27))
    assert town.run() == 0
    assert town.run(dt.date(2026, 11, 28)) == 1
    (made,) = town.orders()
    assert (made.origin, made.plan, made.team) == (Origin.PLAN, "lifts", "lift-team")
    assert (made.device, made.site, made.due_day) == ("lift-0", "hall", "2026-12-01")
    assert [one.text.en for one in made.checklist] == ["brake"]
    end = dt.datetime(2026, 12, 2, tzinfo=ZONE)
    assert made.agreed.finish == round(end.timestamp() * 1000)
    assert town.run() == 0
    assert town.run(dt.date(2026, 12, 12)) == 0
    assert town.run(dt.date(2026, 12, 13)) == 1


def test_days_that_passed_while_the_service_was_off_are_made_afterwards() -> None:
    town = Estate(today=FIRST)
    town.run()
    town.run(dt.date(2027, 1, 20))
    assert [day for _, day in town.due()] == [
        "2026-12-01", "2026-12-16", "2026-12-31", "2027-01-15",
    ]  # fmt: skip


def test_a_device_begins_with_its_plan_and_not_in_the_past() -> None:
    town = Estate(today=dt.date(2027, 3, 1))
    town.run()
    assert town.due() == [("lift-0", "2027-03-01")]
    town.lifts = 2
    town.run(dt.date(2027, 3, 2))
    assert town.due() == [("lift-0", "2027-03-01")]
    town.run(dt.date(2027, 3, 13))
    assert town.due()[1:] == [("lift-0", "2027-03-16"), ("lift-1", "2027-03-16")]


def test_a_device_that_was_away_missed_nothing_and_gets_nothing_twice() -> None:
    town = Estate(lifts=2, today=FIRST)
    town.run()
    town.lifts = 1
    town.run(dt.date(2026, 12, 2))
    town.lifts = 2
    town.run(dt.date(2027, 2, 1))
    mine = [day for name, day in town.due() if name == "lift-1"]
    assert mine == ["2026-12-01"]
    town.plans = []
    town.run(dt.date(2027, 2, 2))
    town.plans = [plan(**{"from": "2026-12-01"})]
    town.run(FIRST)
    assert len(town.due()) == len(set(town.due()))


def test_a_plan_dies_with_its_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    town = Estate(lifts=3, today=FIRST)
    real = order_planner._move

    def dies(connection: sa.Connection, name: str, device_: str, until: dt.date) -> None:
        if device_ == "lift-2":
            raise KeyboardInterrupt
        real(connection, name, device_, until)

    monkeypatch.setattr(order_planner, "_move", dies)
    with pytest.raises(KeyboardInterrupt):
        town.run()
    assert town.orders() == []
    monkeypatch.undo()
    assert town.run() == 3
    with reading(town.engine) as connection:
        assert order_evidence.verify(connection).rows == 3


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["1d", "7d", "15d", "1mo", "6mo", "1y"]),
    st.sampled_from([None, "1d", "3d", "14d"]),
    st.booleans(),
    st.lists(st.integers(0, 120), min_size=1, max_size=10),
    st.integers(0, 23),
)
def test_each_due_day_is_made_once_whenever_the_service_runs(
    every: str, lead: str | None, anchored: bool, rests: list[int], hour: int
) -> None:
    days = {"1d": 1, "7d": 7, "15d": 15, "1mo": 28, "6mo": 168, "1y": 336}[every]
    if lead is not None and int(lead[:-1]) >= days:
        lead = None
    entry = plan(every, lead, **({"from": "2026-01-31"} if anchored else {}))
    town = Estate(lifts=2, plans=[entry], today=dt.date(2026, 3, 1), hour=hour)
    began = town.today
    for rest in rests:
        town.run(town.today + dt.timedelta(days=rest))
        town.run()
    began += dt.timedelta(days=rests[0])
    until = town.today + dt.timedelta(days=entry.lead_days)
    for name in ("lift-0", "lift-1"):
        expected = [day.isoformat() for day in entry.due_days(name, began, until)]
        assert [day for device_, day in town.due() if device_ == name] == expected
    with reading(town.engine) as connection:
        assert order_evidence.verify(connection).whole
    town.engine.dispose()
