"""What the doctor says of files and folders."""

import os
from pathlib import Path

import pytest

from sitewatch.doctor.finding import Verdict
from sitewatch.doctor.folders import data_folder, estate, mode_of, settings_file
from tests.e2e.folders import estate as make_estate
from tests.e2e.folders import smoke


@pytest.mark.parametrize(
    ("mode", "verdict"),
    [(0o600, Verdict.GOOD), (0o640, Verdict.GOOD), (0o644, Verdict.WRONG), (0o660, Verdict.WRONG)],
)
def test_settings_are_closed_to_others(tmp_path: Path, mode: int, verdict: Verdict) -> None:
    file = tmp_path / "settings.toml"
    file.touch()
    file.chmod(mode)
    assert settings_file(file, mode_of(file)).verdict is verdict


def test_settings_that_are_not_there_are_not_called_good(tmp_path: Path) -> None:
    assert settings_file(None, None).verdict is Verdict.NOTE
    gone = tmp_path / "gone"
    assert settings_file(gone, mode_of(gone)).verdict is Verdict.UNKNOWN


def test_a_data_folder_that_is_open_is_wrong(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert [one.verdict for one in data_folder(folder)] == [Verdict.NOTE]
    folder.mkdir(mode=0o700)
    assert {one.verdict for one in data_folder(folder)} == {Verdict.GOOD}
    folder.chmod(0o755)
    found = next(iter(data_folder(folder)))
    assert (found.verdict, found.remedy) == (Verdict.WRONG, f"chmod 700 {folder}")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_what_root_left_in_it_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    (folder / "journal.sqlite").touch()
    os.chown(folder, 12345, 12345)
    found = [one for one in data_folder(folder) if one.what == "data files"]
    assert [one.verdict for one in found] == [Verdict.WRONG]
    assert "journal.sqlite" in found[0].said


def test_a_bad_estate_is_named_by_its_first_fault(tmp_path: Path) -> None:
    home = make_estate(tmp_path, smoke(["smoke-1", "smoke-2"]))
    found, loaded = estate(home)
    assert (found.verdict, found.said) == (Verdict.GOOD, "4 sites, 2 devices")
    assert loaded is not None
    (home / "devices" / "all.yaml").write_text("- {id: smoke-1, profile: nonsense}\n")
    found, loaded = estate(home)
    assert (found.verdict, loaded) == (Verdict.WRONG, None)
    assert "all.yaml" in found.said
    assert estate(None)[0].verdict is Verdict.UNKNOWN
