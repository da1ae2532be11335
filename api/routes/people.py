"""People and tokens: who may come in. Nobody can give more of the estate than they have."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from fastapi import APIRouter, Response

from api.auth import Asking, Caller
from api.errors import Refusal
from api.house import House
from api.items import moment
from api.parts_of_app import Behind, IndexOfNow, Streams, Workers
from api.schemas_accounts import (
    MadePassword,
    MadeToken,
    NewPerson,
    NewToken,
    People,
    PersonChange,
    PersonItem,
    TokenItem,
    Tokens,
)
from device_configs.estate import Estate
from records import audit, people, tokens
from records.engine import reading, transaction
from records.lockout import lift, locked_until
from records.passwords import hash_password, make_password
from records.people import EVERYWHERE, Person, UnknownPersonError
from records.second_factor import people_with_second_factor
from records.sessions import close_sessions_of, seen_of_all
from records.tokens import Token, UnknownTokenError

router = APIRouter(tags=["people"])


def _may_give(caller: Caller, estate: Estate, sites: Iterable[str]) -> bool:
    """Whether all these sites lie within the caller's own."""
    visible = caller.visible(estate)
    return caller.everywhere(estate) or all(site in visible for site in sites)


def _check_sites(caller: Caller, estate: Estate, sites: Iterable[str]) -> None:
    unknown = [site for site in sites if site != EVERYWHERE and site not in estate.sites]
    if unknown or not _may_give(caller, estate, sites):
        raise Refusal("invalid", "sites: there is no such site, or it is not yours to give")


@dataclass(frozen=True)
class _Accounts:
    """What is known of accounts beside their people."""

    enrolled: Collection[int]
    seen: Mapping[int, Sequence[int]]
    locked: Mapping[int, int]

    def item(self, person: Person) -> PersonItem:
        """A person as a row of the list."""
        seen = () if person.removed_at is not None else self.seen.get(person.id, ())
        locked = self.locked.get(person.id)
        return PersonItem(
            username=person.username,
            roles=list(person.roles),
            sites=list(person.sites),
            must_change_password=person.must_change_password,
            second_factor=person.id in self.enrolled,
            created_at=moment(person.created_at),
            sessions=len(seen),
            seen_at=moment(max(seen)) if seen else None,
            locked_until=None if locked is None else moment(locked),
            closed_at=None if person.removed_at is None else moment(person.removed_at),
        )


def _accounts(connection: sa.Connection, house: House, found: Iterable[Person]) -> _Accounts:
    now = house.now_ms()
    names = {person.id: person.username for person in found}
    return _Accounts(
        people_with_second_factor(connection),
        seen_of_all(connection, house.settings.limits, now),
        locked_until(connection, names, now),
    )


def _token_item(token: Token) -> TokenItem:
    return TokenItem(
        name=token.name,
        roles=list(token.roles),
        sites=list(token.sites),
        created_by=token.created_by,
        created_at=moment(token.created_at),
        expires_at=None if token.expires_at is None else moment(token.expires_at),
        last_used_at=None if token.last_used_at is None else moment(token.last_used_at),
    )


@router.get("/people")
def get_people(caller: Asking, house: Behind, index: IndexOfNow, closed: bool = False) -> People:
    """The people whose sites all lie within one's own; with `closed`, removed accounts as well."""
    with reading(house.engine) as connection:
        found = [
            person
            for person in people.everyone(connection, closed=closed)
            if _may_give(caller, index.estate, person.sites)
        ]
        accounts = _accounts(connection, house, found)
    return People(items=[accounts.item(person) for person in found])


@router.post("/people", status_code=201)
async def post_person(
    new: NewPerson, caller: Asking, house: Behind, index: IndexOfNow, threads: Workers
) -> MadePassword:
    """Add a person; the password is shown only now, and must be changed at the first login."""
    _check_sites(caller, index.estate, new.sites)

    def add() -> MadePassword:
        password = make_password()
        hashed = hash_password(password)
        with transaction(house.engine) as connection:
            person = people.add(
                connection, new.username, hashed, new.roles, new.sites, caller.actor,
                house.now_ms(),
            )  # fmt: skip
        return MadePassword(username=person.username, password=password)

    return await threads.hash(add)


@router.put("/people/{username}")
def put_person(
    username: str, change: PersonChange, caller: Asking, house: Behind, index: IndexOfNow
) -> PersonItem:
    """Give a person other roles and sites, at once; who gains any has to sign in again."""
    _check_sites(caller, index.estate, change.sites)
    with transaction(house.engine) as connection:
        person = person_for(caller, index.estate, connection, username)
        people.change(connection, person, change.roles, change.sites, caller.actor, house.now_ms())
        if people.gains(person, change.roles, change.sites):
            close_sessions_of(connection, person)
        changed = person_for(caller, index.estate, connection, username)
        return _accounts(connection, house, [changed]).item(changed)


@router.delete("/people/{username}", status_code=204)
def delete_person(username: str, caller: Asking, house: Behind, index: IndexOfNow) -> Response:
    """Remove a person: their sessions end, and the name stays reserved."""
    with transaction(house.engine) as connection:
        person = person_for(caller, index.estate, connection, username)
        people.remove(connection, person, caller.actor, house.now_ms())
        close_sessions_of(connection, person)
    return Response(status_code=204)


@router.post("/people/{username}/password")
async def post_password(
    username: str, caller: Asking, house: Behind, index: IndexOfNow, threads: Workers
) -> MadePassword:
    """Reset a password: the new one is shown only now, and must be changed at the next login."""

    def reset() -> MadePassword:
        password = make_password()
        hashed = hash_password(password)
        with transaction(house.engine) as connection:
            person = person_for(caller, index.estate, connection, username)
            people.set_password(
                connection, person, hashed, caller.actor, house.now_ms(), must_change=True
            )
            close_sessions_of(connection, person)
        return MadePassword(username=person.username, password=password)

    return await threads.hash(reset)


@router.post("/people/{username}/reopen")
async def post_reopen(
    username: str, caller: Asking, house: Behind, index: IndexOfNow, threads: Workers
) -> MadePassword:
    """Open a removed account again with its roles and sites; the password is shown only now."""

    def open_again() -> MadePassword:
        password = make_password()
        hashed = hash_password(password)
        with transaction(house.engine) as connection:
            person = people.find_closed(connection, username)
            if person is None or not _may_give(caller, index.estate, person.sites):
                raise UnknownPersonError(f"there is no closed account {username!r}")
            people.reopen(connection, person, hashed, caller.actor, house.now_ms())
        return MadePassword(username=person.username, password=password)

    return await threads.hash(open_again)


@router.delete("/people/{username}/lockout", status_code=204)
def delete_lockout(username: str, caller: Asking, house: Behind, index: IndexOfNow) -> Response:
    """Forget a person's failed logins, so that the right password opens at once."""
    with transaction(house.engine) as connection:
        person = person_for(caller, index.estate, connection, username)
        counts = lift(connection, person.id, person.username)
        audit.append(
            connection, caller.actor, "lockout.lifted", person.username, house.now_ms(),
            {"counts": counts},
        )  # fmt: skip
    return Response(status_code=204)


def person_for(caller: Caller, estate: Estate, connection: sa.Connection, username: str) -> Person:
    """A person whose sites all lie within the caller's own.

    Raises:
        UnknownPersonError: there is none.
    """
    found = people.find(connection, username)
    if found is None or not _may_give(caller, estate, found.sites):
        raise UnknownPersonError(f"there is no person {username!r}")
    return found


@router.get("/tokens")
def get_tokens(caller: Asking, house: Behind, index: IndexOfNow) -> Tokens:
    """The tokens whose sites all lie within one's own; never their secrets."""
    with reading(house.engine) as connection:
        found = tokens.listed(connection)
    return Tokens(
        items=[
            _token_item(token) for token in found if _may_give(caller, index.estate, token.sites)
        ]
    )


@router.post("/tokens", status_code=201)
def post_token(new: NewToken, caller: Asking, house: Behind, index: IndexOfNow) -> MadeToken:
    """Add a token; its secret is shown only now."""
    _check_sites(caller, index.estate, new.sites)
    if new.expires_at is not None and new.expires_at.tzinfo is None:
        raise Refusal("invalid", "expires_at: a time has a zone: 2026-11-23T08:00:00Z")
    expires = None if new.expires_at is None else round(new.expires_at.timestamp() * 1000)
    with transaction(house.engine) as connection:
        token, secret = tokens.add(
            connection, new.name, new.roles, new.sites, caller.actor, house.now_ms(), expires
        )
    return MadeToken(name=token.name, token=secret)


@router.delete("/tokens/{name}", status_code=204)
async def delete_token(
    name: str, caller: Asking, house: Behind, index: IndexOfNow, live: Streams, threads: Workers
) -> Response:
    """Revoke a token; its streams end."""

    def revoke() -> None:
        with transaction(house.engine) as connection:
            found = next((t for t in tokens.listed(connection) if t.name == name), None)
            if found is None or not _may_give(caller, index.estate, found.sites):
                raise UnknownTokenError(f"there is no token {name!r}")
            tokens.revoke(connection, name, caller.actor, house.now_ms())

    await threads.query(revoke)
    live.end_caller(f"token:{name}")
    return Response(status_code=204)
