"""Which report of a schedule went to whom: one row an address, never two mails for one period.

A row is marked `sending` before the mail goes out and `sent` after: what a stop left in between
is not sent again, as nobody can say whether it arrived; it ends as `unknown` and in the audit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from records import audit
from records.audit import SYSTEM
from reports.issued_tables import report_sendings

RETRY_MS = (60_000, 300_000, 900_000, 3_600_000)
"""Waits before the next try; the last one stays. [ms]"""
MOST_TRIES = 27
"""About a day."""


class State(StrEnum):
    """How far a sending is."""

    BEFORE = "before"
    """The schedule was first seen after this period was due: it begins with the next."""
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Sending:
    """A mail that is to go out."""

    schedule: str
    period: str
    address: str
    tries: int


def has(connection: sa.Connection, schedule: str, period: str | None = None) -> bool:
    """Whether a schedule, or one period of it, is known."""
    query = sa.select(report_sendings.c.schedule).where(report_sendings.c.schedule == schedule)
    if period is not None:
        query = query.where(report_sendings.c.period == period)
    return connection.execute(query.limit(1)).first() is not None


def begin(
    connection: sa.Connection,
    schedule: str,
    period: str,
    addresses: Sequence[str],
    now_ms: int,
) -> bool:
    """Queue a period for its addresses, once; whether it was.

    The first period of a schedule that was not there before is only noted. Where nobody can be
    reached, that is noted as a failure.
    """
    if has(connection, schedule, period):
        return False
    if not has(connection, schedule):
        _add(connection, schedule, period, "", State.BEFORE, None)
        return False
    if not addresses:
        _add(connection, schedule, period, "", State.FAILED, None)
        nobody = Sending(schedule, period, "", 0)
        reason = "none of its contacts has an e-mail address"
        _tell(connection, "report.not_sent", nobody, now_ms, {"reason": reason})
        return False
    for address in dict.fromkeys(addresses):
        _add(connection, schedule, period, address, State.PENDING, now_ms)
    return True


def pending(connection: sa.Connection, now_ms: int) -> Sequence[Sending]:
    """What is to go out now."""
    table = report_sendings.c
    query = (
        sa.select(table.schedule, table.period, table.address, table.tries)
        .where(table.state == State.PENDING.value, table.next_at <= now_ms)
        .order_by(table.schedule, table.period, table.address)
    )
    return [Sending(*row) for row in connection.execute(query)]


def sending(connection: sa.Connection, one: Sending) -> None:
    """Mark that it goes out now."""
    _set(connection, one, state=State.SENDING.value, tries=one.tries + 1)


def sent(connection: sa.Connection, one: Sending, detail: dict[str, object], now_ms: int) -> None:
    """The mail server took it."""
    _set(connection, one, state=State.SENT.value, sent_at=now_ms, next_at=None, reason=None)
    _tell(connection, "report.sent", one, now_ms, detail)


def failed(
    connection: sa.Connection, one: Sending, reason: str, now_ms: int, *, permanent: bool = False
) -> None:
    """It could not be sent: it is tried again later, or never."""
    if permanent or one.tries + 1 >= MOST_TRIES:
        _set(connection, one, state=State.FAILED.value, next_at=None, reason=reason[:400])
        _tell(connection, "report.not_sent", one, now_ms, {"reason": reason[:400]})
        return
    wait = RETRY_MS[min(one.tries, len(RETRY_MS) - 1)]
    _set(
        connection, one, state=State.PENDING.value, tries=one.tries + 1, next_at=now_ms + wait,
        reason=reason[:400],
    )  # fmt: skip


def after_a_stop(connection: sa.Connection, now_ms: int) -> int:
    """End what a stop of the service left between; how many there were."""
    table = report_sendings.c
    query = sa.select(table.schedule, table.period, table.address, table.tries)
    found = [
        Sending(*row) for row in connection.execute(query.where(table.state == State.SENDING.value))
    ]
    for one in found:
        reason = "the service stopped while it was sent; it is not sent twice"
        _set(connection, one, state=State.UNKNOWN.value, next_at=None, reason=reason)
        _tell(connection, "report.not_sent", one, now_ms, {"reason": reason})
    return len(found)


def _add(
    connection: sa.Connection,
    schedule: str,
    period: str,
    address: str,
    state: State,
    next_at: int | None,
) -> None:
    connection.execute(
        sa.insert(report_sendings).values(
            schedule=schedule, period=period, address=address, state=state.value, tries=0,
            next_at=next_at,
        )
    )  # fmt: skip


def _set(connection: sa.Connection, one: Sending, **values: object) -> None:
    table = report_sendings.c
    here = (
        table.schedule == one.schedule,
        table.period == one.period,
        table.address == one.address,
    )
    connection.execute(sa.update(report_sendings).where(*here).values(**values))


def _tell(
    connection: sa.Connection, action: str, one: Sending, now_ms: int, detail: dict[str, object]
) -> None:
    whole = {"period": one.period, "to": one.address, **detail}
    audit.append(connection, SYSTEM, action, one.schedule, now_ms, whole)
