"""Reports made of sheets, in every form: at once, or in the background with their progress."""

from collections.abc import Sequence
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import Response

from api.auth import Asking
from api.errors import Refusal, language_of
from api.parts_of_app import Behind, IndexOfNow, Jobs, Workers
from api.report_items import rendered, want
from api.report_jobs import File, Job, shared
from api.schemas_reports import (
    PERIOD,
    Format,
    NewReportJob,
    ReportDocument,
    ReportJob,
    ReportKind,
)
from device_configs.estate import Estate
from device_configs.faults import InvalidConfigError
from reports.makers import MAKERS, OPTIONS, USUAL_PERIOD, choices_of, make_report
from reports.options import Option
from reports.report_texts import report_texts
from reports.schedules import Every
from reports.texts import Language

router = APIRouter(tags=["reports"])
_MAKING = 0.8
"""Share of the work that is making the report; the rest is its form."""
KindName = Annotated[str, Path(max_length=63)]


@router.get("/reports")
def get_kinds(_: Asking, house: Behind, index: IndexOfNow) -> list[ReportKind]:
    """The reports that can be asked for in every form."""
    return [to_kind(kind, _choices(kind, index.estate, house.folder())) for kind in sorted(MAKERS)]


@router.get("/reports/{kind}", response_model=ReportDocument)
async def get_report(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    threads: Workers,
    kind: KindName,
    period: Annotated[str, Query(max_length=22, description=PERIOD)],
    site: str | None = None,
    option: Annotated[
        list[str] | None, Query(description="`name=value`, may be repeated", max_length=20)
    ] = None,
    format: Format = "json",
    language: Language | None = None,
    accept_language: Annotated[str, Header()] = "",
) -> Response:
    """A report of a site and everything below it; what takes long is better a job."""
    checked(kind)
    wanted = want(caller, house, index.estate, kind, site, period, options_of(option or ()))
    spoken = language or Language(language_of(accept_language))
    file = await threads.query(lambda: rendered(make_report(kind, wanted.asked), format, spoken))
    return download(file)


@router.post("/reports/{kind}/jobs", status_code=202)
def post_job(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    jobs: Jobs,
    response: Response,
    request: Request,
    kind: KindName,
    body: NewReportJob,
    accept_language: Annotated[str, Header()] = "",
) -> ReportJob:
    """Make a report in the background; its state is at the address in `Location`."""
    checked(kind)
    spoken = body.language or Language(language_of(accept_language))
    want(caller, house, index.estate, kind, body.site, body.period, body.options)

    def work(job: Job) -> File:
        progress = shared(job.progress, 0.0, _MAKING)
        wanted = want(
            caller, house, index.estate, kind, body.site, body.period, body.options, progress
        )
        report = make_report(kind, wanted.asked)
        job.progress(_MAKING)
        return rendered(report, body.format, spoken, ended=job.stopped)

    job = jobs.add(caller.name, kind, body.period, body.format, work)
    prefix = request.url.path.partition("/reports/")[0]
    response.headers["Location"] = f"{prefix}/report-jobs/{job.id}"
    return to_job(job)


@router.get("/report-jobs/{name}")
def get_job(caller: Asking, jobs: Jobs, name: str) -> ReportJob:
    """How far it is."""
    return to_job(jobs.find(name, caller.name))


@router.get("/report-jobs/{name}/file", response_class=Response)
def get_file(caller: Asking, jobs: Jobs, name: str) -> Response:
    """What it made."""
    job = jobs.find(name, caller.name)
    if job.file is None:
        raise Refusal("conflict", f"the report is {job.state.value}")
    return download(job.file)


@router.delete("/report-jobs/{name}", status_code=204)
def delete_job(caller: Asking, jobs: Jobs, name: str) -> Response:
    """End it, or throw away what it made."""
    jobs.cancel(name, caller.name)
    return Response(status_code=204)


def checked(kind: str) -> None:
    """Refuse a kind that is not.

    Raises:
        Refusal: `not_found`.
    """
    if kind not in MAKERS:
        raise Refusal("not_found", f"there is no report {kind!r}")


def _choices(kind: str, estate: Estate, folder: FilePath | None) -> Sequence[Option]:
    """What can be chosen; of an estate with wrong tariffs, what does not depend on them."""
    try:
        return choices_of(kind, estate, folder)
    except InvalidConfigError:
        return OPTIONS.get(kind, ())


def options_of(given: Sequence[str]) -> dict[str, str]:
    """Options as a query gives them.

    Raises:
        Refusal: `invalid`, one is not name=value.
    """
    found = {}
    for text in given:
        name, mark, value = text.partition("=")
        if not (name and mark):
            raise Refusal("invalid", f"option: {text[:50]!r} is not name=value")
        found[name] = value
    return found


def download(file: File) -> Response:
    """A file as an answer; JSON is shown, the others are saved."""
    headers = {}
    if not file.name.endswith(".json"):
        headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return Response(file.content, media_type=file.media_type, headers=headers)


def to_kind(kind: str, options: Sequence[Option]) -> ReportKind:
    """A kind of report in the interface's shape."""
    texts = report_texts(kind)
    listed = [
        {
            "name": one.name,
            "label": texts.options[one.name].label,
            "values": [
                {
                    "value": value,
                    "label": one.names.get(value) or texts.options[one.name].values[value],
                }
                for value in one.values
            ],
            "default": one.default,
        }
        for one in options
    ]
    return ReportKind.model_validate(
        {
            "kind": kind,
            "title": texts.title,
            "about": texts.about,
            "options": listed,
            "usual_period": USUAL_PERIOD.get(kind, Every.MONTH).value,
        }
    )


def to_job(job: Job) -> ReportJob:
    """A job in the interface's shape."""
    return ReportJob.model_validate(
        {
            "id": job.id,
            "kind": job.kind,
            "period": job.period,
            "format": job.format,
            "state": job.state.value,
            "percent": int(job.share * 100),
            "reason": job.reason,
        }
    )
