"""`sitewatch scan`: which units answer, which are SunSpec devices, which profiles fit and why."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from collectors.dial import place
from collectors.fit import Fit, Verdict
from collectors.modbus_links import Parity, Transport
from collectors.registry import SCHEMAS
from collectors.scan import MOST_REQUESTS, FoundUnit, Scan
from collectors.scan import scan as scan_line
from device_configs.profile import load_profiles
from sitewatch.endpoint import (
    BaudOption,
    Framer,
    FramerOption,
    HostOption,
    ParityOption,
    PortOption,
    SerialOption,
    StopOption,
    options_of,
    transport_to,
)
from sitewatch.errors import InvalidInputError
from sitewatch.screen import counted, err, out

UnitsOption = Annotated[str, typer.Option("--units", help="units to ask for: 1-247, or 1,5,10-20")]
TimeoutOption = Annotated[
    int, typer.Option("--timeout-ms", min=20, max=10_000, help="what a silent unit costs")
]
JsonOption = Annotated[bool, typer.Option("--json", help="for machines")]
_SHOWN = 5
"""Fitting profiles that are shown of one unit."""


def scan(
    host: HostOption = None,
    port: PortOption = 502,
    framer: FramerOption = Framer.SOCKET,
    serial: SerialOption = None,
    baud: BaudOption = 9600,
    parity: ParityOption = Parity.NONE,
    stop: StopOption = 1,
    units: UnitsOption = "1-247",
    timeout_ms: TimeoutOption = 300,
    as_json: JsonOption = False,
) -> None:
    """Find the units that answer, and the profiles that fit them with the evidence.

    Reads only, through one connection: one request to every unit, and at most 400 to one that
    answers. A fit is a guess from what was read, never a proof.
    """
    transport, asked = transport_to(host, port, framer, serial, baud, parity, stop), units_of(units)
    library = load_profiles(SCHEMAS)
    with _bar() as bar:
        task = bar.add_task("connecting", total=None)

        def progress(what: str, done: int, of: int) -> None:
            bar.update(task, description=what, completed=done, total=of)

        seen = asyncio.run(
            scan_line(transport, asked, library.values(), timeout_ms=timeout_ms, progress=progress)
        )
    if as_json:
        typer.echo(json.dumps(_document(transport, seen), ensure_ascii=False))
    else:
        _show(transport, seen, timeout_ms)
    if not seen.found:
        raise typer.Exit(1)


def units_of(text: str) -> list[int]:
    """The units that `1,5,10-20` means, each once.

    Raises:
        InvalidInputError: it means none, or some that cannot be.
    """
    found: dict[int, None] = {}
    for piece in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,3})\s*(?:-\s*(\d{1,3})\s*)?", piece)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not 0 <= first <= last <= 255:
            raise InvalidInputError(f"--units is like 1-247 or 1,5,10-20, not {text!r}")
        found |= dict.fromkeys(range(first, last + 1))
    return list(found)


def _bar() -> Progress:
    """On a terminal only, and gone when the scan ends."""
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
        TimeRemainingColumn(), console=err, transient=True, disable=not err.is_terminal,
    )  # fmt: skip


def _document(transport: Transport, seen: Scan) -> dict[str, object]:
    return {
        "endpoint": place(transport),
        "units_asked": seen.asked,
        "every_unit_answers": seen.every_unit_answers,
        "units": [_unit_document(found) for found in seen.found],
    }


def _unit_document(found: FoundUnit) -> dict[str, object]:
    sunspec = found.sunspec
    return {
        "unit": found.answer.unit,
        "answer": found.answer.says,
        "ms": found.answer.ms,
        "examined": found.examined,
        "requests": found.requests,
        "sunspec": {**sunspec.texts, "models": list(sunspec.models)} if sunspec else None,
        "fits": [
            {
                "profile": fit.profile.id,
                "verdict": fit.verdict.value,
                "score": fit.score,
                "reasons": list(fit.reasons),
                "doubts": list(fit.doubts),
            }
            for fit in found.fits
        ],
    }


def _show(transport: Transport, seen: Scan, timeout_ms: int) -> None:
    if not seen.found:
        err.print(
            f"{place(transport)}: none of {seen.asked} units answers within {timeout_ms} ms; look "
            "at cabling, baud rate and parity, or try --framer rtu or a longer --timeout-ms"
        )
        return
    _say(f"{place(transport)}: {len(seen.found)} of {counted(seen.asked, 'unit')} answered")
    if seen.every_unit_answers:
        _say("It answers whatever unit is asked for, so that it is taken for one device.")
    for found in seen.found:
        if found.examined:
            _show_unit(transport, found)


def _say(text: str) -> None:
    out.print(text, highlight=False, markup=False)


def _show_unit(transport: Transport, found: FoundUnit) -> None:
    answer = found.answer
    requests = counted(found.requests, "request")
    _say(f"\nunit {answer.unit}  ({answer.says}; {answer.ms} ms; {requests})")
    if found.requests >= MOST_REQUESTS:
        _say("  asked enough: profiles that come late in the library were not tried")
    shown = [fit for fit in found.fits if fit.verdict in {Verdict.LIKELY, Verdict.POSSIBLE}]
    if found.sunspec is not None:
        _say(f"  SunSpec device: {found.sunspec}")
    for number, fit in enumerate(shown[:_SHOWN], 1):
        _say(f"  {number}. {fit.profile.id}: {fit.verdict.value}")
        _lines("+", fit.reasons)
        _lines("-", fit.doubts)
    if shown:
        options = options_of(transport, answer.unit)
        _say(f"  next: sitewatch probe --profile {shown[0].profile.id} {options}")
    else:
        _say("  no profile of the library is seen to fit")
    _show_rest(found.fits, len(shown[:_SHOWN]))


def _show_rest(fits: Sequence[Fit], shown: int) -> None:
    rest = fits[shown:]
    open_ones = [fit.profile.id for fit in rest if fit.verdict is Verdict.CANNOT_TELL]
    if open_ones:
        names = ", ".join(open_ones[:8]) + (", ..." if len(open_ones) > 8 else "")
        _say(f"  cannot tell (zeros, or values any device could show): {names}")
    counts = Counter(fit.verdict for fit in rest)
    if counts[Verdict.UNLIKELY]:
        _say(f"  unlikely: the other {counts[Verdict.UNLIKELY]}")


def _lines(mark: str, texts: Sequence[str]) -> None:
    for text in texts:
        _say(f"     {mark} {text}")
