"""Archives of an estate: what bursts, climbs out of its folder, or is none."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api import estate_upload
from api.errors import Refusal
from api.estate_upload import checked_names, files_of_archive, placed


def _packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_the_yaml_files_below_the_one_folder_of_the_estate() -> None:
    packed = _packed(
        {"town/estate.yaml": b"a", "town/devices/all.yaml": b"b", "readme.txt": b"", "x.yaml": b"c"}
    )
    assert files_of_archive(packed) == {"estate.yaml": b"a", "devices/all.yaml": b"b"}


@pytest.mark.parametrize(
    "name",
    ["../estate.yaml", "/etc/a.yaml", "a/../../b.yaml", "c:\\a.yaml", "a//b.yaml", "..yaml/x/.",
     "a/./b.yaml", "a\x00.yaml", "x" * 200 + ".yaml", " /a.yaml", "a.yml"],
)  # fmt: skip
def test_names_that_leave_the_folder_are_refused(name: str) -> None:
    with pytest.raises(Refusal):
        checked_names([name])


@settings(max_examples=60)
@given(st.text(max_size=40))
def test_a_name_that_is_let_through_stays_inside(text: str) -> None:
    name = f"{text}.yaml"
    try:
        checked_names([name])
    except Refusal:
        return
    steps = name.split("/")
    assert not name.startswith("/")
    assert not {"", ".", ".."} & set(steps)


def test_an_archive_that_bursts_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estate_upload, "MAX_UNPACKED", 1024 * 1024)
    bomb = _packed({"estate.yaml": b"a" * (2 * 1024 * 1024)})
    assert len(bomb) < 10_000
    with pytest.raises(Refusal, match="more than 1 MiB"):
        files_of_archive(bomb)


def test_an_archive_that_lies_about_its_sizes_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estate_upload, "MAX_UNPACKED", 1024 * 1024)
    size = 2 * 1024 * 1024
    lying = _packed({"estate.yaml": b"a" * size}).replace(
        size.to_bytes(4, "little"), (10).to_bytes(4, "little")
    )
    with pytest.raises(Refusal):
        files_of_archive(lying)


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"no archive", "cannot be read"), (_packed({"a.txt": b""}), "no YAML file"),
     (_packed({f"f{n}.yaml": b"" for n in range(2001)}, zipfile.ZIP_STORED), "more than 2000")],
)  # fmt: skip
def test_what_is_no_estate_is_refused(content: bytes, says: str) -> None:
    with pytest.raises(Refusal, match=says):
        files_of_archive(content)


def test_a_file_without_its_folder_takes_the_place_of_its_namesake() -> None:
    folder = {"estate.yaml": b"", "devices/all.yaml": b"", "rules/all.yaml": b"", "a/one.yaml": b""}
    assert placed("one.yaml", folder) == "a/one.yaml"
    assert placed("estate.yaml", folder) == "estate.yaml"
    assert placed("all.yaml", folder) == "all.yaml"
    assert placed("new/one.yaml", folder) == "new/one.yaml"
