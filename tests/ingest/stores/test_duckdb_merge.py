from ingest.stores.duckdb_layout import Segment
from ingest.stores.duckdb_merge import next_merge, whole_merge


def segment(run: int, readings: int, month: int = 1, part: int = 0) -> Segment:
    return Segment(f"{month}-{run}-{part}", run, month, 1, 2, 0, 1, readings, 1)


def test_four_runs_of_one_size_in_one_month_are_merged() -> None:
    three = [segment(n, 1000) for n in range(3)]
    assert next_merge(three, 10**9) == ()
    assert next_merge([*three, segment(4, 1000, month=2)], 10**9) == ()
    assert next_merge([*three, segment(4, 100_000)], 10**9) == ()
    assert next_merge([*three, segment(4, 100)], 10**9) == ()
    assert set(next_merge([*three, segment(4, 1010)], 10**9)) == {*three, segment(4, 1010)}


def test_a_run_of_several_files_counts_once_and_goes_whole() -> None:
    split = [segment(1, 500, part=0), segment(1, 500, part=1)]
    others = [segment(n, 1000) for n in (2, 3)]
    assert next_merge([*split, *others], 10**9) == ()
    assert len(next_merge([*split, *others, segment(4, 1000)], 10**9)) == 5


def test_a_merge_is_bounded() -> None:
    runs = [segment(n, 1000) for n in range(9)]
    assert len(next_merge(runs, 5000)) == 5
    assert next_merge(runs, 3500) == ()


def test_closed_months_become_one_run() -> None:
    late = [segment(1, 1_000_000), segment(2, 3), segment(3, 10, month=2), segment(4, 10, month=2)]
    assert {one.run for one in whole_merge(late, 10**9, before=2)} == {1, 2}
    assert whole_merge(late[1:], 10**9, before=2) == ()
    assert whole_merge(late, 10**6, before=2) == ()
