"""The browser of the tests of pages, and what it complained of."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.ui.browser import Complaints, chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """Fails the test that made the browser complain."""
    found = Complaints()
    yield found
    assert found.found == []
