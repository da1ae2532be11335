"""Accounts of people: who they are, which roles they have, and which sites they may see."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from records import audit
from records.engine import RecordsError, metadata, transaction
from records.passwords import check_password, hash_password, make_password

EVERYWHERE = "*"
"""As a site: the whole estate, whatever its id is."""
FIRST_ADMINISTRATOR = "admin"


class Role(StrEnum):
    """What a person or a token may do (design, section 8)."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    MAINTAINER = "maintainer"
    MANAGER = "manager"
    INTEGRATOR = "integrator"
    SECURITY_ADMINISTRATOR = "security_administrator"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


people = sa.Table(
    "people",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("username", sa.String(64), nullable=False, unique=True),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("roles", sa.JSON, nullable=False),
    sa.Column("sites", sa.JSON, nullable=False),
    sa.Column("language", sa.String(8)),
    sa.Column("must_change_password", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("password_changed_at", sa.BigInteger, nullable=False),
    sa.Column("removed_at", sa.BigInteger),
)


class UnknownPersonError(RecordsError):
    """There is no such person, or the account is removed."""


class NameTakenError(RecordsError):
    """The name is in use, or was: names are not given twice, so that evidence stays clear."""


class InvalidAccountError(RecordsError):
    """A name, role or list of sites that cannot be; the message says which."""


@dataclass(frozen=True)
class Person:
    """An account of a person, without the password."""

    id: int
    username: str
    roles: tuple[Role, ...]
    sites: tuple[str, ...]
    """Site ids, or EVERYWHERE; everything below them is included."""
    language: str | None
    must_change_password: bool
    created_at: int
    """[ms, UTC]"""
    removed_at: int | None = None
    """[ms, UTC]"""
    password_changed_at: int = 0
    """[ms, UTC]"""


def fold(username: str) -> str:
    """The one spelling of a user name: NFKC, case folded, without blanks around it."""
    return unicodedata.normalize("NFKC", username).strip().casefold()


def _checked_name(username: str) -> str:
    name = fold(username)
    if not re.fullmatch(r"\w[\w.@-]{0,62}", name):
        raise InvalidAccountError("a user name is 1 to 63 letters, digits or . @ - _")
    return name


def checked_roles(roles: Sequence[str]) -> list[str]:
    """Roles without repetition, in the order of `Role`.

    Raises:
        InvalidAccountError: a role is unknown, or there is none.
    """
    unknown = sorted(set(roles) - set(Role))
    if unknown or not roles:
        known = ", ".join(Role)
        raise InvalidAccountError(f"roles are one or more of {known}")
    return [role.value for role in Role if role in roles]


def checked_sites(sites: Sequence[str]) -> list[str]:
    """Sites without repetition.

    Raises:
        InvalidAccountError: there is none.
    """
    if not sites or any(not site for site in sites):
        raise InvalidAccountError("name at least one site, or * for the whole estate")
    return [EVERYWHERE] if EVERYWHERE in sites else sorted(set(sites))


def to_person(row: sa.RowMapping) -> Person:
    """A person from a row of the table."""
    return Person(
        row["id"], row["username"], tuple(Role(role) for role in row["roles"]),
        tuple(row["sites"]), row["language"], row["must_change_password"], row["created_at"],
        row["removed_at"], row["password_changed_at"],
    )  # fmt: skip


def find(connection: sa.Connection, username: str) -> Person | None:
    """A person by name; None where there is none or the account is removed."""
    query = sa.select(people).where(
        people.c.username == fold(username), people.c.removed_at.is_(None)
    )
    row = connection.execute(query).mappings().first()
    return to_person(row) if row else None


def hash_of(connection: sa.Connection, person: Person) -> str:
    """The password hash of a person."""
    query = sa.select(people.c.password_hash).where(people.c.id == person.id)
    return str(connection.execute(query).scalar_one())


def find_closed(connection: sa.Connection, username: str) -> Person | None:
    """A person by name whose account is removed; None where there is none."""
    query = sa.select(people).where(
        people.c.username == fold(username), people.c.removed_at.is_not(None)
    )
    row = connection.execute(query).mappings().first()
    return to_person(row) if row else None


def everyone(connection: sa.Connection, *, closed: bool = False) -> list[Person]:
    """All people by name; those whose account is removed only where they are asked for."""
    query = sa.select(people).order_by(people.c.username)
    if not closed:
        query = query.where(people.c.removed_at.is_(None))
    return [to_person(row) for row in connection.execute(query).mappings()]


def add(
    connection: sa.Connection,
    username: str,
    hashed: str,
    roles: Sequence[str],
    sites: Sequence[str],
    by: audit.Actor,
    now_ms: int,
    *,
    must_change_password: bool = True,
) -> Person:
    """Make an account, with its audit row.

    `hashed` comes from `hash_password`: hashing takes long and is not done inside a transaction.

    Raises:
        InvalidAccountError: the name, a role or the sites cannot be.
        NameTakenError: the name is or was in use.
    """
    name = _checked_name(username)
    values = {
        "username": name,
        "password_hash": hashed,
        "roles": checked_roles(roles),
        "sites": checked_sites(sites),
        "must_change_password": must_change_password,
        "created_at": now_ms,
        "password_changed_at": now_ms,
    }
    taken = sa.select(people.c.id).where(people.c.username == name)
    if connection.execute(taken).first() is not None:
        raise NameTakenError(f"the name {name!r} is, or was, in use")
    connection.execute(sa.insert(people).values(values))
    detail = {"roles": values["roles"], "sites": values["sites"]}
    audit.append(connection, by, "person.added", name, now_ms, detail)
    person = find(connection, name)
    if person is None:
        raise RecordsError(f"the account {name!r} was not stored")
    return person


def change(
    connection: sa.Connection,
    person: Person,
    roles: Sequence[str],
    sites: Sequence[str],
    by: audit.Actor,
    now_ms: int,
) -> None:
    """Give a person other roles and sites, with its audit row; open sessions have them at once.

    Who gains a role or a site signs in again (`gains`): the caller ends the sessions.

    Raises:
        InvalidAccountError: a role or the sites cannot be, or nobody could manage people any more.
    """
    values = {"roles": checked_roles(roles), "sites": checked_sites(sites)}
    if Role.SECURITY_ADMINISTRATOR not in values["roles"] or EVERYWHERE not in values["sites"]:
        _keep_one(connection, person)
    connection.execute(sa.update(people).where(people.c.id == person.id).values(values))
    audit.append(connection, by, "person.changed", person.username, now_ms, values)


def gains(person: Person, roles: Sequence[str], sites: Sequence[str]) -> bool:
    """Whether these roles or sites are more than a person has."""
    if not set(roles) <= set(person.roles):
        return True
    return EVERYWHERE not in person.sites and not set(sites) <= set(person.sites)


def set_password(
    connection: sa.Connection,
    person: Person,
    hashed: str,
    by: audit.Actor,
    now_ms: int,
    *,
    must_change: bool,
) -> None:
    """Replace a password, with its audit row; the caller ends the sessions."""
    values = {
        "password_hash": hashed,
        "must_change_password": must_change,
        "password_changed_at": now_ms,
    }
    connection.execute(sa.update(people).where(people.c.id == person.id).values(values))
    action = "password.reset" if must_change else "password.changed"
    audit.append(connection, by, action, person.username, now_ms)


def remove(connection: sa.Connection, person: Person, by: audit.Actor, now_ms: int) -> None:
    """Close an account, with its audit row; the name stays reserved.

    Raises:
        InvalidAccountError: nobody could manage people any more.
    """
    _keep_one(connection, person)
    values = {"removed_at": now_ms, "password_hash": ""}
    connection.execute(sa.update(people).where(people.c.id == person.id).values(values))
    audit.append(connection, by, "person.removed", person.username, now_ms)


def reopen(
    connection: sa.Connection, person: Person, hashed: str, by: audit.Actor, now_ms: int
) -> None:
    """Open a removed account again, with its audit row and a password that must be changed.

    Roles, sites and the second factor are those that it had.
    """
    values = {
        "removed_at": None,
        "password_hash": hashed,
        "must_change_password": True,
        "password_changed_at": now_ms,
    }
    connection.execute(sa.update(people).where(people.c.id == person.id).values(values))
    detail = {"roles": [role.value for role in person.roles], "sites": list(person.sites)}
    audit.append(connection, by, "person.reopened", person.username, now_ms, detail)


def _keep_one(connection: sa.Connection, person: Person) -> None:
    if not _manages(person):
        return
    if not any(_manages(other) for other in everyone(connection) if other.id != person.id):
        raise InvalidAccountError("this is the last security administrator of the whole estate")


def _manages(person: Person) -> bool:
    return Role.SECURITY_ADMINISTRATOR in person.roles and EVERYWHERE in person.sites


def ensure_first_administrator(engine: sa.Engine, password: str | None, now_ms: int) -> str | None:
    """Make the account `admin` where there is no person yet; returns its password if it made one.

    The account has every role on the whole estate, because it is the only one there is: with less,
    nobody could acknowledge an alarm before more people have been added. A made password is random
    enough to stay, and is returned so that it can be shown once; a given one is not returned.

    Raises:
        WeakPasswordError: the given password is refused.
    """
    with transaction(engine) as connection:
        if connection.execute(sa.select(people.c.id).limit(1)).first() is not None:
            return None
    if password is not None:
        check_password(password, FIRST_ADMINISTRATOR)
    chosen = make_password() if password is None else password
    hashed = hash_password(chosen)
    roles = [role.value for role in Role if role is not Role.VIEWER]
    with transaction(engine) as connection:
        if connection.execute(sa.select(people.c.id).limit(1)).first() is not None:
            return None
        add(
            connection, FIRST_ADMINISTRATOR, hashed, roles, [EVERYWHERE], audit.SYSTEM, now_ms,
            must_change_password=False,
        )  # fmt: skip
    return chosen if password is None else None
