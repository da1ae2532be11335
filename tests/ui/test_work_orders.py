"""Work orders in a real browser: made of an alarm or a plan, done by phone, verified at a desk."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.alerts.pictures import png
from tests.brokers import Publisher, publisher, running_broker
from tests.e2e.folders import estate, smoke
from tests.e2e.service import PASSWORD, Service, eventually, started
from tests.ui.browser import (
    EACH_LOOK,
    NEEDS_PAGE,
    Complaints,
    open_context,
    overflow,
    shoot,
    sign_in,
)

PATIENCE_MS = 40_000
OWN_PASSWORD = "a password of one's own"
MAINTENANCE = """
- {on: {class: fire, site: centre}, team: guards,
   title: {zh: 到现场核查火警, en: Go and look for the fire},
   checklist: [{zh: 查看探测器周围, en: Look around the detector},
               {zh: 检查安全出口畅通, en: Escape routes are free},
               {zh: 复位控制器, en: Reset the panel}]}
- {plan: detector-test, devices: [smoke-1, smoke-2], every: 1d, lead: null, team: guards,
   title: {zh: 探测器月度测试, en: Monthly test of the detector},
   checklist: [{zh: 清洁, en: Clean}, {zh: 加烟试验, en: Smoke test}]}
"""

pytestmark = [
    pytest.mark.timeout(600),
    *NEEDS_PAGE,
]


@dataclass(frozen=True)
class House:
    """A service with a plan and a detector that can burn."""

    service: Service
    publisher: Publisher

    def order(self, number: int) -> dict[str, object]:
        """An order as the interface tells it."""
        found: dict[str, object] = self.service.get(f"work-orders/{number}")
        return found

    def person(self, name: str, *roles: str) -> None:
        """Somebody who has chosen OWN_PASSWORD."""
        body = {"username": name, "roles": list(roles), "sites": ["centre"]}
        made = self.service.post("people", body).json()
        with httpx.Client(base_url=f"{self.service.url}/api/v1/") as client:
            answer = client.post("session", json=made)
            client.headers["X-CSRF-Token"] = answer.headers["X-CSRF-Token"]
            change = {"current_password": made["password"], "new_password": OWN_PASSWORD}
            assert client.put("session/password", json=change).status_code == 204


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("orders")
    with running_broker(folder / "broker") as broker, publisher(broker) as publishes:
        home = estate(folder, smoke(["smoke-1", "smoke-2"]))
        (home / "maintenance").mkdir()
        (home / "maintenance" / "all.yaml").write_text(MAINTENANCE, encoding="utf-8")
        arguments = ("run", "--estate", str(home), "--data", str(folder / "data"), "--port", "0")
        environment = {"SITEWATCH_MQTT__URL": broker.url}
        with started(*arguments, folder=folder, environment=environment) as service:
            found = House(service, publishes)
            found.person("wang", "maintainer")
            found.person("viewer", "viewer")
            publishes.publish("zigbee2mqtt/smoke-1", b'{"smoke": true}')
            eventually("the fire", lambda: bool(_fires(service)))
            eventually(
                "its order",
                lambda: any(o["origin"] == "alarm" for o in service.get("work-orders")["items"]),
            )
            yield found


def _fires(service: Service) -> list[dict[str, object]]:
    return [one for one in service.alarms() if one["rule"] == "smoke_detector_fire"]


def _drawn(page: Page) -> bool:
    """Whether the photo is there with its content, as wide as it was sent."""
    return bool(page.evaluate("[...document.images].some((one) => one.naturalWidth === 400)"))


def entered(
    house: House, browser: Browser, complaints: Complaints, language: str, *, phone: bool = False,
    who: str = "admin",
) -> Page:  # fmt: skip
    page = open_context(browser, language, phone=phone).new_page()
    complaints.watch(page)
    password = PASSWORD if who == "admin" else OWN_PASSWORD
    sign_in(page, house.service.url, password, who)
    return page


def test_an_order_of_a_fire_is_done_on_a_phone_and_verified_at_a_desk(
    house: House, browser: Browser, complaints: Complaints
) -> None:
    page = entered(house, browser, complaints, "en", phone=True, who="wang")
    page.goto(f"{house.service.url}/orders")
    card = page.locator("[data-order]").filter(has_text="Go and look for the fire")
    expect(card).to_have_attribute("data-state", "open", timeout=PATIENCE_MS)
    number = int(card.get_attribute("data-order") or "0")
    card.get_by_role("link").click()
    expect(page).to_have_url(re.compile(f"/orders/{number}$"))
    state = page.locator(".sw-title[data-state]")
    arrive = page.locator("[data-step=arrive]")
    box = arrive.bounding_box()
    assert box is not None
    assert box["height"] >= 44, "too small for a thumb"
    page.locator("[data-step=accept]").click()
    expect(state).to_have_attribute("data-state", "accepted")
    arrive.click()
    expect(state).to_have_attribute("data-state", "on_site")
    finish = page.locator("[data-step=finish]")
    expect(finish).to_be_disabled()
    for item in (0, 1):
        row = page.locator(f"[data-item='{item}']")
        row.get_by_role("button", name="Done").click()
        expect(row).to_have_attribute("data-answer", "done")
    last = page.locator("[data-item='2']")
    last.get_by_role("button", name="Not applicable").click()
    expect(last).to_have_attribute("data-answer", "not_applicable")
    last.get_by_role("button", name="Remark").click()
    last.get_by_role("textbox").fill("a battery detector <b>alone</b>")
    last.get_by_role("button", name="Save").click()
    expect(last).to_contain_text("a battery detector <b>alone</b>")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Take or choose a photo").click()
    photo = {"name": "x.svg", "mimeType": "image/svg+xml", "buffer": png(400, 300, 90)}
    chooser.value.set_files(photo)  # type: ignore[arg-type]
    picture = page.get_by_role("img", name="Photo of")
    expect(picture).to_be_visible()
    eventually("it is drawn", lambda: _drawn(page))
    page.get_by_label("Part", exact=True).fill("CR123 battery")
    page.get_by_label("Count", exact=True).fill("2")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("2 × CR123 battery").first).to_be_visible()
    page.get_by_label("Add a note").fill("burnt toast")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("[data-event=noted]")).to_contain_text("burnt toast")
    shoot(page, "order-en-phone-work")
    assert overflow(page) <= 0
    finish.click()
    expect(state).to_have_attribute("data-state", "done")
    expect(page.get_by_text("Another person has to verify this work.")).to_be_visible()
    expect(page.locator("[data-step=verify]")).to_have_count(0)
    page.context.close()
    desk = entered(house, browser, complaints, "zh")
    desk.goto(f"{house.service.url}/orders?view=done")
    desk.locator(f"[data-order='{number}'] a").click()
    expect(desk.locator("[data-step=verify]")).to_be_visible(timeout=PATIENCE_MS)
    for item, said in ((0, "完成"), (2, "不适用")):
        expect(desk.locator(f"[data-item='{item}'] b")).to_have_text(said)
    eventually("the photo is drawn", lambda: _drawn(desk))
    shoot(desk, "order-zh-desk-done")
    desk.locator("[data-step=verify]").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_role("button", name="验收通过").click()
    expect(desk.locator(".sw-title[data-state]")).to_have_attribute("data-state", "verified")
    expect(desk.locator("[data-event=verified]")).to_contain_text("admin")
    desk.context.close()
    told = house.order(number)
    assert (told["state"], told["finished_by"]) == ("verified", "person:wang")
    # The fire is still there: an order neither ends nor acknowledges it.
    assert _fires(house.service)[0]["acked"] is False


def test_an_alarm_that_has_an_order_shows_it_and_one_without_makes_it(
    house: House, browser: Browser, complaints: Complaints
) -> None:
    page = entered(house, browser, complaints, "zh")
    house.publisher.publish("zigbee2mqtt/smoke-2", b'{"smoke": false, "battery_low": true}')
    fire = _fires(house.service)[0]["id"]
    page.goto(f"{house.service.url}/alarms?alarm={fire}")
    orders = page.get_by_test_id("alarm-orders")
    expect(orders).to_contain_text("到现场核查火警", timeout=PATIENCE_MS)
    shoot(page, "alarm-order-zh-desk")
    orders.get_by_role("button", name="生成工单").click()
    expect(page).to_have_url(re.compile(r"/orders/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("到现场核查火警")
    made = int(page.url.rsplit("/", 1)[1])
    page.locator("[data-step=cancel]").click()
    dialog = page.get_by_role("dialog")
    confirm = dialog.get_by_role("button", name="取消工单")
    expect(confirm).to_be_disabled()
    dialog.get_by_role("textbox").fill("误建")
    confirm.click()
    expect(page.locator(".sw-title[data-state]")).to_have_attribute("data-state", "cancelled")
    assert house.order(made)["closed_by"] == "person:admin"
    page.context.close()


def test_an_order_is_made_by_hand_and_given_to_somebody(
    house: House, browser: Browser, complaints: Complaints
) -> None:
    page = entered(house, browser, complaints, "en")
    page.goto(f"{house.service.url}/orders")
    page.get_by_role("button", name="New work order").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What is to be done").fill("Change the lamp")
    dialog.get_by_label("Site").click()
    page.get_by_role("option").nth(1).click()
    dialog.get_by_label("Person").click()
    page.get_by_role("option", name="wang").click()
    dialog.get_by_label("Done by").fill("2020-01-01T08:00")
    dialog.get_by_role("button", name="Make work order").click()
    expect(page).to_have_url(re.compile(r"/orders/\d+$"))
    number = int(page.url.rsplit("/", 1)[1])
    expect(page.locator("[data-late=yes]")).to_contain_text("overdue by")
    told = house.order(number)
    assert (told["assignee"], told["state"]) == ("person:wang", "assigned")
    # By the estate's wall, wherever the browser is: 08:00 in Shanghai.
    assert str(told["agreed"]).count("2020-01-01T00:00:00") == 1
    eventually(
        "the alarm that it is overdue",
        lambda: any(one["rule"] == "work_order_overdue" for one in house.service.alarms()),
    )
    page.goto(f"{house.service.url}/orders?view=overdue")
    expect(page.locator(f"[data-order='{number}']")).to_be_visible(timeout=PATIENCE_MS)
    mine = entered(house, browser, complaints, "en", who="wang")
    mine.goto(f"{house.service.url}/orders?view=mine")
    lamp = mine.locator("[data-order]").filter(has_text="Change the lamp")
    expect(lamp).to_have_attribute("data-order", str(number), timeout=PATIENCE_MS)
    mine.context.close()
    page.context.close()


@EACH_LOOK
def test_the_pages_fit_the_window(
    house: House, browser: Browser, complaints: Complaints, language: str, dark: bool, phone: bool
) -> None:
    context = open_context(browser, language, dark=dark, phone=phone)
    page = context.new_page()
    complaints.watch(page)
    sign_in(page, house.service.url, PASSWORD)
    plans = house.service.get("work-orders", state="all")["items"]
    planned = next(one["id"] for one in plans if one["origin"] == "plan")
    for name, address, ready in (
        ("orders", "/orders?view=all", "[data-order]"),
        ("order-plan", f"/orders/{planned}", "[data-item]"),
        ("workload", "/orders/workload", "[data-workload=guards]"),
    ):
        page.goto(house.service.url + address)
        expect(page.locator(ready).first).to_be_visible(timeout=PATIENCE_MS)
        tone = "dark" if dark else "light"
        shoot(page, f"{name}-{language}-{'phone' if phone else 'desk'}-{tone}")
        assert overflow(page) <= 0, f"{name} is wider than the window"
    context.close()


def test_who_may_not_work_on_orders_is_told_so(
    house: House, browser: Browser, complaints: Complaints
) -> None:
    page = entered(house, browser, complaints, "en", who="viewer")
    expect(page.get_by_role("link", name="Alarms", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Work orders")).to_have_count(0)
    for address in ("/orders", "/orders/1", "/orders/workload"):
        page.goto(house.service.url + address)
        expect(page.get_by_text("No permission")).to_be_visible(timeout=PATIENCE_MS)
    fire = _fires(house.service)[0]["id"]
    page.goto(f"{house.service.url}/alarms?alarm={fire}")
    expect(page.get_by_role("dialog")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_test_id("alarm-orders")).to_have_count(0)
    page.context.close()
