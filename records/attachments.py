"""Files that belong to records, in the data folder under the SHA-256 of their content."""

import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from records.engine import RecordsError

_NAME = re.compile(r"[0-9a-f]{64}")
_UNFINISHED = ".new"


class AttachmentsError(RecordsError):
    """The content cannot be written or read."""


class Attachments:
    """Keeps contents, each once; what is there is never changed. All calls block."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made when there is something to keep."""
        self._folder = folder

    def keep(self, content: bytes) -> str:
        """Keep a content; on disk, with its name, when this returns its SHA-256 [hex].

        Raises:
            AttachmentsError: it cannot be written.
        """
        name = hashlib.sha256(content).hexdigest()
        file = self._file(name)
        unfinished = file.with_name(f"{uuid4().hex}{_UNFINISHED}")
        try:
            if file.is_file():
                return name
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with unfinished.open("xb") as written:
                written.write(content)
                written.flush()
                os.fsync(written.fileno())
            unfinished.replace(file)
            for folder in (file.parent, self._folder):
                _sync(folder)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise AttachmentsError(f"{file} cannot be written: {error.strerror}") from error
        return name

    def read(self, name: str) -> bytes:
        """The content with a SHA-256 [hex], as it was kept.

        Raises:
            AttachmentsError: it cannot be read, or is not what was kept.
        """
        file = self._file(name)
        try:
            content = file.read_bytes()
        except OSError as error:
            raise AttachmentsError(f"{file} cannot be read: {error.strerror}") from error
        if hashlib.sha256(content).hexdigest() != name:
            raise AttachmentsError(f"{file} is not what was kept")
        return content

    def _file(self, name: str) -> Path:
        if _NAME.fullmatch(name) is None:
            raise AttachmentsError(f"{name!r} is no SHA-256")
        return self._folder / name[:2] / name


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
