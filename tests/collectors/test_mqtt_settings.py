"""The broker's settings: every fault is one sentence without a secret."""

from pathlib import Path

import pytest

from collectors.mqtt_settings import BrokerSettingsError, read_settings, tls_context


def test_host_port_and_credentials() -> None:
    plain = read_settings({"url": "mqtt://10.0.0.5"})
    assert (plain.host, plain.port, plain.tls, plain.credentials()) == (
        "10.0.0.5",
        1883,
        False,
        None,
    )
    full = read_settings({"url": "mqtts://user:p%40ss@broker:9883"})
    assert (full.host, full.port, full.tls) == ("broker", 9883, True)
    assert full.credentials() == ("user", "p@ss")
    given = read_settings({"url": "mqtt://b", "username": "u", "password": "secret"})
    assert given.credentials() == ("u", "secret")
    assert "secret" not in repr(given)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "mqtt.url"),
        ({"url": "http://b"}, "mqtt://HOST:PORT"),
        ({"url": "mqtt://"}, "mqtt://HOST:PORT"),
        ({"url": "mqtt://b:99999"}, "mqtt.url"),
        ({"url": "mqtt://b", "colour": 1}, "mqtt.colour"),
        ({"url": "mqtt://b", "client_id": ""}, "mqtt.client_id"),
        ({"url": "mqtt://b", "max_inflight": 70_000}, "mqtt.max_inflight"),
        ({"url": "mqtt://b", "protocol": 4}, "mqtt.protocol"),
        ({"url": "mqtt://b", "session_expiry_s": 0}, "mqtt.session_expiry_s"),
        ({"url": "mqtt://b", "ca_file": "ca.pem"}, "only mqtts:// is encrypted"),
        ({"url": "mqtts://b", "key_file": "k.pem"}, "without cert_file"),
        ({"url": "mqtt://b", "password": "secret"}, "without username"),
        (
            {"url": "mqtt://b", "username": "u", "password": "secret", "password_file": "p"},
            "not both",
        ),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, object], says: str) -> None:
    with pytest.raises(BrokerSettingsError, match=says.replace(".", r"\.")) as caught:
        read_settings(settings)
    assert "secret" not in str(caught.value)


def test_the_version_may_be_a_number() -> None:
    assert read_settings({"url": "mqtt://b", "protocol": 5}).protocol == "5"


def test_a_password_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    settings = read_settings({"url": "mqtt://u@b", "password_file": file})
    with pytest.raises(BrokerSettingsError, match=r"password_file.*No such file"):
        settings.credentials()
    file.write_text(" p w \r\n", encoding="utf-8")
    assert settings.credentials() == ("u", " p w ")
    file.write_text("\n", encoding="utf-8")
    with pytest.raises(BrokerSettingsError, match="is empty"):
        settings.credentials()


def test_a_certificate_that_is_none_is_named(tmp_path: Path) -> None:
    file = tmp_path / "ours.pem"
    settings = read_settings({"url": "mqtts://b", "cert_file": file})
    with pytest.raises(BrokerSettingsError, match=r"mqtt\.cert_file: .*No such file"):
        tls_context(settings)
    file.write_text("nothing", encoding="utf-8")
    with pytest.raises(BrokerSettingsError, match=r"mqtt\.cert_file"):
        tls_context(settings)


def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BrokerSettingsError, match=r"mqtt\.ca_file"):
        tls_context(read_settings({"url": "mqtts://b", "ca_file": tmp_path / "ca.pem"}))
