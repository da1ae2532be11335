"""The files and folders: settings, data folder, estate, and who may read them."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from device_configs.faults import InvalidConfigError
from sitewatch.doctor.finding import Finding, good, note, unknown, wrong
from sitewatch.estate_folder import EstateFolder, load_folder

_OTHERS = stat.S_IRWXO
_GROUP_WRITES = stat.S_IWGRP


def settings_file(file: Path | None, mode: int | None) -> Finding:
    """Whether the settings, which hold passwords, are kept from others."""
    if file is None:
        return note("settings", "no settings file was given: the defaults and the environment hold",
                    "give --config as the service has it")  # fmt: skip
    if mode is None:
        return unknown("settings", f"{file} cannot be asked for its rights")
    if mode & (_OTHERS | _GROUP_WRITES):
        return wrong(
            "settings",
            f"{file} holds passwords and may be read or written by others (mode {mode & 0o777:o})",
            f"chmod 640 {file}",
        )
    return good("settings", f"{file}, closed to others")


def data_folder(folder: Path) -> Iterator[Finding]:
    """Whether the data folder is ours, closed to others and writable."""
    try:
        found = folder.stat()
    except FileNotFoundError:
        yield note("data folder", f"{folder} is not there yet; the first start makes it")
        return
    except OSError as error:
        yield wrong("data folder", f"{folder} cannot be read: {error.strerror}",
                    "run this as the user of the service")  # fmt: skip
        return
    if found.st_mode & _OTHERS:
        yield wrong("data folder", f"{folder} is open to others (mode {found.st_mode & 0o777:o})",
                    f"chmod 700 {folder}")  # fmt: skip
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield wrong("data folder", f"{folder} cannot be written by this user",
                    "run this as the user of the service, or give the folder to it")  # fmt: skip
    else:
        yield good("data folder", f"{folder}, closed to others")
    yield from _strangers(folder, found.st_uid)


def _strangers(folder: Path, owner: int) -> Iterator[Finding]:
    """Files in it that belong to somebody else: what root has made there, the service can't use."""
    try:
        found = sorted(one.name for one in folder.iterdir() if one.stat().st_uid != owner)
    except OSError as error:
        yield unknown("data files", f"{folder} cannot be listed: {error.strerror}")
        return
    if found:
        yield wrong(
            "data files",
            f"{', '.join(found[:5])} in {folder} belong to another user than the folder",
            f"chown -R --reference={folder} {folder}",
        )
    else:
        yield good("data files", "all belong to the folder's user")


def estate(folder: Path | None) -> tuple[Finding, EstateFolder | None]:
    """Whether the estate folder is good, and what stands in it."""
    if folder is None:
        return unknown("estate", "no estate folder was given", "give --estate"), None
    try:
        loaded = load_folder(folder)
    except InvalidConfigError as error:
        first = error.faults[0]
        more = f" and {len(error.faults) - 1} more" if len(error.faults) > 1 else ""
        found = wrong("estate", f"{first}{more}", f"sitewatch check {folder} lists every fault")
        return found, None
    said = f"{len(loaded.estate.sites)} sites, {len(loaded.estate.devices)} devices"
    return good("estate", said), loaded


def mode_of(file: Path | None) -> int | None:
    """The rights of a file; None where it cannot be asked."""
    try:
        return None if file is None else file.stat().st_mode
    except OSError:
        return None
