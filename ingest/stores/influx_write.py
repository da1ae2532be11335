"""How lines reach an InfluxDB of version 1, and what every way of writing offers the store."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Protocol

import httpx

from ingest.clock import wall_clock_ms
from ingest.stores.store import StoreError


@dataclass(frozen=True)
class InfluxSettings:
    """Where the InfluxDB is."""

    url: str
    database: str = "sitewatch"
    """The database of versions 1 and 3, the bucket of version 2."""
    version: int = 1
    """1: `/write`; 2: `/api/v2/write` (1.8 and newer, 2.x); 3: the same with a bearer token."""
    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    org: str = "sitewatch"
    """The organisation of version 2."""
    timeout_s: float = 30.0
    """Longest duration of one request. [s]"""
    lines: int = 5000
    """Lines in one request."""

    @property
    def authorization(self) -> str | None:
        """The header `Authorization` of a token; None where there is none."""
        if not self.token:
            return None
        return f"{'Bearer' if self.version == 3 else 'Token'} {self.token}"

    def client(self) -> httpx.Client:
        """A client that shows who we are."""
        named = {"Authorization": self.authorization} if self.authorization else {}
        return httpx.Client(
            base_url=self.url,
            timeout=self.timeout_s,
            headers={"Accept": "application/json", **named},
            auth=(self.username, self.password) if self.username else None,
            # The database stands in our own network; a proxy of the environment is not for it.
            trust_env=False,
        )


@dataclass(frozen=True)
class Answer:
    """What the server said to a request."""

    status: int
    text: str = ""
    retry_after_s: float | None = None

    @property
    def ok(self) -> bool:
        """Whether all of it is done."""
        return self.status < 300


class Writer(Protocol):
    """Sends one batch."""

    def post(self, body: bytes) -> Answer:
        """Send lines with times in nanoseconds; raises StoreError when nobody answers."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


def unreachable(url: str, error: Exception) -> StoreError:
    """The error of a server that does not answer."""
    reason = str(error) or type(error).__name__
    return StoreError(f"InfluxDB at {url} cannot be reached: {reason}")


def refusal(settings: InfluxSettings, answer: Answer) -> StoreError:
    """The error of an answer that says no; it carries how long the server asks us to wait."""
    url, text = settings.url, answer.text or "no reason given"
    if answer.status in (401, 403):
        shown = "token" if settings.token else "name and password"
        error = StoreError(f"InfluxDB at {url} refuses our {shown}: {text}")
    else:
        error = StoreError(f"InfluxDB at {url} answers {answer.status}: {text}")
    error.retry_after_s = answer.retry_after_s
    return error


def seconds(headers: Mapping[str, str], now_ms: Callable[[], int] = wall_clock_ms) -> float | None:
    """What the header `Retry-After` asks for, as seconds or as a date [s].

    Source: RFC 9110, section 10.2.3.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    text = lower.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, date.timestamp() - now_ms() / 1000)


def reason_of(text: str) -> str:
    """The sentence in an error's body: `error` of versions 1 and 3, `message` of version 2."""
    try:
        found = json.loads(text)
    except ValueError:
        return text.strip()
    if isinstance(found, dict):
        said = next((found[name] for name in ("message", "error") if found.get(name)), None)
        if isinstance(said, str):
            details = found.get("data")
            return f"{said}: {json.dumps(details)[:1000]}" if details else said
    return text.strip()


def answered(response: httpx.Response) -> Answer:
    """A response as an answer."""
    text = "" if response.is_success else reason_of(response.text)
    return Answer(response.status_code, text, seconds(response.headers))


class WriteV1:
    """`POST /write` of InfluxDB 1.x."""

    def __init__(self, client: httpx.Client, settings: InfluxSettings) -> None:
        self._client = client
        self._settings = settings

    def post(self, body: bytes) -> Answer:
        """Send lines with times in nanoseconds.

        Raises:
            StoreError: nobody answers.
        """
        query = {"db": self._settings.database, "precision": "ns"}
        try:
            answer = self._client.post("/write", params=query, content=body)
        except httpx.HTTPError as error:
            raise unreachable(self._settings.url, error) from error
        return answered(answer)

    def close(self) -> None:
        """The connection belongs to the store."""
