"""Signing in by OpenID Connect: the authorisation code flow with PKCE, state and nonce.

Sources: OpenID Connect Core 1.0, sections 3.1.2 and 3.1.3; OpenID Connect Discovery 1.0, section 4;
RFC 7636 (PKCE). What the provider says of a person becomes roles and sites by setting only.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from api.errors import ApiError
from records.identities import Identity
from records.people import Role

ALGORITHMS = ("RS256", "PS256", "ES256")
"""Signatures that are taken; never `none`, and never one whose key is the client's secret."""
TIMEOUT_S = 10.0
"""How long the provider may take for one answer. [s]"""
LEEWAY_S = 60
"""How far the provider's clock may be off. [s]"""
LARGEST = 200_000
"""Largest answer of the provider. [B]"""


class OidcError(ApiError):
    """The provider cannot be reached, or says what cannot be believed."""


class NotAdmittedError(ApiError):
    """The provider vouches for the person, and no setting gives them a role and a site here."""


@dataclass(frozen=True)
class OidcSettings:
    """A provider, and what its claims mean here."""

    issuer: str
    client_id: str
    redirect_uri: str
    client_secret: str | None = field(default=None, repr=False)
    name: str = "OpenID Connect"
    """As the login page names it."""
    scopes: str = "openid profile"
    username_claim: str = "preferred_username"
    roles_claim: str = "roles"
    roles: Mapping[str, tuple[Role, ...]] = field(default_factory=dict)
    """Value of the claim to roles; other values give none."""
    sites_claim: str | None = None
    """Without it everybody has `default_sites`."""
    sites: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    default_sites: tuple[str, ...] = ()


@dataclass(frozen=True)
class Flow:
    """What one login keeps between its beginning and its end, in a sealed cookie."""

    state: str
    nonce: str
    verifier: str


def new_flow() -> Flow:
    """Three values that nobody can guess."""
    return Flow(*(secrets.token_urlsafe(32) for _ in range(3)))


class Provider:
    """Speaks to one provider."""

    def __init__(self, settings: OidcSettings) -> None:
        self.settings = settings
        self._known: Mapping[str, Any] | None = None
        self._keys: KeySet | None = None

    async def address(self, flow: Flow) -> str:
        """Where the browser is sent to sign in.

        Raises:
            OidcError: the provider cannot be reached.
        """
        challenge = hashlib.sha256(flow.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.settings.redirect_uri,
            "scope": self.settings.scopes,
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        endpoint = str((await self._discovered())["authorization_endpoint"])
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def identity(self, code: str, flow: Flow, now_ms: int) -> Identity:
        """Who came back with a code.

        Raises:
            OidcError: the provider cannot be reached, or its answer does not hold.
            NotAdmittedError: no setting gives the person a role and a site.
        """
        settings = self.settings
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": settings.redirect_uri,
            "client_id": settings.client_id,
            "code_verifier": flow.verifier,
        }
        auth = None
        if settings.client_secret is not None:
            auth = httpx.BasicAuth(settings.client_id, settings.client_secret)
        endpoint = str((await self._discovered())["token_endpoint"])
        answer = await self._ask("POST", endpoint, data=form, auth=auth)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise OidcError("the provider's answer has no id_token")
        claims = await self._claims(token, flow.nonce, now_ms)
        return identity_of(settings, claims)

    async def _claims(self, token: str, nonce: str, now_ms: int) -> Mapping[str, Any]:
        for fresh in (False, True):
            try:
                decoded = jwt.decode(token, await self._key_set(fresh), algorithms=[*ALGORITHMS])
                break
            except (JoseError, ValueError) as error:
                # Keys are rolled over: once, and with the new ones.
                if fresh:
                    raise OidcError(f"the id_token is not signed by it: {error}") from error
        rules = jwt.JWTClaimsRegistry(
            now=now_ms // 1000,
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self.settings.issuer},
            aud={"essential": True, "value": self.settings.client_id},
            nonce={"essential": True, "value": nonce},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        try:
            rules.validate(decoded.claims)
        except JoseError as error:
            raise OidcError(f"the id_token does not hold: {error}") from error
        audience = decoded.claims["aud"]
        party = decoded.claims.get("azp")
        many = isinstance(audience, list) and len(audience) > 1
        if (many or party is not None) and party != self.settings.client_id:
            raise OidcError("the id_token was given to somebody else")
        return dict(decoded.claims)

    async def _discovered(self) -> Mapping[str, Any]:
        if self._known is None:
            base = self.settings.issuer.rstrip("/")
            found = await self._ask("GET", f"{base}/.well-known/openid-configuration")
            if found.get("issuer") != self.settings.issuer:
                raise OidcError("the provider names another issuer than the setting")
            missing = {"authorization_endpoint", "token_endpoint", "jwks_uri"} - set(found)
            if missing:
                raise OidcError(f"the provider does not tell its {', '.join(sorted(missing))}")
            self._known = found
        return self._known

    async def _key_set(self, fresh: bool) -> KeySet:
        if self._keys is None or fresh:
            known = await self._discovered()
            try:
                found: Any = await self._ask("GET", str(known["jwks_uri"]))
                self._keys = KeySet.import_key_set(found)
            except (JoseError, KeyError, TypeError, ValueError) as error:
                raise OidcError("the provider's keys cannot be read") from error
        return self._keys

    async def _ask(
        self,
        method: str,
        url: str,
        data: Mapping[str, str] | None = None,
        auth: httpx.Auth | None = None,
    ) -> dict[str, Any]:
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
                answer = await client.request(method, url, data=data, auth=auth)
                body = answer.json() if len(answer.content) <= LARGEST else None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise OidcError(f"the provider does not answer: {error}") from error
        if answer.status_code != httpx.codes.OK or not isinstance(body, dict):
            raise OidcError(f"the provider answered {answer.status_code}")
        return body


def identity_of(settings: OidcSettings, claims: Mapping[str, Any]) -> Identity:
    """What the claims of a person mean here.

    Raises:
        OidcError: there is no name.
        NotAdmittedError: they give no role or no site.
    """
    name = claims.get(settings.username_claim)
    if not isinstance(name, str):
        raise OidcError(f"the id_token has no {settings.username_claim}")
    found = {
        role for value in _texts(claims.get(settings.roles_claim))
        for role in settings.roles.get(value, ())
    }  # fmt: skip
    roles = [role for role in Role if role in found]
    sites: tuple[str, ...] = settings.default_sites
    if settings.sites_claim is not None:
        values = _texts(claims.get(settings.sites_claim))
        sites = tuple(site for value in values for site in settings.sites.get(value, ()))
    if not roles or not sites:
        raise NotAdmittedError("no setting gives this person a role and a site")
    return Identity(settings.issuer, str(claims["sub"]), name, roles, sorted(set(sites)))


def _texts(claim: object) -> list[str]:
    """A claim as texts: providers send one text, or a list."""
    values = claim if isinstance(claim, list) else [claim]
    return [value for value in values if isinstance(value, str)]
