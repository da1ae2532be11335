"""Reports as they were issued, their corrections, and issuing one."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query
from fastapi.responses import Response

from api.auth import Asking, Caller
from api.errors import Refusal, language_of
from api.house import House
from api.parts_of_app import Behind, IndexOfNow, Workers
from api.report_items import again, rendered, to_correction, to_issue, want
from api.routes.report_forms import FILES, KindName, checked, download
from api.schemas_reports import (
    Corrections,
    Format,
    IssueItem,
    IssuePage,
    NewReport,
    ReportDocument,
)
from device_configs.estate import Estate
from records.engine import reading, transaction
from reports import issued
from reports.corrections import changes
from reports.document import Report
from reports.issued import Identity, Issued
from reports.makers import MAKERS, make_report
from reports.texts import Language

router = APIRouter(tags=["reports"])
Number = Annotated[int, Path(ge=1, le=2**53)]
_Limit = Annotated[int, Query(ge=1, le=500)]


@router.post("/reports/{kind}/issue", status_code=201)
async def post_report_issue(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    threads: Workers,
    kind: KindName,
    body: NewReport,
) -> IssueItem:
    """Make a report of a closed period and store it as issued; a later one is its correction."""
    checked(kind)
    wanted = want(caller, house, index.estate, kind, body.site, body.period, body.options)

    def work() -> Issued:
        report = make_report(kind, wanted.asked)
        with transaction(house.engine) as connection:
            return issued.issue(connection, wanted.identity, report, caller.actor, house.now_ms())

    return to_issue(await threads.query(work))


@router.get("/issued-reports")
def get_issued_reports(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    site: str | None = None,
    kind: str | None = None,
    period: str | None = None,
    limit: _Limit = 100,
    after: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> IssuePage:
    """What was issued, newest first."""
    sites = caller.within(index.estate, site)
    whole = site is None and caller.everywhere(index.estate)
    with reading(house.engine) as connection:
        found = issued.listed(
            connection, None if whole else sites,
            kind=kind, period=period, before=after, limit=limit,
        )  # fmt: skip
    following = found[-1].issue.id if len(found) == limit else None
    shown = [
        one
        for one in found
        if one.identity.kind in MAKERS and _may(caller, index.estate, one.identity)
    ]
    return IssuePage(items=[to_issue(one) for one in shown], next=following)


@router.get("/issued-reports/{number}", response_model=ReportDocument, responses=FILES)
async def get_issued_report(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    threads: Workers,
    number: Number,
    format: Format = "json",
    language: Language | None = None,
    accept_language: Annotated[str, Header()] = "",
) -> Response:
    """One report as it was issued, in any form (JSON: `ReportDocument`)."""
    spoken = language or Language(language_of(accept_language))
    found, report = await threads.query(lambda: _read(caller, house, index.estate, number))
    return download(await threads.query(lambda: rendered(report, format, spoken, found)))


@router.get("/issued-reports/{number}/corrections")
async def get_issued_corrections(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    threads: Workers,
    number: Number,
    against: Annotated[
        int | None, Query(ge=1, le=2**53, description="another issue of the same report")
    ] = None,
    language: Language | None = None,
    accept_language: Annotated[str, Header()] = "",
) -> Corrections:
    """What the report says otherwise now, or in another issue, cell by cell."""
    spoken = language or Language(language_of(accept_language))

    def work() -> Corrections:
        found, old = _read(caller, house, index.estate, number)
        other, new = None, None
        if against is None:
            new = make_report(found.identity.kind, again(house, index.estate, found.identity))
        else:
            other, new = _read(caller, house, index.estate, against)
            if other.identity != found.identity:
                raise Refusal("conflict", f"#{against} is no issue of the same report as #{number}")
        items = [to_correction(old.kind, one, spoken) for one in changes(old, new)]
        return Corrections(
            issue=to_issue(found),
            against=None if other is None else to_issue(other),
            items=items,
        )

    return await threads.query(work)


def _may(caller: Caller, estate: Estate, identity: Identity) -> bool:
    """Whether a caller may see what was issued for that scope, and there are words for it."""
    if identity.kind not in MAKERS:
        return False
    if caller.everywhere(estate):
        return True
    visible = caller.visible(estate)
    return identity.site in visible and identity.roots is not None and identity.roots <= visible


def _read(caller: Caller, house: House, estate: Estate, number: int) -> tuple[Issued, Report]:
    with reading(house.engine) as connection:
        found, report = issued.read(connection, number)
    if not _may(caller, estate, found.identity):
        raise Refusal("not_found", f"there is no issued report {number}")
    return found, report
