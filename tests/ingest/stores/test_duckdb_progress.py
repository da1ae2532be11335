from pathlib import Path

import duckdb
import pytest

from ingest.stores.duckdb_progress import followed
from ingest.stores.forms import AbandonedError

LONG = "SELECT count(*) FROM range(100000000) a(x) WHERE hash(x, x + 1, x + 2) % 7 = 1"


def test_it_tells_how_far_a_statement_is() -> None:
    told: list[tuple[int, int]] = []
    with duckdb.connect(config={"threads": 1}) as connection:
        with followed(connection, lambda *done: told.append(done)):
            assert connection.execute(LONG).fetchall()
        assert told
        assert all(0 <= done <= of == 1000 for done, of in told)
        count = len(told)
        connection.execute("SELECT 1")
        assert len(told) == count


def test_a_statement_that_nobody_waits_for_ends() -> None:
    def leave(done: int, of: int) -> None:
        raise AbandonedError("nobody waits for it")

    with duckdb.connect(config={"threads": 1}) as connection:
        with pytest.raises(AbandonedError), followed(connection, leave):
            connection.execute(f"{LONG.replace('100000000', '100000000000')}")
        assert connection.execute("SELECT 1").fetchall() == [(1,)]


def test_an_error_of_the_statement_stays_what_it_is(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        with pytest.raises(duckdb.IOException), followed(connection, lambda *_: None):
            connection.execute(f"SELECT * FROM read_parquet('{tmp_path}/none')")
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
