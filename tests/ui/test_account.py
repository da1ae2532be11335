"""covers: web/src/account in a real browser: a second factor from the picture to the next login."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from api.house import ApiSettings
from records import totp
from records.people import Role
from tests.api.house import PASSWORD, Built
from tests.ui.browser import (
    NEEDS_PAGE,
    Complaints,
    open_context,
    overflow,
    shoot,
    sign_in,
)
from tests.ui.serving_page import page_of

PATIENCE_MS = 20_000
pytestmark = [
    pytest.mark.timeout(200),
    *NEEDS_PAGE,
]


def _enrol(page: Page, town: Built, shot: str) -> tuple[str, str]:
    """Follow the page; returns the secret and one recovery code."""
    page.get_by_role("button", name="Set up a second factor").click()
    page.locator("input[autocomplete=current-password]").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    picture = page.get_by_role("img", name="QR code of the secret")
    expect(picture).to_be_visible(timeout=PATIENCE_MS)
    assert picture.evaluate("image => image.naturalWidth") > 100
    secret = page.locator(".sw-secret").inner_text()
    shoot(page, f"account-enrol-{shot}")
    page.get_by_label("Code").fill(totp.code_at(secret, town.clock() // 30_000))
    page.get_by_role("button", name="Confirm").click()
    codes = page.locator(".sw-codes code")
    expect(codes).to_have_count(10, timeout=PATIENCE_MS)
    assert overflow(page) <= 0
    first = codes.first.inner_text()
    page.get_by_role("button", name="I have kept them").click()
    expect(page.get_by_test_id("second-factor-on")).to_contain_text("10 recovery codes")
    town.clock.now += 30_000
    return secret, first


def test_a_second_factor_from_the_picture_to_the_next_login(
    tmp_path: Path, browser: Browser
) -> None:
    with page_of(tmp_path) as (town, url):
        town.person("li", Role.OPERATOR)
        complaints = Complaints()
        context = open_context(browser, "en")
        page = context.new_page()
        complaints.watch(page)
        sign_in(page, url, PASSWORD, "li")
        page.get_by_role("button", name="Account").click()
        page.get_by_role("menuitem", name="My account").click()
        secret, paper = _enrol(page, town, "en-desk")
        sessions = page.locator(".sw-sessions > li")
        expect(sessions).to_have_count(1, timeout=PATIENCE_MS)
        assert complaints.found == []
        # Elsewhere the password alone no longer opens; the refusal is a line in the console.
        phone = open_context(browser, "en", phone=True)
        other = phone.new_page()
        other.goto(url)
        other.wait_for_url(re.compile(r"/login"))
        other.locator("input[autocomplete=username]").fill("li")
        other.locator("input[autocomplete=current-password]").fill(PASSWORD)
        other.locator("button[type=submit]").click()
        code = other.locator("input[autocomplete=one-time-code]")
        expect(code).to_be_focused(timeout=PATIENCE_MS)
        expect(other.get_by_role("alert")).to_contain_text("asks for a code")
        shoot(other, "login-code-en-phone")
        code.fill("000000")
        other.locator("button[type=submit]").click()
        expect(other.get_by_role("alert")).to_contain_text("is wrong", timeout=PATIENCE_MS)
        code.fill(totp.code_at(secret, town.clock() // 30_000))
        other.locator("button[type=submit]").click()
        expect(other.get_by_test_id("link")).to_have_attribute(
            "data-state", "up", timeout=PATIENCE_MS
        )
        page.reload()
        expect(sessions).to_have_count(2, timeout=PATIENCE_MS)
        shoot(page, "account-sessions-en-desk")
        page.get_by_role("button", name="End all others").click()
        expect(sessions).to_have_count(1, timeout=PATIENCE_MS)
        other.reload()
        other.wait_for_url(re.compile(r"/login"), timeout=PATIENCE_MS)
        assert paper not in page.content()
        phone.close()
        context.close()


def test_a_role_that_asks_for_it_opens_nothing_before(tmp_path: Path, browser: Browser) -> None:
    settings = replace(ApiSettings(), second_factor_roles=frozenset({Role.OPERATOR}))
    with page_of(tmp_path, settings) as (town, url):
        town.person("li", Role.OPERATOR)
        context = open_context(browser, "en")
        page = context.new_page()
        page.goto(url)
        page.wait_for_url(re.compile(r"/login"))
        page.locator("input[autocomplete=username]").fill("li")
        page.locator("input[autocomplete=current-password]").fill(PASSWORD)
        page.locator("button[type=submit]").click()
        page.wait_for_url(re.compile(r"/account"), timeout=PATIENCE_MS)
        expect(page.get_by_role("alert")).to_contain_text("Your roles ask for a second factor")
        _enrol(page, town, "required-en-desk")
        page.get_by_role("link", name="Back to the page").click()
        expect(page.get_by_test_id("link")).to_have_attribute(
            "data-state", "up", timeout=PATIENCE_MS
        )
        context.close()
