"""The sockets that piles come by: how many there may be, by which path and in which version."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from websockets.asyncio.server import ServerConnection
from websockets.typing import Subprotocol

from collectors.ocpp_frames import Version

PATH = "/ocpp/"
PROTOCOLS = {Subprotocol(f"ocpp{version}"): version for version in Version}
"""Subprotocol to version, the oldest first."""
LOG = logging.getLogger(__name__)
LOG.setLevel(logging.WARNING)
# Whoever knocks at the port and is no pile would fill the log.
LOG.addFilter(lambda record: record.msg != "opening handshake failed")
_LONGEST = 255
"""Of an identity that is looked up. [characters]"""


def counted(sockets: set[ServerConnection], most: int) -> type[ServerConnection]:
    """Connections that are counted from their first byte on, and cut where there are too many."""

    class Counted(ServerConnection):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            sockets.add(self)
            if len(sockets) > most:
                self.transport.abort()

        def connection_lost(self, exc: Exception | None) -> None:
            sockets.discard(self)
            super().connection_lost(exc)

    return Counted


def identity_in(path: str) -> str | None:
    """The identity at the end of a path; None where there is none."""
    path = path.partition("?")[0]
    name = unquote(path.removeprefix(PATH), errors="replace").removesuffix("/")
    is_name = path.startswith(PATH) and 0 < len(name) <= _LONGEST and "/" not in name
    return name if is_name else None


def chosen(_connection: Any, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """The newest version that both speak; without one the connection is closed (1.6J, 3.1.2)."""
    known = [one for one in reversed(PROTOCOLS) if one in offered]
    return known[0] if known else None
