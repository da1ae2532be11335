"""A real little HTTP receiver on loopback for webhooks: it records, and can misbehave.

`with receiving() as receiver:` gives one on a free port; `receiver.behave(...)` says what the next
requests get, the last one stays.
"""

import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    at: float
    """Monotonic. [s]"""

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass(frozen=True)
class Behaviour:
    """What a request gets: a status after a while, or a reset connection."""

    status: int = 204
    delay_s: float = 0.0
    reset: bool = False


class Receiver:
    """The running server."""

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self._behaviours: deque[Behaviour] = deque([Behaviour()])
        self._lock = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                body = self.rfile.read(length)
                headers = {name.lower(): value for name, value in self.headers.items()}
                behaviour = receiver._take(Received(self.path, headers, body, time.monotonic()))
                if behaviour.delay_s:
                    time.sleep(behaviour.delay_s)
                if behaviour.reset:
                    linger = struct.pack("ii", 1, 0)
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    self.connection.close()
                    self.close_connection = True
                    return
                try:
                    self.send_response(behaviour.status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except OSError:
                    self.close_connection = True

            def finish(self) -> None:
                try:
                    super().finish()
                except (OSError, ValueError):
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_: object) -> None:
                return

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def behave(self, *behaviours: Behaviour) -> None:
        """What the next requests get, in order; the last one stays."""
        with self._lock:
            self._behaviours = deque(behaviours)

    def _take(self, request: Received) -> Behaviour:
        with self._lock:
            self.requests.append(request)
            self._lock.notify_all()
            behaviours = self._behaviours
            return behaviours.popleft() if len(behaviours) > 1 else behaviours[0]

    def wait(self, count: int, timeout_s: float = 20.0) -> list[Received]:
        """The requests, once there are at least `count`."""
        with self._lock:
            enough = self._lock.wait_for(lambda: len(self.requests) >= count, timeout_s)
            assert enough, f"{len(self.requests)} of {count} requests came in {timeout_s} s"
            return list(self.requests)

    def start(self) -> None:
        """Listen."""
        self._thread.start()

    def stop(self) -> None:
        """Stop and close."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=10)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver()
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop()
