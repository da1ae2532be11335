"""The webhook: the alarm object as JSON by HTTP POST, signed with HMAC-SHA256."""

import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from alerts.channels.message import Message
from alerts.errors import SendError

SIGNATURE_HEADER = "X-Sitewatch-Signature"

# Answers that say "later", not "never": time-out, too early, too many requests.
_LATER = frozenset({408, 425, 429})


@dataclass(frozen=True)
class WebhookSettings:
    """What the webhook needs beside its route."""

    secrets: Mapping[str, SecretStr] = field(default_factory=dict)
    """By the name that a route gives as `secret_setting`."""
    timeout_s: float = 5.0
    """For connecting, and again for the answer. [s]"""


def signature(secret: str, moment_s: int, body: str) -> str:
    """The value of the signature header: `t=SECONDS,v1=HEX` over `SECONDS.BODY`."""
    signed = f"{moment_s}.{body}".encode()
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={moment_s},v1={digest}"


def _without_secrets(url: str) -> str:
    """A URL for an error text: without account and query, in which keys stand."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class Webhook:
    """Sends alarms to URLs. Close it at the end."""

    def __init__(self, settings: WebhookSettings, now_ms: Callable[[], int]) -> None:
        self._settings = settings
        self._now_ms = now_ms
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def send(self, parameters: Mapping[str, object], message: Message) -> None:
        """Post one message.

        Raises:
            SendError: no answer, or one that is not 2xx; permanent for an answer that says never.
        """
        url = str(parameters["url"])
        body = json.dumps(message.payload, ensure_ascii=False)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            **self._signed(parameters, body),
        }
        shown = _without_secrets(url)
        try:
            response = await self._http().post(url, content=body.encode(), headers=headers)
        except httpx.InvalidURL as error:
            raise SendError(f"{shown}: {error}", permanent=True) from error
        except httpx.HTTPError as error:
            raise SendError(f"{shown}: {type(error).__name__} {error}".strip()) from error
        if response.is_success:
            return
        status = response.status_code
        never = 300 <= status < 500 and status not in _LATER
        raise SendError(f"{shown}: answered {status}", permanent=never)

    def _signed(self, parameters: Mapping[str, object], body: str) -> dict[str, str]:
        name = parameters.get("secret_setting")
        if name is None:
            return {}
        secret = self._settings.secrets.get(str(name))
        if secret is None:
            # Not permanent: it is sent as soon as someone has set the secret.
            raise SendError(f"the settings have no secret {name!r} for the webhook")
        moment = self._now_ms() // 1000
        return {SIGNATURE_HEADER: signature(secret.get_secret_value(), moment, body)}

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            timeout = httpx.Timeout(self._settings.timeout_s)
            # It logs every address, and keys stand in some.
            logging.getLogger("httpx").setLevel(logging.WARNING)
            self._client = httpx.AsyncClient(timeout=timeout, trust_env=False)
        return self._client
