"""Signing in and out, and one's own password."""

import anyio.to_thread
from fastapi import APIRouter, Request, Response

from api.auth import COOKIE, CSRF_HEADER, Asking, client_of, drop_cookie, set_cookie
from api.errors import Refusal
from api.parts_of_app import Behind, Streams, Workers
from api.schemas import Session
from api.schemas_accounts import Login, PasswordChange
from records import audit
from records.engine import transaction
from records.people import EVERYWHERE
from records.sessions import close_session, csrf_of, key_of, sweep
from records.sign_in import change_password, sign_in

router = APIRouter(tags=["session"])


@router.post("/session", status_code=204)
async def post_session(
    login: Login,
    request: Request,
    house: Behind,
    threads: Workers,
    live: Streams,
) -> Response:
    """Sign in: gives the session cookie, and the token for writes in `X-CSRF-Token`."""
    client, now = client_of(request), house.now_ms()

    def open_new() -> str:
        _, secret = sign_in(
            house.engine, house.seal, login.username, login.password, client, now, login.code
        )
        sweep(house.engine, house.settings.limits, now)
        return secret

    secret = await threads.hash(open_new)
    old = request.cookies.get(COOKIE)
    if old:
        # Whatever session the browser had before this login ends with it.
        key = key_of(old)
        await anyio.to_thread.run_sync(_close, house, key)
        live.end_caller(key)
    response = Response(status_code=204)
    set_cookie(response, house, secret)
    return response


def _close(house: Behind, key: str) -> None:
    with transaction(house.engine) as connection:
        close_session(connection, key)


@router.get("/session")
def get_session(request: Request, response: Response, caller: Asking, house: Behind) -> Session:
    """Who is signed in, with the token for writes."""
    csrf = csrf_of(request.cookies.get(COOKIE, "")) if caller.session else ""
    if csrf:
        response.headers[CSRF_HEADER] = csrf
    estate = house.estate()
    sites = [estate.id if site == EVERYWHERE else site for site in caller.sites]
    person, session = caller.person, caller.session
    settings = house.settings
    return Session(
        username=person.username if person else caller.name,
        roles=[role.value for role in caller.roles_in_order],
        sites=[site for site in sites if site in estate.sites],
        csrf_token=csrf,
        language=person.language if person else None,
        must_change_password=(
            session is not None and settings.must_change_password(session, house.now_ms())
        ),
        must_enrol=session is not None and settings.must_enrol(session),
    )


@router.delete("/session", status_code=204)
async def delete_session(caller: Asking, house: Behind, live: Streams) -> Response:
    """Sign out: the session and its live streams end."""
    session = caller.session
    if session is None:
        raise Refusal("conflict", "a token has no session; revoke it instead")

    def close() -> None:
        with transaction(house.engine) as connection:
            close_session(connection, session.key)
            subject = session.person.username
            audit.append(connection, caller.actor, "session.closed", subject, house.now_ms())

    await anyio.to_thread.run_sync(close)
    live.end_caller(session.key)
    response = Response(status_code=204)
    drop_cookie(response, house)
    return response


@router.put("/session/password", status_code=204)
async def put_password(
    change: PasswordChange,
    request: Request,
    caller: Asking,
    house: Behind,
    threads: Workers,
    live: Streams,
) -> Response:
    """Change one's own password: every session of the person ends, and this one begins anew."""
    session, person = caller.session, caller.person
    if session is None or person is None:
        raise Refusal("conflict", "a token has no password")
    client, now = client_of(request), house.now_ms()
    secret = await threads.hash(
        lambda: change_password(
            house.engine, person, change.current_password, change.new_password, client, now
        )
    )
    live.end_caller(session.key)
    response = Response(status_code=204)
    set_cookie(response, house, secret)
    return response
