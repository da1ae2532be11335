"""Sealed rows: each carries a hash over its content and over the hash of the row before.

A row that was changed, taken out or put in breaks the chain from there on. Rows cut off at the end,
and a chain that was written anew from its start, show only against a head that was kept elsewhere.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

START = "0" * 64
"""What the first row seals in place of a row before it."""


@dataclass(frozen=True)
class Head:
    """The end of a chain, small enough to be printed, mailed or written down."""

    seq: int = 0
    hash: str = START

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


@dataclass(frozen=True)
class Link:
    """One row as it is read back."""

    seq: int
    fields: Sequence[object]
    """What is sealed, in the order in which it is sealed; plain JSON."""
    previous: str
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


def seal(fields: Sequence[object], previous: str) -> str:
    """The hash of a row (SHA-256, in hex)."""
    # A JSON list with the lengths fixed by position: no two rows have the same bytes.
    text = json.dumps([*fields, previous], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def verify(links: Iterable[Link], kept: Head | None = None) -> Verdict:
    """Read a whole chain, in order, and say where it is broken.

    Args:
        links: every row from the first on.
        kept: a head that was taken away earlier; the chain must still contain it.
    """
    faults: list[str] = []
    last, seen, rows = Head(), kept is None or kept.seq == 0, 0
    for link in links:
        rows += 1
        if link.previous != last.hash:
            # A number that a rolled back transaction used up is no missing row.
            hole = link.seq != last.seq + 1
            missing = f"row {last.seq + 1} is missing before row {link.seq}"
            faults.append(missing if hole else f"row {link.seq} does not follow row {last.seq}")
        if seal(link.fields, link.previous) != link.hash:
            faults.append(f"row {link.seq} was changed")
        if kept is not None and link.seq == kept.seq:
            seen = True
            if link.hash != kept.hash:
                faults.append(f"row {link.seq} is not the one whose hash was kept")
        last = Head(link.seq, link.hash)
    if kept is not None and not seen:
        faults.append(f"row {kept.seq}, whose hash was kept, is missing")
    return Verdict(rows, last, tuple(faults))


def lock(connection: sa.Connection, key: int) -> None:
    """Let no other transaction seal a row of this chain before this one ends.

    SQLite has one writer anyway; PostgreSQL has an advisory lock, named by `key`.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def newest(connection: sa.Connection, seq: sa.Column[int], sealed: sa.Column[str]) -> Head:
    """The head of the chain whose numbers and hashes are in these columns."""
    row = connection.execute(sa.select(seq, sealed).order_by(seq.desc()).limit(1)).first()
    return Head(row[0], row[1]) if row else Head()
