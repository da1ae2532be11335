"""Feishu custom bot, signed the Feishu way: the text is the key, and what is signed is empty."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from urllib.parse import quote

from pydantic import SecretStr

from alerts.channels.message import Message
from alerts.channels.provider import Http, as_json, named, refusal
from alerts.channels.wording import Wording

ENDPOINT = "https://open.feishu.cn"
LONGEST = 6000
"""Bytes of a text. [B] [P]: the documents give 20 KB for the whole message"""


def sign(secret: str, moment_s: int) -> str:
    r"""The signature in the body: key `SECONDS\nSECRET`, message empty (Feishu, "custom bot")."""
    key = f"{moment_s}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()


class FeishuBot:
    """Sends alarms into groups."""

    def __init__(
        self,
        http: Http,
        wording: Wording,
        hooks: Mapping[str, SecretStr],
        secrets: Mapping[str, SecretStr],
        now_ms: Callable[[], int],
        endpoint: str = ENDPOINT,
    ) -> None:
        """`hooks` is the last part of each bot's address, by the bot's name, as is `secrets`."""
        self._http = http
        self._wording = wording
        self._hooks = hooks
        self._secrets = secrets
        self._now_ms = now_ms
        self._endpoint = endpoint

    async def send(self, parameters: Mapping[str, object], message: Message) -> None:
        """Send one text.

        Raises:
            SendError: the bot did not take it; HTTP 200 alone is no success.
        """
        name = str(parameters["robot"])
        hook = named(self._hooks, name, "Feishu bot")
        secret = self._secrets.get(name)
        language = str(parameters.get("language", "zh"))
        text = self._wording.short(message, language, LONGEST)
        body: dict[str, object] = {"msg_type": "text", "content": {"text": text}}
        if secret is not None:
            moment = self._now_ms() // 1000
            body |= {"timestamp": str(moment), "sign": sign(secret.get_secret_value(), moment)}
        url = f"{self._endpoint}/open-apis/bot/v2/hook/{quote(hook, safe='')}"
        answer = await self._http.post("feishu", url, as_json(body))
        code = answer.body.get("code")
        if code != 0 or code is False:
            known = [SecretStr(hook)] + ([] if secret is None else [secret])
            raise refusal("feishu", code, answer.body.get("msg"), known)
