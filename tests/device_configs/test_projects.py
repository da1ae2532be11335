"""Projects as an estate writes them."""

from pathlib import Path

import pytest

from device_configs.faults import InvalidConfigError
from device_configs.projects import load_projects

GOOD = """\
projects:
  lights:
    name: {zh: 照明, en: Lights}
    site: c1
    baseline: {from: 2024-01-01, to: 2024-12-31}
    installed: {from: 2025-01-01, to: 2025-02-28}
    reporting_from: 2025-03-01
    weather: sky
"""


def load(folder: Path, text: str) -> object:
    (folder / "projects.yaml").write_text(text, encoding="utf-8")
    return load_projects(folder, frozenset({"c1"}), frozenset({"sky"}))


def test_a_project_is_read(tmp_path: Path) -> None:
    assert load_projects(tmp_path, frozenset(), frozenset()) == {}
    assert load(tmp_path, GOOD)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("site: c1", "site: c2", "projects.yaml:4: .*no site 'c2'"),
        ("weather: sky", "weather: skyy", "no device 'skyy'"),
        ("to: 2024-12-31", "to: 2025-01-01", "must follow each other"),
        ("from: 2024-01-01", "from: 2024-12-31, to: 2024-01-01", "twice|after 'to'"),
        ("weather: sky", "weather: sky\n    status: verified", "verified_by"),
        ("weather: sky", "weather: sky\n    verified_by: Li", "verified_by"),
        ("weather: sky", "weather: sky\n    step: week", "step"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(InvalidConfigError, match=message):
        load(tmp_path, GOOD.replace(old, new))
