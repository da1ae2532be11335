"""A headless Chromium that fails the test on whatever a developer's console would show."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    expect,
    sync_playwright,
)

from tests.footprint import FULL
from tests.ui.serving_page import IS_BUILT

CHROMIUM = Path("/usr/bin/chromium")
NEEDS_PAGE = (
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium"),
    pytest.mark.skipif(not IS_BUILT, reason="the page is not built: make web"),
)
"""What a test needs that opens the built page."""
SHOTS = Path(__file__).resolve().parents[2] / "test-artifacts"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
LOOKS = [("zh", False, False), ("en", True, True)]
if FULL:
    LOOKS += [("en", True, False), ("zh", False, True)]
EACH_LOOK = pytest.mark.parametrize(("language", "dark", "phone"), LOOKS)
"""A desk in Chinese and a phone in English, dark; `make soak` looks at the others, too."""


@dataclass
class Complaints:
    """Everything the browser complained of: console, exceptions, requests."""

    found: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Listen to a page."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.found.append(f"exception: {error}"))
        page.on("requestfailed", self._failed)
        page.on(
            "response",
            lambda answer: (
                self.found.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None
            ),
        )

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.found.append(f"console {message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        # What a page asked for and no longer wants when it is left is no failure.
        if request.failure != "net::ERR_ABORTED":
            self.found.append(f"request failed: {request.url} {request.failure}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS])
        try:
            yield browser
        finally:
            browser.close()


def open_context(
    browser: Browser, language: str, *, dark: bool = False, phone: bool = False
) -> BrowserContext:
    """A fresh profile of a reader, somewhere in another time zone than the estate."""
    return browser.new_context(
        locale=LOCALES[language],
        color_scheme="dark" if dark else "light",
        viewport={"width": 390, "height": 844} if phone else {"width": 1440, "height": 900},
        timezone_id="Europe/Lisbon",
    )


def sign_in(page: Page, url: str, password: str, username: str = "admin") -> None:
    """Sign in, as the first administrator or another, and wait for the live stream."""
    page.goto(url)
    page.wait_for_url(re.compile(r"/login"))
    page.locator("input[autocomplete=username]").fill(username)
    page.locator("input[autocomplete=current-password]").fill(password)
    page.locator("button[type=submit]").click()
    expect(page.get_by_test_id("link")).to_have_attribute("data-state", "up", timeout=30_000)


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the page, for a person to look at."""
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")


def overflow(page: Page) -> int:
    """By how much the page is wider than the window. [px]"""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
