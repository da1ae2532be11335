"""The contract that every channel over HTTP keeps.

covers: alerts/channels: wecom, wecom_app, dingtalk, feishu, aliyun*, tencent*, provider
"""

import logging
from collections.abc import Iterator

import pytest

from alerts.channels.message import Message
from alerts.errors import SendError
from tests.alerts.channels.contract import PAYLOAD, SUBJECTS, opened
from tests.brokers import free_port
from tests.providers import ACCOUNT, KEY, SECRET, TOKEN, Behaviour, Provider, providing

pytestmark = pytest.mark.parametrize("name", sorted(SUBJECTS))
GARBAGE = ("<html>502</html>", "", "[]", "null", '{"errcode":')


@pytest.fixture
def provider(name: str) -> Iterator[Provider]:
    with providing(name) as running:
        yield running


async def refused(name: str, url: str, secret: str = SECRET) -> SendError:
    with pytest.raises(SendError) as error:
        async with opened(name, url, secret) as channel:
            await channel.send(SUBJECTS[name].parameters, Message(PAYLOAD))
    return error.value


async def test_what_is_signed_rightly_is_taken_with_a_receipt_where_there_is_one(
    name: str, provider: Provider
) -> None:
    async with opened(name, provider.url) as channel:
        receipt = await channel.send(SUBJECTS[name].parameters, Message(PAYLOAD))
    assert (receipt.id if receipt else None) == SUBJECTS[name].receipt


async def test_chinese_arrives_intact(name: str, provider: Provider) -> None:
    async with opened(name, provider.url) as channel:
        await channel.send(SUBJECTS[name].parameters, Message(PAYLOAD))
    text = SUBJECTS[name].text(provider.calls[-1])
    assert "探测器火警" in text
    assert "行政中心 / 大厅" in text


async def test_a_test_says_so_first(name: str, provider: Provider) -> None:
    async with opened(name, provider.url) as channel:
        await channel.send(SUBJECTS[name].parameters, Message(PAYLOAD | {"test": True}))
    text = SUBJECTS[name].text(provider.calls[-1])
    assert text.removeprefix('{"what": "').startswith("【测试】")


async def test_a_wrong_secret_is_refused_and_can_be_put_right(
    name: str, provider: Provider
) -> None:
    error = await refused(name, provider.url, "another-secret")
    # The key of a WeCom robot is its address: there is no such robot.
    assert error.permanent is (name == "wecom")
    assert "another-secret" not in str(error)


@pytest.mark.parametrize("kind", ["later", "never", "blocked"])
async def test_200_with_an_error_body_is_no_success(
    name: str, provider: Provider, kind: str
) -> None:
    body = getattr(SUBJECTS[name], kind)
    behaviours = [None, Behaviour(body=body)] if name == "wecom_app" else [Behaviour(body=body)]
    provider.behave(*behaviours)
    error = await refused(name, provider.url)
    assert error.permanent is (kind == "never")
    assert (error.blocked_s is not None) is (kind == "blocked")


async def test_an_unknown_code_is_never_for_good(name: str, provider: Provider) -> None:
    unknown = {"errcode": 987654, "code": 987654, "Code": "isv.NEW", "Response": {
        "Error": {"Code": "New.Code", "Message": "?"}}}  # fmt: skip
    provider.behave(Behaviour(body=unknown))
    error = await refused(name, provider.url)
    assert not error.permanent


async def test_429_leaves_the_provider_alone_for_as_long_as_it_says(
    name: str, provider: Provider
) -> None:
    provider.behave(Behaviour(status=429, body={}, headers={"Retry-After": "17"}))
    error = await refused(name, provider.url)
    assert (error.permanent, error.blocked_s) == (False, 17.0)


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_5xx_is_later_whatever_the_body_says(
    name: str, provider: Provider, status: int
) -> None:
    provider.behave(Behaviour(status=status, body={"errcode": 0, "code": 0, "Code": "OK"}))
    error = await refused(name, provider.url)
    assert not error.permanent


@pytest.mark.parametrize("body", GARBAGE)
async def test_garbage_is_no_success(name: str, provider: Provider, body: str) -> None:
    provider.behave(Behaviour(body=body))
    error = await refused(name, provider.url)
    assert not error.permanent


async def test_an_empty_object_is_no_success(name: str, provider: Provider) -> None:
    provider.behave(Behaviour(body={}))
    error = await refused(name, provider.url)
    assert not error.permanent


async def test_slowness_ends_in_time(name: str, provider: Provider) -> None:
    provider.behave(Behaviour(body={}, delay_s=3))
    error = await refused(name, provider.url)
    assert "Timeout" in str(error)
    assert not error.permanent


async def test_a_reset_in_the_middle_of_the_answer_is_later(name: str, provider: Provider) -> None:
    provider.behave(Behaviour(body={"errcode": 0, "code": 0, "Code": "OK"}, reset=True))
    error = await refused(name, provider.url)
    assert not error.permanent


async def test_nobody_listens(name: str) -> None:
    error = await refused(name, f"http://127.0.0.1:{free_port()}")
    assert "Connect" in str(error)
    assert not error.permanent


@pytest.mark.parametrize("status", [200, 400, 404, 500])
async def test_secrets_are_in_no_error_and_no_log(
    name: str, provider: Provider, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = f"rejected {KEY} {SECRET} {TOKEN} {ACCOUNT}"
    body = {
        "errcode": 1, "errmsg": echo, "code": 1, "msg": echo, "Code": "x", "Message": echo,
        "Response": {"Error": {"Code": "x", "Message": echo}},
    }  # fmt: skip
    provider.behave(*([None] if name == "wecom_app" else []), Behaviour(status, body))
    error = await refused(name, provider.url)
    known = {"wecom": [KEY], "wecom_app": [TOKEN], "dingtalk": [KEY, SECRET],
             "feishu": [KEY, SECRET]}.get(name, [SECRET])  # fmt: skip
    for secret in known:
        assert secret not in str(error)
        assert secret not in caplog.text
