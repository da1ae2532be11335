from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.channels.tencent import authorization
from tests.providers import ACCOUNT, SECRET, Call, tencent_signature_is_good


def test_the_published_example() -> None:
    # Tencent Cloud document "Signature v3", its fixed parameters and its result.
    body = (
        b'{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}'
    )
    found = authorization(
        "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", "cvm",
        "cvm.tencentcloudapi.com", 1551113065, body,
    )  # fmt: skip
    expected = "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    assert found == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"
        "/2019-02-25/cvm/tc3_request, "
        f"SignedHeaders=content-type;host, Signature={expected}"
    )


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=2**33), st.binary(max_size=200))
def test_another_implementation_takes_every_signature(moment: int, body: bytes) -> None:
    host = "sms.tencentcloudapi.com"
    headers = {
        "host": host,
        "content-type": "application/json; charset=utf-8",
        "x-tc-timestamp": str(moment),
        "authorization": authorization(ACCOUNT, SECRET, "sms", host, moment, body),
    }
    assert tencent_signature_is_good(Call("/", headers, body), SECRET, ACCOUNT)
    assert not tencent_signature_is_good(Call("/", headers, body + b"x"), SECRET, ACCOUNT)
