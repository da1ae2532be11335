"""`sitewatch record`: what a device holds, kept in a file that `replay` and tests can read."""

import asyncio
import datetime as dt
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from collectors.modbus_links import Parity
from collectors.modbus_schema import ModbusSettings, Table
from collectors.record import Recording, Span, record_profile, record_spans
from collectors.redact import redact as blank
from sitewatch.endpoint import (
    BaudOption,
    Framer,
    FramerOption,
    HostOption,
    ParityOption,
    PortOption,
    SerialOption,
    StopOption,
    UnitOption,
    transport_to,
)
from sitewatch.errors import InvalidInputError, SitewatchError
from sitewatch.library import profile_named
from sitewatch.screen import counted, say

ProfileOption = Annotated[
    str | None, typer.Option("--profile", help="record what this profile reads; a name or a file")
]
RangeOption = Annotated[
    list[str] | None,
    typer.Option("--range", help="record these: input:0-79, holding:0x5000-0x5003; repeatable"),
]
NoteOption = Annotated[str, typer.Option("--note", help="what was going on at the device")]
OutputOption = Annotated[Path, typer.Option("-o", "--output", help="the file to write")]
RedactOption = Annotated[
    bool, typer.Option("--redact", help="blank serial numbers and texts that the profile knows")
]
ForceOption = Annotated[bool, typer.Option("--force", help="replace the file if it is there")]


def record(
    output: OutputOption,
    host: HostOption = None,
    port: PortOption = 502,
    unit: UnitOption = 1,
    framer: FramerOption = Framer.SOCKET,
    serial: SerialOption = None,
    baud: BaudOption = 9600,
    parity: ParityOption = Parity.NONE,
    stop: StopOption = 1,
    profile: ProfileOption = None,
    ranges: RangeOption = None,
    note: NoteOption = "",
    redact: RedactOption = False,
    force: ForceOption = False,
) -> None:
    """Save the registers of a device as a capture, with what was refused or not answered."""
    transport = transport_to(host, port, framer, serial, baud, parity, stop)
    if (profile is None) == (not ranges):
        raise InvalidInputError("say what to record: --profile NAME, or --range TABLE:FIRST-LAST")
    if redact and profile is None:
        raise InvalidInputError("--redact needs --profile, which says where serial numbers stand")
    if output.exists() and not force:
        raise InvalidInputError(f"{output} is there already; give --force to replace it")
    if profile is not None:
        found = profile_named(profile)
        if not isinstance(found.settings, ModbusSettings):
            raise InvalidInputError(f"profile {found.id!r} speaks {found.protocol}, not Modbus")
        recording = asyncio.run(record_profile(found, transport, unit))
    else:
        spans = [span_of(text) for text in ranges or ()]
        recording = asyncio.run(record_spans(spans, transport, unit))
    recording = blank(recording) if redact else recording
    _write(output, recording, note, force=force)
    _tell(output, recording)


def span_of(text: str) -> Span:
    """The addresses that `input:0-79` means.

    Raises:
        InvalidInputError: it means none.
    """
    number = r"(0[xX][0-9a-fA-F]{1,4}|\d{1,5})"
    match = re.fullmatch(rf"(coil|discrete|input|holding):{number}(?:-{number})?", text.strip())
    first = int(match[2], 0) if match else 1
    last = int(match[3] or match[2], 0) if match else 0
    if match is None or not first <= last <= 0xFFFF:
        raise InvalidInputError(
            f"--range is like input:0-79 or holding:0x5000-0x5003, not {text!r}"
        )
    return Span(Table(match[1]), first, last - first + 1)


def _write(output: Path, recording: Recording, note: str, *, force: bool) -> None:
    now = dt.datetime.now(dt.UTC)
    document = recording.document(at=now, note=note, source="sitewatch record")
    try:
        with output.open("w" if force else "x", encoding="utf-8") as file:
            file.write(json_text(document))
    except FileExistsError as error:
        raise InvalidInputError(f"{output} is there already; give --force to replace it") from error
    except OSError as error:
        raise SitewatchError(f"{output} cannot be written: {error.strerror}") from error


def json_text(document: dict[str, object]) -> str:
    """JSON with one line a block and a point, so that a difference can be read."""
    lines = []
    for key, value in document.items():
        text = json.dumps(value, ensure_ascii=False)
        if isinstance(value, list) and value:
            rows = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in value)
            text = f"[\n  {rows}\n ]"
        elif key == "expected" and isinstance(value, dict):
            text = _mapping({name: _mapping(points, 3) for name, points in value.items()}, 2)
        lines.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _mapping(rows: Mapping[str, object], depth: int) -> str:
    """A mapping with one line an entry; an entry that is text is JSON already."""
    texts = []
    for name, row in rows.items():
        text = row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)
        texts.append(f"{json.dumps(name)}: {text}")
    indent = "\n" + " " * depth
    return "{" + indent + f",{indent}".join(texts) + indent[:-1] + "}"


def _tell(output: Path, recording: Recording) -> None:
    capture = recording.capture
    cells = sum(len(block.words) for block in capture.blocks)
    refused = sum(gap.count for gap in capture.gaps if gap.exception is not None)
    silent = sum(gap.count for gap in capture.gaps if gap.exception is None)
    say(
        f"{output}: {counted(cells, 'cell')} in {counted(len(capture.blocks), 'block')}, "
        f"{refused} refused, {silent} not answered; {counted(recording.requests, 'request')}"
    )
    if recording.redacted:
        say(f"blanked: {', '.join(sorted(recording.redacted))}")
    if recording.probe is not None:
        say("'expected' is our own decoding: compare it with the display before you rely on it")
