"""Makes the reports that routes are asked for, and puts them into their form."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from api.auth import Caller
from api.coverage_now import coverage_now
from api.house import House
from api.report_jobs import File
from api.schemas_reports import Correction, IssueItem
from device_configs.estate import Estate
from reports.asked import Asked, Progress, asked_for
from reports.corrections import Change
from reports.document import Report
from reports.forms import Form
from reports.frame import cell_text
from reports.issue import Issue, status
from reports.issued import Identity, Issued, options_text, scope_text
from reports.render_json import shown_json
from reports.render_pdf import pages_of, set_pages_apart
from reports.render_sheets_csv import report_csv
from reports.render_xlsx import report_xlsx
from reports.report_texts import report_texts
from reports.texts import Language, in_language

MEDIA = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def files_of(*formats: str) -> dict[int | str, dict[str, Any]]:
    """What the description of a route says of the files it answers with."""
    media = [MEDIA[name].partition(";")[0] for name in formats]
    schema = {"schema": {"type": "string", "contentEncoding": "binary"}}
    return {200: {"content": dict.fromkeys(media, schema)}}


@dataclass(frozen=True)
class Wanted:
    """A report that a caller may have."""

    asked: Asked
    identity: Identity


def want(
    caller: Caller,
    house: House,
    estate: Estate,
    kind: str,
    site: str | None,
    period: str,
    options: Mapping[str, str],
    progress: Progress | None = None,
) -> Wanted:
    """Check a request.

    Raises:
        Refusal: `not_found`, the site is not there for the caller.
        InvalidPeriodError: the period cannot be read.
        NotIssuedError: the options are too long.
    """
    chosen = site or estate.id
    caller.within(estate, chosen)
    everywhere = caller.everywhere(estate)
    scope = scope_text(None if everywhere else caller.sites)
    identity = Identity(kind, chosen, period, options_text(options), scope)
    return Wanted(again(house, estate, identity, progress), identity)


def again(
    house: House, estate: Estate, identity: Identity, progress: Progress | None = None
) -> Asked:
    """The request behind an identity, of now."""
    more: dict[str, Any] = {} if progress is None else {"progress": progress}
    return asked_for(
        estate, house.folder(), house.engine, identity.site, identity.period,
        now_ms=house.now_ms(), revision=house.revision(), readings=house.store,
        places=identity.places(estate), options=identity.given,
        coverage=lambda: coverage_now(house), **more,
    )  # fmt: skip


def rendered(
    report: Report,
    form: str,
    language: Language,
    issued: Issued | None = None,
    ended: Callable[[], bool] = lambda: False,
) -> File:
    """The report as a file; blocks.

    Raises:
        RenderingError: the pages cannot be set.
    """
    issue = None if issued is None else issued.issue
    if form == "pdf":
        content = set_pages_apart(pages_of(report, language, issue), ended)
    elif form == "xlsx":
        content = report_xlsx(report, language, issue)
    elif form == "csv":
        content = report_csv(report, language).encode()
    else:
        content = json.dumps(document(report, language, issued), ensure_ascii=False).encode()
    version = "" if issue is None else f"-v{issue.version}"
    name = f"{report.kind}-{report.site}-{report.period.name}{version}.{form}"
    return File(content, MEDIA[form], name)


def document(report: Report, language: Language, issued: Issued | None) -> dict[str, Any]:
    """The report in the shape of `ReportDocument`."""
    issue: Issue | None = None if issued is None else issued.issue
    item = None if issued is None else to_issue(issued).model_dump(mode="json")
    return {
        **shown_json(report, language),
        "status": status(report, issue, language),
        "issue": item,
    }


def to_issue(found: Issued) -> IssueItem:
    """A line of the list of issues."""
    issue, identity = found.issue, found.identity
    return IssueItem(
        id=issue.id,
        kind=identity.kind,
        title=report_texts(identity.kind).title,
        site=identity.site,
        period=identity.period,
        options=dict(identity.given),
        version=issue.version,
        replaces=issue.replaces,
        issued_at=dt.datetime.fromtimestamp(issue.issued_at_ms / 1000, dt.UTC),
        issued_by=issue.issued_by,
        digest=issue.digest,
    )


def to_correction(kind: str, change: Change, language: Language) -> Correction:
    """A difference as people read it."""
    texts = report_texts(kind)

    def named(labels: Mapping[str, Any], key: str) -> str | None:
        if not key:
            return None
        return in_language(labels[key], language) if key in labels else key

    valued = change.what.value in ("cell", "source")
    return Correction(
        what=change.what.value,
        sheet=named(texts.sheets, change.sheet),
        row=None if change.row is None else cell_text(change.row, Form.TEXT, language),
        column=named(texts.columns, change.column),
        old=cell_text(change.old, change.form, language) if valued else None,
        new=cell_text(change.new, change.form, language) if valued else None,
    )
