"""covers: web/src/coverage, proofs and rescue in a real browser: a lift with somebody in it."""

import datetime as dt
import re
import time
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from ingest.quality_tables import put_run
from records.engine import make_engine, sqlite_url, transaction
from tests.e2e.background import in_background
from tests.e2e.folders import estate
from tests.e2e.service import PASSWORD, Service, eventually, started
from tests.replay_server import ReplayServer, Unit
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
HOUR_MS = 3_600_000
TODAY = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()
LIFT = """\
- id: {id}
  profile: generic_elevator_modbus
  place: {place}
  name: {{zh: {zh}, en: {en}}}
  interval: 1s
  link: {{modbus_tcp: {{host: 127.0.0.1, port: {port}, unit: {unit}}}}}
  elevator:
    registration_code: "3110320400201600000{unit}"
    rescue_code: WJ123{unit}
    firm: {{name: {{zh: 某电梯公司, en: Lift firm}}, phone: "0519-88880000"}}
    maintained: {maintained}
    next_inspection: {inspection}
    load_kg: 1000
    floors: 9
    stops: 8
"""
TRAPPED = (1, 0, 0, 0b10110, 4, 0, 0, 0, 0, 100, 0, 10)
FREE = (1, 0, 0, 0b00011, 1, 0, 0, 0, 0, 100, 0, 10)
"""Registers 0 to 11: mode, car, direction, signals, floor, code, faults, speed, two counters."""

pytestmark = [
    pytest.mark.timeout(600),
    *NEEDS_PAGE,
]


def _lifts() -> ReplayServer:
    units = {1: Unit(), 2: Unit()}
    units[1].load(4, 0, TRAPPED)
    units[2].load(4, 0, FREE)
    return ReplayServer(units)


def _devices(port: int) -> str:
    late = TODAY - dt.timedelta(days=20)
    soon = TODAY + dt.timedelta(days=10)
    first = LIFT.format(
        id="lift-1", place="hall", zh="1号电梯", en="Lift 1", port=port, unit=1,
        maintained=late, inspection=soon,
    )  # fmt: skip
    second = LIFT.format(
        id="lift-2", place="centre", zh="2号电梯", en="Lift 2", port=port, unit=2,
        maintained=TODAY, inspection=TODAY + dt.timedelta(days=300),
    )  # fmt: skip
    return first + second


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("coverage")
    with in_background(_lifts) as lifts:
        home = estate(folder, _devices(lifts.server.port))
        data = folder / "data"
        arguments = ("run", "--estate", str(home), "--data", str(data), "--port", "0")
        with started(*arguments, folder=folder) as running:
            eventually("somebody is trapped", lambda: _rules(running) >= {"elevator_entrapment"})
            now = round(time.time() * 1000)
            engine = make_engine(sqlite_url(data / "sitewatch.sqlite"))
            with transaction(engine) as connection:
                put_run(connection, now - 9 * HOUR_MS, now - 2 * HOUR_MS)
            engine.dispose()
            yield running


def _rules(service: Service) -> set[str]:
    return {one["rule"] for one in service.alarms()}


def entered(service: Service, browser: Browser, complaints: Complaints, language: str) -> Page:
    page = open_context(browser, language).new_page()
    complaints.watch(page)
    sign_in(page, service.url, PASSWORD)
    return page


def test_deadlines_are_raised_at_the_start(service: Service) -> None:
    eventually(
        "the deadlines are looked at",
        lambda: _rules(service) >= {"maintenance_overdue", "inspection_due"},
    )
    due = {one["rule"]: one for one in service.alarms() if one["device"] == "lift-1"}
    assert due["maintenance_overdue"]["value"] == str(TODAY - dt.timedelta(days=5))
    assert not any(one["device"] == "lift-2" for one in service.alarms())


def test_the_blind_time_stands_on_the_overview_and_the_coverage_page_has_all(
    service: Service, browser: Browser, complaints: Complaints
) -> None:
    page = entered(service, browser, complaints, "zh")
    notice = page.get_by_test_id("blind")
    expect(notice).to_contain_text("监测服务未运行", timeout=PATIENCE_MS)
    shoot(page, "overview-blind-zh-desk")
    page.get_by_role("link", name="保护覆盖").click()
    places = page.get_by_test_id("coverage-places").locator("tbody tr")
    expect(places).to_have_count(2, timeout=PATIENCE_MS)
    branches = page.get_by_test_id("coverage-branches").locator("tbody tr")
    expect(branches.first).to_contain_text("无测试记录")
    page.locator("[data-branch] button").first.click()
    expect(page).to_have_url(re.compile("site="))
    expect(places).to_have_count(1)
    page.get_by_text("受保护 1", exact=True).click()
    expect(page).to_have_url(re.compile("state=protected"))
    expect(page.get_by_test_id("blind-list").locator("li")).to_have_count(1)
    shoot(page, "coverage-zh-desk")
    page.context.close()


def test_a_test_that_is_noted_asks_for_the_others(
    service: Service, browser: Browser, complaints: Complaints
) -> None:
    page = entered(service, browser, complaints, "en")
    page.goto(f"{service.url}/devices/lift-1")
    panel = page.get_by_test_id("proofs")
    expect(panel).to_contain_text("31103204002016000001", timeout=PATIENCE_MS)
    expect(panel.get_by_role("link", name="0519-88880000")).to_be_visible()
    expect(panel.locator("[data-proof=maintenance]")).to_contain_text("Overdue since")
    panel.get_by_role("textbox", name="Note").fill("by Li")
    panel.get_by_role("button", name="Note").click()
    tested = panel.locator("[data-proof=functional_test]")
    expect(tested).to_contain_text(f"Last: {TODAY}", timeout=PATIENCE_MS)
    expect(panel).to_contain_text("by Li")
    shoot(page, "elevator-en-desk")
    page.goto(f"{service.url}/coverage?system=elevator")
    row = page.locator("[data-place='hall elevator']")
    expect(row).to_contain_text("1/1", timeout=PATIENCE_MS)
    expect(row).to_contain_text(str(TODAY))
    page.context.close()


def test_the_rescue_goes_step_by_step(
    service: Service, browser: Browser, complaints: Complaints
) -> None:
    page = entered(service, browser, complaints, "en")
    (trapped,) = (one for one in service.alarms() if one["rule"] == "elevator_entrapment")
    page.goto(f"{service.url}/alarms?alarm={trapped['id']}")
    clock = page.get_by_test_id("rescue")
    expect(clock.get_by_role("timer")).to_contain_text("left", timeout=PATIENCE_MS)
    clock.get_by_role("button", name="On the way").click()
    expect(clock.locator("[data-step=on_the_way]")).to_be_visible(timeout=PATIENCE_MS)
    shoot(page, "rescue-en-desk")
    clock.get_by_role("button", name="On site").click()
    expect(clock).to_contain_text("in time.", timeout=PATIENCE_MS)
    expect(clock.get_by_role("button", name="On the way")).to_have_count(0)
    clock.get_by_role("button", name="People released").click()
    expect(clock.get_by_role("button")).to_have_count(0, timeout=PATIENCE_MS)
    events = [one["event"] for one in service.get(f"alarms/{trapped['id']}/events")]
    assert events[-3:] == ["rescue_on_the_way", "rescue_on_site", "rescue_released"]
    page.context.close()


@EACH_LOOK
def test_the_page_fits_the_window(
    service: Service, browser: Browser, complaints: Complaints, language: str,
    dark: bool, phone: bool,
) -> None:  # fmt: skip
    context = open_context(browser, language, dark=dark, phone=phone)
    page = context.new_page()
    complaints.watch(page)
    sign_in(page, service.url, PASSWORD)
    look = f"{language}-{'dark' if dark else 'light'}-{'phone' if phone else 'desk'}"
    for path, seen in (("coverage", "coverage-places"), ("devices/lift-1", "proofs")):
        page.goto(f"{service.url}/{path}")
        expect(page.get_by_test_id(seen)).to_be_visible(timeout=PATIENCE_MS)
        assert overflow(page) <= 0, path
        shoot(page, f"{path.replace('/', '-')}-{look}")
    context.close()
