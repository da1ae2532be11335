import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.sample import Quality, Reason, Sample, Value
from ingest.bus import Cursor
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from ingest.stores.duckdb_layout import OUTSIDE, segments
from ingest.stores.duckdb_schema import VERSION, version_of
from ingest.stores.store import Aggregate, Reading
from tests.footprint import FULL

ROOT = Path(__file__).resolve().parents[3]
HOUR = 3_600_000
DAY = 24 * HOUR
MAY = 1_777_593_600_000
"""2026-05-01. [ms, UTC]"""


def opened(folder: Path) -> DuckDbStore:
    return DuckDbStore(DuckDbSettings(folder / "store.duckdb"))


def work_off(store: DuckDbStore) -> None:
    while store.compactor.step():
        pass


def fill(store: DuckDbStore, hours: int = 48, first: float = 0.0) -> None:
    samples = [
        Sample("m1", MAY + n * 300_000, {"x": first + n, "on": n % 5 == 0})
        for n in range(hours * 12)
    ]
    store.write(samples, Cursor())
    store.seal()
    work_off(store)


def by_hour(store: DuckDbStore, aggregate: Aggregate = Aggregate.MAX) -> list[Value]:
    found = store.series("m1", ["x"], MAY, MAY + 365 * DAY, HOUR, aggregate)["x"]
    return [reading.value for reading in found]


def hours_of(store: DuckDbStore) -> set[str]:
    folder = store.database.files.folder
    return {file.name for file in folder.iterdir() if file.name.endswith(".hours.parquet")}


def test_steps_of_hours_are_read_from_the_hours_alone(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as store:
        fill(store)
        (file,) = segments(store.database.connection)
        assert file.hours == store.database.files.path(file.hours_file).stat().st_size
        store.database.files.path(file.file).unlink()
        assert by_hour(store) == [float(n * 12 + 11) for n in range(48)]
        assert by_hour(store, Aggregate.COUNT) == [12] * 48
        assert by_hour(store, Aggregate.MEAN) == pytest.approx([n * 12 + 5.5 for n in range(48)])


def test_late_data_and_merges_change_the_hours(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as store:
        fill(store)
        store.write([Sample("m1", MAY + 1, {"x": 1e6})], Cursor())
        expected = [1e6, *(float(n * 12 + 11) for n in range(1, 48))]
        assert by_hour(store) == expected
        store.seal()
        work_off(store)
        assert [bool(one.hours) for one in segments(store.database.connection)] == [True, False]
        assert by_hour(store) == expected
        assert store.compactor.merge_closed(MAY + 100 * DAY)
        assert by_hour(store) == expected
        assert hours_of(store) == set()
        work_off(store)
        assert by_hour(store) == expected
        assert len(hours_of(store)) == 1


def test_retention_takes_the_hours_with_it(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as store:
        fill(store)
        assert store.expire(lambda _: MAY + DAY) == 2 * 24 * 12
        for _ in range(2):
            assert by_hour(store) == [float(n * 12 + 11) for n in range(24, 48)]
            work_off(store)
        assert len(hours_of(store)) == 1


def test_a_file_with_few_readings_an_hour_has_no_hours(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as store:
        store.write([Sample("m1", MAY + n * HOUR, {"x": float(n)}) for n in range(50)], Cursor())
        store.write([Sample("m1", MAY, {"x": -1.0}, source_at=-n) for n in range(50)], Cursor())
        store.seal()
        work_off(store)
        found = {one.month == OUTSIDE: one.hours for one in segments(store.database.connection)}
        assert found == {True: None, False: 0}
        assert hours_of(store) == set()
        assert by_hour(store)[1:] == [float(n) for n in range(1, 50)]


@pytest.mark.parametrize("damage", ["lost", "cut", "overwritten"])
def test_hours_that_are_lost_or_damaged_are_written_again(tmp_path: Path, damage: str) -> None:
    with closing(opened(tmp_path)) as store:
        fill(store)
        expected = by_hour(store)
        (name,) = hours_of(store)
    path = tmp_path / "store.parquet" / name
    whole = path.read_bytes()
    if damage == "lost":
        path.unlink()
    else:
        path.write_bytes(whole[:-9] if damage == "cut" else b"\0" * len(whole))
    with closing(opened(tmp_path)) as store:
        assert by_hour(store) == expected
        assert store.database.damaged == frozenset()
        assert len(store.database.lost_hours) == 1
        work_off(store)
        assert store.database.lost_hours == frozenset()
        assert path.read_bytes() == whole
        assert by_hour(store) == expected


@pytest.mark.parametrize("point", ["SegmentFiles.finish", "note"])
def test_a_kill_while_hours_are_written_changes_no_answer(tmp_path: Path, point: str) -> None:
    with closing(opened(tmp_path)) as store:
        fill(store)
        expected = by_hour(store)
        store.database.connection.execute("UPDATE segment SET hours = NULL")
    target = "duckdb_compaction.note_hours" if point == "note" else point
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from ingest.stores import duckdb_compaction\n"
        "from ingest.stores.duckdb_files import SegmentFiles\n"
        "from tests.ingest.stores.test_duckdb_hours import *\n"
        "store = opened(Path(sys.argv[1]))\n"
        f"{target} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "work_off(store)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    died = subprocess.run(command, cwd=ROOT, check=False, timeout=60, capture_output=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    with closing(opened(tmp_path)) as store:
        assert hours_of(store) == set()
        assert by_hour(store) == expected
        work_off(store)
        assert len(hours_of(store)) == 1
        assert by_hour(store) == expected


def test_a_store_without_hours_gets_them(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as store:
        fill(store)
        expected = by_hour(store)
        (name,) = hours_of(store)
    (tmp_path / "store.parquet" / name).unlink()
    with closing(duckdb.connect(tmp_path / "store.duckdb")) as connection:
        connection.execute("ALTER TABLE segment DROP COLUMN hours")
        connection.execute("UPDATE version SET number = 2")
    with closing(opened(tmp_path)) as store:
        assert version_of(store.database.connection) == VERSION
        assert by_hour(store) == expected
        work_off(store)
        assert hours_of(store) == {name}
        assert by_hour(store) == expected
    assert (tmp_path / "store.duckdb.v2").is_file()


def test_a_copy_has_the_hours(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as store:
        fill(store)
        expected, names = by_hour(store), hours_of(store)
        store.copy_to(tmp_path / "copy" / "store.duckdb")
    shutil.rmtree(tmp_path / "store.parquet")
    with closing(opened(tmp_path / "copy")) as copied:
        assert hours_of(copied) == names
        assert by_hour(copied) == expected


def test_a_store_that_lost_its_hours_can_be_copied(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as store:
        fill(store)
        expected = by_hour(store)
        (name,) = hours_of(store)
    (tmp_path / "store.parquet" / name).unlink()
    with closing(opened(tmp_path)) as store:
        store.copy_to(tmp_path / "copy" / "store.duckdb")
    with closing(opened(tmp_path / "copy")) as copied:
        assert by_hour(copied) == expected
        work_off(copied)
        assert hours_of(copied) == {name}


NUMBERS = st.floats(-1e6, 1e6) | st.integers(-5, 5).map(float)
VALUES = NUMBERS | st.booleans() | st.none() | st.text("ab", max_size=2)
ROWS = st.lists(
    st.tuples(st.integers(0, 30), VALUES, st.booleans(), st.integers(0, 12)),
    min_size=20, max_size=80,
)  # fmt: skip
"""Ten-minute beats of five hours, in any order: late data is as usual as any."""
BEAT = HOUR // 6


def answers(store: DuckDbStore, start: int, end: int, step: int) -> Sequence[object]:
    def asked(aggregate: Aggregate) -> list[Sequence[Reading]]:
        return list(store.series("m", ["x", "y"], start, end, step, aggregate).values())

    means = [
        [
            (r.at, pytest.approx(r.value) if isinstance(r.value, float) else r.value, r.quality)
            for r in found
        ]
        for found in asked(Aggregate.MEAN)
    ]
    return [means, *(asked(how) for how in Aggregate if how is not Aggregate.MEAN)]


@settings(max_examples=25 if FULL else 8, deadline=None)
@given(
    rows=ROWS,
    start=st.sampled_from([0, 0, HOUR, -2 * HOUR, BEAT, 1]),
    end=st.integers(1, 6 * 6 + 1),
    step=st.sampled_from([HOUR, HOUR, 2 * HOUR, 3 * HOUR, 24 * HOUR, HOUR // 2, HOUR + 1]),
)
def test_hours_answer_as_readings_do(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[int, Value, bool, int]],
    start: int,
    end: int,
    step: int,
) -> None:
    folder = tmp_path_factory.mktemp("both")
    plain = DuckDbStore(DuckDbSettings(folder / "plain.duckdb"))
    moved = DuckDbStore(DuckDbSettings(folder / "moved.duckdb", file_rows=60))
    with closing(plain), closing(moved):
        pending: list[Sample] = []
        for beat, value, both, turn in [*rows, (0, 0.0, True, 0)]:
            values = {"x": value, "y": value} if both else {"x": value}
            reasons = {"x": Reason.OUT_OF_RANGE} if turn == 12 else {}
            pending.append(Sample("m", MAY + beat * BEAT, values, reasons))
            if turn == 0:
                for store in (plain, moved):
                    store.write(pending, Cursor())
                pending = []
                moved.seal()
                work_off(moved)
        asked = MAY + start, MAY + end * BEAT, step
        assert answers(moved, *asked) == answers(plain, *asked)
        moved.seal()
        while moved.compactor.merge_closed(MAY + 100 * DAY):
            pass
        work_off(moved)
        assert answers(moved, *asked) == answers(plain, *asked)


def test_what_is_missing_all_hour_is_missing(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as store:
        gone = {"x": Reason.NO_ANSWER}
        samples = [Sample("m1", MAY + n * 300_000, {"x": None}, gone) for n in range(12)]
        store.write(samples, Cursor())
        fill_from = MAY + HOUR
        store.write(
            [Sample("m1", fill_from + n * 300_000, {"x": 1.0}) for n in range(12)], Cursor()
        )
        store.seal()
        work_off(store)
        assert len(hours_of(store)) == 1
        found = store.series("m1", ["x"], MAY, MAY + 2 * HOUR, HOUR)["x"]
        assert found == [
            Reading(MAY, None, Quality.MISSING),
            Reading(MAY + HOUR, 1.0, Quality.GOOD),
        ]
