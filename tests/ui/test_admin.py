"""The administration pages in a real browser: people, tokens, health, estate, rules.

And the pages beside them: a device, the floors of a site, fire by zone, the evidence.

covers: web/src/admin, web/src/systems, web/src/device, web/src/evidence
"""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, expect

from collectors.driver import DeviceHealth
from records.people import Role
from records.revisions import accept, folder_files
from tests.api.house import PASSWORD, Built, estate_in
from tests.footprint import FULL
from tests.ui.axe import SCRIPT, violations
from tests.ui.browser import NEEDS_PAGE, Complaints, open_context, overflow, shoot, sign_in
from tests.ui.serving_page import page_of

PATIENCE_MS = 20_000
PAGES = (
    "people",
    "tokens",
    "system",
    "estate",
    "estate?tab=check",
    "estate?tab=profiles&q=sdm",
    "rules?q=smoke",
)
LOOKS = [("zh", True, True)]
"""Language, dark, phone; `make soak` makes the others, too."""
if FULL:
    LOOKS += [("zh", False, False), ("en", True, False), ("en", False, True)]
pytestmark = [pytest.mark.timeout(300), *NEEDS_PAGE]


@dataclass(frozen=True)
class Seen:
    """A house with two revisions of its estate, and a browser of somebody with every role."""

    town: Built
    url: str
    context: BrowserContext


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Seen]:
    folder = tmp_path_factory.mktemp("admin")
    with page_of(folder) as (town, url):
        town.person("boss", *Role)
        town.person("li", Role.OPERATOR, sites=("centre",))
        town.person("sec", Role.SECURITY_ADMINISTRATOR)
        town.token("grafana", Role.VIEWER)
        estate_in(folder)
        accept(town.house.engine, folder_files(folder), "first", by="start", now_ms=town.clock())
        home = folder / "estate.yaml"
        text = home.read_text(encoding="utf-8")
        home.write_text(text.replace("en: North hall", "en: Great hall"), encoding="utf-8")
        now = folder_files(folder)
        accept(town.house.engine, now, "abc123", by="estate folder", now_ms=town.clock())
        context = open_context(browser, "en")
        page = context.new_page()
        sign_in(page, url, PASSWORD, "boss")
        page.close()
        yield Seen(town, url, context)
        context.close()


@pytest.fixture
def page(seen: Seen, complaints: Complaints) -> Iterator[Page]:
    opened = seen.context.new_page()
    complaints.watch(opened)
    yield opened
    opened.close()


def test_people_are_added_changed_closed_and_opened_again(seen: Seen, page: Page) -> None:
    page.goto(f"{seen.url}/admin/people")
    page.get_by_role("button", name="Add a person").click()
    form = page.get_by_role("dialog")
    form.get_by_label("User name").fill("wang")
    form.get_by_label("Operator", exact=True).check()
    form.get_by_label("The whole estate").check()
    shoot(page, "admin-person-en-desk")
    form.get_by_role("button", name="Add", exact=True).click()
    secret = page.get_by_test_id("secret")
    expect(secret).to_have_text(re.compile(r"\S{12,}"), timeout=PATIENCE_MS)
    made = secret.inner_text()
    page.get_by_role("button", name="I have noted it").click()
    row = page.locator("tr[data-person=wang]")
    expect(row).to_contain_text("must change the password", timeout=PATIENCE_MS)
    assert made not in page.content()
    row.locator("[data-menu=wang]").click()
    page.get_by_role("menuitem", name="Close the account").click()
    page.get_by_role("dialog").get_by_role("button", name="Close the account").click()
    expect(row).to_have_count(0, timeout=PATIENCE_MS)
    page.get_by_label("With closed accounts").check()
    expect(row).to_contain_text("closed", timeout=PATIENCE_MS)
    row.locator("[data-menu=wang]").click()
    page.get_by_role("menuitem", name="Open again").click()
    page.get_by_role("dialog").get_by_role("button", name="Open again").click()
    expect(secret).not_to_have_text(made, timeout=PATIENCE_MS)
    page.get_by_role("button", name="I have noted it").click()
    expect(row).to_contain_text("must change the password", timeout=PATIENCE_MS)


def test_a_token_is_shown_once_and_revoked(seen: Seen, page: Page) -> None:
    page.goto(f"{seen.url}/admin/tokens")
    page.get_by_role("button", name="Make a token").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name").fill("exporter")
    form.get_by_label("Viewer", exact=True).check()
    form.get_by_label("The whole estate").check()
    form.get_by_role("button", name="Add", exact=True).click()
    secret = page.get_by_test_id("secret")
    expect(secret).to_have_text(re.compile("swt_"), timeout=PATIENCE_MS)
    made = secret.inner_text()
    page.get_by_role("button", name="I have noted it").click()
    row = page.locator("tr[data-token=exporter]")
    expect(row).to_contain_text("never used", timeout=PATIENCE_MS)
    assert made not in page.content()
    page.get_by_role("button", name="Revoke token exporter").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke", exact=True).click()
    expect(row).to_have_count(0, timeout=PATIENCE_MS)


def test_what_sitewatch_does_not_know_of_itself_is_unknown(seen: Seen, page: Page) -> None:
    town = seen.town
    town.heard("sitewatch", journal_lag=3)
    town.stages["store"] = "the disk is full"
    page.goto(f"{seen.url}/admin/system")
    expect(page.get_by_test_id("service-status")).to_have_attribute("data-status", "degraded")
    expect(page.locator("tr[data-stage=store]")).to_contain_text("the disk is full")
    values = page.get_by_role("region", name="Its own values")
    expect(values.locator("[data-point=journal_lag]")).to_contain_text("3")
    expect(values.locator("[data-point=disk_free]")).to_contain_text("Unknown")
    expect(page.get_by_role("region", name="Queues and store")).to_contain_text("Unknown")
    expect(page.get_by_role("link", name="2 of 2 connected")).to_have_attribute("href", "/lines")
    town.stages["store"] = "ok"
    expect(page.get_by_test_id("service-status")).to_have_attribute(
        "data-status", "ok", timeout=PATIENCE_MS
    )


def test_revisions_are_compared_and_files_are_checked(seen: Seen, page: Page) -> None:
    page.goto(f"{seen.url}/admin/estate")
    page.get_by_role("button", name="Differences of revision 2").click()
    difference = page.locator("[data-file='estate.yaml']")
    expect(difference.locator(".sw-diff-plus")).to_contain_text("Great hall", timeout=PATIENCE_MS)
    shoot(page, "admin-difference-en-desk")
    page.goto(f"{seen.url}/admin/estate?tab=check")
    verdict = page.get_by_test_id("verdict")
    files = page.locator("input[type=file]")
    wrong = FilePayload(name="all.yaml", mimeType="text/yaml", buffer=b"- {id: x, profle: y}\n")
    files.nth(1).set_input_files(wrong)
    expect(verdict).to_have_attribute("data-good", "false", timeout=PATIENCE_MS)
    expect(verdict).to_contain_text("devices/all.yaml:1")
    shoot(page, "admin-check-en-desk")
    folder = seen.town.house.folder()
    assert folder is not None
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in folder_files(folder).items():
            archive.writestr(f"town/{name}", content)
    whole = FilePayload(name="t.zip", mimeType="application/zip", buffer=packed.getvalue())
    files.nth(0).set_input_files(whole)
    expect(verdict).to_have_attribute("data-good", "true", timeout=PATIENCE_MS)


def test_a_rule_tells_its_threshold_and_where_it_comes_from(seen: Seen, page: Page) -> None:
    page.goto(f"{seen.url}/admin/rules?q=smoke")
    row = page.locator("tr[data-rule]").first
    expect(row).to_be_visible(timeout=PATIENCE_MS)
    row.locator("summary").click()
    expect(row.locator("details")).to_contain_text(re.compile(r"default_rules/\w+\.yaml:\d+"))
    page.get_by_text("Changed here").click()
    expect(page).to_have_url(re.compile("show=own"))


def test_who_is_not_of_the_administration_sees_none_of_it(
    seen: Seen, browser: Browser, complaints: Complaints
) -> None:
    context = open_context(browser, "en")
    page = context.new_page()
    sign_in(page, seen.url, PASSWORD, "li")
    complaints.watch(page)
    for name in ("people", "tokens", "system", "estate"):
        page.goto(f"{seen.url}/admin/{name}")
        expect(page.get_by_text("No permission")).to_be_visible(timeout=PATIENCE_MS)
    page.goto(f"{seen.url}/admin/rules")
    expect(page.locator("tr[data-rule]").first).to_be_visible(timeout=PATIENCE_MS)
    context.close()


FIRE = ("fire", "fault", "shielded", "supervisory", "test", "mains_fault", "battery_fault",
        "bus_fault")  # fmt: skip
SMOKE = ("smoke", "fault", "shielded", "supervisory", "test")


def test_normal_is_said_only_of_what_is_wholly_known(seen: Seen, page: Page) -> None:
    town = seen.town
    town.lines[0] = replace(town.lines[0], devices=(DeviceHealth("panel", True, town.clock()),))
    town.heard("panel", **dict.fromkeys(FIRE, False))
    for number in range(1, 242):
        town.heard(f"panel/p{number:03d}", **dict.fromkeys(SMOKE, False))
    page.goto(f"{seen.url}/systems/fire?site=centre")
    badge = page.locator("[data-device=panel] .sw-system-head .sw-badge")
    expect(badge).to_have_text("Unknown", timeout=PATIENCE_MS)
    town.heard("panel/p242", **dict.fromkeys(SMOKE, False))
    expect(badge).to_have_text("Normal", timeout=PATIENCE_MS)
    town.heard("panel/p242", smoke=None)
    expect(badge).to_have_text("Unknown", timeout=PATIENCE_MS)
    page.get_by_text("By zone").click()
    expect(page).to_have_url(re.compile("view=zones"))
    zone = page.locator("[data-place=lobby]")
    expect(zone).to_have_attribute("data-condition", "unknown", timeout=PATIENCE_MS)
    town.heard("panel/p002", smoke=True)
    expect(page.locator("[data-place=north-hall]")).to_have_attribute(
        "data-condition", "alarming", timeout=PATIENCE_MS
    )
    shoot(page, "zones-en-desk")
    page.goto(f"{seen.url}/sites/tower")
    floor = page.locator("[data-floor=lobby]")
    expect(floor).to_contain_text("Fire panel", timeout=PATIENCE_MS)
    expect(floor.locator("td").nth(2).locator(".sw-badge")).to_have_text("Not normal")
    shoot(page, "floors-en-desk")


def test_a_device_is_compared_downloaded_and_seen_as_read(seen: Seen, page: Page) -> None:
    town = seen.town
    for device, watts in (("grid", 1500.0), ("north-grid", 900.0)):
        for _ in range(5):
            town.clock.now += 1000
            town.heard(device, active_power=watts)
    old = town.alarm("grid", is_open=False, active=False, acked=True)
    page.goto(f"{seen.url}/devices/grid?points=active_power&span=1h")
    expect(page.locator(f"[data-past='{old}']")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("region", name="Work orders")).to_contain_text("no work order")
    page.get_by_role("button", name="Show", exact=True).click()
    point = page.locator("[data-wire=active_power]")
    expect(point).to_contain_text("type=float32", timeout=PATIENCE_MS)
    expect(page.get_by_role("region", name="As read").first).to_contain_text("are not kept")
    page.get_by_label("Compare").first.click()
    page.get_by_role("option", name=re.compile("north-grid")).click()
    expect(page).to_have_url(re.compile("compare=north-grid"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    assert download.value.suggested_filename == "grid.csv"
    shoot(page, "device-compare-en-desk")


def test_evidence_is_filtered_and_kept_as_a_file(seen: Seen, page: Page) -> None:
    page.goto(f"{seen.url}/evidence")
    who = page.get_by_label("Person or token")
    who.fill("nobody")
    who.press("Enter")
    expect(page.get_by_text("There are no rows.")).to_be_visible(timeout=PATIENCE_MS)
    who.fill("boss")
    who.press("Enter")
    expect(page.locator("tr[data-seq]").first).to_contain_text("boss", timeout=PATIENCE_MS)
    expect(page).to_have_url(re.compile("actor=boss"))
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    assert download.value.suggested_filename == "audit.csv"


@pytest.mark.skipif(not SCRIPT.exists(), reason="axe-core is not installed: make web")
@pytest.mark.parametrize(("language", "dark", "phone"), LOOKS)
def test_every_page_can_be_used_by_everybody(
    seen: Seen, browser: Browser, complaints: Complaints, language: str, dark: bool, phone: bool
) -> None:
    context = open_context(browser, language, dark=dark, phone=phone)
    page = context.new_page()
    sign_in(page, seen.url, PASSWORD, "boss")
    complaints.watch(page)
    found: list[str] = []
    for address in PAGES:
        page.goto(f"{seen.url}/admin/{address}")
        expect(page.get_by_role("heading", level=1)).to_be_attached(timeout=PATIENCE_MS)
        expect(page.locator("section.sw-panel").first).to_be_visible(timeout=PATIENCE_MS)
        name = address.replace("?", "-").replace("&", "-")
        shoot(page, f"admin-{name}-{language}-{'phone' if phone else 'desk'}")
        found += [f"{address}: {one}" for one in violations(page)]
        if overflow(page) > 0:
            found.append(f"{address} is wider than the window by {overflow(page)} px")
    context.close()
    assert found == [], "\n".join(found)
