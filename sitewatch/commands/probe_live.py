"""`sitewatch probe --live`: a device read again and again, in place on a terminal."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from collectors.dial import place
from collectors.modbus_links import Transport
from collectors.probe import Probe, ProbeError, ProbeQuality, Prober
from collectors.recorded_registers import MadeRequest
from device_configs.durations import Seconds
from device_configs.profile import Profile
from sitewatch.commands.probe_table import STYLES, plain_table, value_text, words_text
from sitewatch.errors import InvalidInputError
from sitewatch.probe_board import Board, Row, Totals
from sitewatch.screen import out

_MARKED_S = 3.0
"""How long a changed value stays marked. [s]"""
_SHORTEST_S = 0.05
_FRAME = 6
"""Lines of the screen that are not points: two of the heading, up to three of the foot, prompt."""


def interval_of(text: str) -> float:
    """The time between two readings, in seconds.

    Raises:
        InvalidInputError: it is no duration.
    """
    try:
        seconds: float = TypeAdapter(Seconds).validate_python(text)
    except ValidationError as error:
        raise InvalidInputError(f"--every is a time such as 1s or 500ms, not {text!r}") from error
    return max(seconds, _SHORTEST_S)


def watch(
    profile: Profile, transport: Transport, unit: int, every_s: float, *, as_json: bool
) -> None:
    """Read until Ctrl-C, which is the good end."""
    if not as_json and not out.is_terminal:
        raise InvalidInputError("--live draws on a terminal; add --json for a file or a pipe")
    prober = Prober(profile, transport, unit)
    heading = f"{profile.id} at {place(transport)}, unit {unit}, every {every_s:g} s"
    try:
        asyncio.run(_as_lines(prober, every_s) if as_json else _on_screen(prober, every_s, heading))
    except KeyboardInterrupt:
        return
    except BrokenPipeError:
        # Whoever read the output has seen enough; what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


Outcome = tuple[Probe | ProbeError, tuple[MadeRequest, ...]]


async def _readings(prober: Prober, every_s: float) -> AsyncIterator[Outcome]:
    """A reading at every interval; one that takes longer is followed at once by the next."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    try:
        while True:
            outcome: Probe | ProbeError
            try:
                outcome = await prober.read()
            except ProbeError as error:
                outcome = error
            yield outcome, tuple(prober.registers.requests)
            due = max(due + every_s, loop.time())
            await asyncio.sleep(due - loop.time())
    finally:
        prober.close()


async def _as_lines(prober: Prober, every_s: float) -> None:
    async for outcome, requests in _readings(prober, every_s):
        if isinstance(outcome, ProbeError):
            document = Probe(prober.profile.id, (), requests).document() | {"error": str(outcome)}
        else:
            document = outcome.document()
        typer.echo(json.dumps(document, ensure_ascii=False))


async def _on_screen(prober: Prober, every_s: float, heading: str) -> None:
    board = Board()

    def picture() -> RenderableType:
        return board_view(board, heading, time.monotonic(), out.size.height - _FRAME)

    with Live(get_renderable=picture, console=out, refresh_per_second=5) as live:
        async for outcome, requests in _readings(prober, every_s):
            now = time.monotonic()
            if isinstance(outcome, ProbeError):
                board = board.lost(str(outcome), requests, now)
            else:
                board = board.heard(outcome, now)
            live.refresh()


def board_view(board: Board, heading: str, now: float, most: int) -> RenderableType:
    """The screen of a live probe at a moment."""
    table = plain_table("point", ">value", "unit", ">age", "quality", "raw words")
    several = len({device for device, _ in board.rows}) > 1
    for (device, name), row in list(board.rows.items())[: max(1, most)]:
        shown = f"{device}/{name}" if several else name
        table.add_row(shown, *_cells(row, now), style="dim" if row.now_missing else "")
    parts: list[RenderableType] = [Text(heading, style="bold"), table]
    hidden = len(board.rows) - max(1, most)
    if hidden > 0:
        parts.append(Text(f"... {hidden} more points do not fit in this window", style="dim"))
    if board.away_since is not None:
        away = f"no answer for {now - board.away_since:.0f} s: {board.why} Trying again."
        parts.append(Text(away, style="bold red"))
    return Group(*parts, Text(_foot(board.totals), style="dim"))


def _cells(row: Row, now: float) -> tuple[Text | str, ...]:
    point = row.point
    age = "-" if row.heard_at is None else f"{max(0.0, now - row.heard_at):.1f} s"
    fresh = now - row.changed_at < _MARKED_S
    value = Text(("* " if fresh else "") + value_text(point.value))
    if fresh and not row.now_missing:
        value.stylize("bold reverse")
    words = words_text(point.raw)
    if row.now_missing and row.heard_at is not None:
        return value, point.unit, Text(age, style="yellow"), "old", words
    reason = f": {point.reason.value.replace('_', ' ')}" if point.reason else ""
    style = STYLES[ProbeQuality(point.quality)]
    return value, point.unit, age, Text(point.quality.value + reason, style=style), words


def _foot(totals: Totals) -> str:
    return (
        f"{totals.readings} readings, {totals.failed} failed; {totals.requests} requests, "
        f"{totals.timeouts} time-outs, {totals.refused} refused; last {totals.last_ms:.1f} ms; "
        "Ctrl-C ends"
    )
