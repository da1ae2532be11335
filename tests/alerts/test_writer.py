"""Who is told of what comes late."""

import pytest
import sqlalchemy as sa

from alerts import escalation_steps, tables
from alerts.escalation import Chain
from alerts.outbox import Outbox
from alerts.routes import Route, Routes
from alerts.writer import LASTING_MS, PAST_MS
from tests.alerts.desk import START, Desk

ROUTES = Routes(
    (Route.model_validate({"notify": [{"webhook": {"url": "http://127.0.0.1:9/none"}}]}),)
)
HOURS_S = 6 * 3600.0
PAST_S = PAST_MS / 1000


@pytest.fixture
def desk() -> Desk:
    return Desk(routes=ROUTES)


def waiting(desk: Desk) -> list[tuple[str, int]]:
    """Transition and the wait until it is told, of all that is in the outbox. [ms]"""
    table = tables.outbox
    with desk.engine.begin() as connection:
        rows = connection.execute(sa.select(table).order_by(table.c.id)).mappings().all()
    return [(row["transition"], row["due_at"] - row["created_at"]) for row in rows]


def test_what_was_over_hours_ago_pages_nobody_and_is_in_the_events(desk: Desk) -> None:
    desk.say("smoke-1", HOURS_S, {"tamper": True}, source_s=100)
    assert waiting(desk) == [("raised", LASTING_MS)]
    desk.say("smoke-1", HOURS_S + 1, {"tamper": False}, source_s=200)
    desk.say("smoke-1", HOURS_S + 2, {"tamper": False}, source_s=400)
    assert waiting(desk) == []
    assert desk.events("detector_tamper", "smoke-1") == ["raised", "returned"]


def test_what_pages_nobody_is_not_escalated_either() -> None:
    steps = [{"after": "60s", "notify": [{"webhook": {"url": "http://127.0.0.1:9/boss"}}]}]
    chain = Chain.model_validate({"escalation": "slow", "steps": steps})
    route = Route.model_validate(
        {"notify": [{"webhook": {"url": "http://127.0.0.1:9/none"}}], "escalate": "slow"}
    )
    desk = Desk(routes=Routes((route,), {"slow": chain}))
    running = sa.select(sa.func.count()).where(escalation_steps.PENDING)

    def pending() -> int:
        with desk.engine.begin() as connection:
            return int(connection.execute(running).scalar_one())

    desk.say("smoke-1", HOURS_S, {"tamper": True}, source_s=100)
    assert pending() == 1, "it may last"
    desk.say("smoke-1", HOURS_S + 1, {"tamper": False}, source_s=200)
    desk.say("smoke-1", HOURS_S + 2, {"tamper": False}, source_s=400)
    assert (waiting(desk), pending()) == ([], 0)


def test_what_lasts_is_told_after_a_while(desk: Desk) -> None:
    desk.say("smoke-1", HOURS_S, {"tamper": True}, source_s=100)
    desk.say("smoke-1", HOURS_S + 1, {"tamper": True}, source_s=HOURS_S)
    outbox, now = Outbox(desk.engine), START + round(HOURS_S * 1000)
    assert outbox.claim(5, False, now + LASTING_MS - 1) == ()
    (one,) = outbox.claim(5, False, now + LASTING_MS)
    assert one.payload["transition"] == "raised"


def test_its_end_is_told_where_its_begin_was(desk: Desk) -> None:
    desk.say("smoke-1", 100, {"tamper": True}, source_s=100)
    assert waiting(desk) == [("raised", 0)]
    desk.say("smoke-1", HOURS_S, {"tamper": False}, source_s=200)
    desk.say("smoke-1", HOURS_S, {"tamper": False}, source_s=400)
    assert [transition for transition, _ in waiting(desk)] == ["raised", "returned"]


@pytest.mark.parametrize(("age_s", "wait"), [(PAST_S, 0), (PAST_S + 1, LASTING_MS)])
def test_a_quarter_of_an_hour_is_not_late(desk: Desk, age_s: float, wait: int) -> None:
    desk.say("smoke-1", HOURS_S, {"tamper": True}, source_s=HOURS_S - age_s)
    assert waiting(desk) == [("raised", wait)]


def test_what_latches_is_told_at_once_however_old(desk: Desk) -> None:
    desk.say("smoke-1", HOURS_S, {"smoke": True}, source_s=100)
    desk.say("smoke-1", HOURS_S, {"smoke": False}, source_s=200)
    desk.say("smoke-1", HOURS_S, {"smoke": False}, source_s=400)
    assert waiting(desk) == [("raised", 0), ("latched", 0)]
