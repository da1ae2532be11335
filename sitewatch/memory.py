"""Memory of a process that runs for months: what is free goes back to the system.

The C library keeps freed memory in an arena for each thread, and takes ever larger pieces from it
that it once gave back at once. Where it is not the GNU one, nothing is done.
"""

import ctypes
import gc

_ARENA_MAX, _MMAP_THRESHOLD = -8, -3
"""mallopt(3), `malloc.h` of the GNU C library."""
ARENAS = 2
"""Threads that wait for the processor most of the time need no memory of their own."""
LARGE = 512 * 1024
"""From here on a piece is asked of the system and goes back to it alone; more than a block of the
store and less than the columns of a batch. [bytes]"""


def keep_small() -> None:
    """Keep less for later; at the start, before there are threads."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, ARENAS)
        mallopt(_MMAP_THRESHOLD, LARGE)


def give_back() -> None:
    """Give back what a large piece of work has left, cycles included; blocks for a moment."""
    gc.collect()
    trim()


def trim() -> None:
    """Give back the pages that no piece of memory is on; takes milliseconds."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
