"""What the memory of a process is made of: how its allocators stand, and what its objects hold.

`sizes` is cheap. `reachable` walks everything there is, which stops the process for seconds: it is
for finding what grows, not for measuring anything else meanwhile.
"""

import ctypes
import gc
import os
import sys
import types
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

OWN = (
    "device_configs", "records", "collectors", "ingest", "analysis", "alerts", "reports", "api",
    "sitewatch",
)  # fmt: skip
_PAGE = os.sysconf("SC_PAGE_SIZE")
_FLAT = (str, bytes, int, float, bool, type(None))


class _Mallinfo2(ctypes.Structure):
    """mallinfo(3): the arenas of the GNU C library together. [bytes]"""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
            "fordblks", "keepcost",
        )
    ]  # fmt: skip


def resident(pid: int | str = "self") -> float:
    """Resident memory of a process. [MB]"""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 1e6


def most_resident(pid: int | str = "self") -> float:
    """The most it ever was. [MB]"""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e6


def sizes() -> Mapping[str, float]:
    """How the allocators stand: what of them is used, and what they only keep. [MB]"""
    library = ctypes.CDLL(None)
    library.mallinfo2.restype = _Mallinfo2
    info = library.mallinfo2()
    rollup = Path("/proc/self/smaps_rollup").read_text().splitlines()
    anonymous = next(int(line.split()[1]) for line in rollup if line.startswith("Anonymous"))
    found = {
        "resident": resident(),
        "of files": resident() - anonymous * 1024 / 1e6,
        "malloc used": info.uordblks / 1e6,
        "malloc kept": info.fordblks / 1e6,
        "malloc mapped": info.hblkhd / 1e6,
        "python blocks": sys.getallocatedblocks(),
    }
    return {name: round(value, 2) for name, value in found.items()}


def holdings(objects: Iterable[object]) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """How many objects there are by type, and members of containers by class and attribute."""
    kinds: Counter[str] = Counter()
    members: Counter[str] = Counter()
    for one in objects:
        kind = type(one)
        kinds[f"{kind.__module__}.{kind.__qualname__}"] += 1
        if kind.__module__.partition(".")[0] in OWN:
            for name, value in _attributes(one):
                if isinstance(value, dict | list | set | tuple | frozenset | deque):
                    members[f"{kind.__module__}.{kind.__qualname__}.{name}"] += len(value)
    return kinds, members


def _attributes(one: object) -> Iterator[tuple[str, object]]:
    yield from getattr(one, "__dict__", {}).items()
    for kind in type(one).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(one, name):
                yield name, getattr(one, name)


def reachable() -> Iterator[object]:
    """Everything that modules, frames and what the collector knows of lead to, once."""
    seen: set[int] = set()
    waiting: list[object] = [*sys.modules.values(), *sys._current_frames().values()]
    waiting += gc.get_objects()
    while waiting:
        one = waiting.pop()
        if isinstance(one, _FLAT) or id(one) in seen or one is seen or one is waiting:
            continue
        seen.add(id(one))
        if not isinstance(one, type | types.ModuleType | types.CodeType):
            yield one
        waiting.extend(gc.get_referents(one))
