"""What a channel is given to send, and the contract of a channel."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True)
class Message:
    """One notification: the alarm object of the HTTP interface with its `transition`.

    A digest is the first alarm of several with `further`: how many others there are, how many of
    them are tests, and their titles with a count each.
    """

    payload: Mapping[str, object]

    def label(self, field: str) -> Mapping[str, str]:
        """A text of the payload in its languages."""
        value = self.payload.get(field)
        return value if isinstance(value, dict) else {}

    def string(self, field: str) -> str:
        """A field of the payload as text; empty where it is None."""
        value = self.payload.get(field)
        return "" if value is None else str(value)

    @property
    def test(self) -> bool:
        """Whether it tells of a test or drill."""
        return bool(self.payload.get("test"))

    @property
    def further(self) -> Mapping[str, object]:
        """The other alarms of a digest; empty where there are none."""
        value = self.payload.get("further")
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True)
class Receipt:
    """The provider has taken a message; nobody need have seen it."""

    id: str
    """What the provider calls it."""


class ReportState(StrEnum):
    """What a provider reports later. None of these is an acknowledgement."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    ANSWERED = "answered"
    """A call that was picked up."""
    UNANSWERED = "unanswered"


@dataclass(frozen=True)
class Report:
    """What became of a message."""

    state: ReportState
    detail: str = ""
    """The provider's own code or words."""


class Channel(Protocol):
    """A way to reach people or systems; one module each, none inherits from a base class."""

    async def send(self, parameters: Mapping[str, object], message: Message) -> Receipt | None:
        """Deliver one message; returns when the other side has taken it.

        Raises:
            SendError: it has not; `permanent` when trying again cannot help.
        """
        ...


class Reporter(Protocol):
    """A channel that can be asked what became of a message."""

    async def report(
        self, parameters: Mapping[str, object], receipt: Receipt, sent_at_ms: int
    ) -> Report | None:
        """The report; None while there is none.

        Raises:
            SendError: the provider cannot be asked now.
        """
        ...
