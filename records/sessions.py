"""Sessions: what keeps a person signed in, until it ends by itself or is ended.

The secret that the browser keeps is not stored, only its SHA-256; the token that every write must
show beside the cookie is derived from it, so that there is nothing to steal in the table.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

import sqlalchemy as sa

from records.engine import metadata, reading, transaction
from records.lockout import sweep_failures
from records.people import Person, people, to_person
from records.second_factor import second_factors

TOUCH_MS = 30_000
"""How exactly the last use of a session is stored. [ms]"""

ID_LENGTH = 32
"""How much of its key names a session to its person. [hex digits]"""

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column(
        "person_id", sa.Integer, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("seen_at", sa.BigInteger, nullable=False),
    sa.Column("address", sa.String(64)),
    sa.Column("agent", sa.String(200)),
    sa.Column("external", sa.Boolean, nullable=False, server_default=sa.false()),
)


@dataclass(frozen=True)
class Limits:
    """When a session ends by itself."""

    idle_ms: int
    """Without any request. [ms]"""
    absolute_ms: int
    """After the login. [ms]"""


@dataclass(frozen=True)
class Session:
    """A session that is valid now."""

    key: str
    """The hash by which it is stored: names the session, opens nothing."""
    person: Person
    opened_at: int
    """[ms, UTC]"""
    seen_at: int
    """[ms, UTC]"""
    address: str
    agent: str
    """What the browser says it is."""
    external: bool
    """Whether an identity provider vouches for the person, and for their second factor."""
    second_factor: bool
    """Whether the person has a second factor here."""

    @property
    def id(self) -> str:
        """By this the person sees and ends it: enough of the key to be the only one."""
        return self.key[:ID_LENGTH]


def key_of(secret: str) -> str:
    """The stored name of a session or token secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def csrf_of(secret: str) -> str:
    """The token that writes must show beside the session cookie."""
    return hmac.new(secret.encode(), b"sitewatch csrf", hashlib.sha256).hexdigest()


def open_session(
    connection: sa.Connection,
    person: Person,
    address: str,
    now_ms: int,
    *,
    agent: str = "",
    external: bool = False,
) -> str:
    """Store a new session; returns its secret, which is never one that a client brought."""
    secret = secrets.token_urlsafe(32)
    values = {
        "hash": key_of(secret),
        "person_id": person.id,
        "created_at": now_ms,
        "seen_at": now_ms,
        "address": address[:64],
        "agent": agent[:200],
        "external": external,
    }
    connection.execute(sa.insert(sessions).values(values))
    return secret


def find_session(engine: sa.Engine, key: str, limits: Limits, now_ms: int) -> Session | None:
    """The session of this key, if it has not ended and its person is still there."""
    with reading(engine) as connection:
        found = _valid(connection, sessions.c.hash == key, limits, now_ms)
    return found[0] if found else None


def sessions_of(
    connection: sa.Connection, person: Person, limits: Limits, now_ms: int
) -> list[Session]:
    """Every session of a person that has not ended, the newest first."""
    found = _valid(connection, sessions.c.person_id == person.id, limits, now_ms)
    return sorted(found, key=lambda session: (-session.opened_at, session.key))


def seen_of_all(connection: sa.Connection, limits: Limits, now_ms: int) -> dict[int, list[int]]:
    """When each session that has not ended was last used [ms, UTC], by person."""
    query = sa.select(sessions.c.person_id, sessions.c.seen_at).where(
        sessions.c.seen_at > now_ms - limits.idle_ms,
        sessions.c.created_at > now_ms - limits.absolute_ms,
    )
    found: dict[int, list[int]] = {}
    for row in connection.execute(query):
        found.setdefault(row.person_id, []).append(int(row.seen_at))
    return found


def _valid(
    connection: sa.Connection, which: sa.ColumnElement[bool], limits: Limits, now_ms: int
) -> list[Session]:
    query = (
        sa.select(
            people,
            sessions.c.hash,
            sessions.c.seen_at,
            sessions.c.created_at.label("opened_at"),
            sessions.c.address,
            sessions.c.agent,
            sessions.c.external,
            second_factors.c.confirmed_at,
        )
        .join(sessions, sessions.c.person_id == people.c.id)
        .outerjoin(second_factors, second_factors.c.person_id == people.c.id)
        .where(
            which,
            people.c.removed_at.is_(None),
            sessions.c.seen_at > now_ms - limits.idle_ms,
            sessions.c.created_at > now_ms - limits.absolute_ms,
        )
    )
    return [
        Session(
            row["hash"], to_person(row), row["opened_at"], row["seen_at"], row["address"] or "",
            row["agent"] or "", row["external"], row["confirmed_at"] is not None,
        )
        for row in connection.execute(query).mappings()
    ]  # fmt: skip


def touch(engine: sa.Engine, session: Session, now_ms: int) -> None:
    """Note that a session was used; writes only when the stored time is older than TOUCH_MS."""
    if now_ms - session.seen_at < TOUCH_MS:
        return
    with transaction(engine) as connection:
        query = sa.update(sessions).where(sessions.c.hash == session.key)
        connection.execute(query.values(seen_at=now_ms))


def close_session(connection: sa.Connection, key: str) -> None:
    """End one session."""
    connection.execute(sa.delete(sessions).where(sessions.c.hash == key))


def close_sessions_of(connection: sa.Connection, person: Person) -> None:
    """End every session of a person: a new password, more roles or sites, a removal."""
    connection.execute(sa.delete(sessions).where(sessions.c.person_id == person.id))


def sweep(engine: sa.Engine, limits: Limits, now_ms: int) -> int:
    """Delete sessions and failures that no longer count; returns how many sessions."""
    with transaction(engine) as connection:
        done = connection.execute(
            sa.delete(sessions).where(
                sa.or_(
                    sessions.c.seen_at <= now_ms - limits.idle_ms,
                    sessions.c.created_at <= now_ms - limits.absolute_ms,
                )
            )
        )
        sweep_failures(connection, now_ms)
        return int(done.rowcount)
