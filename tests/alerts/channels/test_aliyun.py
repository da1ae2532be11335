import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.channels.aliyun import authorization, query_of
from tests.providers import ACCOUNT, SECRET, Call, aliyun_signature_is_good

EMPTY = hashlib.sha256(b"").hexdigest()


def test_the_published_example() -> None:
    # Aliyun document "V3 request body and signature", its fixed parameters and its result.
    query = query_of(
        {
            "RegionId": "cn-shanghai",
            "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
        }
    )
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": EMPTY,
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    found = authorization("YourAccessKeyId", "YourAccessKeySecret", "POST", query, headers, b"")
    expected = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    assert found.endswith(f"Signature={expected}")


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["PhoneNumbers", "TemplateParam", "SignName", "Action"]),
        st.text(st.characters(exclude_categories=["Cs"])),
    )
)
def test_another_implementation_takes_every_signature(parameters: dict[str, str]) -> None:
    query = query_of(parameters)
    headers = {
        "host": "dysmsapi.aliyuncs.com",
        "x-acs-action": "SendSms",
        "x-acs-content-sha256": EMPTY,
        "x-acs-date": "2026-11-25T00:00:00Z",
        "x-acs-signature-nonce": "n",
        "x-acs-version": "2017-05-25",
    }
    signed = authorization(ACCOUNT, SECRET, "POST", query, headers, b"")
    call = Call(f"/?{query}", {**headers, "authorization": signed}, b"")
    assert aliyun_signature_is_good(call, SECRET, ACCOUNT)
    assert call.query == parameters
    assert not aliyun_signature_is_good(call, SECRET + "x", ACCOUNT)
