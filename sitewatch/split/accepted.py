"""The estate folder as it is, or, where it cannot be loaded, as it was accepted last.

A folder that is being edited must not keep a process that has crashed from coming back.
"""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from device_configs.faults import InvalidConfigError
from records.revisions import files_of, history
from sitewatch.data_folder import DataFolder
from sitewatch.estate_folder import EstateFolder, load_folder
from sitewatch.records_database import open_records
from sitewatch.settings import Settings

_LOG = structlog.get_logger(__name__)


def load_or_accepted(folder: Path, settings: Settings, data: DataFolder) -> EstateFolder:
    """The folder's newest state that can be used.

    Raises:
        InvalidConfigError: it cannot be loaded, and none was accepted before.
    """
    try:
        return load_folder(folder)
    except InvalidConfigError as error:
        kept = _accepted(settings, data)
        if kept is None:
            raise
        _LOG.error("the estate folder is refused", faults=[str(f) for f in error.faults])
        return replace(kept, folder=folder)


def _accepted(settings: Settings, data: DataFolder) -> EstateFolder | None:
    with open_records(settings, data) as engine:
        known = history(engine)
        files = files_of(engine, known[0].number) if known else None
    if not files:
        return None
    with TemporaryDirectory(prefix="estate-", dir=data.path) as copy:
        for name, content in files.items():
            file = Path(copy) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        try:
            return load_folder(Path(copy))
        except InvalidConfigError:
            return None
