import tomllib
from pathlib import Path

from sitewatch.settings import load_settings
from sitewatch.settings_text import without_secrets
from tests.sitewatch.test_channels import TOML

MORE = """
[tencent]
sms_variables = ["title", "place"]
[aliyun]
sms_variables = {what = "title"}
"""


def test_settings_of_channels_come_back_and_their_keys_stay_out(tmp_path: Path) -> None:
    file = tmp_path / "sitewatch.toml"
    text = TOML.format(key="k3y", secret="s3cret", url="https://ding.example") + MORE
    file.write_text(text, encoding="utf-8")
    settings = load_settings(file)
    written = without_secrets(settings)
    assert "k3y" not in written
    assert "s3cret" not in written
    file.write_text(written, encoding="utf-8")
    again = load_settings(file)
    assert again.siren == settings.siren
    assert again.tencent == settings.tencent
    assert again.aliyun == settings.aliyun
    assert again.dingtalk.endpoint == "https://ding.example"
    assert tomllib.loads(written)["siren"]["outputs"]["hall"]["off_when"] == [
        "acknowledged", "cleared", "reset",
    ]  # fmt: skip
