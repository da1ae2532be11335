"""Signing in with a password, and a code where the person has a second factor; a new password."""

from dataclasses import dataclass

import sqlalchemy as sa

from records import audit
from records.engine import RecordsError, transaction
from records.lockout import (
    Attempt,
    LockedOutError,
    count_failure,
    forgive,
    is_known,
    remember,
    uncount,
)
from records.passwords import WeakPasswordError, check_password, hash_password, matches
from records.people import Person, find, fold, hash_of, set_password
from records.seal import Seal
from records.second_factor import SecondFactorNeededError, has_second_factor, spend
from records.sessions import close_sessions_of, open_session


class WrongCredentialsError(RecordsError):
    """No such account, not its password, or a wrong code: which of them is not told."""


@dataclass(frozen=True)
class Client:
    """Where a request to sign in comes from."""

    address: str
    agent: str = ""
    """What the browser says it is."""


def sign_in(
    engine: sa.Engine,
    seal: Seal,
    username: str,
    password: str,
    client: Client,
    now_ms: int,
    code: str = "",
) -> tuple[Person, str]:
    """Check a password and a code, and open a session; returns the person and its secret.

    The attempt counts as failed until it has proved right, so that many at once cannot slip
    through together. A wrong code counts like a wrong password; a right password without the code
    neither counts nor clears the count.

    Raises:
        LockedOutError: too many failures; the password was not even looked at.
        WrongCredentialsError: no such account, not its password, or a wrong code.
        SecondFactorNeededError: the password is right, and there is no code.
    """
    name = fold(username)[:64]
    actor = audit.Actor(f"person:{name}", client.address)
    attempt, hashed = _attempted(engine, name, client.address, now_ms)
    right = matches(password, hashed)
    needs_code = False
    with transaction(engine) as connection:
        person = _unchanged(connection, name, hashed) if right else None
        if person is not None:
            wanting = has_second_factor(connection, person)
            if not wanting or (code and spend(connection, seal, person, code, actor, now_ms)):
                return person, _let_in(connection, person, attempt, client)
            needs_code = not code
        if needs_code:
            uncount(connection, attempt)
        else:
            audit.append(connection, actor, "session.refused", name, now_ms)
    if needs_code:
        raise SecondFactorNeededError("the account asks for a code as well")
    raise WrongCredentialsError("the user name, the password or the code is wrong")


def change_password(
    engine: sa.Engine, person: Person, current: str, new: str, client: Client, now_ms: int
) -> str:
    """Replace a person's own password; ends their sessions and returns the secret of a new one.

    A wrong present password counts like a failed login.

    Raises:
        LockedOutError: too many failures.
        WrongCredentialsError: the present password is wrong.
        WeakPasswordError: the new one is refused.
    """
    check_password(new, person.username)
    if new == current:
        raise WeakPasswordError("the new password is the old one")
    actor = audit.Actor(f"person:{person.username}", client.address)
    attempt = prove(engine, person, current, client.address, now_ms)
    new_hash = hash_password(new)
    with transaction(engine) as connection:
        forgive(connection, attempt)
        set_password(connection, person, new_hash, actor, now_ms, must_change=False)
        close_sessions_of(connection, person)
        return open_session(connection, person, client.address, now_ms, agent=client.agent)


def prove(engine: sa.Engine, person: Person, current: str, address: str, now_ms: int) -> Attempt:
    """Ask a person who is signed in for the password again; the caller forgives the attempt.

    Raises:
        LockedOutError: too many failures.
        WrongCredentialsError: it is wrong.
    """
    attempt, hashed = _attempted(engine, person.username, address, now_ms)
    if not matches(current, hashed):
        raise WrongCredentialsError("the present password is wrong")
    return attempt


def _attempted(
    engine: sa.Engine, name: str, address: str, now_ms: int
) -> tuple[Attempt, str | None]:
    """Count an attempt as failed; returns it, and the hash its password must have."""
    with transaction(engine) as connection:
        person = find(connection, name)
        known = person is not None and is_known(connection, person.id, address, now_ms)
        attempt = Attempt(name, address, known, now_ms)
        wait = count_failure(connection, attempt)
        hashed = hash_of(connection, person) if person else None
    if wait > 0:
        raise LockedOutError(wait)
    return attempt, hashed


def _unchanged(connection: sa.Connection, name: str, hashed: str | None) -> Person | None:
    """The person, unless removed or given another password while the hash was made."""
    person = find(connection, name)
    return person if person is not None and hash_of(connection, person) == hashed else None


def _let_in(connection: sa.Connection, person: Person, attempt: Attempt, client: Client) -> str:
    now_ms = attempt.now_ms
    forgive(connection, attempt)
    remember(connection, person.id, client.address, now_ms)
    actor = audit.Actor(f"person:{person.username}", client.address)
    audit.append(connection, actor, "session.opened", person.username, now_ms)
    return open_session(connection, person, client.address, now_ms, agent=client.agent)
