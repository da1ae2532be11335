"""Sessions: signing in, staying signed in, and what stops a password from being guessed.

The secret that the browser keeps is not stored, only its SHA-256; the token that every write must
show beside the cookie is derived from it, so that there is nothing to steal in the table.
"""

import hashlib
import hmac
import ipaddress
import secrets
from dataclasses import dataclass

import sqlalchemy as sa

from records import audit
from records.engine import RecordsError, metadata, reading, transaction
from records.passwords import WeakPasswordError, check_password, hash_password, matches
from records.people import Person, find, fold, hash_of, people, set_password, to_person

FREE_FAILURES = 5
"""Failed logins of one account from one address before it is locked out."""
FREE_FAILURES_OF_ADDRESS = 50
"""Failed logins from one address, whatever the account, before it is locked out."""
FIRST_LOCK_MS = 60_000
"""The first lock-out [ms]; each further failure doubles it."""
LONGEST_LOCK_MS = 900_000
"""The longest lock-out, and the time after which failures are forgotten. [ms]"""
TOUCH_MS = 30_000
"""How exactly the last use of a session is stored. [ms]"""

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
)
login_failures = sa.Table(
    "login_failures",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_at", sa.BigInteger, nullable=False),
    sa.Column("locked_until", sa.BigInteger, nullable=False),
)


class WrongCredentialsError(RecordsError):
    """No such account, or not its password: which of them is not told."""


class LockedOutError(RecordsError):
    """Too many failed logins."""

    def __init__(self, wait_ms: int) -> None:
        self.wait_s = max(1, -(-wait_ms // 1000))
        """How long to wait. [s]"""
        super().__init__(f"too many failed logins; try again in {self.wait_s} s")


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
    seen_at: int
    """[ms, UTC]"""


def key_of(secret: str) -> str:
    """The stored name of a session or token secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def csrf_of(secret: str) -> str:
    """The token that writes must show beside the session cookie."""
    return hmac.new(secret.encode(), b"sitewatch csrf", hashlib.sha256).hexdigest()


def network_of(address: str) -> str:
    """What counts as one address: IPv6 by its /64, which one subscriber has whole."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def sign_in(
    engine: sa.Engine, username: str, password: str, address: str, now_ms: int
) -> tuple[Person, str]:
    """Check a password and open a session; returns the person and the session's secret.

    The attempt counts as failed until the password has proved right, so that many at once
    cannot slip through together.

    Raises:
        LockedOutError: too many failures; the password was not even looked at.
        WrongCredentialsError: no such account, or not its password.
    """
    name = fold(username)[:64]
    actor = audit.Actor(f"person:{name}", address)
    with transaction(engine) as connection:
        wait = _count_failure(connection, name, address, now_ms)
        person = find(connection, name)
        hashed = hash_of(connection, person) if person else None
    if wait > 0:
        raise LockedOutError(wait)
    if not matches(password, hashed) or person is None:
        with transaction(engine) as connection:
            audit.append(connection, actor, "session.refused", name, now_ms)
        raise WrongCredentialsError("the user name or the password is wrong")
    with transaction(engine) as connection:
        _forget_failures(connection, name, address)
        audit.append(connection, actor, "session.opened", person.username, now_ms)
        return person, open_session(connection, person, address, now_ms)


def change_password(
    engine: sa.Engine, person: Person, current: str, new: str, address: str, now_ms: int
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
    actor = audit.Actor(f"person:{person.username}", address)
    with transaction(engine) as connection:
        wait = _count_failure(connection, person.username, address, now_ms)
        hashed = hash_of(connection, person)
    if wait > 0:
        raise LockedOutError(wait)
    if not matches(current, hashed):
        raise WrongCredentialsError("the present password is wrong")
    new_hash = hash_password(new)
    with transaction(engine) as connection:
        _forget_failures(connection, person.username, address)
        set_password(connection, person, new_hash, actor, now_ms, must_change=False)
        close_sessions_of(connection, person)
        return open_session(connection, person, address, now_ms)


def open_session(connection: sa.Connection, person: Person, address: str, now_ms: int) -> str:
    """Store a new session; returns its secret, which is never one that a client brought."""
    secret = secrets.token_urlsafe(32)
    values = {
        "hash": key_of(secret),
        "person_id": person.id,
        "created_at": now_ms,
        "seen_at": now_ms,
        "address": address[:64],
    }
    connection.execute(sa.insert(sessions).values(values))
    return secret


def find_session(engine: sa.Engine, key: str, limits: Limits, now_ms: int) -> Session | None:
    """The session of this key, if it has not ended and its person is still there."""
    query = (
        sa.select(people, sessions.c.seen_at, sessions.c.created_at.label("opened_at"))
        .join(sessions, sessions.c.person_id == people.c.id)
        .where(sessions.c.hash == key, people.c.removed_at.is_(None))
    )
    with reading(engine) as connection:
        row = connection.execute(query).mappings().first()
    if row is None:
        return None
    idle, age = now_ms - row["seen_at"], now_ms - row["opened_at"]
    if idle >= limits.idle_ms or age >= limits.absolute_ms:
        return None
    return Session(key, to_person(row), row["seen_at"])


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
    """End every session of a person: after a new password, a removal."""
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
        old = login_failures.c.last_at <= now_ms - LONGEST_LOCK_MS
        connection.execute(sa.delete(login_failures).where(old))
        return int(done.rowcount)


def lock_ms(failures: int, free: int) -> int:
    """The lock-out [ms] after so many failures."""
    if failures < free:
        return 0
    return int(min(LONGEST_LOCK_MS, FIRST_LOCK_MS * 2 ** min(failures - free, 10)))


def _keys(name: str, address: str) -> tuple[tuple[str, int], ...]:
    network = network_of(address)
    return (
        (key_of(f"account {name} from {network}"), FREE_FAILURES),
        (key_of(f"any from {network}"), FREE_FAILURES_OF_ADDRESS),
    )


def _count_failure(connection: sa.Connection, name: str, address: str, now_ms: int) -> int:
    """Count one failure for the account and for the address; returns the wait [ms], 0 if none."""
    keys = _keys(name, address)
    found = {
        row.key: row
        for row in connection.execute(
            sa.select(login_failures).where(login_failures.c.key.in_([key for key, _ in keys]))
        )
    }
    wait = max((row.locked_until - now_ms for row in found.values()), default=0)
    if wait > 0:
        # What is refused unseen does not count: hammering would lock the rightful user out longer.
        return int(wait)
    for key, free in keys:
        row = found.get(key)
        recent = row is not None and now_ms - row.last_at < LONGEST_LOCK_MS
        failures = (row.failures if row is not None and recent else 0) + 1
        values = {
            "failures": failures,
            "last_at": now_ms,
            "locked_until": now_ms + lock_ms(failures, free) if failures >= free else 0,
        }
        if row is None:
            connection.execute(sa.insert(login_failures).values(key=key, **values))
        else:
            query = sa.update(login_failures).where(login_failures.c.key == key)
            connection.execute(query.values(**values))
    return 0


def _forget_failures(connection: sa.Connection, name: str, address: str) -> None:
    (account, _), (anyone, _) = _keys(name, address)
    connection.execute(sa.delete(login_failures).where(login_failures.c.key == account))
    query = sa.update(login_failures).where(login_failures.c.key == anyone)
    connection.execute(query.values(failures=login_failures.c.failures - 1, locked_until=0))
