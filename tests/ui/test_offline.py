"""covers: web/public/sw.js: what a browser shows when the service cannot be reached."""

import json
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from records.people import Role
from tests.api.house import PASSWORD
from tests.ui.browser import NEEDS_PAGE, Complaints, open_context, overflow, shoot, sign_in
from tests.ui.serving_page import page_of

PATIENCE_MS = 20_000
pytestmark = [pytest.mark.timeout(200), *NEEDS_PAGE]
KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys())
    for (const one of await (await caches.open(name)).keys()) found.push(new URL(one.url).pathname);
  return found.sort();
}"""
REGISTERED = "() => navigator.serviceWorker.getRegistration().then((one) => one?.active)"
ASKED = """() => fetch("/api/v1/latest").then((answer) => answer.status, () => "no answer")"""


def _settled(page: Page) -> None:
    """The notice is kept, and its worker stands before this page."""
    page.wait_for_function(
        "() => navigator.serviceWorker.getRegistration().then((one) => one?.active)"
    )
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")


def test_without_the_service_there_is_a_notice_and_nothing_old(
    tmp_path: Path, browser: Browser
) -> None:
    complaints = Complaints()
    context = open_context(browser, "en", phone=True)
    page = context.new_page()
    with page_of(tmp_path) as (town, url):
        town.person("li", Role.OPERATOR)
        town.heard("grid", active_power=4321.0)
        complaints.watch(page)
        sign_in(page, url, PASSWORD, "li")
        _settled(page)
        page.goto(f"{url}/sites/centre")
        expect(page.get_by_test_id("link")).to_have_attribute("data-state", "up")
        assert page.evaluate(KEPT) == ["/icon.svg", "/offline.html", "/offline.js"]
        assert complaints.found == []
        # The network goes, and comes back.
        context.set_offline(True)
        page.goto(f"{url}/alarms")
        notice = page.get_by_role("alert")
        expect(notice).to_contain_text("无法连接监测服务", timeout=PATIENCE_MS)
        expect(notice).to_contain_text("The monitoring service cannot be reached")
        assert page.evaluate(ASKED) == "no answer"
        assert overflow(page) <= 0
        shoot(page, "offline-phone")
        context.set_offline(False)
        expect(page.get_by_test_id("link")).to_have_attribute(
            "data-state", "up", timeout=PATIENCE_MS
        )
        assert page.url == f"{url}/alarms"
    # The service is really gone.
    page.goto(f"{url}/sites/centre")
    expect(page.get_by_role("alert")).to_contain_text("no new alarm will show")
    assert "4321" not in page.content()
    assert page.evaluate(ASKED) == "no answer"
    context.close()


def test_a_page_that_is_open_says_so_too(tmp_path: Path, browser: Browser) -> None:
    context = open_context(browser, "zh")
    page = context.new_page()
    with page_of(tmp_path) as (town, url):
        town.person("li", Role.OPERATOR)
        sign_in(page, url, PASSWORD, "li")
        _settled(page)
    expect(page.get_by_test_id("stream-lost")).to_be_visible(timeout=PATIENCE_MS)
    context.close()


def test_it_can_be_installed(tmp_path: Path) -> None:
    with page_of(tmp_path) as (_, url):
        answer = httpx.get(f"{url}/manifest.webmanifest", trust_env=False)
        assert answer.headers["content-type"] == "application/manifest+json"
        manifest = json.loads(answer.text)
        assert (manifest["display"], manifest["start_url"], manifest["scope"]) == (
            "standalone", "/", "/",
        )  # fmt: skip
        assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
        for icon in manifest["icons"]:
            drawn = httpx.get(f"{url}{icon['src']}", trust_env=False)
            assert drawn.headers["content-type"] == icon["type"]
        for file in ("sw.js", "offline.html", "offline.js"):
            # A browser asks each time whether there is a newer one.
            assert (
                httpx.get(f"{url}/{file}", trust_env=False).headers["cache-control"] == "no-cache"
            )
