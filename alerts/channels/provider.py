"""What the channels over HTTP share: one request, and what its answer means.

A provider's error is told with its code and words, never with the address, in which keys stand.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

import httpx
from pydantic import SecretStr

from alerts.errors import SendError
from device_configs.yaml_file import read_yaml

_FILE = Path(__file__).with_name("answers.yaml")
_LATER = frozenset({408, 425})
_TOO_MANY = 429
_PAUSE_S = 60.0
"""How long a provider is left alone that says 429 and not how long. [s] [P]"""
_LONGEST_PAUSE_S = 3600.0
_LONGEST_WORDS = 200


@dataclass(frozen=True)
class Answer:
    """An HTTP answer whose body is a JSON object."""

    status: int
    body: Mapping[str, object]


class Http:
    """One HTTP client for all providers. Close it at the end."""

    def __init__(self, timeout_s: float = 5.0) -> None:
        """A client whose every step takes at most `timeout_s` [s]."""
        self._timeout_s = timeout_s
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def post(
        self, name: str, url: str, content: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Post to a provider and read its answer.

        Raises:
            SendError: no answer, none that can be read, or one that says later.
        """
        given = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
        return await self._ask(name, "POST", url, content, given)

    async def get(self, name: str, url: str) -> Answer:
        """Get something of a provider; raises as `post`."""
        return await self._ask(name, "GET", url, b"", {})

    async def _ask(
        self, name: str, method: str, url: str, content: bytes, headers: Mapping[str, str]
    ) -> Answer:
        try:
            response = await self._open().request(method, url, content=content, headers=headers)
        except httpx.InvalidURL as error:
            raise SendError(f"{name}: its address in the settings is no URL") from error
        except httpx.HTTPError as error:
            raise SendError(f"{name}: {type(error).__name__}") from error
        return _answer(name, response)

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            # It logs every address, and the keys of robots stand in theirs.
            logging.getLogger("httpx").setLevel(logging.WARNING)
            self._client = httpx.AsyncClient(timeout=self._timeout_s, trust_env=False)
        return self._client


def _answer(name: str, response: httpx.Response) -> Answer:
    status = response.status_code
    if status == _TOO_MANY:
        pause = response.headers.get("retry-after", "")
        seconds = float(pause) if pause.isdecimal() else _PAUSE_S
        raise SendError(
            f"{name}: answered 429, too many requests", blocked_s=min(seconds, _LONGEST_PAUSE_S)
        )
    if status >= 500 or status in _LATER:
        raise SendError(f"{name}: answered {status}")
    try:
        body = json.loads(response.content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        # Nobody knows what a page in place of an answer means: not taken, and not refused for good.
        raise SendError(f"{name}: answered {status} with something that is no answer")
    return Answer(status, body)


@cache
def _table() -> Mapping[str, Mapping[str, Mapping[str, float] | list[str]]]:
    data = read_yaml(_FILE).data
    return data if isinstance(data, dict) else {}


def refusal(
    provider: str, code: object, words: object, secrets: Iterable[SecretStr] = ()
) -> SendError:
    """What an error code of a provider means, by `answers.yaml`; an unknown code means later."""
    table, known = _table()[provider], str(code)
    said = " ".join(str(words or "").split())[:_LONGEST_WORDS]
    for secret in secrets:
        if secret.get_secret_value():
            said = said.replace(secret.get_secret_value(), "***")
    blocked = table.get("blocked_s", {})
    return SendError(
        f"{provider}: refused with {known}: {said}".rstrip(": "),
        permanent=known in table.get("permanent", ()),
        blocked_s=float(blocked[known]) if isinstance(blocked, dict) and known in blocked else None,
    )


def named(secrets: Mapping[str, SecretStr], name: object, what: str) -> str:
    """A secret of the settings by the name that a route gives.

    Raises:
        SendError: there is none; not permanent, it is sent as soon as someone has set it.
    """
    found = secrets.get(str(name))
    if found is None:
        raise SendError(f"the settings have no {what} {str(name)!r}")
    return found.get_secret_value()


def required(value: str | SecretStr | None, what: str) -> str:
    """A setting without which nothing can be sent.

    Raises:
        SendError: it is not set; not permanent, it is sent as soon as someone has set it.
    """
    if not value:
        raise SendError(f"the settings have no {what}")
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def as_json(value: object) -> bytes:
    """A JSON text with Chinese as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
