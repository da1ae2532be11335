import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from collectors.registry import SCHEMAS
from collectors.sample import Sample
from device_configs.estate import load_estate
from device_configs.faults import InvalidConfigError
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from ingest.stores.duckdb_layout import Segment, segments
from sitewatch.settings import StoreSettings, load_settings
from sitewatch.store_care import StoreCare
from tests.device_configs.estates import smallest
from tests.ingest.samples import NOW, until

DAY = 86_400_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDbStore]:
    with closing(DuckDbStore(DuckDbSettings(tmp_path / "store.duckdb"))) as opened:
        for day in range(-900, 0):
            samples = [Sample(name, NOW + day * DAY, {"x": 1.0}) for name in ("m1", "gone")]
            opened.write(samples, opened.cursor())
        yield opened


async def test_a_night_moves_everything_and_lets_go_what_has_expired(
    store: DuckDbStore, tmp_path: Path
) -> None:
    estate = load_estate(smallest(tmp_path / "estate"), SCHEMAS)
    settings = StoreSettings(retention={"electricity_meter": "1y", "default": "9d"})
    care = StoreCare(store, settings, lambda: estate, now_ms=lambda: NOW)
    await care.night()
    assert care.reason is None
    files = segments(store.database.connection)
    assert len({one.run for one in files}) == 1
    left = store.series("m1", ["x"], 0, NOW)["x"]
    assert NOW - 400 * DAY < left[0].at <= NOW - 366 * DAY
    # Nobody knows what the other one is, so that it stays.
    assert len(store.series("gone", ["x"], 0, NOW)["x"]) == 900


async def test_a_failing_disk_is_told(
    store: DuckDbStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    estate = load_estate(smallest(tmp_path / "estate"), SCHEMAS)
    care = StoreCare(store, StoreSettings(), lambda: estate, now_ms=lambda: NOW)
    monkeypatch.setattr(store.database.files, "finish", full)
    await care.night()
    assert care.reason is not None
    assert "No space left" in care.reason
    assert len(store.series("m1", ["x"], 0, NOW)["x"]) == 900


@pytest.mark.parametrize("line", ['meter = "5y"', 'water_meter = "5 years"', 'default = "0d"'])
def test_a_retention_that_means_nothing_is_refused(tmp_path: Path, line: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(f"[store.retention]\n{line}\n")
    with pytest.raises(InvalidConfigError, match=r"store\.retention"):
        load_settings(file)


async def test_what_is_sealed_is_moved_while_it_runs(store: DuckDbStore, tmp_path: Path) -> None:
    estate = load_estate(smallest(tmp_path / "estate"), SCHEMAS)
    store.seal()
    care = StoreCare(store, StoreSettings(), lambda: estate, now_ms=lambda: NOW)
    running = asyncio.create_task(care.run())
    await until(lambda: store.database.files.folder.is_dir())
    await until(lambda: sum(one.readings for one in _files(store)) == 1800)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert care.reason is None


def _files(store: DuckDbStore) -> list[Segment]:
    with store.database.snapshot() as connection:
        return segments(connection)


async def test_a_lost_file_is_told(store: DuckDbStore, tmp_path: Path) -> None:
    estate = load_estate(smallest(tmp_path / "estate"), SCHEMAS)
    store.seal()
    store.compactor.step()
    store.close()
    next((tmp_path / "store.parquet").iterdir()).unlink()
    with closing(DuckDbStore(DuckDbSettings(tmp_path / "store.duckdb"))) as reopened:
        care = StoreCare(reopened, StoreSettings(), lambda: estate, now_ms=lambda: NOW)
        assert care.reason is not None
        assert care.reason.startswith("1 series files are missing or cut, such as 20")
