"""Signing in by a provider on another site in a real browser. covers: api/routes/external_session.

The service is at `localhost` and the provider at `127.0.0.1`: for a browser two sites, so that
every rule about cookies between sites holds.
"""

import re
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from api.oidc import OidcSettings, Provider
from records.people import Role
from tests.api.serving import serving
from tests.e2e.background import in_background
from tests.oidc_provider import CLIENT, SECRET, OidcProvider
from tests.ui.browser import NEEDS_PAGE, Complaints, open_context
from tests.ui.serving_page import page_of

PATIENCE_MS = 20_000
pytestmark = [pytest.mark.timeout(200), *NEEDS_PAGE]


@pytest.mark.parametrize("asks", [True, False], ids=["a form at the provider", "at once"])
def test_a_person_comes_back_from_another_site_signed_in(
    tmp_path: Path, browser: Browser, complaints: Complaints, asks: bool
) -> None:
    there = OidcProvider(lambda: int(time.time()), asks=asks)
    with in_background(lambda: serving(there.app())) as background:
        there.issuer = background.server
        settings = OidcSettings(
            issuer=there.issuer, client_id=CLIENT, client_secret=SECRET, redirect_uri="",
            name="City", roles={"building-operators": (Role.OPERATOR,)}, default_sites=("centre",),
        )  # fmt: skip
        provider = Provider(settings)
        with page_of(tmp_path, provider=provider) as (town, url):
            town.clock.now = int(time.time() * 1000)
            here = f"http://localhost:{urlsplit(url).port}"
            provider.settings = replace(
                settings, redirect_uri=f"{here}/api/v1/session/external/return"
            )
            context = open_context(browser, "en")
            page = context.new_page()
            page.goto(here)
            page.wait_for_url(re.compile(r"/login"))
            complaints.watch(page)
            page.get_by_role("link", name="City").or_(
                page.get_by_role("button", name="City")
            ).click()
            if asks:
                expect(page).to_have_url(re.compile(re.escape(there.issuer)))
                page.get_by_role("button", name="Allow").click()
            link = page.get_by_test_id("link")
            expect(link).to_have_attribute("data-state", "up", timeout=PATIENCE_MS)
            cookies = {str(cookie.get("name")): cookie for cookie in context.cookies(here)}
            assert cookies["sitewatch_session"].get("sameSite") == "Strict"
            assert "sitewatch_sign_in" not in cookies
            page.goto(f"{here}/alarms")
            expect(link).to_have_attribute("data-state", "up", timeout=PATIENCE_MS)
            context.close()
