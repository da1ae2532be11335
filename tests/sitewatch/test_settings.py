from pathlib import Path

import pytest

from collectors.mqtt_acl import access
from collectors.mqtt_settings import read_settings
from collectors.ocpp_settings import read_settings as read_pile_settings
from collectors.registry import SCHEMAS
from collectors.topics import build_routes
from device_configs.estate import load_estate
from device_configs.faults import InvalidConfigError
from sitewatch.settings import StoreKind, load_settings
from sitewatch.settings_table import rows, table
from tests.conftest import ROOT


def test_defaults_are_safe() -> None:
    settings = load_settings()
    assert settings.service.host == "127.0.0.1"
    assert settings.store.kind is StoreKind.DUCKDB
    assert settings.webhook.secrets == {}


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sitewatch.toml"
    file.write_text('[service]\nport = 8080\n[mqtt]\nusername = "u"\n', encoding="utf-8")
    monkeypatch.setenv("SITEWATCH_SERVICE__PORT", "9090")
    monkeypatch.setenv("SITEWATCH_MQTT__PASSWORD", "hidden-word")
    settings = load_settings(file)
    assert settings.service.port == 9090
    assert settings.mqtt.username == "u"
    assert settings.mqtt.password is not None
    assert settings.mqtt.password.get_secret_value() == "hidden-word"
    assert "hidden-word" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[servce]\nport = 1\n", "servce: there is no such section"),
        ("[service]\nprot = 1\n", "service.prot: Extra inputs are not permitted"),
        ("[service]\nport = 70000\n", "service.port: Input should be less than or equal to 65535"),
        ("[service\n", "is not TOML"),
    ],
)
def test_a_wrong_file_is_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "sitewatch.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidConfigError) as caught:
        load_settings(file)
    assert len(caught.value.faults) == 1
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('url = "influx:8086"', "does not begin with http:// or https://"),
        ('database = ""', "database is empty"),
        ('username = "u"', "username and password are given together"),
        ('username = "u"\npassword = "p"\ntoken = "t"', "either a token or a username"),
        ('version = 1\ntoken = "t"', "version 1 takes a username and a password and no token"),
        ('version = 3\nusername = "u"\npassword = "p"', "version 3 takes a token"),
        ("version = 2", "version 2 takes a token, and there is none"),
        ('version = 3\norganisation = "o"', "version 3 has no organisation"),
        ('organisation = "o"', "version 1 has no organisation"),
        ("version = 4", "less than or equal to 3"),
    ],
)
def test_settings_of_the_store_that_contradict_each_other_are_one_sentence(
    tmp_path: Path, text: str, message: str
) -> None:
    file = tmp_path / "sitewatch.toml"
    file.write_text(f'[store]\nkind = "influx"\n{text}\n', encoding="utf-8")
    with pytest.raises(InvalidConfigError) as caught:
        load_settings(file)
    assert len(caught.value.faults) == 1
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "version"),
    [("", 1), ('token = "t"\norganisation = "o"', 2), ('version = 3\ntoken = "t"', 3)],
)
def test_the_version_of_influxdb_follows_from_the_token(
    tmp_path: Path, text: str, version: int
) -> None:
    file = tmp_path / "sitewatch.toml"
    file.write_text(f"[store]\n{text}\n", encoding="utf-8")
    assert load_settings(file).store.influx_version == version


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match="No such file"):
        load_settings(tmp_path / "none.toml")


def test_every_setting_of_the_broker_reaches_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sitewatch.toml"
    file.write_text(
        '[mqtt]\nurl = "mqtts://broker"\nprotocol = 5\nsession_expiry_s = 3600\nusername = "u"\n'
        'password_file = "p"\nca_file = "ca"\ncert_file = "c"\nkey_file = "k"\n'
        "keepalive_s = 20\nmax_inflight = 100\n",
        encoding="utf-8",
    )
    settings = load_settings(file).mqtt
    line = read_settings(settings.broker("sitewatch-example"))
    assert line.client_id == "sitewatch-example"
    for name in set(type(settings).model_fields) - {"client_id"}:
        assert getattr(line, name) == getattr(settings, name), name
    defaults = read_settings(load_settings().mqtt.broker("x"))
    assert defaults == read_settings({"url": "mqtt://127.0.0.1:1883", "client_id": "x"})
    monkeypatch.setenv("SITEWATCH_MQTT__PROTOCOL", "5")
    assert load_settings().mqtt.protocol == "5"


def _example(language: str) -> str:
    text = (ROOT / "docs" / "mqtt.md").read_text(encoding="utf-8")
    return text.partition(f"```{language}\n")[2].partition("```")[0]


def test_the_examples_of_the_page_on_mqtt_are_accepted(tmp_path: Path) -> None:
    file = tmp_path / "sitewatch.toml"
    file.write_text(_example("toml"), encoding="utf-8")
    line = read_settings(load_settings(file).mqtt.broker("x"))
    assert (line.tls, line.protocol, line.username) == (True, "5", "sitewatch")
    (tmp_path / "estate.yaml").write_text(
        "estate: example\ncommunities:\n  - id: c\n    role: centre\n    name: {zh: 心, en: C}\n"
        "    places:\n      - {id: office, name: {zh: 办, en: O}}\n"
        "      - {id: garage, name: {zh: 库, en: G}}\n",
        encoding="utf-8",
    )
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "mqtt.yaml").write_text(_example("yaml"), encoding="utf-8")
    devices = list(load_estate(tmp_path, SCHEMAS).devices.values())
    routes = build_routes(devices)
    assert len(devices) == 3
    assert "shellies/shellyem3-AABBCC/emeter/1/power" in routes.by_topic
    assert set(access(devices, "sitewatch").publishes) == {"office-meter", "phase-b", "victron"}


def test_every_setting_is_in_the_documentation() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert table() in text, "run python -m sitewatch.settings_table and paste its output"
    assert [name for name, _, meaning in rows() if not meaning] == []


def test_what_is_set_for_piles_is_what_their_line_takes(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text(
        '[ocpp]\nlisten = "0.0.0.0:9100"\npasswords = {CP-1 = "hidden-word"}\n', "utf-8"
    )
    settings = load_settings(file).ocpp
    assert "hidden-word" not in repr(settings)
    line = read_pile_settings(settings.model_dump(exclude_none=True))
    assert (line.host, line.port, line.security_profile) == ("0.0.0.0", 9100, 1)
    assert line.known_passwords() == {"CP-1": b"hidden-word"}
    assert read_pile_settings(load_settings().ocpp.model_dump(exclude_none=True)).by_password
