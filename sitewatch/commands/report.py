"""`sitewatch report`: a report without the page, also while the service runs."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, RenderableType

from collectors.registry import SCHEMAS
from device_configs.estate import load_estate
from reports.asked import asked_for
from reports.document import Report
from reports.makers import MAKERS, make_report
from reports.periods import Step
from reports.quality import By
from reports.render_json import shown_json
from reports.render_pdf import report_pdf
from reports.render_sheets_csv import report_csv
from reports.render_sheets_table import report_table
from reports.render_xlsx import report_xlsx
from reports.texts import Language
from reports.unaccounted_report import LIMIT
from sitewatch.commands.first_reports import Made, database, energy, quality, safety, unaccounted
from sitewatch.errors import SitewatchError
from sitewatch.estate_folder import revision_of
from sitewatch.screen import out
from sitewatch.work import progress

FIRST = ("energy", "quality", "unaccounted", "safety")
"""The reports that are no `Report`, each of a shape of its own."""


class Format(StrEnum):
    """How a report is shown."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


_FILES: Mapping[Format, Callable[[Report, Language], bytes]] = {
    Format.XLSX: report_xlsx,
    Format.PDF: report_pdf,
}
"""The forms that are no text."""


def _kinds() -> Sequence[str]:
    return [*FIRST, *sorted(set(MAKERS) - set(FIRST))]


def _known(kind: str) -> str:
    if kind not in _kinds():
        raise typer.BadParameter(f"there is no report {kind!r}: {', '.join(_kinds())}")
    return kind


def report(
    kind: Annotated[str, typer.Argument(help=f"one of {', '.join(_kinds())}", callback=_known)],
    period: Annotated[
        str,
        typer.Option(help="2026, 2026-Q4, 2026-11, 2026-W48, 2026-11-23 or two days joined by .."),
    ],
    estate: Annotated[Path, typer.Option(help="the estate folder")],
    data: Annotated[Path, typer.Option(help="the data folder of the service")],
    site: Annotated[str | None, typer.Option(help="a site; the whole estate if not given")] = None,
    step: Annotated[Step | None, typer.Option(help="energy: one row a day or a month")] = None,
    by: Annotated[By, typer.Option(help="quality: what a row is about")] = By.DEVICE,
    limit: Annotated[
        float, typer.Option(min=0, max=1, help="unaccounted: share of the inflow to mark")
    ] = LIMIT,
    operators: Annotated[int, typer.Option(min=1, help="safety: people on duty at a time")] = 1,
    option: Annotated[
        list[str] | None, typer.Option(help="name=value, an option of the report; may be repeated")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="how to show it")] = Format.TABLE,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="write a file")] = None,
    language: Annotated[Language, typer.Option(help="of headings and notes")] = Language.ZH,
) -> None:
    """Print a report of a site and everything below it, or write it to a file."""
    if kind not in FIRST:
        found = _make(kind, period, estate, data, site, _options(option or []))
        if form in _FILES:
            _write_file(_FILES[form](found, language), output, form)
            return
        made = _shown(found)
    elif form in _FILES:
        raise typer.BadParameter(f"the report {kind} is a table, json or csv, no {form.value}")
    elif kind == "energy":
        made = energy(period, estate, data, site, step)
    elif kind == "unaccounted":
        made = unaccounted(period, estate, data, site, limit)
    elif kind == "safety":
        made = safety(period, estate, data, site, operators)
    else:
        made = quality(period, estate, data, site, by)
    _put(made, form, output, language)


def _put(made: Made, form: Format, output: Path | None, language: Language) -> None:
    if form is Format.TABLE and output is None:
        out.print(made.table(language))
        return
    if form is Format.TABLE:
        text = _plain(made.table(language))
    else:
        text = made.json(language) if form is Format.JSON else made.csv(language)
    if output is None:
        typer.echo(text, nl=form is not Format.CSV)
    else:
        # The lines end as the format says, on every system.
        _write_file(text.encode(), output, form)


def _write_file(content: bytes, output: Path | None, form: Format) -> None:
    if output is None:
        raise typer.BadParameter(f"{form.value} is no text for a terminal; give --output FILE")
    try:
        output.write_bytes(content)
    except OSError as error:
        raise SitewatchError(f"{output} cannot be written: {error.strerror}") from error


def _options(given: Sequence[str]) -> Mapping[str, str]:
    found = {}
    for text in given:
        name, mark, value = text.partition("=")
        if not (name and mark):
            raise typer.BadParameter(f"--option {text!r} is not name=value")
        found[name] = value
    return found


def _make(
    kind: str, period: str, estate: Path, data: Path, site: str | None, options: Mapping[str, str]
) -> Report:
    loaded = load_estate(estate, SCHEMAS)
    with database(data) as engine, progress(kind) as bar:
        asked = asked_for(
            loaded, estate, engine, site, period,
            now_ms=time.time_ns() // 1_000_000, revision=revision_of(estate), options=options,
            progress=lambda share: bar(round(share * 100), 100),
        )  # fmt: skip
        return make_report(kind, asked)


def _shown(made: Report) -> Made:
    return Made(
        lambda language: report_table(made, language),
        lambda language: json.dumps(shown_json(made, language), ensure_ascii=False, indent=2),
        lambda language: report_csv(made, language),
    )


def _plain(table: RenderableType) -> str:
    console = Console(width=140, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(table)
    return capture.get()
