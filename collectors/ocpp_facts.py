"""What a pile's messages say, whatever the version: facts about it and its connectors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from collectors.ocpp_values import Sampling, Stamp


@dataclass(frozen=True)
class Booted:
    """The pile has started anew: nothing that it said of its connectors holds any more."""

    model: str | None
    firmware: str | None


@dataclass(frozen=True)
class Stated:
    """A connector's status; connector 0 is the pile itself."""

    connector: int
    word: str
    at: Stamp
    error: str | None = None
    """None in 2.0.1, whose status has no error code."""
    vendor_error: str | None = None
    socket: int | None = None
    """2.0.1: which connector of the EVSE; the EVSE is what is called connector here."""


@dataclass(frozen=True)
class Event:
    """2.0.1: that a variable of a component is true or false."""

    connector: int
    variable: str
    """`Connector.Problem`."""
    active: bool
    at: Stamp


@dataclass(frozen=True)
class Begun:
    """A transaction began, or is told of first."""

    connector: int
    name: str
    at: Stamp
    begin_wh: float | None
    word: str | None
    """What the connector does because of it, where nothing else says so."""
    counts: bool = False
    """Whether the counter is told here and nowhere else."""


@dataclass(frozen=True)
class Charging:
    """2.0.1: what the car of a transaction does."""

    connector: int | None
    """None where only the transaction tells."""
    word: str
    at: Stamp
    name: str | None = None


@dataclass(frozen=True)
class Measured:
    """What a meter showed."""

    connector: int | None
    """None where only the transaction tells."""
    samplings: Sequence[Sampling]
    number: int | None = None
    name: str | None = None


@dataclass(frozen=True)
class Ended:
    """A transaction ended."""

    at: Stamp
    end_wh: float | None
    word: str
    """What the connector does after it, where nothing else says so."""
    connector: int | None = None
    number: int | None = None
    name: str | None = None


Fact = Booted | Stated | Event | Begun | Charging | Measured | Ended


@dataclass(frozen=True)
class Message:
    """A call that was understood."""

    answer: Mapping[str, object]
    facts: Sequence[Fact] = ()
    numbered: bool = False
    """Whether the answer is to hold the number of the transaction that began."""
    remarks: Sequence[str] = field(default=())
    """What of it could not be understood, and goes to the dead letters."""
