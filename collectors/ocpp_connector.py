"""What a connector does, from its statuses and its transactions, in any order. Pure.

What a status says counts. A transaction speaks for the connector where no status does: of the time
that a pile was offline only its transactions are told (OCPP 1.6, section 4.1), late.
"""

from bisect import bisect_right
from collections.abc import Mapping

import msgspec

_KEPT = 32
"""Words that are remembered of a connector."""
_BUSY = frozenset({"Charging", "SuspendedEV", "SuspendedEVSE", "EVConnected", "Occupied"})
_SAYS_ENOUGH = frozenset({"Charging", "SuspendedEV", "SuspendedEVSE", "Faulted"})
FREE = "Available"


class Word(msgspec.Struct, frozen=True, array_like=True):
    """What a connector does from a moment on."""

    at: int
    """[ms, UTC]"""
    word: str | None
    """None for unknown: the pile has started anew."""
    inferred: bool = False
    """Whether a transaction says so, and no status."""


class ConnectorStanding(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """What is known of a connector."""

    words: tuple[Word, ...] = ()
    """In order of time, the newest last."""
    sockets: Mapping[int, str] = {}
    """2.0.1: status of each connector of an EVSE."""
    charging: str | None = None
    """2.0.1: what the car of the present transaction does."""
    error: str | None = None
    """1.6: the error code of the newest status."""
    vendor_error: str | None = None

    @property
    def word(self) -> str | None:
        """What it does now."""
        return self.words[-1].word if self.words else None


Said = tuple[int, str]
"""A moment [ms, UTC] and what the connector does from then on."""


def stated(
    standing: ConnectorStanding, at: int, word: str, error: str | None, vendor_error: str | None
) -> ConnectorStanding:
    """A status, with its error codes."""
    if not standing.words or at >= standing.words[-1].at:
        standing = msgspec.structs.replace(standing, error=error, vendor_error=vendor_error)
    return _put(standing, Word(at, word))


def socket_stated(
    standing: ConnectorStanding, at: int, socket: int, word: str
) -> tuple[ConnectorStanding, str]:
    """2.0.1: the status of one connector of an EVSE, and what the EVSE does."""
    sockets = {**standing.sockets, socket: word}
    found = set(sockets.values())
    order = ("Faulted", "Occupied", "Reserved", FREE)
    whole = next((one for one in order if one in found), word)
    if whole == "Occupied" and standing.charging is not None:
        whole = standing.charging
    standing = msgspec.structs.replace(standing, sockets=sockets)
    return _put(standing, Word(at, whole)), whole


def rebooted(standing: ConnectorStanding, at: int) -> ConnectorStanding:
    """The pile has started anew, and says what its connectors do before long."""
    return _put(ConnectorStanding(standing.words), Word(at, None))


def begun(
    standing: ConnectorStanding, at: int, word: str
) -> tuple[ConnectorStanding, tuple[Said, ...]]:
    """A transaction began; returns what is to be said because of it."""
    before = _at(standing, at)
    if before is not None and not before.inferred and before.word in _SAYS_ENOUGH:
        return standing, ()
    cut: tuple[Said, ...] = ()
    if before is not None and before.inferred and before.at < at - 1:
        # Nobody saw the car of the transaction before leave: it had left when this one began.
        cut = ((at - 1, FREE),)
    return _put(standing, Word(at, word, inferred=True)), (*cut, (at, word))


def charging(
    standing: ConnectorStanding, at: int, word: str
) -> tuple[ConnectorStanding, tuple[Said, ...]]:
    """2.0.1: what the car of a transaction does."""
    if not standing.words or at >= standing.words[-1].at:
        standing = msgspec.structs.replace(standing, charging=word)
    before = _at(standing, at)
    if before is not None and before.word == "Faulted" and not before.inferred:
        return standing, ()
    if before is not None and before.word == word:
        return standing, ((at, word),)
    return _put(standing, Word(at, word, inferred=True)), ((at, word),)


def ended(
    standing: ConnectorStanding, at: int, word: str
) -> tuple[ConnectorStanding, tuple[Said, ...]]:
    """A transaction ended; returns what is to be said because of it."""
    if not standing.words or at >= standing.words[-1].at:
        standing = msgspec.structs.replace(standing, charging=None)
    before = _at(standing, at)
    if before is not None and before.word not in _BUSY and before.word is not None:
        return standing, ()
    return _put(standing, Word(at, word, inferred=True)), ((at, word),)


def _at(standing: ConnectorStanding, at: int) -> Word | None:
    """The word of a moment."""
    index = bisect_right(standing.words, at, key=lambda word: word.at)
    return standing.words[index - 1] if index else None


def _put(standing: ConnectorStanding, word: Word) -> ConnectorStanding:
    words = standing.words
    index = bisect_right(words, word.at, key=lambda one: one.at)
    words = (*words[:index], word, *words[index:])[-_KEPT:]
    return msgspec.structs.replace(standing, words=words)
