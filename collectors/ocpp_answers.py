"""What the answers to a pile's calls have in common. Pure.

Every answer to Authorize is of an installation that is no billing system: all cards are accepted,
or those of a list.
"""

import datetime as dt
from dataclasses import dataclass

from collectors.ocpp_facts import Message
from collectors.ocpp_values import Payload

_SHORTEST_S = 10
_LONGEST_S = 86_400


@dataclass(frozen=True)
class Answering:
    """What an answer is made of."""

    now_ms: int
    """[ms, UTC]"""
    interval_s: float
    """How long the pile may be silent. [s]"""
    cards: frozenset[str] | None = None
    """The cards that are accepted; None for every one."""

    def time(self) -> str:
        """Our clock, by which piles set theirs."""
        moment = dt.datetime.fromtimestamp(self.now_ms / 1000, dt.UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"

    def status(self, card: str) -> str:
        """Whether a card is accepted."""
        return "Accepted" if self.cards is None or card.casefold() in self.cards else "Invalid"

    def boot(self) -> dict[str, object]:
        """The answer to a BootNotification: twice in its silence the pile shall be heard."""
        interval = max(_SHORTEST_S, min(_LONGEST_S, round(self.interval_s / 2)))
        return {"status": "Accepted", "currentTime": self.time(), "interval": interval}


def nothing(_payload: Payload, _answering: Answering) -> Message:
    """Heard, and there is nothing to say."""
    return Message({})


def unknown_vendor(_payload: Payload, _answering: Answering) -> Message:
    """No data of any vendor is known."""
    return Message({"status": "UnknownVendorId"})
