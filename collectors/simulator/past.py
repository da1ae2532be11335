"""`python -m collectors.simulator.past`: the past of the estate, made by a process of its own.

The model and what it has computed take more memory than the service that writes it all down; with
this process they are gone when it ends. It writes portions to its standard output: four bytes that
say how long it is, and a list of samples (MessagePack). An empty list says that it is all. It ends
early when nobody reads any more.
"""

import argparse
import os
import struct
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import IO

import msgspec

from collectors.driver import CollectorsError
from collectors.registry import SCHEMAS
from collectors.sample import Sample
from collectors.simulator.history import history
from collectors.simulator.model import Model
from device_configs.estate import load_estate
from device_configs.faults import DeviceConfigsError

PORTION = 5_000
"""Samples of one portion at least; a day of a large estate is many times that."""
_LENGTH = struct.Struct(">I")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Sample]).decode


class PastError(CollectorsError):
    """The past broke off."""


def write_past(portions: Iterable[Sequence[Sample]], out: IO[bytes]) -> None:
    """Write portions, and that it is all."""
    for portion in chain(portions, [()]):
        encoded = _encode(portion)
        out.write(_LENGTH.pack(len(encoded)) + encoded)
        out.flush()


def read_past(given: IO[bytes]) -> Iterator[list[Sample]]:
    """The portions as they come.

    Raises:
        PastError: it ended before it said that it was all.
    """
    while True:
        head = given.read(_LENGTH.size)
        body = given.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else b""
        try:
            samples = _decode(body)
        except msgspec.DecodeError as error:
            raise PastError("the past broke off; see the message above") from error
        if not samples:
            return
        yield samples


def portions_of(day: Sequence[Sample], size: int = PORTION) -> Iterator[Sequence[Sample]]:
    """What is in order of time, cut between two moments: who goes on begins at a moment."""
    begin = 0
    for place in range(1, len(day)):
        if place - begin >= size and day[place].at != day[place - 1].at:
            yield day[begin:place]
            begin = place
    yield day[begin:]


def command(estate: Path, start_ms: int, end_ms: int, shift_ms: int) -> list[str]:
    """How the process is started.

    Args:
        estate: its folder.
        start_ms: first moment of the past. [ms, UTC]
        end_ms: the first one that is no longer wanted. [ms, UTC]
        shift_ms: how far the model's clock is ahead of the wall clock. [ms]
    """
    numbers = (str(number) for number in (start_ms, end_ms, shift_ms))
    return [sys.executable, "-m", "collectors.simulator.past", str(estate), *numbers]


def main() -> int:
    """Write the past; 0 good, 1 nobody reads it, 2 the estate folder is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m collectors.simulator.past", description=__doc__
    )
    parser.add_argument("estate", type=Path)
    for name in ("start_ms", "end_ms", "shift_ms"):
        parser.add_argument(name, type=int)
    given = parser.parse_args()
    try:
        model = Model(load_estate(given.estate, SCHEMAS), 1, given.shift_ms)
    except (DeviceConfigsError, CollectorsError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    days = history(model, given.start_ms, given.end_ms)
    try:
        write_past((part for day in days for part in portions_of(day)), sys.stdout.buffer)
    except BrokenPipeError:
        # What Python still holds for the pipe would be an error of its own at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
