"""What an installation says about accounts reaches the interface."""

from pathlib import Path

from api.house import ApiSettings
from records.people import Role
from sitewatch.api_settings import api_settings
from sitewatch.settings import load_settings


def test_every_setting_of_the_accounts_is_used(tmp_path: Path) -> None:
    file = tmp_path / "sitewatch.toml"
    file.write_text(
        "[accounts]\npassword_days = 90\nsession_idle_minutes = 30\nsession_absolute_hours = 8\n"
        'second_factor_roles = ["administrator", "security_administrator"]\n'
        "[limits]\nlogins_per_minute = 7\nwrites_per_minute = 70\nexports_per_minute = 8\n",
        encoding="utf-8",
    )
    found = api_settings(load_settings(file))
    assert (found.session_idle_s, found.session_absolute_s) == (1800, 28_800)
    assert found.password_days == 90
    assert (found.logins_per_minute, found.writes_per_minute) == (7, 70)
    assert found.exports_per_minute == 8
    assert found.second_factor_roles == {Role.ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR}


def test_without_settings_the_defaults_are_the_interfaces_own() -> None:
    assert api_settings(load_settings()) == ApiSettings()
