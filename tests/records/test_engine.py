import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from records.engine import (
    RecordsError,
    make_engine,
    migrate,
    reading,
    sqlite_url,
    transaction,
)


def test_commits_are_on_disk_and_keys_are_enforced(tmp_path: Path) -> None:
    engine = make_engine(sqlite_url(tmp_path / "a.sqlite"))
    with reading(engine) as connection:
        pragma = connection.exec_driver_sql
        assert pragma("PRAGMA journal_mode").scalar() == "wal"
        assert pragma("PRAGMA synchronous").scalar() == 2
        assert pragma("PRAGMA foreign_keys").scalar() == 1
    engine.dispose()


def test_a_reader_waits_for_no_writer(tmp_path: Path) -> None:
    engine = make_engine(sqlite_url(tmp_path / "a.sqlite"))
    with transaction(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
    with transaction(engine) as writer:
        writer.exec_driver_sql("INSERT INTO t VALUES (2)")
        with reading(engine) as reader:
            assert reader.execute(sa.text("SELECT count(*) FROM t")).scalar() == 1
    engine.dispose()


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    engine = make_engine(sqlite_url(tmp_path / "a.sqlite"))
    migrate(engine)
    tables = sa.inspect(engine).get_table_names()
    migrate(engine)
    assert sa.inspect(engine).get_table_names() == tables
    assert "estate_revision" in tables
    engine.dispose()


def test_a_writer_has_its_turn_beside_one_who_writes_all_the_time(tmp_path: Path) -> None:
    engine = make_engine(sqlite_url(tmp_path / "a.sqlite"))
    with transaction(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")
    written, done = [0], threading.Event()

    def write() -> None:
        while not done.is_set():
            with transaction(engine) as connection:
                for _ in range(200):
                    connection.exec_driver_sql("INSERT INTO t VALUES (1)")
            written[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    between = []
    for _ in range(20):
        before = written[0]
        with transaction(engine) as connection:
            connection.exec_driver_sql("INSERT INTO t VALUES (2)")
        between.append(written[0] - before)
    done.set()
    writer.join()
    engine.dispose()
    assert max(between) <= 3, between


def test_a_turn_is_given_up_whatever_happens(tmp_path: Path) -> None:
    engine = make_engine(sqlite_url(tmp_path / "a.sqlite"))
    for _ in range(3):
        with pytest.raises(sa.exc.OperationalError), transaction(engine) as connection:
            connection.exec_driver_sql("INSERT INTO nowhere VALUES (1)")
    connection = engine.connect()
    connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")
    connection.close()  # neither committed nor rolled back by us
    began = time.monotonic()
    with transaction(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")
    assert time.monotonic() - began < 10, "nobody waited for a turn that is over"
    engine.dispose()


def test_postgresql_is_spoken_to_by_psycopg_3() -> None:
    for scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        engine = make_engine(f"{scheme}://somebody:hush@127.0.0.1:9/records")
        assert engine.url.drivername == "postgresql+psycopg"
        engine.dispose()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql+psycopg2://u:hush@h/d", r"the driver psycopg2 .* pip install 'sitewatch\[p"),
        ("nonsense", "no URL of a database"),
        ("mongo://u:hush@h/d", "no URL of a database"),
    ],
)
def test_a_database_that_cannot_be_spoken_to_is_one_sentence(url: str, message: str) -> None:
    with pytest.raises(RecordsError, match=message) as raised:
        make_engine(url)
    assert "hush" not in str(raised.value)
