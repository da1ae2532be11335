"""The page on the channels says what the code has. covers: docs/channels.md"""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from alerts.routes import load_routes
from alerts.targets import CHANNELS
from sitewatch.settings import load_settings
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "channels.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_every_channel_has_its_section() -> None:
    headings = " ".join(line for line in PAGE.splitlines() if line.startswith("## "))
    assert set(re.findall(r"`(\w+)`", headings)) == set(CHANNELS)


@pytest.mark.parametrize("text", blocks("yaml"))
def test_every_example_route_is_read(tmp_path: Path, text: str) -> None:
    assert isinstance(yaml.safe_load(text), list)
    (tmp_path / "routes").mkdir()
    (tmp_path / "routes" / "example.yaml").write_text(text, encoding="utf-8")
    assert load_routes(tmp_path).routes


@pytest.mark.parametrize("text", blocks("toml"))
def test_every_example_of_settings_is_read(tmp_path: Path, text: str) -> None:
    file = tmp_path / "sitewatch.toml"
    file.write_text(text, encoding="utf-8")
    settings = load_settings(file)
    for section, given in tomllib.loads(text).items():
        for key in given:
            assert getattr(getattr(settings, section), key), f"{section}.{key}"
