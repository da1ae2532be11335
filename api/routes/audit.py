"""The audit chain, for whoever audits the whole estate."""

from typing import Annotated

from fastapi import APIRouter, Query

from alerts import evidence
from api.auth import Asking, Caller
from api.errors import Refusal
from api.items import moment
from api.parts_of_app import Behind, IndexOfNow, Workers
from api.schemas_accounts import AuditItem, AuditPage, AuditVerdict, ChainName
from device_configs.estate import Estate
from records import audit
from records.chain import Verdict
from records.engine import reading

router = APIRouter(tags=["audit"])


def _check(caller: Caller, estate: Estate) -> None:
    # Rows have no site: who sees a part of the estate cannot be shown a part of the chain.
    if not caller.everywhere(estate):
        raise Refusal("not_found")


@router.get("/audit")
def get_audit(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    action: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    after: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> AuditPage:
    """Rows, newest first; `action` may be a noun (`session`) or whole (`session.opened`)."""
    _check(caller, index.estate)
    with reading(house.engine) as connection:
        rows = audit.entries(connection, limit + 1, after, action)
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
