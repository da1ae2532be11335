"""The local socket of a running service: commands by lines of JSON, for its owner only.

One request, one line; the answers are lines too: `{"done": 3, "of": 10}` while the work goes on,
and at the end `{"ok": true, ...}` or `{"ok": false, "error": "..."}`.
"""

import asyncio
import json
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ingest.bus import IngestError
from ingest.stores.forms import AbandonedError, Report, UnreadableFileError
from records.engine import RecordsError
from sitewatch.errors import InvalidInputError, SitewatchError
from sitewatch.local_socket import address, listen_at

NAME = "control.sock"
_LONGEST_LINE = 1_000_000
_REQUEST_S = 5.0
_SIGN_OF_LIFE_S = 2.0
_SILENCE_S = 30.0
"""After so long without a line the service is taken for dead. [s]"""
_ABANDONED = ("export",)
"""What ends where its client has left, as nothing is left behind by it."""

Perform = Callable[[Mapping[str, Any], Report], dict[str, Any]]
"""Does what a request asks; blocks, and is called in a worker thread."""


class NotRunningError(SitewatchError):
    """No service listens in this data folder."""


async def serve_control(folder: Path, perform: Perform) -> None:
    """Listen in a data folder until cancelled; one piece of work at a time."""
    busy = asyncio.Lock()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _answer(reader, writer, perform, busy)
        except (TimeoutError, ValueError, ConnectionError):
            pass  # a client that sends nothing, too much, or leaves, gets no answer
        except asyncio.CancelledError:
            pass  # the service ends; asyncio's server would print a trace of it
        finally:
            writer.close()

    listening = listen_at(folder, NAME)
    server = await asyncio.start_unix_server(answer, sock=listening, limit=_LONGEST_LINE)
    try:
        await server.serve_forever()
    finally:
        (folder / NAME).unlink(missing_ok=True)


async def _answer(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    perform: Perform,
    busy: asyncio.Lock,
) -> None:
    line = await asyncio.wait_for(reader.readline(), _REQUEST_S)
    request = json.loads(line)
    if not isinstance(request, dict):
        raise ValueError("a request is an object")  # noqa: TRY004 - answered like other nonsense
    if busy.locked():
        await _send(writer, {"ok": False, "error": "another command is at work; try again later"})
        return
    async with busy:
        done: list[int] = [0, 0]
        gone = False

        def report(now: int, of: int) -> None:
            if gone and request.get("command") in _ABANDONED:
                raise AbandonedError("nobody waits for it any more")
            done[:] = now, of

        work = asyncio.create_task(asyncio.to_thread(_outcome, perform, request, report))
        while not work.done():
            await asyncio.wait((work,), timeout=_SIGN_OF_LIFE_S / 4 if done[1] else 0.1)
            try:
                if not gone and not work.done():
                    await _send(writer, {"done": done[0], "of": done[1]})
            except (ConnectionError, TimeoutError):
                gone = True  # other work goes on: half of an import would be worse
        if not gone:
            await _send(writer, work.result())


def _outcome(perform: Perform, request: Mapping[str, Any], report: Report) -> dict[str, Any]:
    try:
        return {"ok": True, **perform(request, report)}
    except (InvalidInputError, UnreadableFileError) as error:
        return {"ok": False, "error": str(error), "invalid": True}
    except (SitewatchError, IngestError, RecordsError) as error:
        return {"ok": False, "error": str(error)}


async def _send(writer: asyncio.StreamWriter, message: Mapping[str, Any]) -> None:
    writer.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")
    await asyncio.wait_for(writer.drain(), _REQUEST_S)


def ask(folder: Path, request: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Have the service that runs in a data folder do something; blocks until it is done.

    Raises:
        NotRunningError: no service listens there.
        InvalidInputError: a file that it was given is at fault.
        SitewatchError: it refuses, fails or falls silent.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_SILENCE_S)
        try:
            with address(folder, NAME) as path:
                connection.connect(path)
        except OSError as error:
            raise NotRunningError(f"no service listens in {folder}: {error.strerror}") from error
        try:
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as answers:
                return _last(answers, report)
        except (OSError, ValueError) as error:
            raise SitewatchError(f"the service in {folder} does not answer: {error}") from error


def _last(answers: Iterator[bytes], report: Report) -> dict[str, Any]:
    for line in answers:
        found: dict[str, Any] = json.loads(line)
        if "ok" not in found:
            report(found["done"], found["of"])
        elif found.pop("ok"):
            return found
        elif found.get("invalid"):
            raise InvalidInputError(str(found["error"]))
        else:
            raise SitewatchError(str(found["error"]))
    raise SitewatchError("the service ended before the work was done; try again")
