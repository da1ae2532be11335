"""What leaves the store does so in portions of a bounded size, and is the same for all that."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.sample import Sample
from ingest.bus import Cursor
from ingest.stores import duckdb_samples
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from tests.ingest.samples import NOW

DAY = 86_400_000


def stored(folder: Path, samples: Sequence[Sample]) -> DuckDbStore:
    store = DuckDbStore(DuckDbSettings(folder / "store.duckdb", generation_rows=200))
    store.write(samples, Cursor())
    return store


def portions(store: DuckDbStore) -> list[list[Sample]]:
    return [list(one) for one in store.samples("m1", 0, 2**62)]


def test_a_device_that_says_much_takes_no_more_memory_than_one_that_says_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duckdb_samples, "MOST", 20)
    for times in (10, 100):
        rows = [Sample("m1", NOW + n * 1000, {"x": float(n), "y": 1.0}) for n in range(times * 10)]
        (tmp_path / str(times)).mkdir()
        with closing(stored(tmp_path / str(times), rows)) as store:
            found = portions(store)
        assert [sample for one in found for sample in one] == rows
        assert max(len(one) for one in found) <= 10


def test_one_moment_with_more_than_a_portion_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duckdb_samples, "MOST", 5)
    rows = [Sample("m1", NOW + 1000 * (n // 20), {"x": float(n)}) for n in range(60)]
    with closing(stored(tmp_path, rows)) as store:
        assert [sample for one in portions(store) for sample in one] == rows


def test_sparse_before_dense_and_dense_before_sparse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duckdb_samples, "MOST", 10)
    moments = [*(n * DAY * 20 for n in range(20)), *(400 * DAY + n for n in range(200))]
    moments += [500 * DAY + n * 20 * DAY for n in range(20)]
    rows = [Sample("m1", NOW + moment, {"x": 1.0}) for moment in moments]
    with closing(stored(tmp_path, rows)) as store:
        found = portions(store)
    assert [sample for one in found for sample in one] == rows
    assert max(len(one) for one in found) <= 10


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 3)), min_size=1, max_size=60),
    st.integers(1, 9),
)
@settings(max_examples=20, deadline=None)
def test_the_size_of_a_portion_changes_nothing(seen: list[tuple[int, int]], size: int) -> None:
    rows = [
        Sample("m1", NOW + at * DAY // 4, {f"p{point}": float(n)})
        for n, (at, point) in enumerate(sorted(seen))
    ]
    with TemporaryDirectory() as name, closing(stored(Path(name), rows)) as store:
        whole = [sample for one in portions(store) for sample in one]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(duckdb_samples, "MOST", size)
            assert [sample for one in portions(store) for sample in one] == whole
