"""Aliyun voice: an approved template is read to one callee, and whether the call was picked up."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from alerts.channels.aliyun import Aliyun, AliyunKeys
from alerts.channels.message import Message, Receipt, Report, ReportState
from alerts.channels.provider import Http, required
from alerts.channels.template import named_values
from alerts.channels.wording import Wording

ENDPOINT = "https://dyvmsapi.aliyuncs.com"
_VERSION = "2017-05-25"
_PRODUCT = "11000000300006"
"""Product of voice notifications (Aliyun document QueryCallDetailByCallId, `ProdId`)."""
_PICKED_UP = "200000"
"""`state` of a call that was picked up (Aliyun document "call receipt status codes")."""
LONGEST = 50
"""Characters of a variable. [P]"""


@dataclass(frozen=True)
class AliyunVoiceSettings:
    """The approved template and the number that calls."""

    keys: AliyunKeys = field(default_factory=AliyunKeys)
    template: str | None = None
    number: str | None = None
    """Number that is shown; None takes one of the provider's."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Variable of the template to field of the message, see `template.FIELDS`."""
    longest: int = LONGEST
    endpoint: str = ENDPOINT


class AliyunVoice:
    """Reads alarms out on the phone."""

    def __init__(
        self, http: Http, wording: Wording, settings: AliyunVoiceSettings, now_ms: Callable[[], int]
    ) -> None:
        self._wording = wording
        self._settings = settings
        self._call = Aliyun(
            http, settings.keys, "aliyun_voice", _VERSION, settings.endpoint, now_ms
        ).call

    async def send(self, parameters: Mapping[str, object], message: Message) -> Receipt | None:
        """Start one call; that it was started says nothing of who hears it.

        Raises:
            SendError: it was not taken; HTTP 200 alone is no success.
        """
        settings = self._settings
        language = str(parameters.get("language", "zh"))
        chosen = named_values(
            self._wording, message, settings.variables, language, settings.longest
        )
        call = {
            "CalledNumber": str(parameters["phone"]).removeprefix("+86"),
            "TtsCode": required(settings.template, "template for Aliyun voice"),
            "TtsParam": json.dumps(chosen, ensure_ascii=False),
            "PlayTimes": "3",
        }
        if settings.number is not None:
            call["CalledShowNumber"] = settings.number
        answer = await self._call("SingleCallByTts", call)
        found = answer.get("CallId")
        return Receipt(str(found)) if found else None

    async def report(
        self, parameters: Mapping[str, object], receipt: Receipt, sent_at_ms: int
    ) -> Report | None:
        """Whether the call was picked up; never an acknowledgement."""
        answer = await self._call(
            "QueryCallDetailByCallId",
            {"CallId": receipt.id, "ProdId": _PRODUCT, "QueryDate": str(sent_at_ms)},
        )
        try:
            details = json.loads(str(answer.get("Data") or "null"))
        except ValueError:
            return None
        state = str(details.get("state") or "") if isinstance(details, dict) else ""
        if not state:
            return None
        up = state == _PICKED_UP
        return Report(ReportState.ANSWERED if up else ReportState.UNANSWERED, state)
