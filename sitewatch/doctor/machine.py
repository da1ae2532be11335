"""The machine: its Python, its clock, its disk."""

import ctypes
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from sitewatch.doctor.finding import Finding, good, note, unknown, wrong

_OLDEST = (3, 11)
_TIME_ERROR = 5
"""Returned by adjtimex while nothing disciplines the clock [adjtimex(2)]."""
_ROOM_FACTOR = 4
"""Times the journal's free floor that should be free: below, data is soon given up. [P]"""
_TIMEX_BYTES = 512
"""More than `struct timex` takes on any 64-bit Linux (208 bytes). [B]"""


def python(version: tuple[int, int]) -> Finding:
    """Whether this Python is new enough."""
    said = f"Python {version[0]}.{version[1]}"
    if version >= _OLDEST:
        return good("python", said)
    return wrong("python", f"{said} is too old", "install Python 3.11 or newer")


def clock(state: int | None) -> Finding:
    """Whether something keeps the clock right, by what adjtimex returned (None: not to be had)."""
    if state is None:
        return unknown("clock", "this system does not say whether its clock is kept right")
    if state == _TIME_ERROR:
        return wrong(
            "clock",
            "nothing keeps this machine's clock right: times of alarms and readings will drift",
            "install chrony or enable systemd-timesyncd, with a time server inside the network",
        )
    return good("clock", "kept right by a time service")


def room(free: int, floor: int, folder: Path) -> Finding:
    """Whether there is room for data.

    Args:
        free: bytes that are free where the data folder is. [B]
        floor: bytes that the journal leaves to the rest of the machine. [B]
        folder: the data folder.
    """
    said = f"{free / 1e9:.1f} GB are free where {folder} is"
    if free < floor:
        return wrong(
            "disk",
            f"{said}, less than journal.free_floor_bytes ({floor / 1e9:.1f} GB): readings are "
            "being given up",
            "make room or move the data folder to a larger disk",
        )
    if free < _ROOM_FACTOR * floor:
        return note("disk", f"{said}, which will not last long", "make room in good time")
    return good("disk", said)


def clock_state() -> int | None:
    """What adjtimex(2) returns; None where the system has no such call or refuses it."""
    try:
        call = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    found = int(call(ctypes.create_string_buffer(_TIMEX_BYTES)))
    return None if found < 0 else found


def examine(data: Path, floor: int) -> Iterator[Finding]:
    """Look at this machine."""
    yield python(sys.version_info[:2])
    yield clock(clock_state())
    place = data
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        yield room(shutil.disk_usage(place).free, floor, data)
    except OSError as error:
        yield unknown("disk", f"{place} cannot be asked: {os.strerror(error.errno or 0)}")
