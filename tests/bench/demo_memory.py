"""Memory of the demo while its past is filled in, and afterwards.

Run as `python -m tests.bench.demo_memory [--days N] [--minutes N] [--inside FILE]`. Starts
`sitewatch demo` as a user does, watches the service's resident memory until the past is in and for
`--minutes` after, and asks for what people look at meanwhile. The simulator, and the process that
makes the past, are processes of their own and not counted. With
`--inside` the service writes what its memory is made of (`tests.bench.rig.inside`) each minute;
that itself takes memory and time.
"""

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.rig.census import most_resident, resident
from tests.bench.rig.figures import show
from tests.bench.rig.inside import INSIDE, LOOKS, look_inside
from tests.e2e.service import PROGRAM, Service, started

LIMIT_MB = 300
_LONGEST_S = 1800.0


def is_filled(service: Service) -> bool:
    """Whether the past is in."""
    return any("history: the past" in line for line in list(service.lines))


def watched(
    service: Service, until: float, *, filling: bool, inside: Path | None
) -> Iterator[float]:
    """Resident memory twice a second until a moment, or until the past is in. [MB]"""
    minute = time.monotonic() + 60
    while time.monotonic() < until and not (filling and is_filled(service)):
        yield resident(service.process.pid)
        time.sleep(0.5)
        if time.monotonic() >= minute:
            minute += 60
            service.get("sites")
            service.get("latest")
            service.get("reports/energy", period=time.strftime("%Y-%m"))
            if inside is not None:
                look_inside(service.process.pid, inside)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=35, help="of the past")
    parser.add_argument("--minutes", type=float, default=10.0, help="after it is filled in")
    parser.add_argument("--inside", type=Path, help="where to write what memory is made of")
    given = parser.parse_args()
    inside = given.inside
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        arguments = ("demo", "--port", "0", "--data", str(folder / "data"))
        service = stack.enter_context(
            started(
                *arguments, "--history", f"{given.days}d", folder=folder,
                environment={LOOKS: str(inside)},
                program=PROGRAM if inside is None else INSIDE,
            )
        )  # fmt: skip
        began = time.monotonic()
        filling = list(watched(service, began + _LONGEST_S, filling=True, inside=inside))
        took_s, peak = time.monotonic() - began, most_resident(service.process.pid)
        if not is_filled(service):
            sys.exit(f"the past was not filled in within {_LONGEST_S:.0f} s")
        until = time.monotonic() + given.minutes * 60
        after = list(watched(service, until, filling=False, inside=inside))
        most = most_resident(service.process.pid)
    rows = [
        (f"the past {given.days} days are filled in after", f"{took_s:.0f} s", ""),
        ("resident at the start", f"{filling[0]:.0f} MB", ""),
        ("  most until the past is in", f"{peak:.0f} MB", f"< {LIMIT_MB} MB"),
        ("  10 s after", f"{after[min(20, len(after) - 1)]:.0f} MB", f"< {LIMIT_MB} MB"),
        (f"  {given.minutes:g} minutes after", f"{after[-1]:.0f} MB", f"< {LIMIT_MB} MB"),
        ("  most", f"{most:.0f} MB", f"< {LIMIT_MB} MB"),
    ]
    figures = {"filled_s": round(took_s, 1), "peak_mb": peak, "end_mb": after[-1], "most_mb": most}
    show("the demo's memory", rows, figures)
    sys.exit(0 if most < LIMIT_MB else 1)


if __name__ == "__main__":
    main()
