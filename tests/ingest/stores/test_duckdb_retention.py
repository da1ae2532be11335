from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from collectors.sample import Sample
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from ingest.stores.duckdb_layout import segments

DAY = 86_400_000
MAY = 1_777_593_600_000
"""2026-05-01. [ms, UTC]"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDbStore]:
    with closing(DuckDbStore(DuckDbSettings(tmp_path / "store.duckdb"))) as opened:
        for day in range(100):
            values = [Sample(name, MAY + day * DAY, {"x": float(day)}) for name in ("a", "b")]
            quiet = [Sample("quiet", MAY, {"x": 1.0})] if day == 0 else []
            opened.write([*values, *quiet], opened.cursor())
        opened.seal()
        while opened.compactor.step():
            pass
        yield opened


def days(store: DuckDbStore, device: str) -> list[int]:
    found = store.series(device, ["x"], 0, 2**60)["x"]
    return [(reading.at - MAY) // DAY for reading in found]


def keep(**moments: int) -> dict[str, int | None]:
    return {"a": None, "b": None, "quiet": None, **moments}


def test_each_device_keeps_what_its_kind_keeps(store: DuckDbStore) -> None:
    files = {one.file for one in segments(store.database.connection)}
    assert store.expire(keep(a=MAY + 50 * DAY).__getitem__) == 50
    assert days(store, "a") == list(range(50, 100))
    assert days(store, "b") == list(range(100))
    left = segments(store.database.connection)
    assert sum(one.readings for one in left) == 151
    on_disk = {file.name for file in store.database.files.folder.iterdir()}
    assert on_disk == {one.file for one in left}
    assert on_disk != files
    assert store.expire(keep(a=MAY + 50 * DAY).__getitem__) == 0


def test_the_newest_value_of_a_point_stays_for_ever(store: DuckDbStore) -> None:
    before = {value.device: value for value in store.latest()}
    everything = MAY + 1000 * DAY
    store.expire(keep(a=everything, b=everything, quiet=everything).__getitem__)
    assert [days(store, name) for name in ("a", "b", "quiet")] == [[99], [99], [0]]
    assert {value.device: value for value in store.latest()} == before


def test_a_file_is_not_rewritten_for_little(store: DuckDbStore) -> None:
    files = segments(store.database.connection)
    assert store.expire(keep(a=MAY + 2 * DAY).__getitem__) == 0
    assert segments(store.database.connection) == files


def test_whole_months_go_as_files(store: DuckDbStore) -> None:
    june = MAY + 31 * DAY
    gone = store.expire(keep(a=june, b=june).__getitem__)
    assert gone == 62
    assert days(store, "a")[0] == 31
    assert days(store, "quiet") == [0]


def test_nothing_is_removed_without_a_setting(store: DuckDbStore) -> None:
    assert store.expire(keep().__getitem__) == 0
    assert len(days(store, "a")) == 100
