"""`sitewatch export`: readings into a file, also while the service runs."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from ingest.stores.forms import ENDINGS, Form
from sitewatch.screen import out

EstateOption = Annotated[Path | None, typer.Option("--estate", help="the estate folder")]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="settings as TOML")]
DataOption = Annotated[Path | None, typer.Option("--data", help="the service's data folder")]
FormOption = Annotated[Form | None, typer.Option("--format", help="by the file's name if absent")]


def export(
    output: Annotated[Path, typer.Option("-o", "--output", help="the file to write")],
    start: Annotated[str, typer.Option("--from", help="2026-11-23 or 2026-11-23T08:00")],
    end: Annotated[str, typer.Option("--to", help="not included")],
    form: FormOption = None,
    site: Annotated[str | None, typer.Option(help="a site and everything below it")] = None,
    device: Annotated[str | None, typer.Option(help="a device and its parts")] = None,
    data: DataOption = None,
    estate: EstateOption = None,
    config: ConfigOption = None,
) -> None:
    """Write stored readings as Parquet, CSV or line protocol."""
    if site is not None and device is not None:
        raise typer.BadParameter("give --site or --device, not both")
    span = moment(start), moment(end)
    if span[0] >= span[1]:
        raise typer.BadParameter(f"--from {start} is not before --to {end}")
    request = {
        "command": "export",
        "file": str(output.absolute()),
        "form": (form or form_of_name(output)).value,
        "start": span[0],
        "end": span[1],
        "site": site,
        "device": device,
    }
    # Imported here, so that the small commands do not wait for the stores.
    from sitewatch.work import have_done

    done = have_done(request, "export", data, estate, config)
    out.print(f"{output}: {done['readings']} readings of {done['devices']} devices", markup=False)


def moment(text: str) -> int:
    """A moment [ms, UTC] as a person gives it; without a zone it is of this machine's zone."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no date such as 2026-11-23") from error
    return int(found.astimezone().timestamp() * 1000)


def form_of_name(file: Path) -> Form:
    """The format that a file's name tells."""
    if file.suffix not in ENDINGS:
        known = ", ".join(ENDINGS)
        raise typer.BadParameter(f"{file.name} does not end with {known}; give --format")
    return ENDINGS[file.suffix]
