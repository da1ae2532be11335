"""The app under the real server, and a reader of its event stream."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

TIMEOUT_S = 20.0


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """Serve an app on a free port; gives its address."""
    config = uvicorn.Config(
        app, log_level="warning", lifespan="on", timeout_graceful_shutdown=2, ws="none"
    )
    async with running(uvicorn.Server(config)) as port:
        yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def running(server: uvicorn.Server) -> AsyncIterator[int]:
    """Run a server on a free port; gives the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.serve(sockets=[listener]))
            async with asyncio.timeout(TIMEOUT_S):
                while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
                    await asyncio.sleep(0.01)
            try:
                yield int(listener.getsockname()[1])
            finally:
                server.should_exit = True
    finally:
        listener.close()


@dataclass(frozen=True)
class Event:
    """One server-sent event."""

    name: str
    id: str
    data: Any


class Stream:
    """Reads one live stream event by event."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def next(self) -> Event | None:
        """The next event; None when the stream has ended."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(TIMEOUT_S):
            async for line in self._lines:
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif fields:
                    return Event(fields["event"], fields["id"], json.loads(fields["data"]))
        return None

    async def until(self, name: str) -> Event:
        """The next event of a name; others are passed over."""
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                event = await self.next()
                assert event is not None, f"the stream ended before {name!r}"
                if event.name == name:
                    return event

    async def end(self) -> None:
        """Read until the stream ends."""
        while await self.next() is not None:
            pass


@asynccontextmanager
async def streaming(
    client: httpx.AsyncClient, query: str = "", last_event_id: str | None = None
) -> AsyncIterator[Stream]:
    """Open a live stream."""
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    async with client.stream("GET", f"/api/v1/live{query}", headers=headers) as response:
        assert response.status_code == 200, await response.aread()
        yield Stream(response)
