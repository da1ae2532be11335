from pathlib import Path

import pytest

from device_configs.faults import InvalidConfigError
from device_configs.profile import LIBRARY
from sitewatch.errors import InvalidInputError
from sitewatch.library import profile_named


def test_a_name_and_a_file(tmp_path: Path) -> None:
    assert profile_named("usw_water").id == "usw_water"
    mine = tmp_path / "usw_water.yaml"
    mine.write_text((LIBRARY / "usw_water.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert profile_named(str(mine)) == profile_named("usw_water")


@pytest.mark.parametrize("file", sorted(LIBRARY.rglob("*.yaml")), ids=lambda file: file.stem)
def test_every_file_of_the_library_has_the_name_of_its_profile(file: Path) -> None:
    assert profile_named(file.stem).id == file.stem


def test_what_is_not_there() -> None:
    with pytest.raises(InvalidInputError, match="did you mean 'usw_water'"):
        profile_named("usw_watr")
    with pytest.raises(InvalidConfigError, match="No such file"):
        profile_named("none.yaml")
