"""A finding: one thing that was looked at, and how it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How one thing is; the last counts as a failure of the whole."""

    GOOD = "good"
    NOTE = "note"
    """Not wrong, but worth knowing: it works differently from what some would expect."""
    UNKNOWN = "unknown"
    """It could not be looked at; that is never called good."""
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    """A name such as `clock` or `broker limits`."""
    verdict: Verdict
    said: str
    """What was found, in one sentence."""
    remedy: str | None = None
    """What to do about it."""


def good(what: str, said: str) -> Finding:
    """It is as it should be."""
    return Finding(what, Verdict.GOOD, said)


def note(what: str, said: str, remedy: str | None = None) -> Finding:
    """It works, and is worth knowing."""
    return Finding(what, Verdict.NOTE, said, remedy)


def unknown(what: str, said: str, remedy: str | None = None) -> Finding:
    """Nobody could look."""
    return Finding(what, Verdict.UNKNOWN, said, remedy)


def wrong(what: str, said: str, remedy: str) -> Finding:
    """It must be mended."""
    return Finding(what, Verdict.WRONG, said, remedy)


def is_sound(findings: Iterable[Finding]) -> bool:
    """Whether nothing is wrong."""
    return all(one.verdict is not Verdict.WRONG for one in findings)
