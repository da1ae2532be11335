"""WeCom application: a text to one person, with a token that is fetched once and kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from pydantic import SecretStr

from alerts.channels.message import Message, Receipt
from alerts.channels.provider import Http, as_json, refusal, required
from alerts.channels.wecom import ENDPOINT, LONGEST, failure_of
from alerts.channels.wording import Wording
from alerts.errors import SendError

_TOKEN_REFUSED = frozenset({40014, 41001, 42001})
"""Token invalid, missing, expired (WeCom document "global return codes")."""
_EARLY_MS = 300_000
"""A token is renewed before it ends. [ms]"""


@dataclass(frozen=True)
class WecomAppSettings:
    """The application."""

    corp_id: str | None = None
    agent_id: int | None = None
    secret: SecretStr | None = None
    endpoint: str = ENDPOINT


class WecomApp:
    """Sends alarms to persons."""

    def __init__(
        self, http: Http, wording: Wording, settings: WecomAppSettings, now_ms: Callable[[], int]
    ) -> None:
        self._http = http
        self._wording = wording
        self._settings = settings
        self._now_ms = now_ms
        self._token: str | None = None
        self._token_until_ms = 0

    async def send(self, parameters: Mapping[str, object], message: Message) -> Receipt | None:
        """Send one text; a token that was refused is fetched anew, once.

        Raises:
            SendError: it was not taken for this person.
        """
        language = str(parameters.get("language", "zh"))
        text = self._wording.short(message, language, LONGEST)
        for last in (False, True):
            token = await self._current_token()
            query = urlencode({"access_token": token})
            answer = await self._http.post(
                "wecom_app",
                f"{self._settings.endpoint}/cgi-bin/message/send?{query}",
                self._body(str(parameters["user"]), text),
            )
            if answer.body.get("errcode") in _TOKEN_REFUSED:
                self._token = None
                if not last:
                    continue
            failure = failure_of(answer, SecretStr(token))
            if failure is not None:
                raise failure
            if answer.body.get("invaliduser") or answer.body.get("unlicenseduser"):
                raise SendError("wecom_app: the user is unknown or has no licence", permanent=True)
            found = answer.body.get("msgid")
            return Receipt(str(found)) if found else None
        raise SendError("wecom_app: the token was refused")

    def _body(self, user: str, text: str) -> bytes:
        if self._settings.agent_id is None:
            raise SendError("the settings have no agent of the WeCom application")
        return as_json(
            {
                "touser": user, "msgtype": "text", "agentid": self._settings.agent_id,
                "text": {"content": text},
            }
        )  # fmt: skip

    async def _current_token(self) -> str:
        if self._token is not None and self._now_ms() < self._token_until_ms:
            return self._token
        corp_id = required(self._settings.corp_id, "corporation of the WeCom application")
        secret = required(self._settings.secret, "secret of the WeCom application")
        query = urlencode({"corpid": corp_id, "corpsecret": secret})
        url = f"{self._settings.endpoint}/cgi-bin/gettoken?{query}"
        answer = await self._http.get("wecom_app", url)
        failure = failure_of(answer, SecretStr(secret))
        if failure is not None:
            # Whatever is wrong with the token is not the message's fault.
            raise SendError(str(failure), blocked_s=failure.blocked_s) from failure
        token, lasts_s = answer.body.get("access_token"), answer.body.get("expires_in")
        if not isinstance(token, str) or not isinstance(lasts_s, int):
            raise refusal("wecom", "none", "an answer without a token")
        self._token = token
        self._token_until_ms = self._now_ms() + max(0, lasts_s * 1000 - _EARLY_MS)
        return token
