"""Sessions, listed and ended: one's own, and those of the people one looks after."""

from collections.abc import Sequence

from fastapi import APIRouter, Response

from api.auth import Asking, Caller
from api.errors import Refusal
from api.items import moment
from api.parts_of_app import Behind, IndexOfNow, Streams, Workers
from api.routes.people import person_for
from api.schemas_accounts import SessionItem, Sessions
from records import audit, second_factor
from records.engine import reading, transaction
from records.people import Person
from records.sessions import Session, close_session, sessions_of

router = APIRouter(tags=["session"])


def _items(found: Sequence[Session], caller: Caller) -> Sessions:
    own = caller.session.key if caller.session else None
    return Sessions(
        items=[
            SessionItem(
                id=session.id,
                opened_at=moment(session.opened_at),
                seen_at=moment(session.seen_at),
                address=session.address,
                agent=session.agent,
                external=session.external,
                current=session.key == own,
            )
            for session in found
        ]
    )


def _own(caller: Caller) -> tuple[Session, Person]:
    if caller.session is None or caller.person is None:
        raise Refusal("conflict", "a token has no session; revoke it instead")
    return caller.session, caller.person


@router.get("/sessions")
def get_sessions(caller: Asking, house: Behind) -> Sessions:
    """One's own sessions."""
    _, person = _own(caller)
    with reading(house.engine) as connection:
        found = sessions_of(connection, person, house.settings.limits, house.now_ms())
    return _items(found, caller)


@router.delete("/sessions", status_code=204)
async def delete_sessions(
    caller: Asking, house: Behind, live: Streams, threads: Workers
) -> Response:
    """End all of one's own sessions but this one."""
    own, person = _own(caller)

    def close() -> list[str]:
        with transaction(house.engine) as connection:
            found = sessions_of(connection, person, house.settings.limits, house.now_ms())
            ended = [session.key for session in found if session.key != own.key]
            for key in ended:
                close_session(connection, key)
            detail = {"sessions": len(ended)}
            audit.append(
                connection, caller.actor, "session.ended", person.username, house.now_ms(), detail
            )
            return ended

    for key in await threads.query(close):
        live.end_caller(key)
    return Response(status_code=204)


@router.delete("/sessions/{session}", status_code=204)
async def delete_own_session(
    session: str, caller: Asking, house: Behind, live: Streams, threads: Workers
) -> Response:
    """End one of one's own sessions."""
    _, person = _own(caller)

    def close() -> str:
        with transaction(house.engine) as connection:
            found = sessions_of(connection, person, house.settings.limits, house.now_ms())
            keys = [one.key for one in found if one.id == session]
            if not keys:
                raise Refusal("not_found", "you have no such session")
            close_session(connection, keys[0])
            audit.append(
                connection, caller.actor, "session.ended", person.username, house.now_ms(),
                {"sessions": 1},
            )  # fmt: skip
            return keys[0]

    live.end_caller(await threads.query(close))
    return Response(status_code=204)


@router.get("/people/{username}/sessions")
def get_sessions_of(username: str, caller: Asking, house: Behind, index: IndexOfNow) -> Sessions:
    """The sessions of a person."""
    with reading(house.engine) as connection:
        person = person_for(caller, index.estate, connection, username)
        found = sessions_of(connection, person, house.settings.limits, house.now_ms())
    return _items(found, caller)


@router.delete("/people/{username}/sessions", status_code=204)
async def delete_sessions_of(
    username: str, caller: Asking, house: Behind, index: IndexOfNow, live: Streams, threads: Workers
) -> Response:
    """End every session of a person."""

    def close() -> list[str]:
        with transaction(house.engine) as connection:
            person = person_for(caller, index.estate, connection, username)
            found = sessions_of(connection, person, house.settings.limits, house.now_ms())
            for session in found:
                close_session(connection, session.key)
            detail = {"sessions": len(found)}
            audit.append(
                connection, caller.actor, "session.ended", person.username, house.now_ms(), detail
            )
            return [session.key for session in found]

    for key in await threads.query(close):
        live.end_caller(key)
    return Response(status_code=204)


@router.delete("/people/{username}/second-factor", status_code=204)
def delete_second_factor(
    username: str, caller: Asking, house: Behind, index: IndexOfNow
) -> Response:
    """Take a person's second factor away: the phone and the recovery codes are lost."""
    with transaction(house.engine) as connection:
        person = person_for(caller, index.estate, connection, username)
        if not second_factor.remove(connection, person, caller.actor, house.now_ms()):
            raise Refusal("conflict", "the person has no second factor")
    return Response(status_code=204)
