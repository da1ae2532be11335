"""`sitewatch restore`: a backup back into a data folder."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from sitewatch.data_folder import own
from sitewatch.errors import SitewatchError
from sitewatch.screen import err, out


def restore(
    folder: Annotated[Path, typer.Argument(help="what `sitewatch backup` wrote")],
    data: Annotated[Path, typer.Option("--data", help="the data folder to fill")],
    estate: Annotated[
        Path | None, typer.Option("--estate", help="a new folder for the estate, too")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="replace data that is there")] = False,
) -> None:
    """Put a backup into a data folder, after every file was held against its checksum."""
    # Imported here, so that the small commands do not wait for the stores.
    from sitewatch.backup import ESTATE
    from sitewatch.backup import restore as put_back
    from sitewatch.work import progress

    if estate is not None and estate.exists():
        raise typer.BadParameter(f"{estate} exists already; give the name of a new folder")
    with progress("restore") as report, own(data) as found:
        manifest = put_back(folder, found, force, report)
    if estate is not None and (folder / ESTATE).is_dir():
        try:
            shutil.copytree(folder / ESTATE, estate)
        except OSError as error:
            raise SitewatchError(f"{estate} cannot be written: {error}") from error
    for left_out in manifest["left_out"]:
        err.print(f"was not in the backup: {left_out}")
    out.print(f"{data}: {manifest['readings']} readings restored", markup=False)
