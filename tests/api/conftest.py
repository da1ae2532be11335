"""The house of these tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.house import Built, built


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Built]:
    with built(tmp_path) as found:
        yield found
