"""The demo's control port: incidents by a line of JSON over loopback TCP."""

import asyncio
import json
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from collectors.simulator.incidents import INCIDENTS, Incidents
from collectors.simulator.model import SimulatorError

PORT_FILE = "simulator.json"
"""In the demo's data folder: the control port and the word that opens it."""
_LONGEST_LINE = 4096
_TIMEOUT_S = 5.0


def answer(incidents: Incidents, request: Mapping[str, Any], now_ms: int) -> dict[str, object]:
    """Do what a request asks.

    Raises:
        SimulatorError: it cannot be done.
    """
    if request.get("list"):
        return {"active": _active(incidents), "incidents": _known()}
    name, device, part = request.get("incident"), request.get("device"), request.get("part")
    if not isinstance(name, str) or not isinstance(device, str):
        raise SimulatorError("a request names an incident and a device")
    if part is not None and not isinstance(part, str):
        raise SimulatorError("a part is given by its id")
    act = incidents.clear if request.get("clear") else incidents.begin
    return {"at": act(name, device, part, now_ms), "active": _active(incidents)}


def _active(incidents: Incidents) -> list[dict[str, object]]:
    return [
        {"incident": name, "at": at, "since": since}
        for (name, at), since in incidents.active.items()
    ]


def _known() -> list[dict[str, object]]:
    return [
        {"incident": found.name, "kinds": list(found.kinds), "summary": found.summary}
        for found in INCIDENTS.values()
    ]


async def open_control(
    incidents: Incidents,
    folder: Path,
    now_ms: Callable[[], int],
    stack: AsyncExitStack,
    changed: Callable[[], None] = lambda: None,
) -> int:
    """Listen until the stack closes, and leave the port in `simulator.json`; returns the port."""
    word = secrets.token_hex(16)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await asyncio.wait_for(reader.readline(), _TIMEOUT_S)
            writer.write(_reply(incidents, line, word, now_ms()) + b"\n")
            changed()
            await asyncio.wait_for(writer.drain(), _TIMEOUT_S)
        except (TimeoutError, ValueError, ConnectionError):
            pass  # a client that sends nothing, too much, or leaves, gets no answer
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=_LONGEST_LINE)
    stack.callback(server.close)
    port = int(server.sockets[0].getsockname()[1])
    file = folder / PORT_FILE
    _write_private(file, json.dumps({"port": port, "word": word, "pid": os.getpid()}))
    stack.callback(file.unlink, missing_ok=True)
    return port


def _write_private(file: Path, text: str) -> None:
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)


def _reply(incidents: Incidents, line: bytes, word: str, now_ms: int) -> bytes:
    try:
        request = json.loads(line)
        if not isinstance(request, dict) or request.get("word") != word:
            raise SimulatorError("this is not the word in simulator.json")  # noqa: TRY301
        found = {"ok": True, **answer(incidents, request, now_ms)}
    except (SimulatorError, ValueError) as error:
        found = {"ok": False, "error": str(error)}
    return json.dumps(found, ensure_ascii=False).encode()


def ask(folder: Path, request: Mapping[str, object]) -> dict[str, Any]:
    """Ask the demo that runs in a data folder; what `sitewatch incident` does.

    Raises:
        SimulatorError: no demo runs there, or it refuses.
    """
    file = folder / PORT_FILE
    try:
        opened = json.loads(file.read_text())
        line = json.dumps({**request, "word": opened["word"]}).encode() + b"\n"
        with socket.create_connection(("127.0.0.1", opened["port"]), _TIMEOUT_S) as connection:
            connection.sendall(line)
            with connection.makefile("rb") as answers:
                found = json.loads(answers.readline())
    except (OSError, ValueError, KeyError) as error:
        raise SimulatorError(
            f"no demo is running with its data in {folder}; start one with `sitewatch demo`, "
            "or name its folder with --data"
        ) from error
    if not found.get("ok"):
        raise RefusedError(str(found.get("error")))
    return dict(found)


class RefusedError(SimulatorError):
    """The running demo does not do what it was asked; the text says why."""
