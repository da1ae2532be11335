"""Signing in by an identity provider: the browser goes there and comes back with a code."""

import json
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

from api.auth import client_of, set_cookie
from api.errors import Refusal
from api.house import House
from api.oidc import Flow, NotAdmittedError, OidcError, Provider, new_flow
from api.parts_of_app import Behind, Workers
from api.schemas_accounts import SignIn
from records import audit
from records.engine import transaction
from records.identities import Identity, admit
from records.people import InvalidAccountError, NameTakenError
from records.seal import SealError
from records.sessions import open_session
from records.sign_in import Client

router = APIRouter(tags=["session"])
FLOW_COOKIE = "sitewatch_sign_in"
FLOW_PATH = "/api/v1/session/external"
FLOW_MS = 600_000
"""How long signing in at the provider may take. [ms]"""
_LONGEST = 2000
"""Longest code, state or cookie that is looked at. [characters]"""
_log = structlog.get_logger(__name__)


def _provider(house: House) -> Provider:
    if house.provider is None:
        raise Refusal("not_found", "no identity provider is set")
    return house.provider


@router.get("/sign-in")
def get_sign_in(house: Behind) -> SignIn:
    """How one can sign in."""
    return SignIn(provider=house.provider.settings.name if house.provider else None)


@router.get("/session/external", response_class=RedirectResponse, status_code=303)
async def get_external_session(house: Behind) -> RedirectResponse:
    """Send the browser to the identity provider."""
    provider, flow = _provider(house), new_flow()
    try:
        address = await provider.address(flow)
    except OidcError as error:
        _log.warning("identity_provider", error=str(error))
        return _back("unreachable")
    response = RedirectResponse(address, 303)
    kept = json.dumps([flow.state, flow.nonce, flow.verifier, house.now_ms()])
    response.set_cookie(
        FLOW_COOKIE,
        house.seal.close(kept),
        max_age=FLOW_MS // 1000,
        httponly=True,
        # Not strict: it must come along when the provider sends the browser back.
        samesite="lax",
        secure=house.settings.secure_cookies,
        path=FLOW_PATH,
    )
    return response


@router.get("/session/external/return", response_class=RedirectResponse, status_code=303)
async def get_external_return(
    request: Request, house: Behind, threads: Workers, code: str = "", state: str = ""
) -> RedirectResponse:
    """Take the browser back, and open a session if the provider vouches for the person."""
    provider, client = _provider(house), client_of(request)
    now = house.now_ms()
    flow = _flow(house, request.cookies.get(FLOW_COOKIE, ""), state, now)
    if flow is None or not 0 < len(code) <= _LONGEST:
        return _back("refused")
    try:
        identity = await provider.identity(code, flow, now)
        secret = await threads.query(lambda: _open(house, identity, client, now))
    except OidcError as error:
        _log.warning("identity_provider", error=str(error))
        return _back("unreachable")
    except (NotAdmittedError, NameTakenError, InvalidAccountError) as error:
        _log.warning("identity_not_admitted", error=str(error))
        return _back("not_admitted")
    response = RedirectResponse("/login?external=in", 303)
    set_cookie(response, house, secret)
    response.delete_cookie(FLOW_COOKIE, path=FLOW_PATH)
    return response


def _back(why: str) -> RedirectResponse:
    """To the login page, which says why."""
    return RedirectResponse(f"/login?{urlencode({'external': why})}", 303)


def _flow(house: House, cookie: str, state: str, now_ms: int) -> Flow | None:
    """The login that this browser began; None where it began none of this state."""
    if not 0 < len(cookie) <= _LONGEST or not state:
        return None
    try:
        kept_state, nonce, verifier, began = json.loads(house.seal.open(cookie))
    except (SealError, ValueError):
        return None
    if kept_state != state or not 0 <= now_ms - began <= FLOW_MS:
        return None
    return Flow(kept_state, nonce, verifier)


def _open(house: House, identity: Identity, client: Client, now_ms: int) -> str:
    unknown = set(identity.sites) - set(house.estate().sites) - {"*"}
    if unknown:
        raise NotAdmittedError(f"there is no site {min(unknown)!r}")
    by = audit.Actor("provider", client.address)
    with transaction(house.engine) as connection:
        person = admit(connection, identity, by, now_ms)
        actor = audit.Actor(f"person:{person.username}", client.address)
        detail = {"issuer": identity.issuer}
        audit.append(connection, actor, "session.opened", person.username, now_ms, detail)
        return open_session(
            connection, person, client.address, now_ms, agent=client.agent, external=True
        )
