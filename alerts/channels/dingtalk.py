"""DingTalk custom robot, signed: HMAC-SHA256 in base64, encoded for the address exactly once."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

from pydantic import SecretStr

from alerts.channels.message import Message
from alerts.channels.provider import Http, as_json, named, refusal
from alerts.channels.wording import Wording

ENDPOINT = "https://oapi.dingtalk.com"
LONGEST = 6000
"""Bytes of a text. [B] [P]: the documents give 20,000 for the whole message"""


def sign(secret: str, moment_ms: int) -> str:
    r"""The signature, not yet encoded for the address.

    Key is the secret, message `MILLISECONDS\nSECRET` (DingTalk document "custom robot security").
    """
    text = f"{moment_ms}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


class DingtalkRobot:
    """Sends alarms into groups."""

    def __init__(
        self,
        http: Http,
        wording: Wording,
        tokens: Mapping[str, SecretStr],
        secrets: Mapping[str, SecretStr],
        now_ms: Callable[[], int],
        endpoint: str = ENDPOINT,
    ) -> None:
        """`tokens` and `secrets` by the robot's name; one without a secret is not signed."""
        self._http = http
        self._wording = wording
        self._tokens = tokens
        self._secrets = secrets
        self._now_ms = now_ms
        self._endpoint = endpoint

    async def send(self, parameters: Mapping[str, object], message: Message) -> None:
        """Send one text.

        Raises:
            SendError: the robot did not take it; HTTP 200 alone is no success.
        """
        name = str(parameters["robot"])
        token = named(self._tokens, name, "DingTalk robot")
        secret = self._secrets.get(name)
        url = f"{self._endpoint}/robot/send?access_token={quote(token, safe='')}"
        if secret is not None:
            moment = self._now_ms()
            signed = quote(sign(secret.get_secret_value(), moment), safe="")
            url += f"&timestamp={moment}&sign={signed}"
        answer = await self._http.post("dingtalk", url, self._body(parameters, message))
        code = answer.body.get("errcode")
        if code != 0 or code is False:
            known = [SecretStr(token)] + ([] if secret is None else [secret])
            raise refusal("dingtalk", code, answer.body.get("errmsg"), known)

    def _body(self, parameters: Mapping[str, object], message: Message) -> bytes:
        language = str(parameters.get("language", "zh"))
        text = self._wording.short(message, language, LONGEST)
        body: dict[str, object] = {"msgtype": "text", "text": {"content": text}}
        mentions = parameters.get("mentions")
        if isinstance(mentions, Sequence) and mentions:
            body["at"] = {"atMobiles": list(mentions), "isAtAll": False}
        return as_json(body)
