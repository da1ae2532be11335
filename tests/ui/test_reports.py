"""Reports in a real browser: read, downloaded, issued and corrected.

covers: reports of makers on the page.
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from ingest.counters import INTERVAL_MS
from ingest.interval_tables import add_amounts
from ingest.rollup import Amounts
from ingest.rollup_tables import add_to_rollups
from records.engine import make_engine, migrate, sqlite_url, transaction
from tests.brokers import free_port
from tests.e2e.folders import estate, meter
from tests.e2e.service import PASSWORD, Service, started
from tests.ui.browser import (
    EACH_LOOK,
    NEEDS_PAGE,
    Complaints,
    open_context,
    overflow,
    shoot,
    sign_in,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
METER = ("grid", "active_energy_import")
DAYS = 61
A_QUARTER = 25_000_000
"""100 kWh an hour. [mWh]"""

pytestmark = [
    pytest.mark.timeout(600),
    *NEEDS_PAGE,
]


@dataclass(frozen=True)
class House:
    """A service with two months of one meter, in last year's May and June."""

    service: Service
    data: Path
    year: int

    @property
    def query(self) -> str:
        """The carbon report of June."""
        return f"kind=carbon&site=centre&period={self.year}-06"


def _start(year: int) -> int:
    return int(dt.datetime(year, 5, 1, tzinfo=SHANGHAI).timestamp()) * 1000


def _book(data: Path, sums: dict[tuple[str, str, int], list[int]]) -> None:
    engine = make_engine(sqlite_url(data / "sitewatch.sqlite"))
    migrate(engine)
    with transaction(engine) as connection:
        add_amounts(connection, sums)
        add_to_rollups(connection, ((key, Amounts(*each)) for key, each in sums.items()), SHANGHAI)
    engine.dispose()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("reports")
    year = dt.datetime.now(SHANGHAI).year - 1
    one = meter(free_port(), METER[0]).rstrip("\n").removesuffix("}")
    data = folder / "data"
    data.mkdir()
    quarters = range(DAYS * 96)
    start = _start(year)
    _book(
        data,
        {(*METER, start + n * INTERVAL_MS): [A_QUARTER, 0, INTERVAL_MS, 0] for n in quarters},
    )
    arguments = (
        "run", "--estate", str(estate(folder, f"{one}, metering: {{role: grid}}}}\n")),
        "--data", str(data), "--port", "0",
    )  # fmt: skip
    with started(*arguments, folder=folder) as service:
        yield House(service, data, year)


def opened(
    house: House, browser: Browser, complaints: Complaints, language: str, **how: bool
) -> Page:
    page = open_context(browser, language, **how).new_page()
    complaints.watch(page)
    sign_in(page, house.service.url, PASSWORD)
    page.goto(f"{house.service.url}/reports?{house.query}")
    expect(page.get_by_test_id("report-title")).to_contain_text(f"{house.year}-06", timeout=40_000)
    return page


@EACH_LOOK
def test_a_report_is_read(
    house: House, browser: Browser, complaints: Complaints, language: str, dark: bool, phone: bool
) -> None:
    page = opened(house, browser, complaints, language, dark=dark, phone=phone)
    expect(page.locator(".sw-report").first).to_contain_text("72,000.0")
    page.locator(".sw-report .sw-sources-button").first.click()
    expect(page.locator(".sw-sources-row .sw-sources").first).to_be_visible()
    shoot(page, f"reports-{language}-{'phone' if phone else 'desk'}{'-dark' if dark else ''}")
    assert overflow(page) <= 0


def test_another_period_is_chosen(house: House, browser: Browser, complaints: Complaints) -> None:
    page = opened(house, browser, complaints, "en")
    page.get_by_text("Quarter", exact=True).click()
    expect(page.get_by_test_id("report-title")).to_contain_text(f"{house.year}-Q2")
    expect(page.locator(".sw-report").first).to_contain_text("146,400.0")


def test_a_week_and_an_option_are_chosen(
    house: House, browser: Browser, complaints: Complaints
) -> None:
    page = opened(house, browser, complaints, "en")
    page.get_by_text("Week", exact=True).click()
    expect(page.get_by_test_id("report-title")).to_contain_text(f"{house.year}-W")
    page.goto(f"{house.service.url}/reports?kind=consumption&site=centre&period={house.year}-06")
    page.get_by_role("combobox", name="Standard coal").click()
    page.get_by_role("option", name="Equivalent value").click()
    expect(page).to_have_url(re.compile("options=coal"))
    expect(page.get_by_role("combobox", name="Standard coal")).to_have_value("Equivalent value")


def test_the_cost_is_compared_with_another_tariff(
    house: House, browser: Browser, complaints: Complaints
) -> None:
    page = opened(house, browser, complaints, "en")
    page.goto(f"{house.service.url}/reports?kind=cost&site=centre&period={house.year}-06")
    page.get_by_role("combobox", name="Compare with a tariff").click()
    page.get_by_role("option", name="Jiangsu commercial, one price").click()
    expect(page).to_have_url(re.compile("options=compare"))
    # 72,000 kWh at 0.739 yuan.
    expect(page.get_by_text("53,208.00").first).to_be_visible(timeout=40_000)
    page.get_by_text("53,208.00").first.scroll_into_view_if_needed()
    shoot(page, "reports-compared")


def test_pages_and_workbook_are_made_and_saved(
    house: House, browser: Browser, complaints: Complaints
) -> None:
    page = opened(house, browser, complaints, "en")
    for form, mark in (("PDF", b"%PDF-"), ("XLSX", b"PK")):
        with page.expect_download(timeout=60_000) as downloading:
            page.get_by_role("button", name=form).click()
        assert downloading.value.suggested_filename == (
            f"carbon-centre-{house.year}-06.{form.lower()}"
        )
        assert Path(downloading.value.path()).read_bytes().startswith(mark)


def test_it_is_issued_and_a_later_correction_shows(
    house: House, browser: Browser, complaints: Complaints
) -> None:
    page = opened(house, browser, complaints, "en")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Issue", exact=True).click()
    issue = page.locator("[data-issue]").first
    expect(issue).to_contain_text("Version 1", timeout=40_000)
    issue.get_by_role("button", name="Changes since").click()
    expect(issue).to_contain_text("The same as when it was issued.", timeout=40_000)
    late = _start(house.year) + DAYS * 96 * INTERVAL_MS - INTERVAL_MS
    _book(house.data, {(*METER, late): [A_QUARTER, 0, 0, 0]})
    page.reload()
    # The list stands still once the report above it is there.
    expect(page.locator(".sw-report").first).to_contain_text("72,025.0", timeout=40_000)
    issue.get_by_role("button", name="Changes since").click()
    expect(issue.get_by_test_id("corrections")).to_contain_text("72,025.0", timeout=40_000)
    page.get_by_role("button", name="Issue", exact=True).click()
    expect(page.locator("[data-issue]").first).to_contain_text("Version 2", timeout=40_000)
    page.locator("[aria-labelledby=issues]").scroll_into_view_if_needed()
    shoot(page, "reports-issued")
