from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from collectors.sample import Quality, Sample
from ingest.bus import Cursor
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from ingest.stores.duckdb_schema import VERSION, version_of
from ingest.stores.store import LatestValue, StoreError
from tests.ingest.samples import NOW

VERSION_1 = """
CREATE SEQUENCE IF NOT EXISTS series_id;
CREATE TABLE IF NOT EXISTS series (id INTEGER, device VARCHAR, point VARCHAR);
CREATE TABLE IF NOT EXISTS reading (
  series INTEGER, t BIGINT, lag BIGINT, own_clock BOOLEAN, type UTINYINT, number DOUBLE,
  text VARCHAR, reason VARCHAR);
CREATE TABLE IF NOT EXISTS progress (safety BIGINT, routine BIGINT);
INSERT INTO series VALUES (1, 'm1', 'x'), (2, 'm1', 'state');
INSERT INTO progress VALUES (3, 2000);
"""


def old_file(path: Path) -> None:
    connection = duckdb.connect(path)
    connection.execute(VERSION_1)
    connection.execute(
        "INSERT INTO reading SELECT 1, ? + i, 0, false, 1, i, NULL, NULL FROM range(2000) r(i)",
        (NOW,),
    )
    connection.execute(
        "INSERT INTO reading VALUES (2, ?, 7, true, 3, NULL, 'on', 'future')", (NOW,)
    )
    connection.close()


def test_a_file_of_version_1_is_taken_up_and_a_copy_kept(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    old_file(path)
    for moved in (False, True):
        with closing(DuckDbStore(DuckDbSettings(path))) as store:
            assert version_of(store.database.connection) == VERSION
            assert store.cursor() == Cursor(3, 2000)
            found = store.series("m1", ["x"], NOW, NOW + 10_000)["x"]
            assert [reading.value for reading in found[:2000]] == [float(n) for n in range(2000)]
            state = {value.point: value for value in store.latest()}["state"]
            expected = ("on", Quality.SUSPECT, "future", NOW, NOW + 7)
            assert state == LatestValue("m1", "state", *expected)
            assert store.compactor.step() is not moved
            while store.compactor.step():
                pass
            store.write([Sample("m1", NOW + 3000, {"x": 1.0}, seq=2001)], Cursor(3, 2000))
    copy = duckdb.connect(tmp_path / "store.duckdb.v1")
    assert copy.execute("SELECT count(*) FROM reading").fetchone() == (2001,)
    copy.close()


def test_a_migration_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    old_file(path)
    connection = duckdb.connect(path)
    connection.execute("CREATE TABLE reading_1 (a INTEGER)")
    connection.close()
    with pytest.raises(StoreError, match="the store cannot open"):
        DuckDbStore(DuckDbSettings(path))
    connection = duckdb.connect(path)
    assert version_of(connection) == 1
    connection.execute("DROP TABLE reading_1")
    connection.close()
    with closing(DuckDbStore(DuckDbSettings(path))) as store:
        assert len(store.series("m1", ["x"], NOW, NOW + 10_000)["x"]) == 2000


def test_a_file_of_a_newer_sitewatch_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    with closing(DuckDbStore(DuckDbSettings(path))) as store:
        store.database.connection.execute("UPDATE version SET number = 99")
    with pytest.raises(StoreError, match="has version 99"):
        DuckDbStore(DuckDbSettings(path))
