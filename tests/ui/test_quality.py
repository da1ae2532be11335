"""Data quality in a real browser: the heat map, the table, a device's thirty days."""

import datetime as dt
import re
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from ingest.quality_book import DayRow
from ingest.quality_tables import put_days
from records.engine import make_engine, sqlite_url, transaction
from tests.e2e.background import in_background
from tests.e2e.folders import estate, meter
from tests.e2e.service import PASSWORD, Service, eventually, started
from tests.replay_server import Fault, ReplayServer, Unit
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
METER_REGISTERS = 80
OWN_PASSWORD = "a password of one's own"
BAD_DAY = 3
"""Days ago on which m2 was hardly there, and sitewatch stood still for half an hour."""

pytestmark = [
    pytest.mark.timeout(600),
    *NEEDS_PAGE,
]


@dataclass(frozen=True)
class House:
    """A service on a meter, one that is silent, and one that was never read."""

    service: Service
    today: dt.date


def _meters() -> ReplayServer:
    units = {1: Unit(), 2: Unit(fault=Fault.SILENT)}
    for unit in units.values():
        words = struct.unpack(f">{METER_REGISTERS}H", struct.pack(">f", 50.0) * 40)
        unit.load(4, 0, words)
    return ReplayServer(units)


def _of(day: dt.date) -> dict[str, str]:
    """The query for one day."""
    return {"from": str(day), "to": str(day)}


def _online(service: Service, day: dt.date) -> object:
    """The online rate of m1, which is known when a minute has begun since its first sample."""
    (item,) = service.get("quality", device="m1", **_of(day))["items"]
    return item["figures"] and item["figures"]["online"]


def _past(today: dt.date) -> list[DayRow]:
    """A good month of m1 and a fair one of m2."""
    rows = []
    for ago in range(1, 30):
        day = today.toordinal() - ago
        rows.append(DayRow("m1", day, 8640, 100_000, 100_000, 1440, online=1440, allowed_ms=30_000))
        bad = ago == BAD_DAY
        good = 12_000 if bad else 99_000
        row = DayRow("m2", day, 8640, good, 100_000, 1440, online=180 if bad else 1430)
        row.down = 30 if bad else 0
        row.missing = Counter(no_answer=70_000 if bad else 900)
        row.suspect = Counter(out_of_range=12)
        rows.append(row)
    return rows


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("quality")
    with in_background(_meters) as meters:
        port = meters.server.port
        devices = meter(port) + meter(port, "m2", unit=2)
        home = estate(folder, devices)
        data = folder / "data"
        arguments = ("run", "--estate", str(home), "--data", str(data), "--port", "0")
        with started(*arguments, folder=folder) as service:
            eventually("the meter is read", lambda: "active_power" in service.latest("m1"))
            today = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()
            engine = make_engine(sqlite_url(data / "sitewatch.sqlite"))
            with transaction(engine) as connection:
                put_days(connection, _past(today))
            engine.dispose()
            eventually(
                "today is booked",
                lambda: _online(service, today) is not None,
                within_s=180,
            )
            yield House(service, today)


def entered(house: House, browser: Browser, complaints: Complaints, language: str) -> Page:
    page = open_context(browser, language).new_page()
    complaints.watch(page)
    sign_in(page, house.service.url, PASSWORD)
    return page


def test_the_running_service_books_today(house: House) -> None:
    """The consumer is wired: today has readings of m1, all of them heard."""
    found = house.service.get("quality", device="m1", **_of(house.today))
    (item,) = found["items"]
    assert item["figures"]["fresh"] == 1
    assert item["heard_at"] is not None
    assert found["until"] is not None


def test_the_worst_stands_first_and_opens(
    house: House, browser: Browser, complaints: Complaints
) -> None:
    page = entered(house, browser, complaints, "en")
    page.get_by_role("link", name="Data quality").click()
    rows = page.locator("[data-quality]")
    expect(rows).to_have_count(2, timeout=PATIENCE_MS)
    expect(rows.first).to_have_attribute("data-quality", "m2")
    bad = (house.today - dt.timedelta(days=BAD_DAY)).isoformat()
    cell = rows.first.locator(f"[data-date='{bad}']")
    expect(cell).to_contain_text("12")
    expect(cell).to_have_class(re.compile("sw-heat-bad"))
    expect(cell).to_contain_text("sitewatch was not running for 30 min")
    expect(rows.first).to_contain_text("the device does not answer")
    good = rows.last.locator(f"[data-date='{bad}']")
    expect(good).to_contain_text("100")
    page.get_by_text("Online", exact=True).first.click()
    expect(page).to_have_url(re.compile("show=online"))
    expect(cell).to_contain_text("12")
    page.get_by_text("30 days", exact=True).click()
    expect(page).to_have_url(re.compile("days=30"))
    expect(rows.first.locator("[data-date]")).to_have_count(30)
    page.get_by_role("button", name="Completeness").click()
    page.get_by_role("button", name="Completeness").click()
    expect(page).to_have_url(re.compile("turned=true"))
    expect(rows.first).to_have_attribute("data-quality", "m1")
    page.reload()
    expect(rows.first).to_have_attribute("data-quality", "m1", timeout=PATIENCE_MS)
    shoot(page, "quality-en-desk-30")
    rows.last.get_by_role("link").click()
    expect(page).to_have_url(re.compile("/devices/m2$"))
    panel = page.get_by_test_id("device-quality")
    expect(panel.locator("[data-date]")).to_have_count(30, timeout=PATIENCE_MS)
    expect(panel.locator(f"[data-worst='{bad}']")).to_contain_text("sitewatch was not running")
    shoot(page, "device-quality-en-desk")
    page.context.close()


def test_groups_filters_and_nothing(house: House, browser: Browser, complaints: Complaints) -> None:
    page = entered(house, browser, complaints, "zh")
    page.goto(f"{house.service.url}/quality?by=kind")
    rows = page.locator("[data-quality]")
    expect(rows).to_have_count(1, timeout=PATIENCE_MS)
    expect(rows.first).to_contain_text("设备数：2")
    page.goto(f"{house.service.url}/quality?by=line")
    expect(rows.first).to_contain_text("modbus_tcp[", timeout=PATIENCE_MS)
    page.goto(f"{house.service.url}/quality?by=site")
    expect(rows.first).to_be_visible(timeout=PATIENCE_MS)
    rows.first.get_by_role("button").click()
    expect(page).to_have_url(re.compile("site="))
    page.get_by_label("查找").fill("没有这样的设备")
    expect(page.get_by_text("没有符合条件的记录。")).to_be_visible()
    page.get_by_role("button", name="清除筛选").click()
    expect(rows).to_have_count(2, timeout=PATIENCE_MS)
    page.context.close()


@EACH_LOOK
def test_the_pages_fit_the_window(
    house: House, browser: Browser, complaints: Complaints, language: str, dark: bool, phone: bool
) -> None:
    context = open_context(browser, language, dark=dark, phone=phone)
    page = context.new_page()
    complaints.watch(page)
    sign_in(page, house.service.url, PASSWORD)
    for name, address, ready in (
        ("quality", "/quality", "[data-quality=m2]"),
        ("quality-site", "/quality?by=site&days=14", "[data-quality]"),
        ("device-quality", "/devices/m2", "[data-worst]"),
    ):
        page.goto(house.service.url + address)
        expect(page.locator(ready).first).to_be_visible(timeout=PATIENCE_MS)
        shoot(page, f"{name}-{language}-{'phone' if phone else 'desk'}")
        assert overflow(page) <= 0, f"{name} is wider than the window"
    context.close()


def test_a_failing_service_is_told_and_asked_again(house: House, browser: Browser) -> None:
    page = open_context(browser, "en").new_page()
    sign_in(page, house.service.url, PASSWORD)
    page.route("**/api/v1/quality*", lambda route: route.fulfill(status=503, body="{}"))
    page.goto(f"{house.service.url}/quality")
    again = page.get_by_role("button", name=re.compile("again", re.IGNORECASE))
    expect(again).to_be_visible(timeout=PATIENCE_MS)
    page.unroute("**/api/v1/quality*")
    again.click()
    expect(page.locator("[data-quality]")).to_have_count(2, timeout=PATIENCE_MS)
    page.context.close()


def test_who_may_not_see_it_is_told_so(
    house: House, browser: Browser, complaints: Complaints
) -> None:
    made = house.service.post(
        "people", {"username": "auditor", "roles": ["auditor"], "sites": ["*"]}
    ).json()
    with httpx.Client(base_url=f"{house.service.url}/api/v1/") as client:
        answer = client.post("session", json=made)
        client.headers["X-CSRF-Token"] = answer.headers["X-CSRF-Token"]
        change = {"current_password": made["password"], "new_password": OWN_PASSWORD}
        assert client.put("session/password", json=change).status_code == 204
    page = open_context(browser, "en").new_page()
    complaints.watch(page)
    page.goto(house.service.url)
    page.locator("input[autocomplete=username]").fill("auditor")
    page.locator("input[type=password]").fill(OWN_PASSWORD)
    page.locator("button[type=submit]").click()
    page.wait_for_url(re.compile(r"^(?!.*login)"))
    page.goto(f"{house.service.url}/quality")
    expect(page.get_by_text("No permission")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("link", name="Data quality")).to_have_count(0)
    page.context.close()
