"""The headers that every answer carries, and the limit on what a request may bring."""

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 65_536
"""Largest request body. [B]"""
MAX_ESTATE = 4 * 1024 * 1024
"""Largest estate that is brought to be checked. [B]"""
_ESTATES = re.compile(r"/api/v1/estate/check(/archive)?")
_PHOTOS = re.compile(r"/api/v1/work-orders/[0-9]+/photos")
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        # The page's component library writes style elements; styles cannot run anything.
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
_HSTS = "max-age=31536000"


def secure(headers: MutableHeaders, path: str, *, tls: bool) -> None:
    """Add the security headers; what the interface answers is never kept by a cache."""
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    if tls:
        headers.setdefault("Strict-Transport-Security", _HSTS)
    if path.startswith("/api/") or path == "/metrics":
        headers.setdefault("Cache-Control", "no-store")


class SecurityHeaders:
    """Middleware: the headers above on every answer, a stream included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                secure(headers, scope["path"], tls=scope["scheme"] == "https")
            await send(message)

        await self._app(scope, receive, send_secured)


class BodyLimit:
    """Middleware: a request body of more than MAX_BODY bytes is refused, not read.

    Photos and estates have limits of their own, and are read after the gate has let the caller in.
    """

    def __init__(self, app: ASGIApp, photo_bytes: int = MAX_BODY) -> None:
        self._app = app
        self._photo_bytes = photo_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        limit = self._limit(scope["path"])
        taken = int(declared) if declared.isdecimal() and len(declared) < 16 else limit + 1
        too_large = taken > limit
        taken = 0

        async def receive_limited() -> Message:
            nonlocal taken
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if too_large or taken > limit:
                    # Raised where the body is read, so that it becomes a problem document.
                    raise HTTPException(413)
            return message

        await self._app(scope, receive_limited, send)

    def _limit(self, path: str) -> int:
        """How many bytes a request to a path may bring."""
        if _PHOTOS.fullmatch(path):
            return self._photo_bytes
        return MAX_ESTATE if _ESTATES.fullmatch(path) else MAX_BODY
