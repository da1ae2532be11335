"""Links in messages: a look changes nothing; one person, one occurrence, once."""

import pytest
import sqlalchemy as sa

from alerts import ack_links, duty_book, tables
from alerts.ack_links import VALID_MS
from alerts.alarm import Transition
from alerts.contacts import Contact, DutyList
from alerts.duty_tables import ack_links as links
from alerts.routes import Route, Routes
from alerts.writer import Writer
from records import audit
from records.engine import reading, transaction
from records.people import Role
from tests.api.house import EVIL, Built

ROUTES = Routes((Route.model_validate({"notify": [{"contact": "wang"}]}),))


@pytest.fixture
def link(town: Built) -> str:
    """The token of a message about a fire to Wang, whose name is as bad as can be."""
    town.person("all", Role.OPERATOR)
    wang = Contact(id="wang", name=EVIL[:60], webhook="http://127.0.0.1:9/")
    number = town.alarm("panel/p001")
    with transaction(town.house.engine) as connection:
        duty_book.replace(connection, DutyList(contacts=(wang,)), audit.SYSTEM, town.clock())
        writer = Writer(connection, ROUTES, town.clock())
        writer.event(number, Transition.RAISED, town.clock(), value=True)
        row = connection.execute(sa.select(tables.outbox.c.id)).scalar_one()
    return ack_links.make(town.house.engine, row, "wang", town.clock())


def acked(town: Built) -> bool:
    return town.house.alarms.open_alarms()[0].acked


async def test_a_mail_scanner_that_fetches_changes_nothing(town: Built, link: str) -> None:
    async with town.client() as scanner:
        for _ in range(3):
            page = await scanner.get(f"/ack/{link}")
            assert page.status_code == 200
            assert (await scanner.head(f"/ack/{link}")).status_code == 405
    assert EVIL not in page.text
    assert "<form method=" in page.text
    assert "<script" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert not acked(town)


async def test_a_post_acknowledges_once_in_the_name_of_the_contact(town: Built, link: str) -> None:
    async with town.client({"Accept-Language": "en"}) as phone:
        done = await phone.post(f"/ack/{link}")
        assert done.status_code == 200
        again = await phone.post(f"/ack/{link}")
        assert again.status_code == 410
        assert "has been used" in again.text
        assert (await phone.get(f"/ack/{link}")).status_code == 410
    assert town.house.alarms.open_alarms()[0].acked_by == "contact:wang"
    with reading(town.house.engine) as connection:
        found = audit.entries(connection, 10, action="alarm.acknowledged")
        stored = connection.execute(sa.select(links.c.hash)).scalars().all()
    assert [one.actor for one in found] == ["contact:wang"]
    assert link not in stored


async def test_another_page_cannot_post_it(town: Built, link: str) -> None:
    async with town.client({"Sec-Fetch-Site": "cross-site"}) as browser:
        assert (await browser.post(f"/ack/{link}")).status_code == 403
    assert not acked(town)


async def test_it_expires(town: Built, link: str) -> None:
    town.clock.now += VALID_MS
    async with town.client({"Accept-Language": "en"}) as phone:
        answer = await phone.post(f"/ack/{link}")
    assert (answer.status_code, "expired" in answer.text) == (410, True)
    assert not acked(town)


async def test_it_is_for_its_occurrence_only(town: Built, link: str) -> None:
    number = town.house.alarms.open_alarms()[0].id
    with transaction(town.house.engine) as connection:
        writer = Writer(connection, Routes(), town.clock())
        writer.event(number, Transition.RERAISED, town.clock(), value=True)
    async with town.client({"Accept-Language": "en"}) as phone:
        answer = await phone.post(f"/ack/{link}")
    assert (answer.status_code, "newest message" in answer.text) == (410, True)
    assert not acked(town)


async def test_it_says_that_somebody_else_was_faster(town: Built, link: str) -> None:
    number = town.house.alarms.open_alarms()[0].id
    async with town.signed_in("all") as client:
        await client.post(f"/api/v1/alarms/{number}/ack")
    async with town.client({"Accept-Language": "en"}) as phone:
        answer = await phone.post(f"/ack/{link}")
    assert (answer.status_code, "already" in answer.text) == (410, True)
    assert town.house.alarms.open_alarms()[0].acked_by == "person:all"


async def test_a_contact_that_is_gone_acknowledges_nothing(town: Built, link: str) -> None:
    with transaction(town.house.engine) as connection:
        duty_book.remove(connection, "contact", "wang", audit.SYSTEM, town.clock())
    async with town.client() as phone:
        assert (await phone.post(f"/ack/{link}")).status_code == 410
        assert (await phone.post("/ack/nonsense")).status_code == 404
    assert not acked(town)
