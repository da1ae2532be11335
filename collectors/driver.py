"""The contract of a protocol: what a driver module offers and what it is given.

A protocol is one module with `DRIVER`, and one line in `registry.py`. A driver either polls a line
or listens on one; both are lines here, with a name and a `run`. None inherits from a base class.
A listener acknowledges to its device or broker only what `Sink.append` has returned for: that
return is the word that the samples are on disk.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Engine

from collectors.sample import Sample
from device_configs.estate import Device
from device_configs.profile import ProtocolSchema


class CollectorsError(Exception):
    """Root of the errors of this package."""


class Sink(Protocol):
    """Where samples go: the journal behind the checks."""

    async def append(self, samples: Sequence[Sample]) -> int:
        """Take samples; returns the last journal number once they are durable on disk."""
        ...


class DeadLetters(Protocol):
    """Where a payload goes that cannot be understood, with the reason, so that nothing is lost."""

    async def keep(self, source: str, payload: bytes, reason: str) -> None:
        """Keep one payload. `source` is the topic or endpoint it came by."""
        ...


@dataclass(frozen=True)
class DeviceHealth:
    """How well one device answers."""

    device: str
    connected: bool | None
    """None until the first attempt has ended."""
    last_answer_at: int | None = None
    """[ms, UTC]"""
    failures: int = 0
    """Failed cycles since the last good one."""
    reason: str | None = None
    refused: Mapping[str, str] = field(default_factory=dict)
    """Points that the device says it does not have, each with its word: its profile, or a setting
    of the device, is wrong. They are left alone and asked for seldom."""


@dataclass(frozen=True)
class LineHealth:
    """How well one line works; the source of the page's and Prometheus' line statistics."""

    line: str
    connected: bool
    devices: Sequence[DeviceHealth] = ()
    counters: Mapping[str, int] = field(default_factory=dict)
    """`requests`, `timeouts`, `exceptions`, `garbled`, `skipped` (overruns), `messages`."""
    lateness_ms: float = 0.0
    """How late the newest cycle started. [ms]"""
    lateness_p99_ms: float = 0.0
    """The same of the worst one of a hundred among the newest cycles. [ms]"""


class Line(Protocol):
    """One physical line or connection with all devices on it."""

    @property
    def name(self) -> str:
        """Name of the task and of the line in statistics: `modbus_tcp[10.0.0.5:502]`."""
        ...

    async def run(self) -> None:
        """Collect until cancelled; raises CollectorsError when the line must be started again."""
        ...

    def health(self) -> LineHealth:
        """The present state; cheap, called often."""
        ...


@dataclass(frozen=True)
class Wiring:
    """What every line is given."""

    sink: Sink
    dead_letters: DeadLetters
    now_ms: Callable[[], int]
    """Wall clock. [ms, UTC]"""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Settings of the protocol, for example the broker's `url`, from `sitewatch`."""
    spread_s: float = 1.0
    """Over how long the first polls of all lines are spread. [s]"""
    engine: Engine | None = None
    """The relational database, for what a protocol must remember over a restart."""


class OpenLines(Protocol):
    """Makes the lines of a protocol for the devices that use it."""

    def __call__(self, devices: Sequence[Device], wiring: Wiring) -> Sequence[Line]:
        """Group devices by physical line; opens nothing yet: `run` connects."""
        ...


@dataclass(frozen=True)
class Driver:
    """What a protocol module offers as `DRIVER`."""

    schemas: tuple[ProtocolSchema, ...]
    """The sections of profiles that it reads; devices of all of them may share a line."""
    open: OpenLines
