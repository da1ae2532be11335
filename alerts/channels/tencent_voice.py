"""Tencent Cloud voice: an approved template is read to one callee.

Whether it was picked up is told by a callback only, which needs an address reachable from outside;
there is no report here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from alerts.channels.message import Message, Receipt
from alerts.channels.provider import Http, refusal, required
from alerts.channels.template import values
from alerts.channels.tencent import Tencent, TencentKeys
from alerts.channels.wording import Wording

ENDPOINT = "https://vms.tencentcloudapi.com"
_VERSION = "2020-09-02"
LONGEST = 50
"""Characters of a variable. [P]"""


@dataclass(frozen=True)
class TencentVoiceSettings:
    """The approved template."""

    keys: TencentKeys = field(default_factory=TencentKeys)
    app: str | None = None
    template: str | None = None
    variables: tuple[str, ...] = ()
    """Fields of the message in the order of the template, see `template.FIELDS`."""
    longest: int = LONGEST
    region: str = "ap-guangzhou"
    endpoint: str = ENDPOINT


class TencentVoice:
    """Reads alarms out on the phone."""

    def __init__(
        self,
        http: Http,
        wording: Wording,
        settings: TencentVoiceSettings,
        now_ms: Callable[[], int],
    ) -> None:
        self._wording = wording
        self._settings = settings
        self._call = Tencent(
            http, settings.keys, "tencent_voice", "vms", _VERSION, settings.endpoint,
            settings.region, now_ms,
        ).call  # fmt: skip

    async def send(self, parameters: Mapping[str, object], message: Message) -> Receipt | None:
        """Start one call; that it was started says nothing of who hears it.

        Raises:
            SendError: it was not taken.
        """
        settings = self._settings
        language = str(parameters.get("language", "zh"))
        chosen = values(self._wording, message, settings.variables, language, settings.longest)
        phone = str(parameters["phone"])
        answer = await self._call(
            "SendTtsVoice",
            {
                "CalledNumber": phone if phone.startswith("+") else f"+86{phone}",
                "VoiceSdkAppid": required(settings.app, "application for Tencent Cloud voice"),
                "TemplateId": required(settings.template, "template for Tencent Cloud voice"),
                "TemplateParamSet": list(chosen),
                "PlayTimes": 3,
            },
        )
        status = answer.get("SendStatus")
        found = status.get("CallId") if isinstance(status, dict) else None
        if not found:
            raise refusal("tencent_voice", "none", "an answer without the number of a call")
        return Receipt(str(found))
