from pathlib import Path
from typing import get_args

import pytest

from alerts.channels.message import Message
from alerts.channels.template import FIELDS
from alerts.errors import SendError
from alerts.targets import CHANNELS
from records.engine import make_engine
from sitewatch.channel_settings import TemplateField
from sitewatch.channels import open_channels, usable
from sitewatch.settings import Settings, load_settings
from tests.alerts.channels.contract import NOW_MS, PAYLOAD
from tests.alerts.estates import make_estate
from tests.alerts.test_targets import GOOD
from tests.providers import KEY, SECRET, providing

TOML = """
[service]
public_url = "https://watch.example"
[mail]
host = "127.0.0.1"
[dingtalk]
robots = {{duty = "{key}"}}
secrets = {{duty = "{secret}"}}
endpoint = "{url}"
[siren.outputs.hall]
topic = "relay/hall/set"
on = "ON"
off = "OFF"
"""


async def test_every_channel_of_a_route_is_there_and_says_what_it_lacks() -> None:
    engine = make_engine("sqlite://")
    async with open_channels(load_settings(), make_estate(), engine, lambda: NOW_MS) as found:
        assert set(CHANNELS) - set(found.channels) == {"email"}
        assert set(found.reporters) < set(found.channels)
        for name in sorted(set(found.channels) - {"webhook"}):
            parameters = dict(GOOD[name])  # type: ignore[call-overload]
            with pytest.raises(SendError, match="the settings have no") as error:
                await found.channels[name].send(parameters, Message(PAYLOAD))
            assert not error.value.permanent
    engine.dispose()


async def test_the_settings_reach_the_channel(tmp_path: Path) -> None:
    engine = make_engine("sqlite://")
    with providing("dingtalk") as provider:
        file = tmp_path / "sitewatch.toml"
        file.write_text(TOML.format(key=KEY, secret=SECRET, url=provider.url), encoding="utf-8")
        settings = load_settings(file)
        assert SECRET not in repr(settings)
        assert KEY not in repr(settings)
        async with open_channels(settings, make_estate(), engine, lambda: NOW_MS) as found:
            await found.channels["dingtalk"].send({"robot": "duty"}, Message(PAYLOAD))
            assert "email" in found.channels
    text = provider.calls[0].json["text"]["content"]
    assert text.endswith("https://watch.example/alarms?alarm=7")
    engine.dispose()


def test_a_variable_can_hold_every_field() -> None:
    assert set(get_args(TemplateField)) == set(FIELDS)


def test_usable_is_what_has_an_account() -> None:
    assert usable(Settings()) == {"webhook"}
    given = Settings.model_validate(
        {
            "mail": {"host": "mail.example"},
            "aliyun": {"access_key_id": "key", "sms_template": "SMS_1"},
            "smpp": {"host": "10.0.0.9"},
        }
    )
    assert usable(given) == {"webhook", "email", "aliyun_sms", "smpp"}
