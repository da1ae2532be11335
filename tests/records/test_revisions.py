from pathlib import Path

from records.engine import make_engine, migrate, sqlite_url
from records.revisions import accept, difference, files_of, folder_files, history


def test_a_revision_is_kept_once_and_for_ever(tmp_path: Path) -> None:
    engine = make_engine(sqlite_url(tmp_path / "a.sqlite"))
    migrate(engine)
    first = accept(engine, {"estate.yaml": b"a", "x.yaml": b"1"}, "h1", by="run", now_ms=1)
    again = accept(engine, {"estate.yaml": b"a", "x.yaml": b"1"}, "h1", by="run", now_ms=2)
    assert again == first
    second = accept(engine, {"estate.yaml": b"b", "y.yaml": b"2"}, "h2", by="anna", now_ms=3)
    assert second.difference.added == ("y.yaml",)
    assert second.difference.changed == ("estate.yaml",)
    assert second.difference.removed == ("x.yaml",)
    assert [revision.hash for revision in history(engine)] == ["h2", "h1"]
    assert files_of(engine, first.number) == {"estate.yaml": b"a", "x.yaml": b"1"}
    assert files_of(engine, 99) is None
    back = accept(engine, {"estate.yaml": b"a", "x.yaml": b"1"}, "h1", by="run", now_ms=4)
    assert back.number > second.number
    engine.dispose()


def test_only_yaml_files_count(tmp_path: Path) -> None:
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "a.yaml").write_bytes(b"[]")
    (tmp_path / "notes.txt").write_bytes(b"x")
    assert folder_files(tmp_path) == {"devices/a.yaml": b"[]"}
    assert difference({}, {}).added == ()
