"""`sitewatch migrate`: the series from the embedded store to InfluxDB."""

from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ingest.clock import wall_clock_ms
from sitewatch.commands.export import ConfigOption, DataOption
from sitewatch.data_folder import own
from sitewatch.errors import SitewatchError
from sitewatch.estate_folder import load_folder
from sitewatch.screen import err, out
from sitewatch.settings import StoreKind, load_settings

_SHOWN = 10


class Target(StrEnum):
    """Where series can be moved to."""

    INFLUX = "influx"


def migrate(
    to: Annotated[Target, typer.Option("--to", help="which store")],
    estate: Annotated[Path, typer.Option("--estate", help="the estate folder")],
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Move all series to the InfluxDB that the settings name; stop the service before.

    Run it again after any failure: it goes on where it stood. Then set the store's kind.
    """
    # Imported here, so that the small commands do not wait for the stores.
    from ingest.stores.duckdb import DuckDbStore
    from ingest.stores.duckdb_database import DuckDbSettings
    from records.dead_letters import DeadLetterBox
    from sitewatch.migration import Progress, compare
    from sitewatch.migration import migrate as move
    from sitewatch.open_store import open_store
    from sitewatch.records_database import open_records
    from sitewatch.work import existing, progress

    settings = load_settings(config)
    chosen = settings.store.model_copy(update={"kind": StoreKind(to.value)})
    loaded = load_folder(estate).estate
    with (
        own(existing(data or settings.service.data)) as folder,
        open_records(settings, folder) as engine,
        closing(DuckDbStore(DuckDbSettings(folder.series, chosen.memory_limit))) as source,
        closing(
            open_store(chosen, folder, lambda: loaded, DeadLetterBox(engine, wall_clock_ms))
        ) as target,
    ):
        target.cursor()
        unknown = [name for name in source.devices() if name.split("/")[0] not in loaded.devices]
        done = Progress(folder.path / "migration.json", f"{chosen.url} {chosen.database}")
        with progress("migrate") as report:
            written = move(source, target, done, report)
        with progress("compare") as report:
            fewer = compare(source, target, report)
        if fewer:
            for one in fewer[:_SHOWN]:
                err.print(f"{one.device} {one.point}: {one.source} values, there {one.target}")
            raise SitewatchError(
                f"{len(fewer)} points have fewer values there; what was refused is among the dead "
                f"letters, and {folder.path / 'migration.json'} removed, all is written again"
            )
        done.forget()
    if unknown:
        err.print(f"{len(unknown)} devices are not in the estate; their kind there is `service`")
    out.print(f"{written} values moved; every point has as many there as here", markup=False)
