"""`sitewatch import`: readings from a file, also while the service runs."""

from pathlib import Path
from typing import Annotated

import typer

from ingest.stores.forms import UnreadableFileError
from sitewatch.commands.export import (
    ConfigOption,
    DataOption,
    EstateOption,
    FormOption,
    form_of_name,
)
from sitewatch.errors import InvalidInputError
from sitewatch.screen import out


def import_(
    file: Annotated[Path, typer.Argument(help="what `sitewatch export` wrote", exists=True)],
    form: FormOption = None,
    data: DataOption = None,
    estate: EstateOption = None,
    config: ConfigOption = None,
) -> None:
    """Take readings from a file; those that are stored already are not stored again."""
    request = {
        "command": "import",
        "file": str(file.absolute()),
        "form": (form or form_of_name(file)).value,
    }
    # Imported here, so that the small commands do not wait for the stores.
    from sitewatch.work import have_done

    try:
        done = have_done(request, "import", data, estate, config)
    except UnreadableFileError as error:
        raise InvalidInputError(str(error)) from error
    known = done["readings"] - done["added"]
    out.print(f"{file}: {done['added']} readings added, {known} were there", markup=False)
    if done["counted"] is None:
        out.print("energy is not counted without the estate: run it again with --estate")
    else:
        out.print(f"energy counted again: {done['counted']} counters", markup=False)
    if done["quality"] is not None:
        out.print(f"data quality counted again: {done['quality']} days of devices", markup=False)
