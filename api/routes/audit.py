"""The audit chain, for whoever audits the whole estate."""

import datetime as dt
import json
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from alerts import evidence
from api.auth import Asking, Caller
from api.errors import Refusal
from api.hold_items import in_ms
from api.items import moment
from api.parts_of_app import Behind, IndexOfNow, Workers
from api.report_jobs import File
from api.routes.report_forms import download
from api.schemas_accounts import AuditItem, AuditPage, AuditVerdict, ChainName
from device_configs.estate import Estate
from records import audit
from records.chain import Verdict
from records.engine import reading
from reports.render_csv import table_csv

router = APIRouter(tags=["audit"])
MOST_EXPORTED = 100_000
"""Rows of one file; a narrower time gives the others."""


def _check(caller: Caller, estate: Estate) -> None:
    # Rows have no site: who sees a part of the estate cannot be shown a part of the chain.
    if not caller.everywhere(estate):
        raise Refusal("not_found")


def _wanted(
    action: str | None = None,
    actor: str | None = None,
    subject: str | None = None,
    start: dt.datetime | None = None,
    end: dt.datetime | None = None,
) -> audit.Wanted:
    """What is asked for; `action` may be a noun (`session`) or whole (`session.opened`)."""
    return audit.Wanted(
        action, actor, subject,
        None if start is None else in_ms(start, "start"),
        None if end is None else in_ms(end, "end"),
    )  # fmt: skip


Asked = Annotated[audit.Wanted, Depends(_wanted)]


@router.get("/audit")
def get_audit(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    wanted: Asked,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    after: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> AuditPage:
    """Rows, newest first; `start` and `end` have a zone, `actor` is a name or `person:NAME`."""
    _check(caller, index.estate)
    with reading(house.engine) as connection:
        rows = audit.entries(connection, limit + 1, after, wanted=wanted)
    return AuditPage(
        items=[
            AuditItem(
                seq=row.seq,
                at=moment(row.at),
                actor=row.actor,
                address=row.address,
                action=row.action,
                subject=row.subject,
                detail=dict(row.detail),
                hash=row.hash,
            )
            for row in rows[:limit]
        ],
        next=str(rows[limit - 1].seq) if len(rows) > limit else None,
    )


@router.get("/audit/rows.csv", response_class=Response)
async def get_rows(
    caller: Asking, house: Behind, index: IndexOfNow, wanted: Asked, threads: Workers
) -> Response:
    """The same rows as CSV, newest first, at most MOST_EXPORTED of them."""
    _check(caller, index.estate)

    def write() -> str:
        with reading(house.engine) as connection:
            rows = audit.entries(connection, MOST_EXPORTED, wanted=wanted)
        return table_csv(
            ("seq", "at", "actor", "address", "action", "subject", "detail", "hash"),
            (
                (
                    row.seq, moment(row.at).isoformat(), row.actor, row.address,
                    row.action, row.subject,
                    json.dumps(dict(row.detail), ensure_ascii=False, sort_keys=True), row.hash,
                )
                for row in rows
            ),
        )  # fmt: skip

    text = await threads.query(write)
    return download(File(text.encode(), "text/csv; charset=utf-8", "audit.csv"))


@router.get("/audit/verdict")
async def get_audit_verdict(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    threads: Workers,
    chain: ChainName = ChainName.AUDIT,
) -> AuditVerdict:
    """Read a whole chain and say whether it is whole."""
    _check(caller, index.estate)

    def verify() -> Verdict:
        with reading(house.engine) as connection:
            if chain is ChainName.ALARMS:
                return evidence.verify(connection)
            return audit.verify(connection)

    found = await threads.query(verify)
    return AuditVerdict(
        chain=chain,
        whole=found.whole,
        rows=found.rows,
        head=str(found.head),
        faults=list(found.faults[:100]),
    )
