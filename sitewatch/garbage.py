"""The garbage collector of a process that runs for months: seldom, and not over what never goes.

Samples are no cycles and are freed without it; by Python's own settings it goes through all that
lives some hundred times a second when samples come fast.
"""

import atexit
import gc

_YOUNG, _MIDDLE, _OLD = 50_000, 20, 100
"""Containers made before the young are looked at, and how often that before the older ones."""


def settle() -> None:
    """Take what was loaded at the start out of the collector's sight, and let it look seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
    # At the end libraries look whether all they made has gone.
    atexit.register(gc.unfreeze)
