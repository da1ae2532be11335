"""The audit chain: who did what and when; rows are added, and each seals the one before it.

A row's hash covers its content and the hash of the row before, so a row that was changed, taken out
or put in breaks the chain from there on. Rows cut off at the end show only against a head that was
kept elsewhere: `verify` takes one.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from records.engine import metadata

_START = "0" * 64
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
class Head:
    """The end of the chain, small enough to be printed, mailed or written down."""

    seq: int = 0
    hash: str = _START


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


@dataclass(frozen=True)
class Verdict:
    """What `verify` found."""

    rows: int
    head: Head
    faults: Sequence[str] = field(default=())
    """One sentence for each fault; empty when the chain is whole."""

    @property
    def whole(self) -> bool:
        """Whether nothing was changed, taken out or put in."""
        return not self.faults


def _seal(row: Mapping[str, object], previous: str) -> str:
    # A JSON list with the lengths fixed by position: no two rows have the same bytes.
    fields = [
        row[name] for name in ("seq", "at", "actor", "address", "action", "subject", "detail")
    ]
    text = json.dumps([*fields, previous], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def head(connection: sa.Connection) -> Head:
    """The newest row's number and hash."""
    newest = sa.select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
    row = connection.execute(newest).first()
    return Head(row.seq, row.hash) if row else Head()


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
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
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
    sealed = _seal(row, last.hash)
    connection.execute(sa.insert(audit).values(**row, previous=last.hash, hash=sealed))
    return Head(last.seq + 1, sealed)


def entries(
    connection: sa.Connection, limit: int, before: int | None = None, action: str | None = None
) -> list[Entry]:
    """Rows, newest first, with numbers below `before`; `action` may be a noun: `session`."""
    query = sa.select(audit).order_by(audit.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.seq < before)
    if action is not None:
        query = query.where(
            sa.or_(
                audit.c.action == action,
                audit.c.action.startswith(f"{action}.", autoescape=True),
            )
        )
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
    faults: list[str] = []
    last, seen, rows = Head(), kept is None or kept.seq == 0, 0
    chain = sa.select(audit).order_by(audit.c.seq).execution_options(yield_per=1000)
    for row in connection.execute(chain).mappings():
        rows += 1
        seq = int(row["seq"])
        if seq != last.seq + 1:
            faults.append(f"row {last.seq + 1} is missing before row {seq}")
        elif row["previous"] != last.hash:
            faults.append(f"row {seq} does not follow row {last.seq}")
        if _seal(dict(row), row["previous"]) != row["hash"]:
            faults.append(f"row {seq} was changed")
        if kept is not None and seq == kept.seq:
            seen = True
            if row["hash"] != kept.hash:
                faults.append(f"row {seq} is not the one whose hash was kept")
        last = Head(seq, row["hash"])
    if kept is not None and not seen:
        faults.append(f"row {kept.seq}, whose hash was kept, is missing")
    return Verdict(rows, last, tuple(faults))
