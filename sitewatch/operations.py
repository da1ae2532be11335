"""Work on the data of a service: done by the service itself, or while none runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from device_configs.estate import Estate
from device_configs.quantities import Strict
from ingest.interval_ledger import IntervalLedger
from ingest.past import Past
from ingest.quality_recount import QualityRecount
from ingest.session_ledger import SessionLedger
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_export import Export, TableFormat
from ingest.stores.exchange import export_lines, read_samples
from ingest.stores.forms import Form, Report
from ingest.stores.store import TimeSeriesStore
from sitewatch.backup import back_up
from sitewatch.data_folder import DataFolder
from sitewatch.errors import SitewatchError
from sitewatch.open_store import kind_and_site
from sitewatch.settings import Settings


class ExportRequest(Strict):
    """Readings into a file."""

    file: Path
    form: Form
    start: int
    """[ms, UTC]"""
    end: int
    site: str | None = None
    device: str | None = None


class ImportRequest(Strict):
    """Readings from a file."""

    file: Path
    form: Form


class BackupRequest(Strict):
    """A copy of everything."""

    folder: Path


@dataclass(frozen=True)
class Workplace:
    """What the work is done on."""

    store: TimeSeriesStore
    data: DataFolder
    estate: Callable[[], Estate | None]
    estate_folder: Path | None
    settings: Settings
    ledger: IntervalLedger | None = None
    """Where energy is counted; None where the estate is not known."""
    quality: QualityRecount | None = None
    """Counts days of data quality again; None where the estate is not known."""
    sessions: SessionLedger | None = None
    """The charging sessions; None where the estate is not known."""

    def perform(self, request: Mapping[str, Any], report: Report) -> dict[str, Any]:
        """Do what a request asks; its `command` says which.

        Raises:
            SitewatchError, IngestError: it cannot be done.
        """
        body = dict(request)
        command = body.pop("command", None)
        try:
            if command == "export":
                return self.export(ExportRequest.model_validate(body), report)
            if command == "import":
                return self.import_(ImportRequest.model_validate(body), report)
            if command == "backup":
                return self.back_up(BackupRequest.model_validate(body), report)
        except ValidationError as error:
            raise SitewatchError(f"the request is not understood: {error.errors()[0]}") from error
        raise SitewatchError(f"there is no command {command!r}")

    def export(self, request: ExportRequest, report: Report) -> dict[str, Any]:
        """Write readings into a file.

        Raises:
            SitewatchError, StoreError: it cannot be done; there is no file.
        """
        store = self._embedded()
        devices = self._devices(store, request)
        if request.form is not Form.LINE_PROTOCOL:
            form = TableFormat(request.form.value)
            wanted = Export(request.file, form, devices, request.start, request.end)
            return {"readings": store.export(wanted, report), "devices": len(devices)}
        estate = self.estate()
        if estate is None:
            raise SitewatchError("line protocol names kind and site of a device; give --estate")

        def describe(device: str) -> tuple[str, str]:
            return kind_and_site(estate, device)

        span = request.start, request.end
        count = export_lines(store, request.file, devices, span, describe, report)
        return {"readings": count, "devices": len(devices)}

    def _devices(self, store: DuckDbStore, request: ExportRequest) -> list[str]:
        stored = store.devices()
        if request.device is not None:
            chosen = [name for name in stored if _is_of(name, request.device)]
            if not chosen:
                raise SitewatchError(f"the store has nothing of a device {request.device}")
            return chosen
        if request.site is None:
            return list(stored)
        estate = self.estate()
        if estate is None:
            raise SitewatchError("which devices are of a site says the estate; give --estate")
        if request.site not in estate.sites:
            raise SitewatchError(f"there is no site {request.site} in the estate")
        below = estate.below(request.site)
        return [name for name in stored if kind_and_site(estate, name)[1] in below]

    def import_(self, request: ImportRequest, report: Report) -> dict[str, Any]:
        """Take readings from a file, and count what they alter; what is there already stays once.

        Raises:
            UnreadableFileError, StoreError, IntervalsError, RecountError: the file, the store or
                the database is at fault; run it again.
        """
        past = self.past()
        read = added = 0
        for portion in read_samples(request.file, request.form):
            added += past.take(portion)
            read += sum(len(sample.values) for sample in portion)
            report(read, 0)
        return {
            "readings": read,
            "added": added,
            "counted": past.count(),
            "quality": past.count_quality(),
        }

    def past(self) -> Past:
        """What takes readings of the past."""
        return Past(self.store, self.ledger, self.quality, self.sessions)

    def back_up(self, request: BackupRequest, report: Report) -> dict[str, Any]:
        """Copy everything into a new folder.

        Raises:
            SitewatchError, StoreError: it cannot be done; there is no folder.
        """
        store = self.store if isinstance(self.store, DuckDbStore) else None
        return back_up(request.folder, self.data, store, self.estate_folder, self.settings, report)

    def _embedded(self) -> DuckDbStore:
        if not isinstance(self.store, DuckDbStore):
            raise SitewatchError("the series are in InfluxDB; export them with its own tools")
        return self.store


def _is_of(name: str, device: str) -> bool:
    return name == device or name.startswith(device + "/")
