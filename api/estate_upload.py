"""Files of an estate that somebody brings to be checked: names, sizes, archives that burst."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping

from api.errors import Refusal

MAX_UNPACKED = 16 * 1024 * 1024
"""All files of an upload together. [B]"""
MAX_FILES = 2000
_CHUNK = 65_536
_NAME = re.compile(r"(?:[\w.() -]{1,100}/){0,8}[\w.() -]{1,100}\.yaml")


def checked_names(names: Iterable[str]) -> None:
    """Let only names of YAML files through that stay inside a folder.

    Raises:
        Refusal: `invalid`, with the first name that is none.
    """
    for name in names:
        steps = name.split("/")
        if not _NAME.fullmatch(name) or any(step.strip(". ") == "" for step in steps):
            raise Refusal("invalid", f"{name[:80]!r} is no name of a YAML file in an estate folder")


def placed(name: str, folder: Mapping[str, bytes]) -> str:
    """Where a file belongs that may have come without its folder."""
    if "/" in name or name in folder:
        return name
    alike = [there for there in folder if there.rpartition("/")[2] == name]
    return alike[0] if len(alike) == 1 else name


def files_of_archive(content: bytes) -> dict[str, bytes]:
    """The YAML files of a zip archive, by their names in the estate folder.

    What is no YAML is left out unread. Sizes are counted as the bytes come, not as the archive
    says, so that an archive that bursts ends here.

    Raises:
        Refusal: `invalid`, it is no archive, or holds what an estate folder cannot.
    """
    found: dict[str, bytes] = {}
    left = MAX_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [one for one in archive.infolist() if one.filename.endswith(".yaml")]
            if len(entries) > MAX_FILES:
                raise Refusal("invalid", f"the archive holds more than {MAX_FILES} YAML files")
            checked_names(entry.filename for entry in entries)
            for entry in entries:
                if entry.filename in found:
                    raise Refusal("invalid", f"{entry.filename!r} is twice in the archive")
                found[entry.filename] = _unpacked(archive, entry, left)
                left -= len(found[entry.filename])
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        # Damaged, encrypted, or packed in a way that nothing here unpacks.
        raise Refusal("invalid", f"the archive cannot be read: {str(error)[:100]}") from error
    return _below_root(found)


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> bytes:
    parts: list[bytes] = []
    with archive.open(entry) as stream:
        while part := stream.read(_CHUNK):
            left -= len(part)
            if left < 0:
                size = MAX_UNPACKED // (1024 * 1024)
                raise Refusal("invalid", f"unpacked, the archive holds more than {size} MiB")
            parts.append(part)
    return b"".join(parts)


def _below_root(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files by their names below the one folder that holds the estate, if there is such."""
    if not files:
        raise Refusal("invalid", "the archive holds no YAML file")
    roots = [name for name in files if name.rpartition("/")[2] == "estate.yaml"]
    root = min(roots, key=len, default="")
    prefix = root.removesuffix("estate.yaml")
    return {
        name.removeprefix(prefix): data for name, data in files.items() if name.startswith(prefix)
    }
