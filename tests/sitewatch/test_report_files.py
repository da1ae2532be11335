"""What only reports read is checked with the estate."""

import shutil
from pathlib import Path

import pytest

from collectors.simulator.make_estate import FOLDER
from device_configs.faults import InvalidConfigError
from sitewatch.estate_folder import load_folder


def test_faults_of_all_files_are_told_together(tmp_path: Path) -> None:
    folder = tmp_path / "estate"
    shutil.copytree(FOLDER, folder)
    (folder / "factors.yaml").write_text("use: {carbon: {gas: nothing}}\n")
    (folder / "targets.yaml").write_text("use: nothing\n")
    (folder / "consumption.yaml").write_text("consumption: [{site: nowhere}]\n")
    with pytest.raises(InvalidConfigError) as caught:
        load_folder(folder)
    assert {Path(fault.file).name for fault in caught.value.faults} == {
        "factors.yaml", "targets.yaml", "consumption.yaml",
    }  # fmt: skip
