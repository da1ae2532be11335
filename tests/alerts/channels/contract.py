"""How each channel over HTTP is made for the contract, and what its provider says."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from alerts.channels.aliyun import AliyunKeys
from alerts.channels.aliyun_sms import AliyunSms, AliyunSmsSettings
from alerts.channels.aliyun_voice import AliyunVoice, AliyunVoiceSettings
from alerts.channels.apprise import Apprise
from alerts.channels.dingtalk import DingtalkRobot
from alerts.channels.feishu import FeishuBot
from alerts.channels.message import Channel
from alerts.channels.provider import Http
from alerts.channels.tencent import TencentKeys
from alerts.channels.tencent_sms import TencentSms, TencentSmsSettings
from alerts.channels.tencent_voice import TencentVoice, TencentVoiceSettings
from alerts.channels.wecom import WecomRobot
from alerts.channels.wecom_app import WecomApp, WecomAppSettings
from alerts.channels.wording import Wording
from tests.providers import ACCOUNT, KEY, SECRET, Call

NOW_MS = 1_700_000_000_123
TIMEOUT_S = 0.4
PAYLOAD: dict[str, Any] = {
    "id": 7,
    "title": {"zh": "探测器火警", "en": "Detector reports fire"},
    "severity": "emergency",
    "device": "panel-1/p017",
    "device_name": {"zh": "五层走廊", "en": "Corridor 5"},
    "point": "smoke",
    "value": True,
    "place": "hall",
    "place_path": [{"zh": "行政中心", "en": "Centre"}, {"zh": "大厅", "en": "Hall"}],
    "test": False,
    "raised_at": "2026-11-23T04:05:06.000+00:00",
    "transition": "raised",
}
_WORDING = Wording(public_url="https://watch.example")


def _now_ms() -> int:
    return NOW_MS


@dataclass(frozen=True)
class Subject:
    """One channel under the contract."""

    make: Callable[[Http, str, str], Channel]
    """With a client, the provider's address and the secret."""
    parameters: Mapping[str, object]
    text: Callable[[Call], str]
    """The text that people see, out of a request."""
    receipt: str | None
    later: Mapping[str, object]
    """An error body that means later."""
    never: Mapping[str, object]
    """An error body that means never."""
    blocked: Mapping[str, object]
    """An error body that means not for a while."""


def _sms_text(call: Call) -> str:
    return call.query["TemplateParam"]


def _errcode(code: int, words: str) -> Mapping[str, object]:
    return {"errcode": code, "errmsg": words}


def _tencent_error(code: str) -> Mapping[str, object]:
    return {"Response": {"Error": {"Code": code, "Message": "no"}, "RequestId": "r"}}


def _tencent_status(code: str) -> Mapping[str, object]:
    return {"Response": {"SendStatusSet": [{"Code": code, "Message": "no", "SerialNo": ""}]}}


def _ali(secret: str) -> AliyunKeys:
    return AliyunKeys(ACCOUNT, SecretStr(secret))


def _ten(secret: str) -> TencentKeys:
    return TencentKeys(ACCOUNT, SecretStr(secret))


_NAMED = {"what": "title", "where": "place", "since": "raised_at"}
SUBJECTS: dict[str, Subject] = {
    "wecom": Subject(
        lambda http, url, secret: WecomRobot(
            http, _WORDING, {"duty": SecretStr(KEY if secret == SECRET else secret)}, url
        ),
        {"robot": "duty", "mentions": ["13800000000"]},
        lambda call: str(call.json["text"]["content"]),
        None, _errcode(-1, "system busy"), _errcode(93000, "invalid webhook url"),
        _errcode(45009, "api freq out of limit"),
    ),
    "wecom_app": Subject(
        lambda http, url, secret: WecomApp(
            http, _WORDING, WecomAppSettings("corp", 1000002, SecretStr(secret), url), _now_ms
        ),
        {"user": "zhangsan"}, lambda call: str(call.json["text"]["content"]), "msg-1",
        _errcode(-1, "system busy"),
        {"errcode": 0, "errmsg": "ok", "invaliduser": "zhangsan"},
        _errcode(45009, "api freq out of limit"),
    ),
    "dingtalk": Subject(
        lambda http, url, secret: DingtalkRobot(
            http, _WORDING, {"duty": SecretStr(KEY)}, {"duty": SecretStr(secret)}, _now_ms, url
        ),
        {"robot": "duty"}, lambda call: str(call.json["text"]["content"]), None,
        _errcode(310000, "sign not match"), _errcode(400106, "robot does not exist"),
        _errcode(130101, "send too fast"),
    ),
    "feishu": Subject(
        lambda http, url, secret: FeishuBot(
            http, _WORDING, {"duty": SecretStr(KEY)}, {"duty": SecretStr(secret)}, _now_ms, url
        ),
        {"robot": "duty"}, lambda call: str(call.json["content"]["text"]), None,
        {"code": 19021, "msg": "sign match fail"}, {"code": 19024, "msg": "Key Words Not Found"},
        {"code": 11232, "msg": "frequency limited"},
    ),
    "aliyun_sms": Subject(
        lambda http, url, secret: AliyunSms(
            http, _WORDING, AliyunSmsSettings(_ali(secret), "园区安全", "SMS_1", _NAMED, 35, url),
            _now_ms,
        ),
        {"phone": "13800000000"}, _sms_text, "biz-1^0",
        {"Code": "isv.AMOUNT_NOT_ENOUGH", "Message": "no"},
        {"Code": "isv.MOBILE_NUMBER_ILLEGAL", "Message": "no"},
        {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "no"},
    ),
    "aliyun_voice": Subject(
        lambda http, url, secret: AliyunVoice(
            http, _WORDING, AliyunVoiceSettings(_ali(secret), "TTS_1", None, _NAMED, 50, url),
            _now_ms,
        ),
        {"phone": "13800000000"}, lambda call: call.query["TtsParam"], "call-1^1",
        {"Code": "isv.OUT_OF_SERVICE", "Message": "no"},
        {"Code": "isv.MOBILE_NUMBER_ILLEGAL", "Message": "no"},
        {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "no"},
    ),
    "tencent_sms": Subject(
        lambda http, url, secret: TencentSms(
            http, _WORDING,
            TencentSmsSettings(
                _ten(secret), "1400000000", "园区安全", "1", ("title", "place"), 35,
                "ap-guangzhou", url,
            ),
            _now_ms,
        ),
        {"phone": "13800000000"}, lambda call: " ".join(call.json["TemplateParamSet"]), "serial-1",
        _tencent_error("InternalError"),
        _tencent_status("InvalidParameterValue.IncorrectPhoneNumber"),
        _tencent_status("LimitExceeded.PhoneNumberThirtySecondLimit"),
    ),
    "tencent_voice": Subject(
        lambda http, url, secret: TencentVoice(
            http, _WORDING,
            TencentVoiceSettings(
                _ten(secret), "1400000001", "2", ("title", "place"), 50, "ap-guangzhou", url
            ),
            _now_ms,
        ),
        {"phone": "+8613800000000"}, lambda call: " ".join(call.json["TemplateParamSet"]), "call-2",
        _tencent_error("FailedOperation.InsufficientBalance"),
        _tencent_error("FailedOperation.CalledNumberVerifyFail"),
        _tencent_error("RequestLimitExceeded"),
    ),
}  # fmt: skip

APPRISE = Subject(
    lambda http, url, secret: Apprise(
        _WORDING,
        {"ops": SecretStr(url.replace("http", "json", 1) + f"/{KEY}?cto={TIMEOUT_S}&rto=1")},
    ),
    {"service": "ops"},
    lambda call: f"{call.json['title']}\n{call.json['message']}",
    None, {}, {}, {},
)  # fmt: skip


@asynccontextmanager
async def opened(name: str, url: str, secret: str = SECRET) -> AsyncIterator[Channel]:
    """The channel, with a short time-out."""
    subject = APPRISE if name == "apprise" else SUBJECTS[name]
    async with Http(TIMEOUT_S) as http:
        yield subject.make(http, url, secret)
