"""Tokens: how machines sign in. Only their SHA-256 is stored: 256 random bits need no slow hash."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from records import audit
from records.engine import RecordsError, metadata, reading, transaction
from records.people import InvalidAccountError, NameTakenError, Role, checked_roles, checked_sites
from records.sessions import key_of

PREFIX = "swt_"
"""By this a leaked token can be recognised in a file or a log."""
TOUCH_MS = 60_000
"""How exactly the last use of a token is stored. [ms]"""
LONGEST_MS = 10 * 366 * 86_400_000
"""How far ahead the end of a token may lie. [ms]"""

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(64), nullable=False, unique=True),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
    sa.Column("roles", sa.JSON, nullable=False),
    sa.Column("sites", sa.JSON, nullable=False),
    sa.Column("created_by", sa.String(80), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger),
    sa.Column("last_used_at", sa.BigInteger),
    sa.Column("revoked_at", sa.BigInteger),
)


class UnknownTokenError(RecordsError):
    """There is no such token, or it is revoked."""


@dataclass(frozen=True)
class Token:
    """A token, without its secret."""

    id: int
    name: str
    roles: tuple[Role, ...]
    sites: tuple[str, ...]
    created_by: str
    created_at: int
    """[ms, UTC]"""
    expires_at: int | None
    """[ms, UTC]"""
    last_used_at: int | None
    """[ms, UTC]"""


def _to_token(row: sa.RowMapping) -> Token:
    return Token(
        row["id"], row["name"], tuple(Role(role) for role in row["roles"]), tuple(row["sites"]),
        row["created_by"], row["created_at"], row["expires_at"], row["last_used_at"],
    )  # fmt: skip


def add(
    connection: sa.Connection,
    name: str,
    roles: Sequence[str],
    sites: Sequence[str],
    by: audit.Actor,
    now_ms: int,
    expires_at: int | None = None,
) -> tuple[Token, str]:
    """Make a token, with its audit row; returns it and its secret, which is shown only now.

    Raises:
        InvalidAccountError: the name, a role, the sites or the end cannot be.
        NameTakenError: the name is or was in use.
    """
    if not 1 <= len(name) <= 64 or name != name.strip() or not name.isprintable():
        raise InvalidAccountError("a token's name is 1 to 64 printable characters")
    if expires_at is not None and not now_ms < expires_at <= now_ms + LONGEST_MS:
        raise InvalidAccountError("a token ends in the future, and within ten years")
    if connection.execute(sa.select(tokens.c.id).where(tokens.c.name == name)).first():
        raise NameTakenError(f"the token name {name!r} is, or was, in use")
    secret = PREFIX + secrets.token_urlsafe(32)
    values = {
        "name": name,
        "hash": key_of(secret),
        "roles": checked_roles(roles),
        "sites": checked_sites(sites),
        "created_by": by.name[:80],
        "created_at": now_ms,
        "expires_at": expires_at,
    }
    connection.execute(sa.insert(tokens).values(values))
    row = connection.execute(sa.select(tokens).where(tokens.c.name == name)).mappings().one()
    detail = {"roles": values["roles"], "sites": values["sites"], "expires_at": expires_at}
    audit.append(connection, by, "token.added", name, now_ms, detail)
    return _to_token(row), secret


def revoke(connection: sa.Connection, name: str, by: audit.Actor, now_ms: int) -> None:
    """End a token, with its audit row.

    Raises:
        UnknownTokenError: there is none of this name that is not revoked.
    """
    query = sa.update(tokens).where(tokens.c.name == name, tokens.c.revoked_at.is_(None))
    if connection.execute(query.values(revoked_at=now_ms)).rowcount == 0:
        raise UnknownTokenError(f"there is no token {name!r}")
    audit.append(connection, by, "token.revoked", name, now_ms)


def listed(connection: sa.Connection) -> list[Token]:
    """All tokens that are not revoked, by name."""
    query = sa.select(tokens).where(tokens.c.revoked_at.is_(None)).order_by(tokens.c.name)
    return [_to_token(row) for row in connection.execute(query).mappings()]


def find_token(engine: sa.Engine, key: str, now_ms: int) -> Token | None:
    """The token of a secret's key (`key_of`), if it is neither revoked nor over."""
    return _valid(engine, tokens.c.hash == key, now_ms)


def find_named(engine: sa.Engine, name: str, now_ms: int) -> Token | None:
    """The token of this name, if it is neither revoked nor over."""
    return _valid(engine, tokens.c.name == name, now_ms)


def _valid(engine: sa.Engine, which: sa.ColumnElement[bool], now_ms: int) -> Token | None:
    query = sa.select(tokens).where(which, tokens.c.revoked_at.is_(None))
    with reading(engine) as connection:
        row = connection.execute(query).mappings().first()
    if row is None:
        return None
    token = _to_token(row)
    if token.expires_at is not None and now_ms >= token.expires_at:
        return None
    return token


def touch(engine: sa.Engine, token: Token, now_ms: int) -> None:
    """Note that a token was used; writes only when the stored time is older than TOUCH_MS."""
    if token.last_used_at is not None and now_ms - token.last_used_at < TOUCH_MS:
        return
    with transaction(engine) as connection:
        query = sa.update(tokens).where(tokens.c.id == token.id)
        connection.execute(query.values(last_used_at=now_ms))
