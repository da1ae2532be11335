import logging

import pytest
from pydantic import SecretStr

from alerts.channels.apprise import Apprise
from alerts.channels.message import Message
from alerts.channels.wording import Wording
from alerts.errors import SendError
from tests.alerts.channels.contract import APPRISE, PAYLOAD, opened
from tests.providers import KEY, Behaviour, providing

# apprise 2.3 imports a module of the standard library that is going to be removed.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


async def test_it_is_sent_and_there_is_no_receipt() -> None:
    with providing("apprise") as provider:
        async with opened("apprise", provider.url) as channel:
            assert await channel.send(APPRISE.parameters, Message(PAYLOAD | {"test": True})) is None
        text = APPRISE.text(provider.calls[0])
    assert text.startswith("【测试】[报警] 紧急 探测器火警\n位置: 行政中心 / 大厅")


async def test_what_apprise_calls_a_failure_is_later(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with providing("apprise") as provider:
        provider.behave(Behaviour(status=500, body={}))
        with pytest.raises(SendError, match="could not send") as error:
            async with opened("apprise", provider.url) as channel:
                await channel.send(APPRISE.parameters, Message(PAYLOAD))
    assert not error.value.permanent
    assert KEY not in f"{error.value}{caplog.text}"


async def test_an_address_that_it_does_not_understand_is_not_told() -> None:
    channel = Apprise(Wording(), {"ops": SecretStr(f"nonsense://{KEY}")})
    with pytest.raises(SendError, match="does not understand") as error:
        await channel.send({"service": "ops"}, Message(PAYLOAD))
    assert KEY not in str(error.value)
