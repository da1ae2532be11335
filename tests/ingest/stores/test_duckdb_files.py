from pathlib import Path

from ingest.stores.duckdb_files import SegmentFiles


def put(files: SegmentFiles, name: str) -> Path:
    files.unfinished(name).write_bytes(b"content")
    assert files.finish(name) == 7
    return files.path(name)


def test_a_file_goes_when_its_last_reader_has_gone(tmp_path: Path) -> None:
    files = SegmentFiles(tmp_path / "series")
    old = put(files, "a.parquet")
    with files.reading():
        with files.reading():
            files.retire(["a.parquet"])
            with files.reading():
                assert old.exists()
            assert old.exists()
        assert old.exists()
    assert not old.exists()


def test_a_reader_that_came_after_does_not_hold_a_file(tmp_path: Path) -> None:
    files = SegmentFiles(tmp_path)
    old, other = put(files, "a.parquet"), put(files, "b.parquet")
    early = files.reading()
    early.__enter__()
    files.retire(["a.parquet"])
    with files.reading():
        files.retire(["b.parquet"])
        early.__exit__(None, None, None)
        assert (old.exists(), other.exists()) == (False, True)
    assert not other.exists()


def test_what_no_manifest_names_is_removed(tmp_path: Path) -> None:
    files = SegmentFiles(tmp_path)
    kept = put(files, "a.parquet")
    put(files, "b.parquet")
    files.unfinished("c.parquet").write_bytes(b"half")
    (tmp_path / "note.txt").write_text("not ours")
    files.remove_others({"a.parquet"})
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.parquet", "note.txt"]
    assert files.has(kept.name, 7)
    assert not files.has(kept.name, 8)
