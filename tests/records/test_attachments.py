"""Contents are kept once, under their SHA-256, and come back as they were or not at all."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.attachments import Attachments, AttachmentsError


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.rglob("*") if file.is_file())


@given(contents=st.lists(st.binary(max_size=50), max_size=10))
def test_what_is_kept_comes_back(
    contents: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    kept = Attachments(folder)
    names = [kept.keep(content) for content in contents]
    assert names == [hashlib.sha256(content).hexdigest() for content in contents]
    assert [kept.read(name) for name in names] == contents
    assert files(folder) == sorted(set(names))


def test_what_was_changed_is_not_given(tmp_path: Path) -> None:
    kept = Attachments(tmp_path / "attachments")
    name = kept.keep(b"a photo")
    (tmp_path / "attachments" / name[:2] / name).write_bytes(b"another")
    with pytest.raises(AttachmentsError, match="not what was kept"):
        kept.read(name)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n"])
def test_no_name_leads_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(AttachmentsError, match="no SHA-256"):
        Attachments(tmp_path).read(name)


def test_what_is_missing_or_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(AttachmentsError, match="cannot be read"):
        Attachments(tmp_path).read("a" * 64)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(AttachmentsError, match="cannot be written"):
        Attachments(tmp_path / "file").keep(b"x")
