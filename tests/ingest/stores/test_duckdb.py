import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.sample import Sample
from ingest.bus import Cursor
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from ingest.stores.store import StoreError
from tests.ingest.samples import NOW

ROOT = Path(__file__).resolve().parents[3]


def samples(count: int, first: int = 1, points: int = 10) -> list[Sample]:
    values = [f"p{n}" for n in range(points)]
    return [
        Sample(f"m{n % 7}", NOW + n, dict.fromkeys(values, float(n)), seq=n)
        for n in range(first, first + count)
    ]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDbStore]:
    opened = DuckDbStore(DuckDbSettings(tmp_path / "store.duckdb"))
    yield opened
    opened.close()


def count(store: DuckDbStore) -> int:
    return sum(len(store.series(f"m{n}", ["p0"], NOW, NOW + 10**9)["p0"]) for n in range(7))


def test_a_second_process_is_told_that_the_file_is_taken(
    store: DuckDbStore, tmp_path: Path
) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from ingest.stores.duckdb import *\n"
        "from ingest.stores.store import StoreError\n"
        "try: DuckDbStore(DuckDbSettings(Path(sys.argv[1])))\n"
        "except StoreError as error: print(error)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "store.duckdb")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert "the store cannot open" in done.stdout
    assert "lock" in done.stdout


def test_a_file_that_is_no_database_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="the store cannot open"):
        DuckDbStore(DuckDbSettings(tmp_path / "x"))


def test_a_failed_write_leaves_nothing_and_the_store_works_on(
    store: DuckDbStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(samples(10), Cursor(0, 10))
    bad = Sample("new", NOW, {"p0": 10**400}, seq=11)
    with pytest.raises(StoreError, match="too large"):
        store.write([*samples(5, 12), bad], Cursor(0, 20))
    with pytest.raises(StoreError, match="the store cannot write"):
        store.write([Sample("new", 2**63 - 1, {"p0": 1.0}, seq=11, source_at=-1)], Cursor(0, 20))
    assert (count(store), store.cursor()) == (10, Cursor(0, 10))
    store.write(samples(10, 11), Cursor(0, 20))
    assert count(store) == 20
    assert len(store.latest()) == 70


def test_a_query_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    store = DuckDbStore(DuckDbSettings(tmp_path / "store.duckdb", timeout_s=0.05))
    with (
        pytest.raises(StoreError, match="took too long to read"),
        store.database.snapshot() as connection,
    ):
        connection.execute("SELECT count(*) FROM range(100000000) a, range(1000) b").fetchall()
    assert store.latest() == []
    store.close()


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = DuckDbStore(DuckDbSettings(tmp_path / "store.duckdb"))
    store.close()
    with pytest.raises(StoreError):
        store.write(samples(1), Cursor())
    with pytest.raises(StoreError):
        store.latest()


def test_closing_ends_what_is_being_read(tmp_path: Path) -> None:
    store = DuckDbStore(DuckDbSettings(tmp_path / "store.duckdb"))
    begun, ended = threading.Event(), list[str]()

    def read() -> None:
        try:
            with store.database.snapshot() as connection:
                begun.set()
                connection.execute(
                    "SELECT count(*) FROM range(100000000) a, range(1000)"
                ).fetchall()
        except StoreError as error:
            ended.append(str(error))

    reader = threading.Thread(target=read)
    reader.start()
    assert begun.wait(10)
    store.close()
    reader.join()
    assert ended == ["the store is being closed"]


def test_many_threads_read_while_one_writes(store: DuckDbStore) -> None:
    faults: list[object] = []
    stop = threading.Event()

    def read() -> None:
        before = 0
        while not stop.is_set():
            found = count(store)
            latest = store.latest()
            if found < before or any(value.value is None for value in latest):
                faults.append((before, found))
            before = found

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for batch in range(20):
        store.write(samples(50, 1 + batch * 50), Cursor(0, 50 + batch * 50))
    stop.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert count(store) == 1000
