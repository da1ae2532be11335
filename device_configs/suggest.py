"""What a misspelt name was probably meant to be."""

from collections.abc import Iterable
from difflib import get_close_matches

_ALIKE = 0.55
"""Least likeness for a suggestion (difflib's ratio): below, it would be a guess at random."""
_MOST = 3


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """The end of a sentence that suggests near names; empty where none is near.

    `"; did you mean 'interval'?"`
    """
    names = {str(one).lower(): str(one) for one in known}
    close = get_close_matches(str(name).lower(), names, n=_MOST, cutoff=_ALIKE)
    if not close:
        return ""
    return f"; did you mean {' or '.join(repr(names[one]) for one in close)}?"
