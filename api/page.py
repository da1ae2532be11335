"""The built page: its files, and `index.html` for every address that the page itself knows."""

import gzip
import mimetypes
from pathlib import Path

import anyio.to_thread
from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from api.errors import Refusal

NOT_BUILT = (
    "页面尚未构建：请运行 make web，或安装已构建的软件包。接口在 /api/v1。\n"
    "The page is not built: run make web, or install a built package. "
    "The interface is at /api/v1.\n"
)
_FOREVER = "public, max-age=31536000, immutable"
_PACKED = ("text/", "application/javascript", "application/json", "image/svg+xml")
_SMALL = 1400
"""What fits one packet gains nothing from packing. [B]"""


class Page:
    """Serves one folder; reads and packs each file once for as long as it does not change."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._kept: dict[Path, tuple[int, bytes, bytes | None]] = {}

    def find(self, path: str) -> Path | None:
        """The file of a path; None where there is none inside of the folder."""
        try:
            file = (self._folder / path).resolve()
            if not file.is_relative_to(self._folder) or not file.is_file():
                return None
        except (OSError, RuntimeError, ValueError):
            # A name that is too long or has a zero in it, a loop of links: no file of the page.
            return None
        hidden = any(part.startswith(".") for part in file.relative_to(self._folder).parts)
        return None if hidden else file

    def answer(self, path: str, accept_encoding: str) -> Response:
        """The answer to a path that is not of the interface.

        Raises:
            Refusal: `not_found`, it looks like a file and is none.
        """
        file = self.find(path) if path else None
        if file is None:
            if "." in path.rsplit("/", 1)[-1]:
                raise Refusal("not_found")
            file = self.find("index.html")
            if file is None:
                return PlainTextResponse(NOT_BUILT, 503)
        return self._send(file, accept_encoding)

    def _send(self, file: Path, accept_encoding: str) -> Response:
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        plain, packed = self._read(file, kind)
        asset = file.parent.name == "assets"
        headers = {"Cache-Control": _FOREVER if asset else "no-cache", "Vary": "Accept-Encoding"}
        if packed is not None and "gzip" in accept_encoding:
            headers["Content-Encoding"] = "gzip"
            return Response(packed, headers=headers, media_type=kind)
        return Response(plain, headers=headers, media_type=kind)

    def _read(self, file: Path, kind: str) -> tuple[bytes, bytes | None]:
        changed = file.stat().st_mtime_ns
        kept = self._kept.get(file)
        if kept is None or kept[0] != changed:
            plain = file.read_bytes()
            worth = kind.startswith(_PACKED) and len(plain) > _SMALL
            packed = gzip.compress(plain, 6) if worth else None
            kept = self._kept[file] = (changed, plain, packed)
        return kept[1], kept[2]


def install(app: FastAPI, folder: Path) -> None:
    """Serve the page on everything that no route has."""
    page = Page(folder)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            # No sockets are offered; the server above answers such an attempt.
            return
        request = Request(scope, receive)
        path = request.url.path.lstrip("/")
        ours = path.split("/", 1)[0] in ("api", "metrics")
        if ours or request.method not in ("GET", "HEAD"):
            raise Refusal("not_found")
        accepted = request.headers.get("accept-encoding", "")
        answer = await anyio.to_thread.run_sync(page.answer, path, accepted)
        await answer(scope, receive, send)

    app.router.default = serve
