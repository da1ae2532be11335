from collections.abc import Iterator
from contextlib import closing
from itertools import groupby, pairwise
from pathlib import Path

import duckdb
import pytest

from collectors.sample import Sample
from ingest.bus import Cursor
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from ingest.stores.duckdb_export import Export, TableFormat
from ingest.stores.duckdb_schema import ROW, generations, open_generation, table_of
from ingest.stores.forms import AbandonedError
from ingest.stores.store import StoreError
from tests.ingest.samples import NOW

DEVICES = 20
POINTS = 10
GENERATION = 125_000
READINGS = 4 * GENERATION


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with more readings than a sort within `SMALL` can have, in files and in none."""
    path = tmp_path_factory.mktemp("many") / "store.duckdb"
    names = [f"p{n}" for n in range(POINTS)]
    with closing(DuckDbStore(DuckDbSettings(path, file_rows=25_000))) as store:
        first = [Sample(f"d{n}", NOW, dict.fromkeys(names, 0.0)) for n in range(DEVICES)]
        store.write(first, Cursor())
        for number in range(4):
            _generation(store, number)
            while number < 3 and store.compactor.step():
                pass
    return path


def _generation(store: DuckDbStore, number: int) -> None:
    series = DEVICES * POINTS
    with store.database.transaction() as connection:
        newest = generations(connection)[-1]
        connection.execute(
            f"INSERT INTO {table_of(newest)} ({ROW}) SELECT 1 + i % {series},"
            f" {NOW} + 60000 * (1 + i // {series} + {number * GENERATION // series}), 30, false,"
            f" 1, hash(i) % 100000 / 100.0, NULL, NULL FROM range({GENERATION}) r(i)"
        )
        open_generation(connection, newest + 1)
        store.database.after_commit(store.begin_generation)


def _open(path: Path) -> DuckDbStore:
    return DuckDbStore(DuckDbSettings(path, memory_limit="20MB", file_rows=25_000))


def _rows(file: Path) -> list[tuple[str, str, int]]:
    with duckdb.connect() as connection:
        return connection.execute(
            f"SELECT device, point, at_ms FROM read_parquet('{file}', file_row_number = true)"
            " ORDER BY file_row_number"
        ).fetchall()


def _of(store: DuckDbStore, file: Path) -> Export:
    return Export(file, TableFormat.PARQUET, store.devices(), 0, 2**60)


def test_an_export_needs_no_more_memory_for_more_readings(many: Path, tmp_path: Path) -> None:
    """Sorted as one, these readings run out of the 20 MB that the store may use."""
    told: list[tuple[int, int]] = []
    file = tmp_path / "all.parquet"
    with closing(_open(many)) as store:
        count = store.export(_of(store, file), lambda *done: told.append(done))
    rows = _rows(file)
    assert count == len(rows) == len(set(rows)) == READINGS + DEVICES * POINTS
    devices = [device for device, _ in groupby(rows, key=lambda row: row[0])]
    assert devices == sorted(f"d{n}" for n in range(DEVICES))
    assert all(a[0] != b[0] or a[2] <= b[2] for a, b in pairwise(rows))
    assert told == sorted(told)
    assert {of for _, of in told} == {2 * count}
    assert (count, 2 * count) in told
    assert [one.name for one in tmp_path.iterdir()] == ["all.parquet"]


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_an_export_that_nobody_waits_for_leaves_nothing(
    many: Path, tmp_path: Path, share: float
) -> None:
    def leave(done: int, of: int) -> None:
        if done >= share * of:
            raise AbandonedError("nobody waits for it")

    file = tmp_path / "all.parquet"
    file.write_text("the one of yesterday")
    with closing(_open(many)) as store, pytest.raises(AbandonedError):
        store.export(_of(store, file), leave)
    assert [one.name for one in tmp_path.iterdir()] == ["all.parquet"]
    assert file.read_text() == "the one of yesterday"


def test_what_a_killed_export_left_is_not_in_the_next(many: Path, tmp_path: Path) -> None:
    file = tmp_path / "all.parquet"
    left = tmp_path / ".all.parquet.sitewatch-export"
    left.mkdir()
    (left / "000001").write_text("half a file")
    (tmp_path / "all.parquet.new").write_text("half a file")
    with closing(_open(many)) as store:
        wanted = Export(file, TableFormat.PARQUET, ["d3", "d17"], NOW, NOW + 60_001)
        assert store.export(wanted) == 4 * POINTS
    assert {device for device, _, _ in _rows(file)} == {"d17", "d3"}
    assert [one.name for one in tmp_path.iterdir()] == ["all.parquet"]


def test_a_folder_that_is_not_there_is_an_error(many: Path, tmp_path: Path) -> None:
    file = tmp_path / "none" / "all.parquet"
    with closing(_open(many)) as store, pytest.raises(StoreError, match="No such file"):
        store.export(_of(store, file))
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[DuckDbStore]:
    with closing(DuckDbStore(DuckDbSettings(tmp_path / "empty.duckdb"))) as store:
        yield store


def test_an_empty_store_is_an_empty_table(empty: DuckDbStore, tmp_path: Path) -> None:
    file = tmp_path / "all.parquet"
    assert empty.export(_of(empty, file)) == 0
    assert _rows(file) == []
