"""The demo estate, loaded once with ports that are free."""

import datetime as dt
from pathlib import Path

import pytest

from collectors.registry import SCHEMAS
from collectors.simulator.make_estate import FOLDER
from collectors.simulator.materialise import materialise
from collectors.simulator.model import Model
from device_configs.estate import Estate, load_estate

NOON_MS = round(dt.datetime(2026, 7, 15, 4, 0, tzinfo=dt.UTC).timestamp() * 1000)
"""A Wednesday noon in Wujin."""


@pytest.fixture(scope="session")
def estate_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo estate with free ports."""
    return materialise(FOLDER, tmp_path_factory.mktemp("demo") / "estate")


@pytest.fixture(scope="session")
def estate(estate_folder: Path) -> Estate:
    """The demo estate."""
    return load_estate(estate_folder, SCHEMAS)


@pytest.fixture(scope="session")
def calm(estate: Estate) -> Model:
    """A model that no test lays an incident over."""
    return Model(estate, seed=1)


@pytest.fixture
def model(estate: Estate) -> Model:
    """A model of one's own."""
    return Model(estate, seed=1)
