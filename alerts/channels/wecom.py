"""WeCom group robot: text with the people it mentions; the key stands in the address, unsigned."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from pydantic import SecretStr

from alerts.channels.message import Message
from alerts.channels.provider import Answer, Http, as_json, named, refusal
from alerts.channels.wording import Wording
from alerts.errors import SendError

ENDPOINT = "https://qyapi.weixin.qq.com"
LONGEST = 2048
"""Bytes of a text. [B]; WeCom document "group robots", message type text"""


class WecomRobot:
    """Sends alarms into groups."""

    def __init__(
        self,
        http: Http,
        wording: Wording,
        robots: Mapping[str, SecretStr],
        endpoint: str = ENDPOINT,
    ) -> None:
        """`robots` are the keys by the name that a route gives."""
        self._http = http
        self._wording = wording
        self._robots = robots
        self._endpoint = endpoint

    async def send(self, parameters: Mapping[str, object], message: Message) -> None:
        """Send one text.

        Raises:
            SendError: the robot did not take it; HTTP 200 alone is no success.
        """
        key = named(self._robots, parameters["robot"], "WeCom robot")
        language = str(parameters.get("language", "zh"))
        text: dict[str, object] = {"content": self._wording.short(message, language, LONGEST)}
        mentions = parameters.get("mentions")
        if isinstance(mentions, Sequence) and mentions:
            text["mentioned_mobile_list"] = list(mentions)
        url = f"{self._endpoint}/cgi-bin/webhook/send?key={quote(key, safe='')}"
        answer = await self._http.post("wecom", url, as_json({"msgtype": "text", "text": text}))
        failure = failure_of(answer, SecretStr(key))
        if failure is not None:
            raise failure


def failure_of(answer: Answer, *secrets: SecretStr) -> SendError | None:
    """What the body says; only `errcode` 0 is success."""
    code = answer.body.get("errcode")
    if code == 0 and code is not False:
        return None
    return refusal("wecom", code, answer.body.get("errmsg"), secrets)
