"""What a misspelt name was probably meant to be."""

from collections.abc import Iterable
from difflib import SequenceMatcher

_ALIKE = 0.65
"""Least likeness for a suggestion (difflib's ratio): below, it would be a guess at random."""
_AS_GOOD = 0.1
"""How much less alike than the best a further suggestion may be."""
_MOST = 3


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """The end of a sentence that suggests near names; empty where none is near.

    `"; did you mean 'interval'?"`
    """
    matcher = SequenceMatcher(b=str(name).lower())
    alike: list[tuple[float, str]] = []
    for one in map(str, known):
        matcher.set_seq1(one.lower())
        if matcher.quick_ratio() >= _ALIKE and (ratio := matcher.ratio()) >= _ALIKE:
            alike.append((-ratio, one))
    alike.sort()
    near = [one for ratio, one in alike[:_MOST] if ratio <= alike[0][0] + _AS_GOOD]
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
