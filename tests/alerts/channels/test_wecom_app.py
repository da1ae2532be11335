import pytest

from alerts.channels.message import Message
from alerts.errors import SendError
from tests.alerts.channels.contract import PAYLOAD, opened
from tests.providers import Behaviour, providing

TO = {"user": "zhangsan"}


def asked(paths: list[str]) -> list[str]:
    return [path.partition("?")[0].rpartition("/")[2] for path in paths]


async def test_the_token_is_fetched_once() -> None:
    with providing("wecom_app") as provider:
        async with opened("wecom_app", provider.url) as channel:
            for _ in range(3):
                await channel.send(TO, Message(PAYLOAD))
        assert asked([call.path for call in provider.calls]) == ["gettoken", *["send"] * 3]


async def test_a_token_that_is_refused_is_fetched_anew_once() -> None:
    expired = Behaviour(body={"errcode": 42001, "errmsg": "access_token expired"})
    with providing("wecom_app") as provider:
        provider.behave(None, expired, None)
        async with opened("wecom_app", provider.url) as channel:
            receipt = await channel.send(TO, Message(PAYLOAD))
        assert receipt is not None
        assert asked([call.path for call in provider.calls]) == ["gettoken", "send"] * 2


async def test_it_does_not_fetch_for_ever() -> None:
    token = Behaviour(body={"errcode": 0, "access_token": "x", "expires_in": 7200})
    expired = Behaviour(body={"errcode": 42001, "errmsg": "access_token expired"})
    with providing("wecom_app") as provider:
        provider.behave(token, expired, token, expired)
        async with opened("wecom_app", provider.url) as channel:
            with pytest.raises(SendError, match="42001") as error:
                await channel.send(TO, Message(PAYLOAD))
        assert not error.value.permanent
        assert len(provider.calls) == 4
