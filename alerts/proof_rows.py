"""Proofs in SQL: noted, taken back, listed. All calls block."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from alerts.errors import NotAllowedError, ProofNotFoundError
from alerts.proof_tables import proofs
from alerts.proofs import Done, ProofBook
from device_configs.estate import Estate
from records.engine import reading


@dataclass(frozen=True)
class WantedProof:
    """A proof that somebody notes."""

    device: str
    kind: str
    done_on: dt.date
    next_due: dt.date | None
    with_parts: bool
    note: str | None


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


def to_done(row: sa.RowMapping) -> Done:
    """A row of `proofs`."""
    return Done(
        row["id"], row["device"], row["kind"], dt.date.fromisoformat(row["done_on"]),
        _day(row["next_due"]), row["with_parts"], row["by"], row["note"], row["created_at"],
        row["taken_back_by"], row["taken_back_at"],
    )  # fmt: skip


def note(connection: sa.Connection, wanted: WantedProof, by: str, now_ms: int) -> Done:
    """Note a proof that was checked (`alerts.proofs.check_proof`)."""
    result = connection.execute(
        sa.insert(proofs).values(
            device=wanted.device, kind=wanted.kind, done_on=wanted.done_on.isoformat(),
            next_due=None if wanted.next_due is None else wanted.next_due.isoformat(),
            with_parts=wanted.with_parts, by=by, note=wanted.note, created_at=now_ms,
        )
    )  # fmt: skip
    key = result.inserted_primary_key
    assert key is not None  # noqa: S101  (an insert of one row always has its key)
    return find(connection, int(key[0]))


def find(connection: sa.Connection, number: int) -> Done:
    """One proof.

    Raises:
        ProofNotFoundError: there is none of this number.
    """
    query = sa.select(proofs).where(proofs.c.id == number).with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise ProofNotFoundError(number)
    return to_done(row)


def take_back(connection: sa.Connection, number: int, by: str, now_ms: int) -> Done:
    """Let a proof that was noted by mistake count no more.

    Raises:
        ProofNotFoundError: there is none of this number.
        NotAllowedError: it was taken back already.
    """
    if find(connection, number).taken_back_at is not None:
        raise NotAllowedError("proof_taken_back")
    values = {"taken_back_by": by, "taken_back_at": now_ms}
    connection.execute(sa.update(proofs).where(proofs.c.id == number).values(**values))
    return find(connection, number)


def listed(connection: sa.Connection, device: str, limit: int) -> tuple[Done, ...]:
    """The proofs of a device and its parts, or of a part, the newest first."""
    part = proofs.c.device.startswith(f"{device}/", autoescape=True)
    query = sa.select(proofs).where(sa.or_(proofs.c.device == device, part))
    rows = connection.execute(query.order_by(proofs.c.id.desc()).limit(limit)).mappings()
    return tuple(to_done(row) for row in rows)


def about(connection: sa.Connection, device: str) -> tuple[Done, ...]:
    """Every proof of a device and its parts that was not taken back."""
    part = proofs.c.device.startswith(f"{device}/", autoescape=True)
    ours = sa.or_(proofs.c.device == device, part)
    query = sa.select(proofs).where(ours, proofs.c.taken_back_at.is_(None))
    return tuple(to_done(row) for row in connection.execute(query).mappings())


def counting(connection: sa.Connection) -> tuple[Done, ...]:
    """Every proof that was not taken back."""
    query = sa.select(proofs).where(proofs.c.taken_back_at.is_(None)).order_by(proofs.c.id)
    return tuple(to_done(row) for row in connection.execute(query).mappings())


class ProofShelf:
    """The book of proofs of now; read anew only when a proof or the estate has changed.

    Not for two threads at a time.
    """

    def __init__(self, engine: sa.Engine, estate: Callable[[], Estate]) -> None:
        self._engine = engine
        self._estate = estate
        self._made_of: tuple[object, int, int] | None = None
        self._book: ProofBook | None = None

    def book(self) -> ProofBook:
        """Until when each device is proven; blocks."""
        estate = self._estate()
        newest = sa.select(
            sa.func.coalesce(sa.func.max(proofs.c.id), 0), sa.func.count(proofs.c.taken_back_at)
        )
        with reading(self._engine) as connection:
            last, taken_back = connection.execute(newest).one()
            made_of = (estate, int(last), int(taken_back))
            if self._book is None or self._made_of != made_of:
                self._book = ProofBook(estate, counting(connection))
                self._made_of = made_of
        return self._book
