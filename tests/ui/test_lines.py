"""Lines, refused points and dead letters in a real browser, on devices that do misbehave."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.brokers import Publisher, publisher, running_broker
from tests.e2e.background import Background, in_background
from tests.e2e.folders import estate, meter, panel, smoke
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
REFUSED_PART = 6
FIRST_PART = 100
METER_REGISTERS = 80
"""What the meter has of its profile: it refuses line voltages, demand and totals."""
OWN_PASSWORD = "a password of one's own"
QUICK = """
- {rule: points_refused, on_delay: 1s}
- {rule: protection_refused, on_delay: 1s}
"""

pytestmark = [
    pytest.mark.timeout(600),
    *NEEDS_PAGE,
]


@dataclass(frozen=True)
class House:
    """A service on a meter that refuses, one that is silent, a panel and a broker."""

    service: Service
    meters: Background[ReplayServer]
    publisher: Publisher

    @property
    def line(self) -> str:
        """The line of the meters."""
        return f"modbus_tcp[127.0.0.1:{self.meters.server.port}]"


def _meters() -> ReplayServer:
    units = {1: Unit(), 2: Unit(fault=Fault.SILENT)}
    for unit in units.values():
        words = struct.unpack(f">{METER_REGISTERS}H", struct.pack(">f", 50.0) * 40)
        unit.load(4, 0, words)
    return ReplayServer(units)


def _panel() -> ReplayServer:
    unit = Unit(refused={FIRST_PART + REFUSED_PART - 1})
    unit.load(4, 0, [0, 242])
    unit.load(4, FIRST_PART, [0] * 242)
    return ReplayServer({1: unit})


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("lines")
    with (
        running_broker(folder / "broker") as broker,
        in_background(_meters) as meters,
        in_background(_panel) as fire_panel,
        publisher(broker) as publishes,
    ):
        port = meters.server.port
        devices = meter(port) + meter(port, "m2", unit=2) + smoke(["smoke-1"])
        home = estate(folder, devices + panel(fire_panel.server.port))
        (home / "rules" / "refused.yaml").write_text(QUICK, encoding="utf-8")
        arguments = ("run", "--estate", str(home), "--data", str(folder / "data"), "--port", "0")
        environment = {"SITEWATCH_MQTT__URL": broker.url}
        with started(*arguments, folder=folder, environment=environment) as service:
            eventually("the meter is read", lambda: "active_power" in service.latest("m1"))
            publishes.publish("zigbee2mqtt/smoke-1", b"{broken <b>")
            publishes.publish("zigbee2mqtt/smoke-1", bytes(range(200, 256)))
            yield House(service, meters, publishes)


def entered(house: House, browser: Browser, complaints: Complaints, language: str) -> Page:
    page = open_context(browser, language).new_page()
    complaints.watch(page)
    sign_in(page, house.service.url, PASSWORD)
    return page


def test_refused_points_are_one_alarm_and_refused_safety_points_lessen_the_coverage(
    house: House,
) -> None:
    def of(rule: str) -> list[dict[str, object]]:
        return [alarm for alarm in house.service.alarms() if alarm["rule"] == rule]

    eventually("the meter's alarm", lambda: bool(of("points_refused")), within_s=60)
    eventually("the panel's alarm", lambda: bool(of("protection_refused")), within_s=60)
    (low,), (high,) = of("points_refused"), of("protection_refused")
    assert (low["device"], low["severity"]) == ("m1", "info")
    assert "voltage_l1_l2" in str(low["value"])
    assert "frequency" not in str(low["value"])
    assert (high["device"], high["severity"]) == ("panel-1", "high")
    assert f"p{REFUSED_PART:03d}/smoke" in str(high["value"])
    (hall,) = [one for one in house.service.get("coverage")["items"] if one["place"] == "hall"]
    assert (hall["state"], hall["devices"]) == ("degraded", [f"panel-1/p{REFUSED_PART:03d}"])
    assert "refused" in hall["reasons"]
    detail = house.service.get("devices/m1")
    assert detail["line"] == house.line
    assert "voltage_l1_l2" in detail["refused"]


def test_lines_are_found_ordered_and_opened(
    house: House, browser: Browser, complaints: Complaints
) -> None:
    page = entered(house, browser, complaints, "en")
    page.get_by_role("link", name="Lines").click()
    rows = page.locator("[data-line]")
    expect(rows).to_have_count(3, timeout=PATIENCE_MS)
    row = page.locator(f"[data-line='{house.line}']")
    expect(row).to_have_attribute("data-state", "silent", timeout=PATIENCE_MS)
    expect(row).to_contain_text("Devices silent")
    expect(row.locator("[data-label=Answering]")).to_have_text("1/2")
    expect(row.locator("[data-label='Requests/s']")).to_contain_text(
        re.compile(r"\d"), timeout=PATIENCE_MS
    )
    page.get_by_role("button", name="Time-outs").click()
    expect(page).to_have_url(re.compile("sort=timeouts"))
    expect(rows.first).to_have_attribute("data-line", house.line)
    page.get_by_role("button", name="Time-outs").click()
    expect(page).to_have_url(re.compile("turned=true"))
    expect(rows.last).to_have_attribute("data-line", house.line)
    page.get_by_label("Find a line or device").fill("panel-1")
    expect(rows).to_have_count(1)
    page.reload()
    expect(rows).to_have_count(1, timeout=PATIENCE_MS)
    page.get_by_label("Find a line or device").fill("nothing of the kind")
    page.get_by_role("button", name="Clear the filter").click()
    expect(rows).to_have_count(3)
    row.get_by_role("button").click()
    drawer = page.get_by_role("dialog")
    silent = drawer.locator("[data-device=m2]")
    expect(silent).to_contain_text("Silent")
    expect(silent).to_contain_text("the device does not answer")
    expect(silent).to_contain_text("failed cycles in a row")
    expect(drawer.locator("[data-refused=voltage_l1_l2]")).to_be_visible()
    expect(drawer).to_contain_text("check its profile and firmware")
    shoot(page, "line-details-en-desk")
    drawer.locator("[data-device=m1] a").click()
    expect(page).to_have_url(re.compile("/devices/m1$"))
    expect(page.get_by_test_id("device-line")).to_contain_text(house.line)
    expect(page.get_by_role("heading", name="Refused points")).to_be_visible()
    shoot(page, "device-refused-en-desk")
    page.context.close()


def test_dead_letters_show_what_came_and_never_run_it(
    house: House, browser: Browser, complaints: Complaints
) -> None:
    page = entered(house, browser, complaints, "zh")
    page.goto(f"{house.service.url}/lines")
    page.get_by_role("link", name="死信").click()
    letters = page.locator("[data-letter]")
    expect(letters).to_have_count(2, timeout=PATIENCE_MS)
    expect(letters.nth(0)).to_contain_text("c8 c9 ca")
    expect(letters.nth(0)).to_contain_text("十六进制")
    expect(letters.nth(1).locator("pre")).to_have_text("{broken <b>")
    expect(letters.nth(1)).to_contain_text("zigbee2mqtt/smoke-1")
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
        ("lines", "/lines", "[data-line]"),
        ("line-details", f"/lines?line={house.line}", "[data-refused]"),
        ("dead-letters", "/dead-letters", "[data-letter]"),
        ("device-refused", "/devices/m1", "[data-refused]"),
        ("alarms-refused", "/alarms", "[data-rule=protection_refused]"),
    ):
        page.goto(house.service.url + address)
        expect(page.locator(ready).first).to_be_visible(timeout=PATIENCE_MS)
        shoot(page, f"{name}-{language}-{'phone' if phone else 'desk'}")
        assert overflow(page) <= 0, f"{name} is wider than the window"
    context.close()


def test_who_may_not_see_lines_is_told_so(
    house: House, browser: Browser, complaints: Complaints
) -> None:
    made = house.service.post(
        "people", {"username": "viewer", "roles": ["viewer"], "sites": ["centre"]}
    ).json()
    with httpx.Client(base_url=f"{house.service.url}/api/v1/") as client:
        answer = client.post("session", json=made)
        client.headers["X-CSRF-Token"] = answer.headers["X-CSRF-Token"]
        change = {"current_password": made["password"], "new_password": OWN_PASSWORD}
        assert client.put("session/password", json=change).status_code == 204
    page = open_context(browser, "en").new_page()
    complaints.watch(page)
    sign_in(page, house.service.url, OWN_PASSWORD, "viewer")
    expect(page.get_by_role("link", name="Alarms", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Lines")).to_have_count(0)
    for address in ("/lines", "/dead-letters"):
        page.goto(house.service.url + address)
        expect(page.get_by_text("No permission")).to_be_visible(timeout=PATIENCE_MS)
    page.goto(f"{house.service.url}/devices/m1")
    expect(page.get_by_role("heading", name="Refused points")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_test_id("device-line")).to_have_count(0)
    page.context.close()
