"""Tencent Cloud SMS: an approved template to one phone, and the delivery report asked for later."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from alerts.channels.message import Message, Receipt, Report, ReportState
from alerts.channels.provider import Http, refusal, required
from alerts.channels.template import values
from alerts.channels.tencent import Tencent, TencentKeys
from alerts.channels.wording import Wording

ENDPOINT = "https://sms.tencentcloudapi.com"
_VERSION = "2021-01-11"
LONGEST = 12
"""Characters of a variable. [P]: the limit depends on the account"""
_STATES = {"SUCCESS": ReportState.DELIVERED, "FAIL": ReportState.UNDELIVERED}
"""`ReportStatus` of PullSmsSendStatusByPhoneNumber."""
_EARLIER_S = 60
"""How far before the sending a report is looked for: the clocks differ. [s]"""


@dataclass(frozen=True)
class TencentSmsSettings:
    """The approved signature and template."""

    keys: TencentKeys = field(default_factory=TencentKeys)
    app: str | None = None
    sign: str | None = None
    template: str | None = None
    variables: tuple[str, ...] = ()
    """Fields of the message in the order of the template, see `template.FIELDS`."""
    longest: int = LONGEST
    region: str = "ap-guangzhou"
    endpoint: str = ENDPOINT


class TencentSms:
    """Sends alarms by SMS."""

    def __init__(
        self, http: Http, wording: Wording, settings: TencentSmsSettings, now_ms: Callable[[], int]
    ) -> None:
        self._wording = wording
        self._settings = settings
        self._call = Tencent(
            http, settings.keys, "tencent_sms", "sms", _VERSION, settings.endpoint,
            settings.region, now_ms,
        ).call  # fmt: skip

    async def send(self, parameters: Mapping[str, object], message: Message) -> Receipt | None:
        """Send one SMS.

        Raises:
            SendError: it was not taken for this phone.
        """
        settings = self._settings
        language = str(parameters.get("language", "zh"))
        chosen = values(self._wording, message, settings.variables, language, settings.longest)
        answer = await self._call(
            "SendSms",
            {
                "PhoneNumberSet": [_international(parameters["phone"])],
                "SmsSdkAppId": required(settings.app, "application for Tencent Cloud SMS"),
                "SignName": required(settings.sign, "signature for Tencent Cloud SMS"),
                "TemplateId": required(settings.template, "template for Tencent Cloud SMS"),
                "TemplateParamSet": list(chosen),
            },
        )
        statuses = answer.get("SendStatusSet")
        first = statuses[0] if isinstance(statuses, list) and statuses else {}
        if not isinstance(first, dict) or first.get("Code") != "Ok":
            said = first if isinstance(first, dict) else {}
            raise refusal("tencent_sms", said.get("Code"), said.get("Message"))
        found = first.get("SerialNo")
        return Receipt(str(found)) if found else None

    async def report(
        self, parameters: Mapping[str, object], receipt: Receipt, sent_at_ms: int
    ) -> Report | None:
        """What became of an SMS."""
        answer = await self._call(
            "PullSmsSendStatusByPhoneNumber",
            {
                "BeginTime": sent_at_ms // 1000 - _EARLIER_S,
                "Offset": 0,
                "Limit": 100,
                "PhoneNumber": _international(parameters["phone"]),
                "SmsSdkAppId": required(
                    self._settings.app, "application for Tencent Cloud SMS"
                ),
            },
        )  # fmt: skip
        statuses = answer.get("PullSmsSendStatusSet")
        for one in statuses if isinstance(statuses, list) else ():
            if isinstance(one, dict) and one.get("SerialNo") == receipt.id:
                state = _STATES.get(str(one.get("ReportStatus")))
                return None if state is None else Report(state, str(one.get("Description", "")))
        return None


def _international(phone: object) -> str:
    given = str(phone)
    return given if given.startswith("+") else f"+86{given}"
