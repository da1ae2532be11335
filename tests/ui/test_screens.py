"""The wall, the overview, the flow of energy, the systems; and axe over every page there is.

covers: web/src
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.service import PASSWORD, eventually
from tests.footprint import FULL
from tests.ui.axe import SCRIPT, violations
from tests.ui.browser import LOCALES, NEEDS_PAGE, Complaints, overflow, shoot, sign_in
from tests.ui.demo import Demo, running_demo

PATIENCE_MS = 40_000
SIZES = {"desk": (1440, 900), "phone": (390, 844), "big": (2560, 1440)}
PAGES = {
    "overview": "/",
    "site": "/sites/centre",
    "elevators": "/systems/elevator",
    "fire": "/systems/fire",
    "pv": "/systems/pv",
    "charging": "/systems/charging",
    "meters": "/systems/energy",
    "water": "/systems/water",
    "gates": "/systems/gates",
    "environment": "/systems/environment",
    "device": "/devices/centre-grid?points=active_power&span=1h",
    "panel": "/devices/centre-panel?q=p017",
    "lift": "/devices/centre-lift-1",
    "alarms": "/alarms",
    "maintenance": "/maintenance",
    "drills": "/drills",
    "safety": "/safety",
    "duty": "/duty",
    "evidence": "/evidence",
    "energy": "/energy",
    "energy-months": "/energy?site=centre&period=2026",
    "reports": "/reports",
    "lines": "/lines",
    "dead-letters": "/dead-letters",
    "quality": "/quality",
    "orders": "/orders",
    "coverage": "/coverage",
    "password": "/password",
    "wall-communities": "/wall?hold=true",
    "wall-energy": "/wall?hold=true&scene=energy",
    "wall-coverage": "/wall?hold=true&scene=coverage",
    "wall-alarms": "/wall?hold=true&scene=alarms",
}
"""Every page behind the login, by the name of its picture."""
DRAWN = {"device", "energy", "energy-months"}
"""Those that have a chart."""

pytestmark = [
    pytest.mark.timeout(900),
    *NEEDS_PAGE,
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("screens")) as running:
        yield running


def entered(
    demo: Demo, browser: Browser, complaints: Complaints, language: str, size: str, scheme: str
) -> Page:
    width, height = SIZES[size]
    context: BrowserContext = browser.new_context(
        locale=LOCALES[language],
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": height},
        timezone_id="Europe/Lisbon",
    )
    page = context.new_page()
    complaints.watch(page)
    sign_in(page, demo.service.url, PASSWORD)
    return page


LOOKS = [("zh", "desk", "light"), ("en", "phone", "dark")]
"""Each sweep opens every page; `make soak` makes the others, too."""
if FULL:
    LOOKS += [("en", "desk", "dark"), ("zh", "phone", "light"), ("zh", "big", "dark"),
              ("en", "big", "light")]  # fmt: skip


@pytest.mark.skipif(not SCRIPT.exists(), reason="axe-core is not installed: make web")
@pytest.mark.parametrize(("language", "size", "scheme"), LOOKS)
def test_every_page_can_be_used_by_everybody(
    demo: Demo, browser: Browser, complaints: Complaints, language: str, size: str, scheme: str
) -> None:
    page = entered(demo, browser, complaints, language, size, scheme)
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN" if language == "zh" else "en")
    found: list[str] = []
    for name, address in PAGES.items():
        page.goto(demo.service.url + address)
        expect(page.get_by_role("heading", level=1)).to_be_attached(timeout=PATIENCE_MS)
        expect(page.locator("[data-state=loading]")).to_have_count(0, timeout=PATIENCE_MS)
        if not name.startswith("wall"):
            expect(page.locator("footer")).to_contain_text("不能代替火灾报警控制器")
            expect(page.locator("footer")).to_contain_text("does not replace the fire panel")
        if name in DRAWN:
            expect(page.locator("canvas").first).to_be_visible(timeout=PATIENCE_MS)
        shoot(page, f"axe-{name}-{language}-{size}")
        found += [f"{name}: {one}" for one in violations(page)]
        if overflow(page) > 0:
            found.append(f"{name} is wider than the window by {overflow(page)} px")
    page.context.clear_cookies()
    page.goto(demo.service.url)
    page.wait_for_url(re.compile(r"/login"))
    shoot(page, f"axe-login-{language}-{size}")
    found += [f"login: {one}" for one in violations(page)]
    page.context.close()
    assert found == [], "\n".join(found)


def height_over(page: Page) -> int:
    """By how much the page is higher than the window. [px]"""
    return int(page.evaluate("document.documentElement.scrollHeight - window.innerHeight"))


@pytest.mark.parametrize("size", SIZES)
def test_the_wall_never_scrolls_and_turns_by_itself(
    demo: Demo, browser: Browser, complaints: Complaints, size: str
) -> None:
    page = entered(demo, browser, complaints, "zh", size, "dark")
    page.goto(f"{demo.service.url}/wall?every=5")
    wall = page.locator(".sw-wall")
    expect(wall).to_have_attribute("data-scene", "communities", timeout=PATIENCE_MS)
    for scene in ("energy", "coverage", "alarms"):
        expect(wall).to_have_attribute("data-scene", scene, timeout=PATIENCE_MS)
        assert (height_over(page), overflow(page)) == (0, 0)
    page.keyboard.press(" ")
    expect(page).to_have_url(re.compile("hold=true"))
    held = wall.get_attribute("data-scene")
    page.keyboard.press("ArrowRight")
    expect(wall).not_to_have_attribute("data-scene", held or "")
    page.context.close()


def test_a_fire_comes_to_the_front_of_the_wall(
    demo: Demo, browser: Browser, complaints: Complaints
) -> None:
    page = entered(demo, browser, complaints, "en", "big", "dark")
    page.goto(f"{demo.service.url}/wall?hold=true&scene=energy")
    sound = page.locator("[data-sound]")
    expect(sound).to_contain_text("Sound is off", timeout=PATIENCE_MS)
    sound.click()
    expect(sound).to_have_attribute("data-sound", "on")
    demo.incident("smoke", "centre-panel", "--part", "p017")
    front = page.get_by_test_id("wall-front")
    expect(front).to_contain_text("Life-safety alarms", timeout=PATIENCE_MS)
    expect(front.locator("li").first).to_be_visible()
    shoot(page, "wall-fire-en-big")
    assert (height_over(page), overflow(page)) == (0, 0)
    assert SCRIPT.exists() is False or violations(page) == []
    demo.incident("smoke", "centre-panel", "--part", "p017", "--clear")
    for alarm in demo.service.alarms():
        if alarm["severity"] == "emergency":
            demo.service.post(f"alarms/{alarm['id']}/ack")
    expect(front).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.locator(".sw-wall")).to_have_attribute("data-scene", "energy")
    page.context.close()


def test_the_day_and_the_flow_stand_on_the_pages(
    demo: Demo, browser: Browser, complaints: Complaints
) -> None:
    page = entered(demo, browser, complaints, "en", "desk", "light")
    today = page.get_by_test_id("today")
    expect(today).to_contain_text("kgCO₂/kWh", timeout=PATIENCE_MS)
    expect(page.locator("[data-flow=house]")).to_contain_text("kW", timeout=PATIENCE_MS)
    page.goto(f"{demo.service.url}/sites/centre")
    flow = page.get_by_test_id("energy-flow")
    flow.get_by_text("This month", exact=True).click()
    expect(page).to_have_url(re.compile(r"period=\d{4}-\d{2}$"))
    expect(flow.locator("canvas")).to_be_visible(timeout=PATIENCE_MS)
    flow.locator("summary").click()
    row = flow.locator("[data-flow=centre-hvac]")
    expect(row).to_contain_text("kW", timeout=PATIENCE_MS)
    row.get_by_role("link").click()
    expect(page).to_have_url(re.compile("/devices/centre-hvac$"))
    page.context.close()


def test_a_car_is_seen_where_it_is(demo: Demo, browser: Browser, complaints: Complaints) -> None:
    page = entered(demo, browser, complaints, "en", "desk", "light")
    page.goto(f"{demo.service.url}/systems/elevator?site=centre")
    card = page.locator("[data-device=centre-lift-1]")
    shaft = card.locator("svg[data-floor]")
    eventually("the lift is read", lambda: "floor" in demo.service.latest("centre-lift-1"))
    expect(shaft).to_have_attribute("data-floor", re.compile(r"-?\d+"), timeout=PATIENCE_MS)
    page.get_by_label("Only what is not normal").check()
    expect(page).to_have_url(re.compile("abnormal=true"))
    page.get_by_label("Systems", exact=True).get_by_role("link", name="Charging").click()
    expect(page).to_have_url(re.compile("/systems/charging.*site=centre"))
    page.context.close()


LARGEST_FIRST_PAGE = 400_000
"""Compressed scripts of the first page. [B] [issue 7]"""


def test_the_first_page_is_small(demo: Demo, browser: Browser, complaints: Complaints) -> None:
    page = entered(demo, browser, complaints, "zh", "desk", "light")
    page.goto(demo.service.url)
    expect(page.get_by_test_id("today")).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_load_state("load")
    scripts: dict[str, int] = page.evaluate(
        "Object.fromEntries(performance.getEntriesByType('resource')"
        ".filter(one => one.name.endsWith('.js')).map(one => [one.name, one.encodedBodySize]))"
    )
    whole = sum(scripts.values())
    print(f"scripts of the first page: {len(scripts)} files, {whole / 1000:.0f} kB compressed")
    assert 0 < whole <= LARGEST_FIRST_PAGE, scripts
    page.context.close()


def test_a_lost_stream_is_across_the_whole_wall(demo: Demo, browser: Browser) -> None:
    """Not under `complaints`: a browser does complain when it is cut off."""
    width, height = SIZES["big"]
    context = browser.new_context(locale=LOCALES["en"], viewport={"width": width, "height": height})
    # Without the shared worker, whose requests Playwright cannot hold up.
    context.add_init_script("delete window.SharedWorker")
    page = context.new_page()
    sign_in(page, demo.service.url, PASSWORD)
    page.route("**/api/v1/live*", lambda route: route.abort())
    page.goto(f"{demo.service.url}/wall?hold=true")
    lost = page.get_by_test_id("wall-lost")
    expect(lost).to_contain_text("Live stream lost", timeout=PATIENCE_MS)
    box = lost.bounding_box()
    assert box is not None
    assert box["width"] == width
    shoot(page, "wall-lost-en-big")
    assert (height_over(page), overflow(page)) == (0, 0)
    page.unroute("**/api/v1/live*")
    expect(lost).to_have_count(0, timeout=PATIENCE_MS)
    context.close()
