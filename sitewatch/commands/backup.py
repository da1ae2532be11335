"""`sitewatch backup`: a consistent copy of everything, also while the service runs."""

from pathlib import Path
from typing import Annotated

import typer

from sitewatch.commands.export import ConfigOption, DataOption, EstateOption
from sitewatch.screen import err, out


def backup(
    folder: Annotated[Path, typer.Argument(help="a new folder")],
    data: DataOption = None,
    estate: EstateOption = None,
    config: ConfigOption = None,
) -> None:
    """Copy series, journal, database, estate folder and settings (without secrets)."""
    # Imported here, so that the small commands do not wait for the stores.
    from sitewatch.work import have_done

    request = {"command": "backup", "folder": str(folder.absolute())}
    done = have_done(request, "backup", data, estate, config)
    for left_out in done["left_out"]:
        err.print(f"not in the backup: {left_out}")
    megabytes = done["bytes"] / 1e6
    out.print(f"{folder}: {done['readings']} readings, {megabytes:.1f} MB", markup=False)
