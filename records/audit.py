"""The audit chain: who did what and when; rows are added, and each seals the one before it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from records import chain
from records.chain import Head, Link, Verdict
from records.engine import metadata

_SEALED = ("seq", "at", "actor", "address", "action", "subject", "detail")
_LOCK = 0x5157_4155
"""Key of PostgreSQL's advisory lock: two writers must not seal the same row."""

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("actor", sa.String(80), nullable=False),
    sa.Column("address", sa.String(64)),
    sa.Column("action", sa.String(64), nullable=False, index=True),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)


@dataclass(frozen=True)
class Actor:
    """Who acts: a person, a token, or sitewatch itself; and from where."""

    name: str
    """`person:NAME`, `token:NAME` or `system`."""
    address: str | None = None


SYSTEM = Actor("system")


@dataclass(frozen=True)
class Entry:
    """One row of the chain."""

    seq: int
    at: int
    """[ms, UTC]"""
    actor: str
    address: str | None
    action: str
    subject: str
    detail: Mapping[str, object]
    hash: str


def _fields(row: Mapping[str, object]) -> list[object]:
    return [row[name] for name in _SEALED]


def head(connection: sa.Connection) -> Head:
    """The newest row's number and hash."""
    return chain.newest(connection, audit.c.seq, audit.c.hash)


def append(
    connection: sa.Connection,
    actor: Actor,
    action: str,
    subject: str,
    now_ms: int,
    detail: Mapping[str, object] | None = None,
) -> Head:
    """Add one row inside the caller's transaction, so that a deed and its record stand together.

    Args:
        connection: an open transaction of `records.engine.transaction`.
        actor: who acts.
        action: what was done, as `noun.past_tense`.
        subject: to whom or what: a name or an id; never a secret.
        now_ms: [ms, UTC]
        detail: more of it, as plain JSON; never a secret.
    """
    chain.lock(connection, _LOCK)
    last = head(connection)
    row = {
        "seq": last.seq + 1,
        "at": now_ms,
        "actor": actor.name[:80],
        "address": actor.address,
        "action": action,
        "subject": subject[:200],
        "detail": json.dumps(dict(detail or {}), ensure_ascii=False, sort_keys=True),
    }
    sealed = chain.seal(_fields(row), last.hash)
    connection.execute(sa.insert(audit).values(**row, previous=last.hash, hash=sealed))
    return Head(last.seq + 1, sealed)


@dataclass(frozen=True)
class Wanted:
    """Which rows are asked for; what is None asks for all."""

    action: str | None = None
    """A noun (`session`) or a whole deed (`session.opened`)."""
    actor: str | None = None
    """`person:NAME`, `token:NAME` or `system`; a name alone is a person's or a token's."""
    subject: str | None = None
    start: int | None = None
    """Not before. [ms, UTC]"""
    end: int | None = None
    """Before. [ms, UTC]"""

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """What rows must fulfil."""
        found: list[sa.ColumnElement[bool]] = []
        if self.action is not None:
            below = audit.c.action.startswith(f"{self.action}.", autoescape=True)
            found.append(sa.or_(audit.c.action == self.action, below))
        if self.actor is not None:
            names = [self.actor, f"person:{self.actor}", f"token:{self.actor}"]
            found.append(audit.c.actor.in_(names))
        if self.subject is not None:
            found.append(audit.c.subject == self.subject)
        if self.start is not None:
            found.append(audit.c.at >= self.start)
        if self.end is not None:
            found.append(audit.c.at < self.end)
        return found


def entries(
    connection: sa.Connection,
    limit: int,
    before: int | None = None,
    action: str | None = None,
    *,
    wanted: Wanted | None = None,
) -> list[Entry]:
    """Rows, newest first, with numbers below `before`; `action` is short for `wanted`."""
    query = sa.select(audit).order_by(audit.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.seq < before)
    query = query.where(*(wanted or Wanted(action)).conditions())
    return [
        Entry(
            row.seq, row.at, row.actor, row.address, row.action, row.subject,
            json.loads(row.detail), row.hash,
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def verify(connection: sa.Connection, kept: Head | None = None) -> Verdict:
    """Read the whole chain and say where it is broken.

    Args:
        connection: any connection.
        kept: a head that was taken away earlier; the chain must still contain it.
    """
    query = sa.select(audit).order_by(audit.c.seq).execution_options(yield_per=1000)
    links = (
        Link(row["seq"], _fields(row), row["previous"], row["hash"])
        for row in map(dict, connection.execute(query).mappings())
    )
    return chain.verify(links, kept)
