"""What a channel is given to send, and the contract of a channel."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Message:
    """One notification: the alarm object of the HTTP interface with its `transition`."""

    payload: Mapping[str, object]

    def label(self, field: str) -> Mapping[str, str]:
        """A text of the payload in its languages."""
        value = self.payload.get(field)
        return value if isinstance(value, dict) else {}

    def string(self, field: str) -> str:
        """A field of the payload as text; empty where it is None."""
        value = self.payload.get(field)
        return "" if value is None else str(value)


class Channel(Protocol):
    """A way to reach people or systems; one module each, none inherits from a base class."""

    async def send(self, parameters: Mapping[str, object], message: Message) -> None:
        """Deliver one message; returns when the other side has taken it.

        Raises:
            SendError: it has not; `permanent` when trying again cannot help.
        """
        ...
