"""Errors as RFC 9457 problem documents: every error answer is one, whoever raised it."""

from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from pathlib import Path

import sqlalchemy.exc
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter
from starlette.exceptions import HTTPException

from alerts.duty_book import InvalidDutyError
from alerts.errors import (
    AlarmNotFoundError,
    AlertsError,
    BadPhotoError,
    DrillNotFoundError,
    NotAllowedError,
    ProofNotFoundError,
    WindowNotFoundError,
    WorkOrderNotFoundError,
)
from alerts.roll_call import RollCallError
from alerts.texts import text
from api.headers import secure
from device_configs.faults import DeviceConfigsError
from device_configs.quantities import Label, Strict
from device_configs.yaml_file import read_yaml
from ingest.bus import IngestError
from records.engine import RecordsError
from records.passwords import WeakPasswordError
from records.people import InvalidAccountError, NameTakenError, UnknownPersonError
from records.sessions import LockedOutError, WrongCredentialsError
from records.tokens import UnknownTokenError
from reports.errors import (
    InvalidOptionError,
    InvalidPeriodError,
    ReportsError,
    UnknownReportError,
    UnknownSiteError,
)
from reports.issued import NotIssuedError, UnknownIssueError

_FILE = Path(__file__).with_name("problems.yaml")
_MEDIA_TYPE = "application/problem+json"
_FROM_BELOW: Mapping[type[Exception], str] = {
    WrongCredentialsError: "wrong_credentials",
    WeakPasswordError: "invalid",
    InvalidAccountError: "invalid",
    NameTakenError: "conflict",
    UnknownPersonError: "not_found",
    UnknownTokenError: "not_found",
    UnknownSiteError: "not_found",
    InvalidPeriodError: "invalid",
    InvalidOptionError: "invalid",
    UnknownReportError: "not_found",
    UnknownIssueError: "not_found",
    NotIssuedError: "conflict",
    AlarmNotFoundError: "not_found",
    DrillNotFoundError: "not_found",
    ProofNotFoundError: "not_found",
    WindowNotFoundError: "not_found",
    WorkOrderNotFoundError: "not_found",
    BadPhotoError: "invalid",
    InvalidDutyError: "conflict",
    RollCallError: "conflict",
}
"""Errors of the packages below that are the asker's, and the problem each is."""
_UNAVAILABLE = (
    RecordsError,
    IngestError,
    AlertsError,
    ReportsError,
    DeviceConfigsError,
    sqlalchemy.exc.OperationalError,
    sqlalchemy.exc.TimeoutError,
)
"""What says that something behind cannot do it now."""
_log = structlog.get_logger(__name__)


class ApiError(Exception):
    """Root of the errors of this package."""


class Refusal(ApiError):
    """A request that is refused, by the name of its problem in `problems.yaml`."""

    def __init__(
        self, name: str, detail: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.detail = detail
        self.headers = dict(headers or {})
        super().__init__(detail or name)


class Kind(Strict):
    """One kind of problem."""

    status: int
    title: Label


@cache
def problems() -> Mapping[str, Kind]:
    """The catalogue of problems by name."""
    return TypeAdapter(dict[str, Kind]).validate_python(read_yaml(_FILE).data)


@cache
def _name_of(status: int) -> str:
    for name, kind in problems().items():
        if kind.status == status:
            return name
    return "bad_request" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "internal"


def language_of(accept: str) -> str:
    """`zh` or `en`, whichever an Accept-Language header names first; English without one."""
    for choice in accept.lower().split(","):
        if choice.strip().startswith("zh"):
            return "zh"
        if choice.strip().startswith("en"):
            return "en"
    return "en"


def problem(
    request: Request,
    name: str,
    detail: str | None = None,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    status: int | None = None,
) -> JSONResponse:
    """The problem document for a request."""
    kind = problems()[name]
    title = kind.title
    language = language_of(request.headers.get("accept-language", ""))
    code = status or kind.status
    body: dict[str, object] = {
        "type": f"urn:sitewatch:{name}",
        "title": title.zh if language == "zh" else title.en,
        "status": code,
        "detail": detail,
        "instance": request.url.path,
    }
    if errors:
        body["errors"] = list(errors)
    return JSONResponse(body, code, dict(headers or {}), media_type=_MEDIA_TYPE)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)  # noqa: S101 - registered for this class only
    return problem(request, error.name, error.detail, error.headers)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    name = _name_of(error.status_code)
    return problem(request, name, None, error.headers, status=error.status_code)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    # Never what was sent: it may be a password.
    errors = [
        {"at": ".".join(str(step) for step in found["loc"]), "message": str(found["msg"])}
        for found in error.errors()
    ]
    detail = "; ".join(f"{found['at']}: {found['message']}" for found in errors)
    return problem(request, "invalid", detail[:500], None, errors)


async def _from_below(request: Request, error: Exception) -> JSONResponse:
    return problem(request, _FROM_BELOW[type(error)], str(error))


async def _not_allowed(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, NotAllowedError)  # noqa: S101 - registered for this class only
    why = text(f"refused.{error.key}")
    chinese = language_of(request.headers.get("accept-language", "")) == "zh"
    return problem(request, "conflict", why.zh if chinese else why.en)


async def _locked_out(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, LockedOutError)  # noqa: S101 - registered for this class only
    return problem(request, "locked_out", str(error), {"Retry-After": str(error.wait_s)})


async def _unavailable(request: Request, error: Exception) -> JSONResponse:
    _log.warning("request_unavailable", path=request.url.path, error=str(error))
    return problem(request, "unavailable", None, {"Retry-After": "5"})


async def _failed(request: Request, error: Exception) -> JSONResponse:
    # The server above logs the traceback; this answer passes none of our middleware.
    answer = problem(request, "internal")
    secure(answer.headers, request.url.path, tls=request.url.scheme == "https")
    return answer


def install(app: FastAPI) -> None:
    """Make every error of an app a problem document."""
    problems()  # a fault in the catalogue shows now, not in the middle of an error
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(LockedOutError, _locked_out)
    app.add_exception_handler(NotAllowedError, _not_allowed)
    for kind in _FROM_BELOW:
        app.add_exception_handler(kind, _from_below)
    for kind in _UNAVAILABLE:
        app.add_exception_handler(kind, _unavailable)
    app.add_exception_handler(Exception, _failed)
