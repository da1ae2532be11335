"""Has work on the data done by the service that runs, or does it here where none does."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from device_configs.estate import Estate
from ingest.clock import wall_clock_ms
from ingest.interval_ledger import IntervalLedger
from ingest.quality_recount import QualityRecount
from ingest.session_ledger import SessionLedger
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.forms import Report
from records.dead_letters import DeadLetterBox
from sitewatch.control_socket import ask
from sitewatch.data_folder import own
from sitewatch.errors import AlreadyRunningError, SitewatchError
from sitewatch.estate_folder import load_folder
from sitewatch.open_store import open_store
from sitewatch.operations import Workplace
from sitewatch.records_database import open_records
from sitewatch.screen import err
from sitewatch.settings import Settings, StoreKind, load_settings


@contextmanager
def progress(title: str) -> Iterator[Report]:
    """A bar on a terminal, nothing elsewhere."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(title, total=None)

        def report(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of or None)

        yield report


def have_done(
    request: Mapping[str, Any],
    title: str,
    data: Path | None,
    estate: Path | None,
    config: Path | None,
) -> dict[str, Any]:
    """Do what a request to `Workplace.perform` asks, and wait for it.

    Raises:
        SitewatchError, IngestError: it cannot be done.
    """
    settings = load_settings(config)
    folder = existing(data or settings.service.data)
    with progress(title) as report:
        try:
            with workplace(folder, estate, settings) as place:
                return place.perform(request, report)
        except AlreadyRunningError:
            return ask(folder, request, report)


def existing(folder: Path) -> Path:
    """A data folder that is there.

    Raises:
        SitewatchError: it is not.
    """
    if not folder.is_dir():
        raise SitewatchError(f"there is no folder {folder}; give the service's with --data")
    return folder


@contextmanager
def workplace(folder: Path, estate: Path | None, settings: Settings) -> Iterator[Workplace]:
    """The data of a service that does not run.

    Raises:
        AlreadyRunningError: it runs.
        SitewatchError, StoreError: something of it cannot be opened.
    """
    loaded = load_folder(estate).estate if estate else None
    if settings.store.kind is not StoreKind.DUCKDB and loaded is None:
        raise SitewatchError("kind and site of a device in InfluxDB say the estate; give --estate")

    def known() -> Estate:
        if loaded is None:
            raise SitewatchError("this needs the estate; give --estate")
        return loaded

    with own(folder) as data, open_records(settings, data) as engine:
        letters = DeadLetterBox(engine, now_ms=wall_clock_ms)
        with closing(open_store(settings.store, data, known, letters)) as store:
            ledger = IntervalLedger(engine, loaded, now_ms=wall_clock_ms) if loaded else None
            quality = QualityRecount(engine, known, now_ms=wall_clock_ms) if loaded else None
            stays = None
            if loaded is not None and isinstance(store, DuckDbStore):
                stays = SessionLedger(engine, loaded, store)
            yield Workplace(store, data, lambda: loaded, estate, settings, ledger, quality, stays)
