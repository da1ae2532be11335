"""Who was told: read from the rows that the sending works by."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from alerts import duty_book, tables
from alerts.channels.message import Receipt
from alerts.contacts import DutyList
from alerts.errors import SendError
from alerts.escalation import Chain
from alerts.escalator import run_due
from alerts.notifications import Delivery, StepState
from alerts.outbox_rows import Outbox
from alerts.routes import Route, Routes
from records.audit import SYSTEM
from records.engine import transaction
from tests.alerts.desk import START, Desk

PEOPLE = DutyList.model_validate(
    {
        "contacts": [
            {"id": "wang", "name": "王伟", "phone": "13800000000"},
            {"id": "li", "name": "李静", "phone": "13900000000"},
        ],
        "teams": [{"id": "officers", "name": {"zh": "安全", "en": "Safety"}, "members": ["li"]}],
    }
)
CHAIN = Chain.model_validate(
    {
        "escalation": "fire",
        "steps": [
            {"after": "60s", "notify": [{"team": "officers"}, {"contact": "gone"}]},
            {"after": "180s", "notify": [{"siren": {"output": "roof"}}]},
        ],
    }
)
ROUTE = Route.model_validate(
    {
        "when": {"severity": "emergency"},
        "notify": [{"contact": "wang", "by": "smpp"}, {"wecom": {"robot": "desk"}}],
        "escalate": "fire",
    }
)
PART = "panel-1/p002"


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk(routes=Routes((ROUTE,), {"fire": CHAIN}))
    with transaction(desk.engine) as connection:
        duty_book.replace(connection, PEOPLE, SYSTEM, START)
    desk.say(PART, 1, {"smoke": True})
    yield desk
    desk.close()


def fire(desk: Desk) -> int:
    alarm = desk.alarm("smoke_detector_fire", PART)
    assert alarm is not None
    return alarm.id


def test_people_are_named_and_their_numbers_are_not(desk: Desk) -> None:
    found = desk.repository.telling(fire(desk))
    told = {(one.channel, one.contact, one.name, one.state) for one in found.notifications}
    assert told == {
        ("smpp", "wang", "王伟", Delivery.WAITING), ("wecom", None, None, Delivery.WAITING),
    }  # fmt: skip
    assert "13800000000" not in repr(found)


def test_the_steps_say_who_is_next_and_when(desk: Desk) -> None:
    alarm = fire(desk)
    first, second = desk.repository.telling(alarm).steps
    assert (first.state, first.due_at) == (StepState.TO_COME, START + 61_000)
    assert [(to.kind, to.id) for to in first.recipients] == [
        ("team", "officers"),
        ("contact", "gone"),
    ]
    assert first.recipients[0].name is not None
    assert first.recipients[0].name.zh == "安全"
    assert [(to.kind, to.id) for to in second.recipients] == [("channel", "siren")]
    run_due(desk.engine, desk.routes, START + 61_000)
    desk.ack("smoke_detector_fire", PART, 70)
    found = desk.repository.telling(alarm)
    assert [one.state for one in found.steps][:2] == [StepState.RAN, StepState.CANCELLED]
    assert found.steps[0].ran_at == START + 61_000
    assert found.notifications[0].name == "李静"


def test_what_became_of_each(desk: Desk) -> None:
    alarm, outbox = fire(desk), Outbox(desk.engine)
    claimed = outbox.claim(9, True, START + 2000)
    by_channel: dict[str, Any] = {one.options[0].channel: one for one in claimed}
    sms, robot = by_channel["smpp"], by_channel["wecom"]
    delivery = outbox.begin(sms, sms.options[0], START + 2000)
    outbox.done(sms, START + 3000, None, Routes(), sms.options[0], delivery, Receipt("r1"))
    never = SendError("the settings have no robot 'desk'", permanent=True)
    outbox.failed(robot, never, START + 9000, START + 3000, None, Routes())
    states = {one.channel: one for one in desk.repository.telling(alarm).notifications}
    assert (states["smpp"].state, states["smpp"].sent_at) == (Delivery.SENT, START + 3000)
    assert (states["wecom"].state, states["wecom"].state_at) == (Delivery.FAILED, START + 3000)
    assert states["wecom"].error == "the settings have no robot 'desk'"
    table = tables.deliveries
    with transaction(desk.engine) as connection:
        connection.execute(sa.update(table).values(state="delivered", reported_at=START + 5000))
    (reported,) = [
        one for one in desk.repository.telling(alarm).notifications if one.channel == "smpp"
    ]
    assert (reported.state, reported.state_at) == (Delivery.DELIVERED, START + 5000)
