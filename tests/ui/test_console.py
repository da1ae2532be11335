"""The alarm desk in a real browser: a fire of eighty detectors, holds, drills, duty, evidence."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.service import PASSWORD, eventually
from tests.ui.browser import (
    EACH_LOOK,
    NEEDS_PAGE,
    Complaints,
    open_context,
    overflow,
    shoot,
    sign_in,
)
from tests.ui.desk import PATIENCE_MS, Desk, running_desk

FIRE = 80
LOW = "[data-rule=voltage_l1_low]"

pytestmark = [
    pytest.mark.timeout(600),
    *NEEDS_PAGE,
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with running_desk(tmp_path_factory.mktemp("desk")) as running:
        running.person("second", "operator", "maintainer", "manager")
        running.person("viewer", "viewer")
        yield running


def more(page: Page, row: Locator, item: str) -> None:
    """Choose from the menu of a row."""
    row.get_by_role("button", name=re.compile("^More for alarm")).click()
    page.get_by_role("menuitem", name=item).click()


def pick(page: Page, box: str, option: str) -> None:
    """Choose in a list that opens."""
    page.get_by_role("combobox", name=box).click()
    page.get_by_role("option", name=option).first.click()


def test_a_fire_of_eighty_detectors_is_one_line_that_opens(
    desk: Desk, browser: Browser, complaints: Complaints
) -> None:
    page = desk.enter(browser, complaints, "en")
    page.get_by_role("link", name="Alarms", exact=True).first.click()
    desk.smoke(range(1, FIRE + 1))
    fire = page.locator(f"[data-group][data-count='{FIRE}']")
    expect(fire).to_be_visible(timeout=PATIENCE_MS)
    expect(fire).to_contain_text(f"× {FIRE}")
    expect(page.get_by_test_id("safety")).to_contain_text(f"Life-safety alarms: {FIRE}")
    expect(page.locator("[data-alarm][data-device^='panel-1/']")).to_have_count(0)
    shoot(page, "console-fire-en-desk")
    fire.get_by_role("button").first.click()
    members = page.locator("[data-alarm][data-device^='panel-1/']")
    expect(members).to_have_count(FIRE, timeout=PATIENCE_MS)
    expect(page).to_have_url(re.compile(r"group=\d+"))
    shoot(page, "console-fire-open-en-desk")
    members.first.locator("[data-row-focus]").focus()
    page.keyboard.press("ArrowDown")
    second = members.nth(1).locator("[data-row-focus]")
    expect(second).to_be_focused()
    page.keyboard.press("a")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("p002", timeout=PATIENCE_MS)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0, timeout=PATIENCE_MS)
    expect(second).to_be_focused(timeout=PATIENCE_MS)
    page.keyboard.press("s")
    never = page.get_by_text("Never shelved: lives may be in danger")
    expect(never).to_be_visible(timeout=PATIENCE_MS)
    fire.get_by_role("button", name=f"Acknowledge {FIRE}").click()
    dialog.get_by_role("textbox").fill("Fire brigade called")
    dialog.get_by_role("button", name=f"Acknowledge {FIRE}").click()
    expect(dialog).to_have_count(0, timeout=3 * PATIENCE_MS)
    expect(fire).to_contain_text("all acknowledged", timeout=PATIENCE_MS)
    page.context.close()
    acked = [one for one in desk.service.alarms(severity="emergency") if one["acked"]]
    assert len(acked) == FIRE
    assert {one["note"] for one in acked} == {"Fire brigade called"}


def test_who_was_told_and_who_is_next(desk: Desk, browser: Browser, complaints: Complaints) -> None:
    desk.smoke(range(200, 201))
    page = desk.enter(browser, complaints, "en")
    eventually(
        "the officers are told",
        lambda: any(r.path.endswith("/li") and b"p200" in r.body for r in desk.receiver.requests),
        within_s=40,
    )
    (alarm,) = [one for one in desk.service.alarms() if one["device"] == "panel-1/p200"]
    page.goto(f"{desk.service.url}/alarms?alarm={alarm['id']}")
    drawer = page.get_by_role("dialog")
    expect(drawer.locator("[data-delivery=sent]")).to_have_count(2, timeout=PATIENCE_MS)
    expect(drawer).to_contain_text("李静 · Webhook")
    expect(drawer).to_contain_text("step 1: Safety officers")
    expect(drawer.locator("[data-step='2']")).to_have_text(
        re.compile(r"Step 2 in (29|30):\d\d: 赵敏")
    )
    shoot(page, "console-told-en-desk")
    drawer.get_by_role("button", name="Acknowledge").click()
    page.get_by_role("dialog").last.get_by_role("button", name="Acknowledge").click()
    expect(drawer.first).to_contain_text("Escalation has stopped", timeout=PATIENCE_MS)
    page.context.close()


def test_an_alarm_is_shelved_with_a_reason_and_its_finding_noted(
    desk: Desk, browser: Browser, complaints: Complaints
) -> None:
    page = desk.enter(browser, complaints, "en")
    page.goto(f"{desk.service.url}/alarms?class=limit")
    row = page.locator(LOW)
    expect(row).to_be_visible(timeout=PATIENCE_MS)
    more(page, row, "Shelve")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("At most 7 d")
    submit = dialog.get_by_role("button", name="Shelve", exact=True)
    expect(submit).to_be_disabled()
    dialog.get_by_role("textbox", name="Reason").fill("transformer is being changed")
    shoot(page, "console-shelve-en-desk")
    submit.click()
    hold = row.locator("[data-held=shelved]")
    expect(hold).to_contain_text("transformer is being changed (admin)", timeout=PATIENCE_MS)
    expect(hold).to_contain_text(re.compile(r"until \d\d/"))
    page.goto(f"{desk.service.url}/alarms?held=shelved")
    expect(page.locator("[data-alarm]")).to_have_count(1, timeout=PATIENCE_MS)
    more(page, row, "Unshelve")
    dialog.get_by_role("button", name="Unshelve").click()
    expect(page.get_by_text("No alarm matches")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("button", name="Clear the filter").click()
    more(page, row, "Note what it was")
    dialog.get_by_label("A fault of the device that told it").check()
    dialog.get_by_role("button", name="Note", exact=True).click()
    expect(dialog).to_have_count(0, timeout=PATIENCE_MS)
    row.get_by_role("button").first.click()
    expect(page.locator("dd [data-finding=device_fault]")).to_be_visible(timeout=PATIENCE_MS)
    page.context.close()


def test_life_safety_is_out_of_service_only_by_two_persons(
    desk: Desk, browser: Browser, complaints: Complaints
) -> None:
    page = desk.enter(browser, complaints, "en")
    page.goto(f"{desk.service.url}/maintenance")
    page.get_by_role("button", name="Plan a window").click()
    dialog = page.get_by_role("dialog")
    pick(page, "Site, with everything below it", "Compound 1 / Hall")
    pick(page, "Only these devices", "panel-1")
    dialog.get_by_role("combobox", name="Only these classes").click()
    page.get_by_role("option", name="Fire", exact=True).click()
    page.keyboard.press("Tab")
    expect(dialog).to_contain_text("A second person, who is neither you nor the owner")
    expect(dialog).to_contain_text("At most 12 h")
    dialog.get_by_role("textbox", name="Reason").fill("detectors are cleaned")
    shoot(page, "maintenance-form-en-desk")
    dialog.get_by_role("button", name="Plan", exact=True).click()
    window = page.locator("[data-window]")
    expect(window).to_contain_text("Waits for a second person", timeout=PATIENCE_MS)
    expect(window.get_by_role("button", name="Confirm")).to_have_count(0)
    other = desk.enter(browser, complaints, "en", "second")
    other.goto(f"{desk.service.url}/maintenance")
    other.locator("[data-window]").get_by_role("button", name="Confirm").click()
    other.get_by_role("dialog").get_by_role("button", name="Confirm").click()
    expect(other.locator("[data-window]")).to_contain_text("confirmed by second")
    other.goto(f"{desk.service.url}/alarms?held=out_of_service")
    expect(other.locator("[data-group]")).to_be_visible(timeout=PATIENCE_MS)
    other.context.close()
    window.get_by_role("button", name="End now").click()
    page.get_by_role("dialog").get_by_role("button", name="End now").click()
    expect(window).to_contain_text("ended by admin", timeout=PATIENCE_MS)
    page.context.close()


def test_a_drill_is_seen_on_every_page_until_it_is_ended(
    desk: Desk, browser: Browser, complaints: Complaints
) -> None:
    page = desk.enter(browser, complaints, "en")
    page.goto(f"{desk.service.url}/drills")
    page.get_by_role("button", name="Announce a drill").click()
    dialog = page.get_by_role("dialog")
    pick(page, "Site, with everything below it", "Administrative centre")
    dialog.get_by_role("textbox", name="Reason").fill("yearly evacuation")
    dialog.get_by_role("button", name="Announce", exact=True).click()
    bar = page.get_by_test_id("drill-bar")
    expect(bar).to_contain_text("Fire · Administrative centre", timeout=PATIENCE_MS)
    page.goto(f"{desk.service.url}/alarms")
    expect(bar).to_contain_text(re.compile(r"\(\d\d:\d\d left\)"), timeout=PATIENCE_MS)
    shoot(page, "drill-bar-en-desk")
    page.goto(f"{desk.service.url}/drills")
    page.locator("[data-drill]").get_by_role("button", name="End now").click()
    page.get_by_role("dialog").get_by_role("button", name="End now").click()
    expect(bar).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.locator("[data-drill]")).to_contain_text("ended by admin")
    page.context.close()


def test_a_roll_call_is_answered_by_the_desk_and_not_by_who_asked(
    desk: Desk, browser: Browser, complaints: Complaints
) -> None:
    page = desk.enter(browser, complaints, "zh")
    page.goto(f"{desk.service.url}/duty?tab=roll-calls")
    page.get_by_role("combobox", name="查岗位置").click()
    page.get_by_role("option", name="行政中心").click()
    page.get_by_role("button", name="查岗", exact=True).click()
    bar = page.locator("[data-roll-call]")
    expect(bar).to_contain_text("查岗：行政中心", timeout=PATIENCE_MS)
    expect(bar.get_by_role("button")).to_have_count(0)
    other = desk.enter(browser, complaints, "en", "second")
    bar = other.locator("[data-roll-call]")
    expect(bar).to_contain_text(re.compile(r"within 9:\d\d"), timeout=PATIENCE_MS)
    shoot(other, "roll-call-en-desk")
    bar.get_by_role("button", name="We are here").click()
    expect(bar).to_have_count(0, timeout=PATIENCE_MS)
    other.context.close()
    row = page.locator("[data-call]")
    expect(row).to_contain_text("按时应答", timeout=PATIENCE_MS)
    expect(row).to_contain_text("second")
    page.context.close()


def test_the_duty_list_is_looked_at_and_edited(
    desk: Desk, browser: Browser, complaints: Complaints
) -> None:
    page = desk.enter(browser, complaints, "en")
    page.get_by_role("link", name="Duty", exact=True).click()
    now = page.locator("[data-schedule=desk]")
    expect(now).to_contain_text("1 of 1 on duty", timeout=PATIENCE_MS)
    expect(now).to_contain_text(re.compile("王伟|李静"))
    swap = page.get_by_role("button", name=re.compile("^Swap day of")).last
    swap.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="On duty").click()
    page.get_by_role("option", name="赵敏").click()
    page.keyboard.press("Tab")
    dialog.get_by_role("button", name="Save").click()
    last = page.locator("[data-day]").last
    expect(last).to_contain_text("王伟, 赵敏", timeout=PATIENCE_MS)
    expect(last).to_contain_text("swap")
    page.get_by_role("link", name="People and teams").click()
    page.get_by_role("button", name="Add a contact").click()
    dialog.get_by_role("textbox", name="Id", exact=False).fill("sun")
    dialog.get_by_role("textbox", name="Name").fill("孙丽")
    dialog.get_by_role("textbox", name="Phone").fill("13600000000")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("[data-contact=sun]")).to_contain_text("13600000000", timeout=PATIENCE_MS)
    page.context.close()


def test_a_refusal_is_one_sentence(desk: Desk, browser: Browser) -> None:
    """Not under `complaints`: the answer 409 is a line in the console."""
    page = open_context(browser, "en").new_page()
    sign_in(page, desk.service.url, PASSWORD)
    page.goto(f"{desk.service.url}/duty?tab=people")
    page.locator("[data-contact=wang]").get_by_role("button", name="Remove").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Remove", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("wang", timeout=PATIENCE_MS)
    expect(page.locator("[data-contact=wang]")).to_be_visible()
    page.context.close()


def test_the_safety_report_and_the_evidence(
    desk: Desk, browser: Browser, complaints: Complaints
) -> None:
    page = desk.enter(browser, complaints, "en")
    page.goto(f"{desk.service.url}/safety")
    total = page.locator("[data-safety=total]")
    expect(total.locator("[data-missed=true]").first).to_be_visible(timeout=PATIENCE_MS)
    first = page.locator("tbody [data-safety]").first
    expect(first).to_have_attribute("data-safety", "compound-1")
    first.get_by_role("button").click()
    detail = page.get_by_test_id("safety-detail")
    expect(detail.locator("[data-class=fire]")).to_be_visible()
    csv = page.get_by_role("link", name="Download CSV").get_attribute("href")
    assert csv is not None
    answer = desk.service.client.get(csv.removeprefix("/api/v1/"))
    assert answer.headers["content-type"].startswith("text/csv")
    page.get_by_role("link", name="Evidence").click()
    for chain in ("audit", "alarms"):
        panel = page.locator(f"[data-chain={chain}]")
        expect(panel).to_have_attribute("data-whole", "true", timeout=PATIENCE_MS)
        expect(panel.get_by_test_id("head")).to_have_text(re.compile(r"^\d+:[0-9a-f]{64}$"))
    pick(page, "What", "Alarms")
    expect(page.locator("[data-action='alarm.acknowledged']").first).to_be_visible()
    expect(page.locator("[data-seq]:not([data-action^='alarm.'])")).to_have_count(0)
    page.context.close()


def test_who_may_nothing_is_offered_nothing(
    desk: Desk, browser: Browser, complaints: Complaints
) -> None:
    page = desk.enter(browser, complaints, "en", "viewer")
    for link in ("Duty", "Evidence", "Lines", "Energy report"):
        expect(page.get_by_role("link", name=link)).to_have_count(0)
    for address, button in (("maintenance", "Plan a window"), ("drills", "Announce a drill")):
        page.goto(f"{desk.service.url}/{address}")
        expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE_MS)
        expect(page.get_by_role("button", name=button)).to_have_count(0)
    for address in ("duty", "evidence"):
        page.goto(f"{desk.service.url}/{address}")
        expect(page.get_by_text("No permission")).to_be_visible(timeout=PATIENCE_MS)
    page.context.close()


@EACH_LOOK
def test_the_pages_fit_the_window(
    desk: Desk, browser: Browser, complaints: Complaints, language: str, dark: bool, phone: bool
) -> None:
    context = open_context(browser, language, dark=dark, phone=phone)
    page = context.new_page()
    complaints.watch(page)
    sign_in(page, desk.service.url, PASSWORD)
    for name, address, ready in (
        ("console", "/alarms", "[data-group]"),
        ("console-history", "/alarms?state=all", "[data-alarm]"),
        ("maintenance", "/maintenance", "[data-window]"),
        ("drills", "/drills", "[data-drill]"),
        ("duty", "/duty", "[data-day]"),
        ("duty-people", "/duty?tab=people", "[data-contact]"),
        ("duty-calls", "/duty?tab=roll-calls", "[data-call]"),
        ("safety", "/safety", "[data-safety=total]"),
        ("evidence", "/evidence", "[data-seq]"),
    ):
        page.goto(desk.service.url + address)
        expect(page.locator(ready).first).to_be_visible(timeout=PATIENCE_MS)
        shoot(page, f"{name}-{language}-{'phone' if phone else 'desk'}")
        assert overflow(page) <= 0, f"{name} is wider than the window"
    context.close()
