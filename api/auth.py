"""Who asks, and may they: the one place that every request passes.

A browser shows the session cookie, and on every write the header `X-CSRF-Token` as well; a machine
shows a bearer token. `Gate.check` looks the route up in `permissions.yaml`.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response

from api.errors import Refusal
from api.house import House
from api.permissions import Access
from api.rate_limit import Dear, RateLimit
from device_configs.estate import Estate
from records import audit, tokens
from records.lockout import network_of
from records.people import EVERYWHERE, Person, Role
from records.sessions import Session, csrf_of, find_session, key_of, touch
from records.sign_in import Client

COOKIE = "sitewatch_session"
CSRF_HEADER = "X-CSRF-Token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_BEFORE_NEW_PASSWORD = frozenset({"/api/v1/session", "/api/v1/session/password"})
_BEFORE_SECOND_FACTOR = _BEFORE_NEW_PASSWORD | {"/api/v1/session/second-factor"}
_MAX_SECRET = 200


@dataclass(frozen=True)
class Caller:
    """Who asks: a person with a session, or a machine with a token."""

    name: str
    """`person:NAME` or `token:NAME`."""
    roles: frozenset[Role]
    sites: tuple[str, ...]
    address: str
    person: Person | None = None
    session: Session | None = None

    @property
    def roles_in_order(self) -> tuple[Role, ...]:
        """The roles in the order of `Role`."""
        return tuple(role for role in Role if role in self.roles)

    @property
    def key(self) -> str:
        """By which live streams of one session or token are counted and ended."""
        return self.session.key if self.session else self.name

    @property
    def actor(self) -> audit.Actor:
        """The caller as the audit chain names it."""
        return audit.Actor(self.name, self.address)

    def everywhere(self, estate: Estate) -> bool:
        """Whether the caller's sites are the whole estate."""
        return EVERYWHERE in self.sites or estate.id in self.sites

    def visible(self, estate: Estate) -> frozenset[str]:
        """The ids of all sites the caller may see."""
        if self.everywhere(estate):
            return frozenset(estate.sites)
        return frozenset().union(*(estate.below(site) for site in self.sites))

    def within(self, estate: Estate, site: str | None) -> frozenset[str]:
        """The visible sites at and below `site`; all visible ones without it.

        Raises:
            Refusal: `not_found`, there is no such site, or not for the caller.
        """
        visible = self.visible(estate)
        if site is None:
            return visible
        if site not in visible:
            raise Refusal("not_found", f"there is no site {site!r}")
        return estate.below(site) & visible


def address_of(request: Request) -> str:
    """The address a request comes from, as the server (or its trusted proxy) says."""
    return request.client.host if request.client else "unknown"


def client_of(request: Request) -> Client:
    """Where a request comes from, as a session keeps it."""
    return Client(address_of(request), request.headers.get("user-agent", ""))


def set_cookie(response: Response, house: House, secret: str) -> None:
    """Give the browser its session, and the token that its writes must show."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(house.settings.session_absolute_s),
        httponly=True,
        samesite="strict",
        secure=house.settings.secure_cookies,
        path="/",
    )
    response.headers[CSRF_HEADER] = csrf_of(secret)


def drop_cookie(response: Response, house: House) -> None:
    """Take the session from the browser."""
    response.delete_cookie(
        COOKIE, path="/", httponly=True, samesite="strict", secure=house.settings.secure_cookies
    )


def _is_foreign(request: Request) -> bool:
    """Whether a browser says that another site's page made this request, a login included."""
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return True
    # Browsers leave Sec-Fetch-Site out on plain HTTP, where many an estate's own network runs.
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host")


class Gate:
    """Decides for each request who asks and whether they may."""

    def __init__(self, house: House, table: Mapping[object, Access]) -> None:
        self._house = house
        settings = house.settings
        self._limit = RateLimit(
            {
                Dear.LOGIN: settings.logins_per_minute,
                Dear.WRITE: settings.writes_per_minute,
                Dear.EXPORT: settings.exports_per_minute,
            }
        )
        self._table = table
        """Access by endpoint function, so that no second reading of the path can differ."""

    def check(self, request: Request) -> None:
        """The dependency of every route: leaves the caller in `request.state.caller`.

        Raises:
            Refusal: `sign_in`, `csrf`, `change_password`, `enrol`, `forbidden` or
                `too_many`.
        """
        access = self._table[request.scope["endpoint"]]
        write = request.method not in _SAFE
        if write and _is_foreign(request):
            raise Refusal("csrf")
        if access.public:
            network = network_of(address_of(request))
            if write:
                # Signing in, and what a link in a message may do.
                self._limit.take(Dear.LOGIN, network)
            elif access.login:
                # A share of its own: who comes by the provider begins and comes back.
                self._limit.take(Dear.LOGIN, f"{network} {request.url.path}")
            return
        caller = self.caller(request, write)
        if caller is None:
            raise Refusal("sign_in", headers={"WWW-Authenticate": "Bearer"})
        if caller.session is not None:
            self._check_session(caller.session, request.url.path)
        if not caller.roles & access.roles:
            raise Refusal("forbidden")
        if access.export:
            self._limit.take(Dear.EXPORT, caller.key)
        elif write:
            self._limit.take(Dear.WRITE, caller.key)
        request.state.caller = caller

    def _check_session(self, session: Session, path: str) -> None:
        """Whether a person must first do something for the safety of the account."""
        settings = self._house.settings
        if path not in _BEFORE_NEW_PASSWORD and settings.must_change_password(
            session, self._house.now_ms()
        ):
            raise Refusal("change_password")
        if path not in _BEFORE_SECOND_FACTOR and settings.must_enrol(session):
            raise Refusal("enrol")

    def caller(self, request: Request, write: bool) -> Caller | None:
        """Who asks; None without valid credentials.

        Raises:
            Refusal: `csrf`, a write by cookie without the session's token.
        """
        bearer = request.headers.get("authorization")
        if bearer is not None:
            # Never both: with a token, a cookie that a browser added by itself does not count.
            return self._machine(bearer, address_of(request))
        secret = request.cookies.get(COOKIE, "")
        if not 0 < len(secret) <= _MAX_SECRET:
            return None
        house = self._house
        now = house.now_ms()
        session = find_session(house.engine, key_of(secret), house.settings.limits, now)
        if session is None:
            return None
        shown = request.headers.get(CSRF_HEADER, "")
        if write and not hmac.compare_digest(shown.encode(), csrf_of(secret).encode()):
            raise Refusal("csrf")
        touch(house.engine, session, now)
        person = session.person
        return Caller(
            f"person:{person.username}", frozenset(person.roles), person.sites,
            address_of(request), person, session,
        )  # fmt: skip

    def _machine(self, header: str, address: str) -> Caller | None:
        scheme, _, secret = header.partition(" ")
        if scheme.lower() != "bearer" or not 0 < len(secret) <= _MAX_SECRET:
            return None
        now = self._house.now_ms()
        token = tokens.find_token(self._house.engine, key_of(secret.strip()), now)
        if token is None:
            return None
        tokens.touch(self._house.engine, token, now)
        return Caller(f"token:{token.name}", frozenset(token.roles), token.sites, address)


def _caller(request: Request) -> Caller:
    caller = request.state.caller
    assert isinstance(caller, Caller)  # noqa: S101 - the gate ran first, or there is no answer
    return caller


Asking = Annotated[Caller, Depends(_caller)]
"""The caller, in a route that is not public."""
