"""Work orders by HTTP: who may do what to which, what is refused, and what is audited."""

import datetime as dt
from pathlib import Path

import httpx
import pytest

from alerts import duty_book
from alerts.alarm import Severity
from alerts.contacts import DutyList
from alerts.order_book import WorkOrderBook
from alerts.order_plans import AlarmEntry, WorkPlans
from api.house import ApiSettings
from records import audit
from records.audit import SYSTEM
from records.engine import reading, transaction
from records.people import Role
from tests.alerts.pictures import jpeg, png
from tests.api.house import NOW, Built, built

ORDERS = "/api/v1/work-orders"
TEAMS = DutyList.model_validate({
    "contacts": [{"id": "wang", "name": "Wang"}],
    "teams": [
        {"id": "lifts", "name": {"zh": "电梯班", "en": "Lifts"}, "members": ["wang"]},
        {"id": "north-team", "name": {"zh": "北区班", "en": "North"}, "members": ["wang"],
         "sites": ["north"]},
    ],
})  # fmt: skip


@pytest.fixture
def desk(town: Built) -> Built:
    town.person("li", Role.OPERATOR)
    town.person("wang", Role.MAINTAINER)
    town.person("boss", Role.MANAGER)
    town.person("zhao", Role.MAINTAINER, sites=("north",))
    town.person("viewer", Role.VIEWER)
    with transaction(town.house.engine) as connection:
        duty_book.replace(connection, TEAMS, SYSTEM, NOW)
    return town


async def make(client: httpx.AsyncClient, **more: object) -> int:
    answer = await client.post(ORDERS, json={"title": "Change the lamp", "site": "lobby"} | more)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


async def take(
    client: httpx.AsyncClient, order: int, step: str, status: int = 200, **more: object
) -> dict[str, object]:
    answer = await client.post(f"{ORDERS}/{order}/steps", json={"step": step} | more)
    assert answer.status_code == status, answer.text
    found: dict[str, object] = answer.json()
    return found


def audited(town: Built) -> list[str]:
    with reading(town.house.engine) as connection:
        found = audit.entries(connection, 1000, action="work_order")
        return [row.action.partition(".")[2] for row in reversed(found)]


async def test_an_order_goes_from_hand_to_hand(desk: Built) -> None:
    async with desk.signed_in("li") as li, desk.signed_in("wang") as wang:
        number = await make(
            li, device="panel/p002", site=None, team="north-team", checklist=["Lamp", "Cover"],
            due_at=desk.later(60), note="flickers",
        )  # fmt: skip
        made = (await li.get(f"{ORDERS}/{number}")).json()
        assert (made["origin"], made["site"], made["state"]) == ("hand", "north-hall", "open")
        assert made["device_name"] == {"zh": "烟感2", "en": "Detector 2"}
        assert made["team_name"] == {"zh": "北区班", "en": "North"}
        assert made["steps"] == ["assign", "accept", "arrive", "cancel"]
        assert (made["checked"], made["items"], made["late"]) == (0, 2, [])
        given = await take(li, number, "assign", assignee="Wang")
        assert (given["state"], given["assignee"]) == ("assigned", "person:wang")
        await take(wang, number, "accept")
        desk.clock.now += 61_000
        late = (await wang.get(f"{ORDERS}?overdue=true")).json()["items"]
        assert [(one["id"], one["late"]) for one in late] == [(number, ["finish"])]
        await take(wang, number, "arrive")
        refused = await take(wang, number, "finish", 409)
        assert refused["detail"] == "Not every item of the checklist has been answered."
        for item, answer in ((0, "done"), (1, "not_applicable")):
            path = f"{ORDERS}/{number}/checklist/{item}"
            said = await wang.post(path, json={"answer": answer, "remark": "none"})
            assert said.json()["checked"] == item + 1
        assert (await wang.post(f"{ORDERS}/{number}/checklist/2", json={"answer": "done"})
                ).status_code == 409  # fmt: skip
        part = await wang.post(f"{ORDERS}/{number}/parts", json={"name": "lamp", "count": 2})
        assert part.json()["parts"] == [{"name": "lamp", "count": 2.0}]
        await wang.post(f"{ORDERS}/{number}/notes", json={"note": "cover is brittle"})
        done = await take(wang, number, "finish")
        assert done["steps"] == ["reopen"]
        assert (await take(wang, number, "verify", 409))["detail"] == (
            "Another person has to confirm it."
        )
        again = await take(li, number, "reopen", note="still flickers")
        assert again["state"] == "assigned"
        await take(wang, number, "arrive")
        await take(wang, number, "finish")
        end = await take(li, number, "verify")
        assert (end["state"], end["closed_by"]) == ("verified", "person:li")
        events = end["events"]
        assert isinstance(events, list)
        assert [one["event"] for one in events] == [
            "created", "assigned", "accepted", "arrived", "checked", "checked", "part_used",
            "noted", "finished", "reopened", "arrived", "finished", "verified",
        ]  # fmt: skip
        assert audited(desk) == [one["event"] for one in events]
        assert (await li.get(ORDERS)).json()["items"] == []


async def test_an_alarm_becomes_an_order_once(desk: Built) -> None:
    alarm = desk.alarm("panel/p001", Severity.EMERGENCY)
    other = desk.alarm("pv", Severity.MEDIUM, rule="pv_inverter_fault", alarm_class="pv_fault")
    async with desk.signed_in("li") as li:
        made = (await li.post(f"/api/v1/alarms/{alarm}/work-order")).json()
        assert (made["alarm"], made["device"], made["site"]) == (alarm, "panel/p001", "lobby")
        assert (made["alarm_class"], made["severity"]) == ("fire", "emergency")
        assert [one["step"] for one in made["agreed"]] == ["accept", "arrive", "finish"]
        assert made["alarms"] == [alarm]
        twice = await li.post(f"/api/v1/alarms/{alarm}/work-order")
        assert twice.status_code == 409
        body = {"title": "Look at string 3", "team": "lifts", "assignee": "wang", "note": "soon"}
        second = (await li.post(f"/api/v1/alarms/{other}/work-order", json=body)).json()
        assert (second["title"]["en"], second["team"]) == ("Look at string 3", "lifts")
        assert second["assignee"] == "person:wang"
        assert second["events"][0]["note"] == "soon"
        found = (await li.get(f"{ORDERS}?alarm={other}")).json()["items"]
        assert [one["id"] for one in found] == [second["id"]]
        assert (await li.post("/api/v1/alarms/999/work-order")).status_code == 404


async def test_the_estate_folder_says_what_the_order_of_an_alarm_is(tmp_path: Path) -> None:
    entry = AlarmEntry.model_validate(
        {"on": {"class": "fire"}, "title": "Go and look", "team": "guards", "checklist": ["smoke"]}
    )
    with built(tmp_path) as town:
        town.person("li", Role.OPERATOR)
        book = WorkOrderBook(town.house.engine, lambda: WorkPlans((entry,)))
        made = book.make_for_alarm(town.alarm("panel/p001"), "person:li", NOW)
        assert (made.title.en, made.team, len(made.checklist)) == ("Go and look", "guards", 1)


async def test_who_may_not_see_a_site_sees_nothing_of_its_orders(desk: Built) -> None:
    alarm = desk.alarm("panel/p001")
    async with desk.signed_in("li") as li, desk.signed_in("zhao") as zhao:
        number = await make(li)
        mine = await make(li, site="north-hall")
        name = (
            await li.post(f"{ORDERS}/{number}/photos", content=png())
        ).json()["photos"][0]["sha256"]  # fmt: skip
        listed = (await zhao.get(ORDERS)).json()["items"]
        assert [one["id"] for one in listed] == [mine]
        for method, path, body in (
            ("GET", f"{ORDERS}/{number}", None),
            ("GET", f"{ORDERS}/{number}/photos/{name}", None),
            ("GET", f"{ORDERS}/{mine}/photos/{name}", None),
            ("POST", f"{ORDERS}/{number}/steps", {"step": "accept"}),
            ("POST", f"{ORDERS}/{number}/checklist/0", {"answer": "done"}),
            ("POST", f"{ORDERS}/{number}/notes", {"note": "x"}),
            ("POST", f"{ORDERS}/{number}/parts", {"name": "x", "count": 1}),
            ("POST", f"{ORDERS}/{number}/photos", None),
            ("POST", f"/api/v1/alarms/{alarm}/work-order", {}),
            ("POST", ORDERS, {"title": "x", "site": "lobby"}),
            ("POST", ORDERS, {"title": "x", "device": "panel"}),
            ("GET", f"{ORDERS}?site=lobby", None),
            ("GET", f"{ORDERS}/assignees?site=lobby", None),
        ):
            answer = await zhao.request(method, path, json=body)
            assert answer.status_code == 404, (method, path, answer.text)
        assert len((await li.get(f"{ORDERS}/{number}")).json()["events"]) == 2
        # What zhao cannot see, zhao cannot be given.
        assert (await take(li, number, "assign", 409, assignee="zhao"))["detail"] == (
            "That person may not see this site."
        )
    async with desk.signed_in("viewer") as viewer:
        for path in (ORDERS, f"{ORDERS}/{number}", f"{ORDERS}/{number}/photos/{name}"):
            assert (await viewer.get(path)).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {}, {"title": ""}, {"title": "x"}, {"title": "x", "site": "lobby", "device": "north-grid"},
        {"title": "x", "site": "lobby", "due_at": "2026-12-01T00:00:00"},
        {"title": "x", "site": "lobby", "checklist": ["a"] * 101},
        {"title": "x", "site": "lobby", "state": "verified"},
    ],
)  # fmt: skip
async def test_a_wrong_order_is_refused(desk: Built, body: dict[str, object]) -> None:
    async with desk.signed_in("li") as li:
        assert (await li.post(ORDERS, json=body)).status_code == 422
        assert (await li.get(f"{ORDERS}?state=all")).json()["items"] == []


async def test_steps_that_cannot_be(desk: Built) -> None:
    async with desk.signed_in("li") as li:
        number = await make(li)
        for status, body in (
            (409, {"step": "verify"}),
            (409, {"step": "cancel"}),
            (409, {"step": "assign"}),
            (409, {"step": "assign", "assignee": "nobody"}),
            (409, {"step": "assign", "assignee": "viewer"}),
            (409, {"step": "assign", "team": "no-team"}),
            (422, {"step": "accept", "assignee": "wang"}),
            (422, {"step": "explode"}),
            (422, {}),
        ):
            answer = await li.post(f"{ORDERS}/{number}/steps", json=body)
            assert answer.status_code == status, (body, answer.text)
        assert (await li.post(f"{ORDERS}/{number}/notes", json={"note": " "})).status_code == 422
        wrong = {"name": "x", "count": 0}
        assert (await li.post(f"{ORDERS}/{number}/parts", json=wrong)).status_code == 422
        assert (await li.get(f"{ORDERS}/12345")).status_code == 404


async def test_a_machine_can_work_and_not_verify(desk: Built) -> None:
    token = desk.token("cmms", Role.MAINTAINER)
    async with (
        desk.client({"Authorization": f"Bearer {token}"}) as machine,
        desk.signed_in("wang") as wang,
    ):
        number = await make(machine)
        await take(wang, number, "arrive")
        done = await take(wang, number, "finish")
        assert done["state"] == "done"
        seen = (await machine.get(f"{ORDERS}/{number}")).json()
        assert seen["steps"] == ["reopen"]
        refused = await take(machine, number, "verify", 409)
        assert refused["detail"] == "Only a person can verify the work, not a machine."


async def test_orders_are_filtered_and_paged(desk: Built) -> None:
    async with desk.signed_in("li") as li, desk.signed_in("wang") as wang:
        numbers = [await make(li, team="lifts") for _ in range(5)]
        await take(wang, numbers[1], "accept")
        await take(li, numbers[0], "cancel", note="by mistake")

        async def ids(query: str) -> list[int]:
            answer = await wang.get(f"{ORDERS}?{query}")
            assert answer.status_code == 200, answer.text
            return [one["id"] for one in answer.json()["items"]]

        assert await ids("") == numbers[:0:-1]
        assert await ids("state=all") == numbers[::-1]
        assert await ids("state=cancelled") == numbers[:1]
        assert await ids("assignee=me") == await ids("assignee=wang") == [numbers[1]]
        assert await ids("team=lifts&state=accepted") == [numbers[1]]
        assert await ids("team=others") == []
        assert await ids("site=north") == []
        first = (await wang.get(f"{ORDERS}?limit=2")).json()
        assert [one["id"] for one in first["items"]] == numbers[:2:-1]
        rest = (await wang.get(f"{ORDERS}?limit=2&after={first['next']}")).json()
        assert [one["id"] for one in rest["items"]] == numbers[2:0:-1]
        assert rest["next"] is None


async def test_photos_are_told_by_their_content_and_come_back_safely(desk: Built) -> None:
    async with desk.signed_in("wang") as wang:
        number = await make(wang)
        path = f"{ORDERS}/{number}/photos"
        for wrong in (b"", b"<svg onload=alert(1)>", b"GIF89a" + bytes(30), jpeg()[:8]):
            answer = await wang.post(path, content=wrong, headers={"Content-Type": "image/png"})
            assert answer.status_code == 422, answer.text
        kept = (await wang.post(path, content=png(), headers={"Content-Type": "text/html"})).json()
        (photo,) = kept["photos"]
        assert (photo["media_type"], photo["width"], photo["height"]) == ("image/png", 3, 2)
        assert len((await wang.post(path, content=png())).json()["photos"]) == 1
        back = await wang.get(f"{path}/{photo['sha256']}")
        assert back.content == png()
        assert back.headers["Content-Type"] == "image/png"
        assert back.headers["X-Content-Type-Options"] == "nosniff"
        assert back.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert back.headers["Cache-Control"] == "private, max-age=300"
        assert (await wang.get(f"{path}/{'0' * 64}")).status_code == 404
        assert (await wang.get(f"{path}/..%2f..%2frecords.db")).status_code in {404, 422}
        await take(wang, number, "cancel", note="enough")
        assert (await wang.post(path, content=jpeg())).status_code == 409
    async with desk.client() as nobody:
        assert (await nobody.get(f"{path}/{photo['sha256']}")).status_code == 401


async def test_a_photo_has_its_own_limit_and_nothing_else_has_it(tmp_path: Path) -> None:
    large = png() + bytes(150_000)
    static = tmp_path / "pages"
    static.mkdir()
    with built(tmp_path, ApiSettings(static=static, max_photo_bytes=200_000)) as town:
        town.person("wang", Role.MAINTAINER)
        async with town.signed_in("wang") as wang:
            number = await make(wang)
            path = f"{ORDERS}/{number}/photos"
            assert (await wang.post(path, content=large)).status_code == 201
            assert (await wang.post(path, content=large + large)).status_code == 413
            for other in (f"{ORDERS}/{number}/notes", ORDERS):
                assert (await wang.post(other, content=large)).status_code == 413


async def test_a_photo_that_was_changed_on_disk_is_not_shown(desk: Built, tmp_path: Path) -> None:
    async with desk.signed_in("wang") as wang:
        number = await make(wang)
        path = f"{ORDERS}/{number}/photos"
        name = (await wang.post(path, content=png())).json()["photos"][0]["sha256"]
        (tmp_path / "attachments" / name[:2] / name).write_bytes(png(9, 9))
        assert (await wang.get(f"{path}/{name}")).status_code == 503


async def test_who_can_be_given_an_order(desk: Built) -> None:
    async with desk.signed_in("li") as li:
        hall = (await li.get(f"{ORDERS}/assignees?site=north-hall")).json()
        lobby = (await li.get(f"{ORDERS}/assignees?site=lobby")).json()
        every = (await li.get(f"{ORDERS}/assignees")).json()
    assert ([one["id"] for one in every["teams"]], every["people"]) == (
        ["lifts", "north-team"], [],
    )  # fmt: skip
    assert [one["id"] for one in hall["teams"]] == ["lifts", "north-team"]
    assert [one["id"] for one in lobby["teams"]] == ["lifts"]
    assert hall["people"] == ["boss", "li", "wang", "zhao"]
    assert lobby["people"] == ["boss", "li", "wang"]


async def test_the_statistics_of_teams_and_people(desk: Built) -> None:
    async with desk.signed_in("li") as li, desk.signed_in("wang") as wang:
        quick = await make(li, team="lifts", due_at=desk.later(1000))
        slow = await make(li, team="lifts", due_at=desk.later(100))
        await make(li, site="north")
        for number, rest in ((quick, 60_000), (slow, 540_000)):
            desk.clock.now += rest
            await take(wang, number, "arrive")
            desk.clock.now += 10_000
            await take(wang, number, "finish")
        await take(li, slow, "reopen", note="not yet")
        month = dt.datetime.fromtimestamp(NOW / 1000, dt.UTC).strftime("%Y-%m")
        path = f"{ORDERS}/statistics?period={month}"
        assert (await li.get(path)).status_code == 403
    async with desk.signed_in("boss") as boss:
        found = (await boss.get(path)).json()
        assert (await boss.get(f"{ORDERS}/statistics?period=soon")).status_code == 422
        assert (await boss.get(f"{path}&site=nowhere")).status_code == 404
        north = (await boss.get(f"{path}&site=north")).json()
    assert [one["who"] for one in found["teams"]] == [None, "lifts"]
    lifts = found["teams"][1]
    assert lifts["name"] == {"zh": "电梯班", "en": "Lifts"}
    assert (lifts["orders"], lifts["open"], lifts["done"], lifts["reopened"]) == (2, 1, 1, 1)
    assert lifts["late"] == 1
    assert lifts["to_arrive"] == {"count": 2, "mean": 335.0, "median": 335.0, "p90": 610.0}
    assert lifts["on_site"]["mean"] == 10.0
    assert found["total"]["orders"] == 3
    assert {one["who"]: one["orders"] for one in found["people"]} == {None: 1, "person:wang": 2}
    assert north["total"]["orders"] == 1
