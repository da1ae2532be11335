"""Secrets that must be read again, encrypted at rest: the key is a file beside no database dump."""

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from records.engine import RecordsError


class SealError(RecordsError):
    """The key cannot be read, or is not the one that a secret was sealed with."""


class Seal:
    """Seals and opens secrets with one key (Fernet: AES-128-CBC and HMAC-SHA256)."""

    def __init__(self, key: bytes) -> None:
        """`key` is 32 random bytes in base64, as `Fernet.generate_key` makes it.

        Raises:
            SealError: it is not.
        """
        try:
            self._fernet = Fernet(key)
        except ValueError as error:
            raise SealError("a key is 32 random bytes in base64") from error

    def close(self, secret: str) -> str:
        """The sealed secret, for the database."""
        return self._fernet.encrypt(secret.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """The secret.

        Raises:
            SealError: it was sealed with another key, or changed.
        """
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise SealError(
                "a sealed secret does not open: the key file is not the one it was sealed with"
            ) from error


def new_seal() -> Seal:
    """A seal with a key that is nowhere kept: for what need not outlast the process."""
    return Seal(Fernet.generate_key())


def read_seal(file: Path) -> Seal:
    """The seal with the key in a file; the file is made, for its owner only, if there is none.

    Raises:
        SealError: the file cannot be read or made, others may read it, or it holds no key.
    """
    try:
        if not file.exists():
            _make(file)
        if file.stat().st_mode & 0o077:
            raise SealError(f"{file} can be read by others; chmod 600 it")
        return Seal(file.read_bytes().strip())
    except OSError as error:
        raise SealError(f"{file} cannot be used: {error.strerror}") from error


def _make(file: Path) -> None:
    unfinished = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
        new.write(Fernet.generate_key() + b"\n")
        new.flush()
        os.fsync(new.fileno())
    try:
        # A link fails where a file stands: of two that start at once, one key remains.
        os.link(unfinished, file)
    except FileExistsError:
        pass
    finally:
        unfinished.unlink()
