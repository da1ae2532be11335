"""covers: cross-site scripting: what devices, messages and strangers say is text on every page.

In real Chromium, with the policy that the service sends: a script that ran would open a dialog.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, expect

from api.house import STATIC
from records.people import Role
from tests.api.house import EVIL, PASSWORD, Built
from tests.ui.browser import CHROMIUM, chromium, open_context, sign_in
from tests.ui.serving_page import IS_BUILT, page_of

ROOT = Path(__file__).resolve().parents[2]
VALUES = {"$site": "tower", "$device": "evil", "$order": "1", "$system": "energy"}
WAYS = ("dangerouslySetInnerHTML", "innerHTML", "eval(", "new Function(", "document.write")
pytestmark = [
    pytest.mark.timeout(200),
    pytest.mark.skipif(not IS_BUILT, reason="the page is not built: make web"),
]


def addresses() -> list[str]:
    """Every address of the page, read from its router."""
    router = (ROOT / "web" / "src" / "router.tsx").read_text(encoding="utf-8")
    found = re.findall(r'path: "([^"]+)"', router)
    assert len(found) > 15
    return [re.sub(r"\$\w+", lambda match: VALUES[match.group()], path) for path in found]


class _Scripts(HTMLParser):
    """Scripts and handlers in a document."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str | None] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.sources.append(dict(attrs).get("src"))
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Built, str]]:
    with page_of(tmp_path_factory.mktemp("scripts")) as (town, url):
        town.person("li", *Role)
        yield town, url


def test_no_page_has_inline_script_and_none_is_allowed(served: tuple[Built, str]) -> None:
    _, url = served
    for address in addresses():
        answer = httpx.get(url + address)
        told = answer.headers["content-security-policy"]
        policy = {
            name: what for name, _, what in (part.partition(" ") for part in told.split("; "))
        }
        assert policy["script-src"] == "'self'", address
        assert policy["object-src"] == policy["base-uri"] == "'none'", address
        assert policy["frame-ancestors"] == "'none'", address
        assert answer.headers["x-content-type-options"] == "nosniff", address
        assert "access-control-allow-origin" not in answer.headers, address
        scripts = _Scripts()
        scripts.feed(answer.text)
        assert scripts.sources, address
        assert all(source and source.startswith("/") for source in scripts.sources), address
        assert scripts.handlers == [], address


def test_the_built_page_makes_no_code_of_text() -> None:
    for file in (ROOT / "web" / "src").rglob("*.ts*"):
        text = file.read_text(encoding="utf-8")
        for way in (
            "dangerouslySetInnerHTML",
            "innerHTML",
            "eval(",
            "new Function(",
            "document.write",
        ):
            assert way not in text, f"{file.name}: {way}"
    assert (STATIC / "index.html").exists()


def _speak(town: Built, url: str) -> None:
    """Everybody says the evil thing: a device by name and value, a message, a stranger."""
    town.heard("evil", active_power=1.0, serial_number=EVIL)
    town.heard("grid", active_power=1.0, status_text=EVIL)
    label = {"zh": EVIL, "en": EVIL}
    town.alarm("evil", title=label, device_name=label, point=EVIL[:60], value=EVIL)
    order = {"title": EVIL, "site": "tower"}
    headers = {"Authorization": f"Bearer {town.token('evil', Role.MANAGER)}"}
    made = httpx.post(f"{url}/api/v1/work-orders", json=order, headers=headers)
    assert (made.status_code, made.json()["id"]) == (201, 1)
    town.house.dead_letters.keep_now(f"mqtt {EVIL}"[:60], EVIL.encode(), EVIL[:60])


@pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium")
def test_what_others_say_runs_on_no_page(served: tuple[Built, str], browser: Browser) -> None:
    town, url = served
    _speak(town, url)
    httpx.post(f"{url}/api/v1/session", json={"username": EVIL, "password": "x"})
    context = open_context(browser, "en")
    page = context.new_page()
    ran: list[str] = []

    def opened(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    def complained(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            ran.append(message.text)

    page.on("dialog", opened)
    page.on("console", complained)
    sign_in(page, url, PASSWORD, "li")
    seen = 0
    for address in addresses():
        if address in ("/login", "/logout"):
            continue
        page.goto(url + address)
        expect(page.get_by_role("heading", level=1)).to_be_attached(timeout=20_000)
        page.wait_for_load_state("load")
        expect(page.locator("[data-state=loading]")).to_have_count(0, timeout=20_000)
        seen += page.get_by_text("onerror=alert(1)").count()
        assert page.locator("img[src=x]").count() == 0, address
    context.close()
    assert ran == []
    assert seen > 2, "nothing evil was shown: the attack was none"
