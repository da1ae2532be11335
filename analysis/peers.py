"""A device against others that should do as it does: by the size of each. Pure."""

from collections.abc import Mapping

from analysis.expectation import Expectation, robust

FEWEST = 3
"""How many others must be known: of two that differ nobody can say which is wrong. [P]"""


def expected_of_peers(
    amounts: Mapping[str, float | None], ratings: Mapping[str, float], device: str
) -> Expectation | None:
    """What a device is to give by what the others give for their rating.

    Args:
        amounts: device to what it gave; None where that is not wholly known.
        ratings: device to its rating; one without is no peer.
        device: the device in question, which does not count as its own peer.

    Returns:
        None where it has no rating, or too few others are known.
    """
    own = ratings.get(device)
    if not own:
        return None
    others = [
        amount / ratings[name]
        for name, amount in amounts.items()
        if name != device and amount is not None and ratings.get(name)
    ]
    if len(others) < FEWEST:
        return None
    by_rating = robust(others)
    return Expectation(by_rating.amount * own, by_rating.spread * own, by_rating.count)
