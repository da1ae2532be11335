"""A copy of everything that sitewatch knows, taken while it works, and its way back.

The journal is copied first and the store last: what the journal's copy still holds, every later
copy may have seen already, and takes only once. A restored journal counts on from beyond every
number that was ever given, so that nothing new is taken for known.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_files import sync
from ingest.stores.forms import Report
from sitewatch.data_folder import DataFolder
from sitewatch.errors import InvalidInputError, SitewatchError
from sitewatch.settings import Settings
from sitewatch.settings_text import without_secrets

MANIFEST = "manifest.json"
ESTATE = "estate"
_FORMAT = 1
_CHUNK = 1 << 20


class BadBackupError(InvalidInputError):
    """The folder is no whole backup; the text names the file."""


def back_up(
    folder: Path,
    data: DataFolder,
    store: DuckDbStore | None,
    estate: Path | None,
    settings: Settings,
    report: Report,
) -> dict[str, Any]:
    """Copy everything into a new folder, which appears only when it is whole.

    Raises:
        SitewatchError: the folder is there already or cannot be written.
        StoreError: the series cannot be copied.
    """
    folder = folder.absolute()
    if folder.exists():
        raise SitewatchError(f"{folder} exists already; give the name of a new folder")
    unfinished = folder.with_name(folder.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    left_out = []
    try:
        unfinished.mkdir(parents=True, mode=0o700)
        for source in (data.journal, data.records):
            if source.is_file():
                _copy_sqlite(source, unfinished / source.name)
        if data.attachments.is_dir():
            # A file that is being written has another name until it is whole.
            shutil.copytree(
                data.attachments,
                unfinished / data.attachments.name,
                ignore=shutil.ignore_patterns("*.new"),
            )
        if data.key.is_file():
            # Without it the second factors in the database cannot be opened again.
            shutil.copy(data.key, unfinished / data.key.name)
            (unfinished / data.key.name).chmod(0o600)
        if settings.accounts.key_file is not None:
            left_out.append("the key of the second factors, which a setting keeps elsewhere")
        if settings.database.url is not None:
            left_out.append("the relational database, which has its own way of being backed up")
        if store is None:
            left_out.append("the series, which are in InfluxDB")
            readings = 0
        else:
            readings = store.copy_to(unfinished / data.series.name)
            if store.database.damaged:
                left_out.append(f"{len(store.database.damaged)} series files that are lost")
        if estate is not None:
            shutil.copytree(estate, unfinished / ESTATE)
        (unfinished / "settings.toml").write_text(without_secrets(settings), encoding="utf-8")
        _write_manifest(unfinished, readings, left_out, report)
        unfinished.replace(folder)
        sync(folder.parent)
    except (OSError, sqlite3.Error, shutil.Error) as error:
        raise SitewatchError(f"the backup {folder} cannot be written: {error}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    size = sum(file.stat().st_size for file in _files(folder))
    return {"readings": readings, "bytes": size, "left_out": left_out}


def _copy_sqlite(source: Path, target: Path) -> None:
    # One step over all pages: a reader in WAL holds up no writer, and sees one state.
    with sqlite3.connect(source) as read, sqlite3.connect(target) as written:
        read.backup(written)
    read.close()
    written.close()


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _write_manifest(folder: Path, readings: int, left_out: list[str], report: Report) -> None:
    files = _files(folder)
    listed = {}
    for number, file in enumerate(files, 1):
        sync(file)
        name = file.relative_to(folder).as_posix()
        listed[name] = {"bytes": file.stat().st_size, "sha256": _digest(file)}
        report(number, len(files))
    manifest = {
        "format": _FORMAT,
        "sitewatch": version("sitewatch"),
        "made_at_ms": time.time_ns() // 1_000_000,
        "readings": readings,
        "left_out": left_out,
        "files": listed,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    sync(folder / MANIFEST)


def verify(folder: Path, report: Report) -> dict[str, Any]:
    """Hold every file of a backup against its manifest, which is returned.

    Raises:
        BadBackupError: there is none, it is of a newer sitewatch, or a file is not as it was.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files: dict[str, dict[str, Any]] = manifest["files"]
        known = manifest["format"] == _FORMAT
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadBackupError(f"{folder} is no backup: {MANIFEST} cannot be read") from error
    if not known:
        raise BadBackupError(f"{folder} was made by a newer sitewatch; use that one")
    for number, (name, entry) in enumerate(files.items(), 1):
        file = folder / name
        if not file.resolve().is_relative_to(folder.resolve()):
            raise BadBackupError(f"the manifest of {folder} names {name}, which is outside of it")
        if not file.is_file() or _digest(file) != entry["sha256"]:
            raise BadBackupError(f"{file} is missing or not as it was; nothing was restored")
        report(number, len(files))
    return manifest


def restore(folder: Path, data: DataFolder, force: bool, report: Report) -> dict[str, Any]:
    """Put a backup into a data folder that the caller holds.

    Raises:
        BadBackupError: the backup is not whole; nothing was changed.
        SitewatchError: the data folder is not empty, or cannot be written.
    """
    manifest = verify(folder, report)
    there = [name for name in _own_names(data) if (data.path / name).exists()]
    if there and not force:
        raise SitewatchError(
            f"{data.path} holds data already ({there[0]}); give another folder, or --force to "
            "replace it"
        )
    copied = data.path / "restored.new"
    try:
        shutil.rmtree(copied, ignore_errors=True)
        copied.mkdir()
        for name in manifest["files"]:
            if name.split("/")[0] in _own_names(data):
                (copied / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(folder / name, copied / name)
                if name == data.key.name:
                    (copied / name).chmod(0o600)
                sync(copied / name)
        _count_on(copied / data.journal.name, manifest["made_at_ms"])
        _replace(copied, data)
    except (OSError, sqlite3.Error) as error:
        raise SitewatchError(f"{data.path} cannot be written: {error}") from error
    finally:
        shutil.rmtree(copied, ignore_errors=True)
    return manifest


def _own_names(data: DataFolder) -> list[str]:
    databases = [data.journal.name, data.records.name, data.series.name]
    beside = [f"{name}{end}" for name in databases for end in ("-wal", "-shm", ".wal")]
    # The mark of another journal would call the restored one damaged.
    mark = f"{data.journal.name}.mark"
    files = data.series.with_suffix(".parquet").name
    return [*databases, *beside, mark, files, data.attachments.name, data.key.name]


def _replace(copied: Path, data: DataFolder) -> None:
    """Files of before go, those of the backup come; killed in between, it is done again."""
    for name in _own_names(data):
        old = data.path / name
        if old.is_dir():
            shutil.rmtree(old)
        else:
            old.unlink(missing_ok=True)
    for file in sorted(copied.iterdir()):
        os.replace(file, data.path / file.name)
    sync(data.path)


def _count_on(journal: Path, made_at_ms: int) -> None:
    """Let the journal count on from now: numbers given after its copy was made are not free."""
    if not journal.is_file():
        return
    # Numbers begin as microseconds since 1970 and grow more slowly; a clock may have been set back.
    beyond = max(time.time_ns() // 1000, made_at_ms * 1000 + 60_000_000)
    connection = sqlite3.connect(journal, isolation_level=None)
    connection.execute(
        "INSERT INTO total VALUES ('last_seq', ?)"
        " ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
        (beyond,),
    )
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
