"""How lines reach an InfluxDB of version 1, and what every way of writing offers the store."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from ingest.stores.store import StoreError


@dataclass(frozen=True)
class InfluxSettings:
    """Where the InfluxDB is."""

    url: str
    database: str = "sitewatch"
    """The database of version 1, the bucket of version 2."""
    version: int = 1
    """1: `/write`, and the database is created; 2: `/api/v2/write`, and the bucket must exist."""
    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    org: str = "sitewatch"
    timeout_s: float = 30.0
    """Longest duration of one request. [s]"""
    lines: int = 5000
    """Lines in one request."""


@dataclass(frozen=True)
class Answer:
    """What the server said to a batch."""

    status: int
    text: str = ""
    retry_after_s: float | None = None

    @property
    def ok(self) -> bool:
        """Whether all of it is stored."""
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


def seconds(headers: Mapping[str, str]) -> float | None:
    """What the header `Retry-After` asks for; only seconds are understood, no dates."""
    text = headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None


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
        return Answer(answer.status_code, answer.text.strip(), seconds(answer.headers))

    def close(self) -> None:
        """The connection belongs to the store."""
