import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from collectors.sample import Lane, Sample
from ingest.bus import Cursor
from ingest.journal import Journal
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from records.attachments import Attachments
from sitewatch.backup import MANIFEST, BadBackupError, back_up, restore
from sitewatch.data_folder import DataFolder
from sitewatch.errors import SitewatchError
from sitewatch.settings import DatabaseSettings, Settings, StoreSettings
from tests.ingest.samples import NOW


def quiet(_done: int, _of: int) -> None:
    return


def sample(number: int) -> Sample:
    return Sample("m1", NOW + number, {"x": float(number)}, seq=number + 1)


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = tmp_path / "data"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "sitewatch.sqlite")) as connection:
        connection.execute("CREATE TABLE people (name TEXT)")
        connection.execute("INSERT INTO people VALUES ('admin')")
        connection.commit()
    return DataFolder(folder)


@pytest.fixture
def store(data: DataFolder) -> Iterator[DuckDbStore]:
    with closing(DuckDbStore(DuckDbSettings(data.series, generation_rows=50))) as opened:
        for begin in range(0, 500, 20):
            opened.write([sample(n) for n in range(begin, begin + 20)], Cursor(0, begin + 20))
        for _ in range(3):
            opened.compactor.step()
        yield opened


def values(store: DuckDbStore) -> list[object]:
    return [reading.value for reading in store.series("m1", ["x"], 0, 2**60)["x"]]


def test_a_backup_of_a_working_store_comes_back(
    data: DataFolder, store: DuckDbStore, tmp_path: Path
) -> None:
    done = threading.Event()

    def work() -> None:
        number = 500
        while not done.is_set():
            store.write([sample(number)], Cursor(0, number + 1))
            store.compactor.step()
            number += 1

    thread = threading.Thread(target=work)
    thread.start()
    made = back_up(tmp_path / "kept", data, store, None, Settings(), quiet)
    done.set()
    thread.join()
    assert made["left_out"] == []
    other = DataFolder(tmp_path / "other")
    other.path.mkdir()
    restore(tmp_path / "kept", other, False, quiet)
    with closing(DuckDbStore(DuckDbSettings(other.series))) as found:
        count = found.cursor().routine
        assert count == made["readings"] >= 500
        assert values(found) == [float(n) for n in range(count)]
        found.write([sample(count)], Cursor(0, count + 1))
        found.seal()
        while found.compactor.step():
            pass
        assert len(values(found)) == count + 1
    with closing(sqlite3.connect(other.records)) as connection:
        assert connection.execute("SELECT name FROM people").fetchall() == [("admin",)]


def test_photos_are_kept_and_come_back(
    data: DataFolder, store: DuckDbStore, tmp_path: Path
) -> None:
    kept = Attachments(data.attachments)
    name = kept.keep(b"a photo")
    (data.attachments / name[:2] / "unfinished.new").write_bytes(b"half")
    back_up(tmp_path / "kept", data, store, None, Settings(), quiet)
    later = kept.keep(b"taken after the backup")
    other = DataFolder(tmp_path / "other")
    other.path.mkdir()
    restore(tmp_path / "kept", other, False, quiet)
    files = [file.name for file in other.attachments.rglob("*") if file.is_file()]
    assert files == [name]
    assert Attachments(other.attachments).read(name) == b"a photo"
    with pytest.raises(SitewatchError, match="holds data already"):
        restore(tmp_path / "kept", data, False, quiet)
    assert kept.read(later) == b"taken after the backup"


def test_the_key_of_second_factors_comes_back_with_the_database_it_opens(
    data: DataFolder, store: DuckDbStore, tmp_path: Path
) -> None:
    data.key.write_bytes(b"k" * 32)
    back_up(tmp_path / "kept", data, store, None, Settings(), quiet)
    other = DataFolder(tmp_path / "other")
    other.path.mkdir()
    restore(tmp_path / "kept", other, False, quiet)
    for key in (tmp_path / "kept" / data.key.name, other.key):
        assert key.read_bytes() == b"k" * 32
        assert key.stat().st_mode & 0o777 == 0o600


async def test_a_restored_journal_gives_no_number_twice(
    data: DataFolder, store: DuckDbStore, tmp_path: Path
) -> None:
    async with Journal.open(data.journal, ("recorder",)) as journal:
        await journal.append([Sample("m1", NOW, {"x": 1.0})])
        back_up(tmp_path / "kept", data, store, None, Settings(), quiet)
        later = await journal.append([Sample("m1", NOW, {"x": 2.0})])
    restore(tmp_path / "kept", data, True, quiet)
    async with Journal.open(data.journal, ("recorder",)) as journal:
        assert journal.statistics().lag["recorder"][Lane.ROUTINE].samples == 1
        assert await journal.append([Sample("m1", NOW, {"x": 3.0})]) > later
        kept = await journal.read(Cursor(), 10, 1.0)
        assert [found.values["x"] for found in kept] == [1.0, 3.0]


def test_no_secret_is_in_it(data: DataFolder, store: DuckDbStore, tmp_path: Path) -> None:
    estate = tmp_path / "estate"
    estate.mkdir()
    (estate / "estate.yaml").write_text("estate: x\n")
    settings = Settings(
        store=StoreSettings.model_validate({"token": "hush-1", "retention": {"default": "5y"}}),
        database=DatabaseSettings.model_validate({"url": "postgresql://u:hush-2@h/d"}),
    )
    made = back_up(tmp_path / "kept", data, store, estate, settings, quiet)
    assert "relational database" in made["left_out"][0]
    text = (tmp_path / "kept" / "settings.toml").read_text()
    assert "hush" not in text
    assert 'default = "5y"' in text
    assert (tmp_path / "kept" / "estate" / "estate.yaml").read_text() == "estate: x\n"


def test_a_changed_missing_or_foreign_file_is_refused(
    data: DataFolder, store: DuckDbStore, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    back_up(kept, data, store, None, Settings(), quiet)
    other = DataFolder(tmp_path / "other")
    other.path.mkdir()
    file = next(kept.rglob("*-*.parquet"))
    content = file.read_bytes()
    file.write_bytes(content[:-1] + b"x")
    with pytest.raises(BadBackupError, match=file.name):
        restore(kept, other, False, quiet)
    file.unlink()
    with pytest.raises(BadBackupError, match="missing"):
        restore(kept, other, False, quiet)
    file.write_bytes(content)
    manifest = json.loads((kept / MANIFEST).read_text())
    (tmp_path / "outside").write_text("")
    manifest["files"]["../outside"] = {"bytes": 0, "sha256": ""}
    (kept / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(BadBackupError, match="outside"):
        restore(kept, other, False, quiet)
    with pytest.raises(BadBackupError, match="is no backup"):
        restore(tmp_path / "nothing", other, False, quiet)
    assert list(other.path.iterdir()) == []


def test_a_store_with_a_lost_file_is_backed_up_and_says_so(
    data: DataFolder, store: DuckDbStore, tmp_path: Path
) -> None:
    whole = len(values(store))
    store.close()
    next(data.path.rglob("*-*.parquet")).unlink()
    with closing(DuckDbStore(DuckDbSettings(data.series))) as reopened:
        made = back_up(tmp_path / "kept", data, reopened, None, Settings(), quiet)
        assert made["left_out"] == ["1 series files that are lost"]
        assert made["readings"] == len(values(reopened)) < whole
    other = DataFolder(tmp_path / "other")
    other.path.mkdir()
    restore(tmp_path / "kept", other, False, quiet)
    with closing(DuckDbStore(DuckDbSettings(other.series))) as found:
        assert len(found.database.damaged) == 1
        assert len(values(found)) == made["readings"]


def test_nothing_is_overwritten_unasked(
    data: DataFolder, store: DuckDbStore, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    back_up(kept, data, store, None, Settings(), quiet)
    with pytest.raises(SitewatchError, match="exists already"):
        back_up(kept, data, store, None, Settings(), quiet)
    other = DataFolder(tmp_path / "other")
    other.path.mkdir()
    other.records.write_text("mine")
    with pytest.raises(SitewatchError, match="--force"):
        restore(kept, other, False, quiet)
    assert other.records.read_text() == "mine"
    restore(kept, other, True, quiet)
    assert other.records.read_bytes()[:6] == b"SQLite"


def test_a_backup_that_fails_leaves_no_folder(
    data: DataFolder, store: DuckDbStore, tmp_path: Path
) -> None:
    with pytest.raises(SitewatchError, match="cannot be written"):
        back_up(tmp_path / "kept", data, store, tmp_path / "no estate", Settings(), quiet)
    assert not list(tmp_path.glob("kept*"))
    began = time.monotonic()
    back_up(tmp_path / "kept", data, store, None, Settings(), quiet)
    assert time.monotonic() - began < 30
