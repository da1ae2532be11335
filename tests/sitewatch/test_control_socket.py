import asyncio
import json
import os
import socket
import stat
import threading
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ingest.stores.forms import AbandonedError, Report
from ingest.stores.store import StoreError
from sitewatch.control_socket import NAME, NotRunningError, ask, serve_control
from sitewatch.errors import SitewatchError
from tests.ingest.samples import until

go_on = threading.Event()


def perform(request: Mapping[str, Any], report: Report) -> dict[str, Any]:
    if request["command"] == "fail":
        raise StoreError("the disk is full")
    report(3, 10)
    if request["command"] == "wait":
        assert go_on.wait(20)
    return {"heard": request["command"]}


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Path]:
    # Longer than the path of a socket may be.
    deep = tmp_path / ("long" * 30)
    deep.mkdir()
    go_on.clear()
    serving = asyncio.create_task(serve_control(deep, perform))
    await until(lambda: (deep / NAME).exists())
    yield deep
    go_on.set()
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    assert not (deep / NAME).exists()


def quiet(_done: int, _of: int) -> None:
    return


async def test_does_what_it_is_asked_and_tells_how_far_it_is(folder: Path) -> None:
    told: list[tuple[int, int]] = []

    def report(done: int, of: int) -> None:
        told.append((done, of))
        if (done, of) == (3, 10):
            go_on.set()

    found = await asyncio.to_thread(ask, folder, {"command": "wait"}, report)
    assert found == {"heard": "wait"}
    assert told[-1] == (3, 10)


async def test_is_for_its_owner_only(folder: Path) -> None:
    mode = os.stat(folder / NAME).st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


async def test_a_failure_is_told_in_its_own_words(folder: Path) -> None:
    with pytest.raises(SitewatchError, match=r"^the disk is full$"):
        await asyncio.to_thread(ask, folder, {"command": "fail"}, quiet)


async def test_two_commands_do_not_work_at_once(folder: Path) -> None:
    begun = threading.Event()
    waiting = asyncio.to_thread(
        ask, folder, {"command": "wait"}, lambda done, of: begun.set() if of else None
    )
    first = asyncio.create_task(waiting)
    await until(begun.is_set)
    with pytest.raises(SitewatchError, match="another command is at work"):
        await asyncio.to_thread(ask, folder, {"command": "quick"}, quiet)
    go_on.set()
    assert await first == {"heard": "wait"}
    assert await asyncio.to_thread(ask, folder, {"command": "now"}, quiet) == {"heard": "now"}


@pytest.mark.parametrize("command", ["export", "import"])
async def test_an_export_ends_where_its_client_leaves_and_an_import_goes_on(
    tmp_path: Path, command: str
) -> None:
    ended: list[str] = []
    left = threading.Event()

    def work(request: Mapping[str, Any], report: Report) -> dict[str, Any]:
        for step in range(200):
            try:
                report(step, 200)
            except AbandonedError:
                ended.append("abandoned")
                raise
            left.wait(0.01)
        ended.append("done")
        return {}

    def begin_and_leave() -> None:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(tmp_path / NAME))
            connection.sendall(json.dumps({"command": command}).encode() + b"\n")
            assert b"done" in connection.recv(1000)

    serving = asyncio.create_task(serve_control(tmp_path, work))
    await until(lambda: (tmp_path / NAME).exists())
    await asyncio.to_thread(begin_and_leave)
    await until(lambda: bool(ended))
    assert ended == ["abandoned" if command == "export" else "done"]
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


@pytest.mark.parametrize("sent", [b"nonsense\n", b"[1]\n", b"", b"x" * 2_000_000 + b"\n"])
async def test_nonsense_and_a_client_that_leaves_harm_nothing(folder: Path, sent: bytes) -> None:
    def send() -> bytes:
        with socket.socket(socket.AF_UNIX) as connection:
            handle = os.open(folder, os.O_RDONLY)
            connection.connect(f"/proc/self/fd/{handle}/{NAME}")
            os.close(handle)
            try:
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
                return connection.recv(100)
            except ConnectionError:
                return b""

    assert await asyncio.to_thread(send) == b""
    assert await asyncio.to_thread(ask, folder, {"command": "now"}, quiet) == {"heard": "now"}


async def test_work_goes_on_when_its_client_leaves(folder: Path) -> None:
    reader, writer = await asyncio.open_unix_connection(sock=_connected(folder))
    writer.write(json.dumps({"command": "wait"}).encode() + b"\n")
    await reader.readline()
    writer.close()
    with pytest.raises(SitewatchError, match="another command"):
        await asyncio.to_thread(ask, folder, {"command": "now"}, quiet)
    go_on.set()


def _connected(folder: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    handle = os.open(folder, os.O_RDONLY)
    connection.connect(f"/proc/self/fd/{handle}/{NAME}")
    os.close(handle)
    return connection


def test_no_service_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(NotRunningError, match="no service listens"):
        ask(tmp_path, {"command": "now"}, quiet)
