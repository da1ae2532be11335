"""A cost divided among sub-meters: what has no data has no figure, and the rest is the rest."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.device_configs.estates import write
from tests.reports.cost_towns import G1, S1, TARIFFS, X1, columns, made
from tests.reports.ledgers import book, ledger


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    found = ledger()
    yield found
    found.dispose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, TARIFFS)


def test_a_sub_meter_without_data_has_no_share_and_no_zero(engine: sa.Engine, folder: Path) -> None:
    book(engine, G1, "2026-11-23 10:00", 1_000_000)
    book(engine, S1, "2026-11-23 10:00", 250_000)
    first, second, rest, whole = columns(made(engine, folder, site="c1", by="device"), "parts")
    assert (first["part_energy"], first["energy_cost"]) == (250, 150)
    assert (second["part_energy"], second["energy_cost"]) == (None, None)
    assert (rest["part_energy"], rest["energy_cost"]) == (750, 450)
    assert whole["energy_cost"] == 600


def test_sub_meters_that_count_more_than_flowed_in_share_it_all(
    engine: sa.Engine, folder: Path
) -> None:
    book(engine, G1, "2026-11-23 10:00", 1_000_000)
    book(engine, S1, "2026-11-23 10:00", 1_100_000)
    book(engine, X1, "2026-11-23 10:00", 100_000)
    first, _, rest, whole = columns(made(engine, folder, site="c1", by="device"), "parts")
    assert (first["energy_cost"], rest["part_energy"], rest["energy_cost"]) == (600, 0, 0)
    assert whole["energy_cost"] == 600


def test_without_a_tariff_no_part_costs_anything_known(engine: sa.Engine, tmp_path: Path) -> None:
    book(engine, G1, "2026-11-23 10:00", 1_000_000)
    book(engine, S1, "2026-11-23 10:00", 250_000)
    parts = columns(made(engine, tmp_path, site="c1", by="building"), "parts")
    assert [row["energy_cost"] for row in parts] == [None] * 4
    assert parts[0]["part_energy"] == 250
