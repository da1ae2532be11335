"""The calendar of maintenance plans in the service: at the start, and in every hour."""

import asyncio
from contextlib import suppress
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from alerts.order_planner import OrderPlanner
from alerts.order_plans import WorkPlans, load_work_plans
from alerts.work_order_tables import work_orders
from records.engine import make_engine, migrate, sqlite_url
from sitewatch import order_times
from tests.alerts.desk import START
from tests.alerts.estates import make_estate

PLAN = "- {plan: daily-round, devices: [lift-1], every: 1d, title: Round}\n"


def planner(engine: sa.Engine, plans: WorkPlans) -> OrderPlanner:
    return OrderPlanner(engine, now_ms=lambda: START, plans=lambda: plans, estate=make_estate)


def count(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        query = sa.select(sa.func.count()).select_from(work_orders)
        return int(connection.execute(query).scalar_one())


async def test_what_is_due_is_made_at_the_start_and_then_by_the_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs: list[dict[str, object]] = []
    real = AsyncIOScheduler.add_job

    def noted(self: AsyncIOScheduler, *given: object, **more: object) -> object:
        jobs.append(more)
        return real(self, *given, **more)

    monkeypatch.setattr(AsyncIOScheduler, "add_job", noted)
    (tmp_path / "maintenance").mkdir()
    (tmp_path / "maintenance" / "round.yaml").write_text(PLAN)
    engine = make_engine(sqlite_url(tmp_path / "records.sqlite"))
    migrate(engine)
    plans = load_work_plans(tmp_path)
    task = asyncio.ensure_future(
        order_times.make_by_calendar(planner(engine, plans), ZoneInfo("Asia/Shanghai"))
    )
    async with asyncio.timeout(5):
        while count(engine) == 0:  # noqa: ASYNC110 - made in a thread
            await asyncio.sleep(0.01)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    (job,) = jobs
    assert (job["misfire_grace_time"], job["coalesce"], job["minute"]) == (None, True, 5)
    await order_times.make(planner(engine, plans))
    assert count(engine) == 1, "a start in between makes nothing twice"
    engine.dispose()


async def test_a_database_that_fails_is_said_and_is_no_end() -> None:
    engine = sa.create_engine("sqlite://")
    plans = WorkPlans((), ())
    await order_times.make(planner(engine, plans))
    engine.dispose()
