"""The shapes of reports that are made of sheets, of their jobs and of issued ones."""

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel, Field

from device_configs.quantities import Label
from reports.texts import Language

Format = Literal["json", "csv", "xlsx", "pdf"]
PERIOD = "2026, 2026-H2, 2026-Q4, 2026-11, 2026-W48, 2026-11-23 or 2026-11-03..2026-11-20"
"""How a period is written."""


class ReportChoice(BaseModel):
    """A value of an option."""

    value: str
    label: Label


class ReportOption(BaseModel):
    """What can be chosen of a report, as `name=value`."""

    name: str
    label: Label
    values: list[ReportChoice]
    default: str | None
    """None where it follows from the period."""


class ReportKind(BaseModel):
    """A report that can be asked for."""

    kind: str
    title: Label
    about: Label | None
    options: list[ReportOption]
    usual_period: Literal["day", "week", "month", "quarter", "half_year", "year"]
    """How long its period is when nobody says."""


class ReportColumn(BaseModel):
    """A column: its heading with the unit, and what a stored figure is divided by to be shown."""

    key: str
    form: str
    heading: str
    unit: str | None
    divide: float


class ReportShares(BaseModel):
    """How much of a row is not measured, each 0 to 1."""

    missing: float
    recovered: float
    estimated: float


class ReportRow(BaseModel):
    """A row: exact cells in the stored unit, and the same as people read them."""

    cells: list[Any]
    """A number, a text, null, `{"decimal": ""}`, `{"fraction": ""}` or `{"zh": "", "en": ""}`."""
    shown: list[str]
    shares: ReportShares | None
    sources: list[str]
    weight: Literal["normal", "subtotal", "total", "memo"]
    depth: int


class ReportNote(BaseModel):
    """A sentence that a reader must know."""

    key: str
    values: dict[str, str]
    text: str


class ReportSheet(BaseModel):
    """A table."""

    key: str
    title: str
    columns: list[ReportColumn]
    rows: list[ReportRow]
    notes: list[ReportNote]


class ReportChart(BaseModel):
    """A picture of a sheet's rows of normal weight."""

    kind: Literal["line", "bar", "stacked"]
    sheet: str
    x: str
    series: list[str]


class ReportSource(BaseModel):
    """What figures come from."""

    id: str
    kind: str
    name: Label
    detail: str
    version: str
    confidence: str
    shown: list[str]


class ReportPeriod(BaseModel):
    """A stretch of calendar time; `end` is the first moment after it."""

    name: str
    start: dt.datetime
    end: dt.datetime


class IssueItem(BaseModel):
    """One issue of a report."""

    id: int
    kind: str
    title: Label
    site: str
    period: str
    options: dict[str, str]
    version: int
    replaces: int | None
    issued_at: dt.datetime
    issued_by: str
    digest: str


class IssuePage(BaseModel):
    """Issues, newest first."""

    items: list[IssueItem]
    next: int | None
    """`after` of the next page; null on the last."""


class ReportDocument(BaseModel):
    """A report, exact and as people read it."""

    schema_: int = Field(alias="schema")
    kind: str
    title: str
    status: str
    site: str
    site_name: Label
    period: ReportPeriod
    timezone: str
    revision: str
    made_at_ms: int
    sheets: list[ReportSheet]
    charts: list[ReportChart]
    notes: list[ReportNote]
    sources: list[ReportSource]
    issue: IssueItem | None
    """Null where it was made just now."""


class NewReport(BaseModel):
    """What a report is asked for."""

    period: str = Field(max_length=22, description=PERIOD)
    site: str | None = None
    options: dict[str, str] = Field(default_factory=dict)


class NewReportJob(NewReport):
    """A report that is made in the background."""

    format: Format = "pdf"
    language: Language | None = None


class ReportJob(BaseModel):
    """How far a report in the background is; its file is at `report-jobs/{id}/file`."""

    id: str
    kind: str
    period: str
    format: Format
    state: Literal["waiting", "running", "ready", "failed", "cancelled"]
    percent: int
    reason: str | None
    """Why it failed."""


class Correction(BaseModel):
    """One difference between an issue and the report as it is made now, or another issue."""

    what: Literal["cell", "row_added", "row_removed", "sheet_added", "sheet_removed", "source"]
    sheet: str | None
    row: str | None
    column: str | None
    old: str | None
    new: str | None


class Corrections(BaseModel):
    """Every difference, as people read it."""

    issue: IssueItem
    against: IssueItem | None
    """The other issue; null where it was compared with the report as it is made now."""
    items: list[Correction]
