"""Aliyun SMS: an approved template to one phone, and the delivery report asked for later."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from alerts.channels.aliyun import Aliyun, AliyunKeys
from alerts.channels.message import Message, Receipt, Report, ReportState
from alerts.channels.provider import Http, required
from alerts.channels.template import named_values
from alerts.channels.wording import Wording

ENDPOINT = "https://dysmsapi.aliyuncs.com"
_VERSION = "2017-05-25"
LONGEST = 35
"""Characters of a variable. [P]: the limit depends on the kind of template"""
_STATES = {2: ReportState.UNDELIVERED, 3: ReportState.DELIVERED}
"""`SendStatus` of QuerySendDetails; 1 is waiting."""


@dataclass(frozen=True)
class AliyunSmsSettings:
    """The approved signature and template."""

    keys: AliyunKeys = field(default_factory=AliyunKeys)
    sign: str | None = None
    template: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    """Variable of the template to field of the message, see `template.FIELDS`."""
    longest: int = LONGEST
    endpoint: str = ENDPOINT


class AliyunSms:
    """Sends alarms by SMS."""

    def __init__(
        self, http: Http, wording: Wording, settings: AliyunSmsSettings, now_ms: Callable[[], int]
    ) -> None:
        self._wording = wording
        self._settings = settings
        self._call = Aliyun(
            http, settings.keys, "aliyun_sms", _VERSION, settings.endpoint, now_ms
        ).call

    async def send(self, parameters: Mapping[str, object], message: Message) -> Receipt | None:
        """Send one SMS.

        Raises:
            SendError: it was not taken; HTTP 200 alone is no success.
        """
        settings = self._settings
        language = str(parameters.get("language", "zh"))
        chosen = named_values(
            self._wording, message, settings.variables, language, settings.longest
        )
        answer = await self._call(
            "SendSms",
            {
                "PhoneNumbers": str(parameters["phone"]),
                "SignName": required(settings.sign, "signature for Aliyun SMS"),
                "TemplateCode": required(settings.template, "template for Aliyun SMS"),
                "TemplateParam": json.dumps(chosen, ensure_ascii=False),
            },
        )
        found = answer.get("BizId")
        return Receipt(str(found)) if found else None

    async def report(
        self, parameters: Mapping[str, object], receipt: Receipt, sent_at_ms: int
    ) -> Report | None:
        """What became of an SMS."""
        answer = await self._call(
            "QuerySendDetails",
            {
                "PhoneNumber": str(parameters["phone"]).removeprefix("+86"),
                "BizId": receipt.id,
                "SendDate": self._wording.day(sent_at_ms),
                "PageSize": "10",
                "CurrentPage": "1",
            },
        )
        details = answer.get("SmsSendDetailDTOs")
        found = details.get("SmsSendDetailDTO") if isinstance(details, dict) else None
        first = found[0] if isinstance(found, list) and found else None
        if not isinstance(first, dict) or first.get("SendStatus") not in _STATES:
            return None
        return Report(_STATES[first["SendStatus"]], str(first.get("ErrCode", "")))
