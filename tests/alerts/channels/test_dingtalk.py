from urllib.parse import quote, urlsplit

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.channels.dingtalk import sign
from alerts.channels.message import Message
from tests.alerts.channels.contract import PAYLOAD, opened
from tests.providers import KEY, SECRET, Call, dingtalk_answer, providing


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=2**42))
def test_another_implementation_takes_every_signature(moment: int) -> None:
    signed = quote(sign(SECRET, moment), safe="")
    path = f"/robot/send?access_token={KEY}&timestamp={moment}&sign={signed}"
    assert dingtalk_answer(Call(path, {}, b"")) == {"errcode": 0, "errmsg": "ok"}


def test_a_signature_that_is_encoded_twice_is_refused_by_it() -> None:
    # The mistake that others made; this moment's signature has characters that are encoded.
    moment = next(n for n in range(1000) if "+" in sign(SECRET, n))
    twice = quote(quote(sign(SECRET, moment), safe=""), safe="")
    path = f"/robot/send?access_token={KEY}&timestamp={moment}&sign={twice}"
    assert dingtalk_answer(Call(path, {}, b"")) == {"errcode": 310000, "errmsg": "sign not match"}


async def test_on_the_wire_it_is_encoded_once() -> None:
    with providing("dingtalk") as provider:
        async with opened("dingtalk", provider.url) as channel:
            await channel.send({"robot": "duty", "mentions": ["13800000000"]}, Message(PAYLOAD))
        (call,) = provider.calls
    assert "%25" not in urlsplit(call.path).query
    assert call.raw_query["sign"].endswith("%3D")
    assert call.json["at"] == {"atMobiles": ["13800000000"], "isAtAll": False}
