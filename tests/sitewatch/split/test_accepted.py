from pathlib import Path

import pytest

from device_configs.faults import InvalidConfigError
from records.revisions import accept, folder_files
from sitewatch.data_folder import DataFolder
from sitewatch.estate_folder import load_folder
from sitewatch.records_database import open_records
from sitewatch.settings import Settings
from sitewatch.split.accepted import load_or_accepted
from tests.e2e.folders import estate, smoke


def test_a_broken_folder_gives_what_was_accepted_last(tmp_path: Path) -> None:
    folder, data = estate(tmp_path, smoke(["smoke-1"])), DataFolder(tmp_path)
    loaded = load_folder(folder)
    with open_records(Settings(), data) as engine:
        accept(engine, folder_files(folder), loaded.revision, by="test", now_ms=1)
    (folder / "devices" / "all.yaml").write_text("- {id: ", encoding="utf-8")
    found = load_or_accepted(folder, Settings(), data)
    assert (found.folder, found.revision) == (folder, loaded.revision)
    assert set(found.estate.devices) == {"smoke-1"}
    assert list(tmp_path.glob("estate-*")) == []


def test_a_good_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = estate(tmp_path, smoke(["smoke-1", "smoke-2"]))
    found = load_or_accepted(folder, Settings(), DataFolder(tmp_path))
    assert set(found.estate.devices) == {"smoke-1", "smoke-2"}


def test_without_an_accepted_one_every_fault_is_told(tmp_path: Path) -> None:
    folder = estate(tmp_path, "- {id: ")
    with pytest.raises(InvalidConfigError):
        load_or_accepted(folder, Settings(), DataFolder(tmp_path))
