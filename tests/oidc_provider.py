"""A small OpenID Connect provider with real keys, which can also be told to lie."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import RSAKey

_QUESTION = '<link rel="icon" href="data:,"><form method="post"><button>Allow</button></form>'
CLIENT, SECRET = "sitewatch", "the client's own secret"


@dataclass
class OidcProvider:
    """What it says, and to whom."""

    now_s: Callable[[], int]
    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    """Of whoever signs in; over what is right."""
    header: dict[str, str] = field(default_factory=lambda: {"alg": "RS256", "kid": "one"})
    key: RSAKey = field(
        default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}, private=True)
    )
    signing: RSAKey | bytes | None = None
    """The key it signs with, where that is not the one it tells."""
    given: dict[str, dict[str, str]] = field(default_factory=dict)
    """What was asked for, by code."""
    token_status: int = 200
    asks: bool = False
    """Whether a person must press a button there, as at most providers."""

    def app(self) -> FastAPI:
        """Its interface."""
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        def configuration() -> dict[str, str]:
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }

        @app.get("/keys")
        def keys() -> dict[str, list[Any]]:
            return {"keys": [self.key.as_dict(private=False)]}

        @app.get("/authorize")
        def authorize(request: Request) -> Response:
            if self.asks:
                return HTMLResponse(_QUESTION)
            return allow(request)

        @app.post("/authorize")
        def allow(request: Request) -> Response:
            asked = dict(request.query_params)
            assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
            assert asked["code_challenge_method"] == "S256"
            code = secrets.token_urlsafe(16)
            self.given[code] = asked
            query = urlencode({"code": code, "state": asked["state"]})
            return RedirectResponse(f"{asked['redirect_uri']}?{query}", 303)

        @app.post("/token")
        async def token(request: Request) -> JSONResponse:
            form = dict(parse_qsl((await request.body()).decode()))
            asked = self.given.pop(form["code"], None)
            basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            challenge = _packed(digest)
            if (
                asked is None
                or asked["code_challenge"] != challenge
                or asked["redirect_uri"] != form["redirect_uri"]
                or request.headers.get("authorization") != f"Basic {basic}"
            ):
                return JSONResponse({"error": "invalid_grant"}, 400)
            return JSONResponse({"id_token": self.id_token(asked["nonce"])}, self.token_status)

        return app

    def id_token(self, nonce: str) -> str:
        """The signed claims."""
        now = self.now_s()
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": "7", "nonce": nonce, "iat": now,
            "exp": now + 300, "preferred_username": "wang", "roles": ["building-operators"],
        } | self.claims  # fmt: skip
        if isinstance(self.signing, bytes):
            # By hand: the library refuses to take a public key for a secret, or to sign not at all.
            parts = [_packed(json.dumps(part).encode()) for part in (self.header, claims)]
            signed = ".".join(parts)
            code = hmac.digest(self.signing, signed.encode(), "sha256") if self.signing else b""
            return f"{signed}.{_packed(code)}"
        return jwt.encode(self.header, claims, self.signing or self.key)


def _packed(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
