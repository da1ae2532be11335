"""A server on loopback that answers as its script says, and notes what it was asked.

For answers that no server on the test machine gives. It stores nothing.
"""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Reply:
    """One answer."""

    status: int = 200
    body: object = None
    """Sent as JSON, text as it is."""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    """Of the address and of a form."""
    headers: Mapping[str, str]
    body: str


@dataclass
class Scripted:
    """The script: for `METHOD path` its answers in turn, the last of them for ever."""

    replies: dict[str, Sequence[Reply]]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def paths(self) -> list[str]:
        """What was asked, as `METHOD path`."""
        return [f"{one.method} {one.path}" for one in self.asked]

    def reply(self, asked: Asked) -> Reply:
        """Note a request and find its answer."""
        with self._lock:
            name = f"{asked.method} {asked.path}"
            count = self.paths().count(name)
            self.asked.append(asked)
            known = self.replies.get(name, (Reply(404, {"code": "not found", "message": name}),))
            return known[min(count, len(known) - 1)]


class _Handler(BaseHTTPRequestHandler):
    script: Scripted
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = body if "form" in self.headers.get("Content-Type", "") else ""
        query = {name: values[0] for name, values in parse_qs(f"{parts.query}&{form}").items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.script.reply(Asked(self.command, parts.path, query, headers, body))
        text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
        content = b"" if reply.body is None else text.encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _answer

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def scripted(replies: Mapping[str, Sequence[Reply] | Reply]) -> Iterator[Scripted]:
    """A running server; the keys are `METHOD path`."""
    found = {
        name: (reply,) if isinstance(reply, Reply) else reply for name, reply in replies.items()
    }
    script = Scripted(found)
    handler = type("Handler", (_Handler,), {"script": script})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
