"""The live stream as server-sent events."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated

import anyio
import anyio.to_thread
from fastapi import APIRouter, Header
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.auth import Asking, Caller
from api.house import House
from api.live import Live, Reader
from api.parts_of_app import Behind, IndexOfNow, Streams
from records import tokens
from records.sessions import find_session

router = APIRouter(tags=["live"])
CHECK_S = 5.0
"""How soon a stream ends whose session has ended elsewhere. [s]"""
SEND_S = 30.0
"""How long a client may take no byte. [s]"""


class LiveResponse(Response):
    """An endless answer: events until the client, the session or the service ends it."""

    media_type = "text/event-stream"

    def __init__(self, live: Live, reader: Reader, still_valid: Callable[[], bool]) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._live = live
        self._reader = reader
        self._still_valid = still_valid

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the stream."""
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._watch_client, receive)
                tasks.start_soon(self._watch_session)
                await self._send(send)
                tasks.cancel_scope.cancel()
        finally:
            self._live.close(self._reader)

    async def _send(self, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        async with asyncio.timeout(SEND_S):
            await send(start)
        events: AsyncIterator[bytes] = self._live.events(self._reader)
        try:
            async for event in events:
                async with asyncio.timeout(SEND_S):
                    await send({"type": "http.response.body", "body": event, "more_body": True})
            async with asyncio.timeout(SEND_S):
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            # A client that takes nothing is gone as far as the service is concerned.
            return

    async def _watch_client(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._reader.end()

    async def _watch_session(self) -> None:
        while True:
            await asyncio.sleep(CHECK_S)
            if not await anyio.to_thread.run_sync(self._still_valid):
                self._reader.end()
                return


def _validity(house: House, caller: Caller) -> Callable[[], bool]:
    """Whether the caller may still have what was opened for them."""

    def still_valid() -> bool:
        now = house.now_ms()
        if caller.session is None:
            name = caller.name.removeprefix("token:")
            return tokens.find_named(house.engine, name, now) is not None
        key, limits = caller.session.key, house.settings.limits
        session = find_session(house.engine, key, limits, now)
        return session is not None and session.person == caller.person

    return still_valid


@router.get(
    "/live",
    response_class=Response,
    responses={200: {"content": {LiveResponse.media_type: {"schema": {"type": "string"}}}}},
)
async def get_live(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    live: Streams,
    site: str | None = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Server-sent events: `snapshot`, then `values`, `alarm` and `heartbeat`.

    With the header `Last-Event-ID` the stream goes on where it broke off; when that is too long
    ago it begins with a new snapshot.
    """
    sites = caller.within(index.estate, site)
    reader = live.open(sites, caller.key, last_event_id)
    return LiveResponse(live, reader, _validity(house, caller))
