"""TLS of the page: the certificate and its key, checked before anything starts."""

import ssl
import stat
from pathlib import Path

from sitewatch.errors import InvalidInputError
from sitewatch.settings import ServiceSettings

_EVERYBODY = stat.S_IRWXO | stat.S_IWGRP
"""Who must have no right to a key: all others, and the group to write it."""


def check_tls(service: ServiceSettings) -> None:
    """See that the page can be served over TLS, where the settings ask for it.

    Raises:
        InvalidInputError: a file cannot be read, is no certificate or key of it, or the key is
            open to others.
    """
    certificate = service.cert_file
    if certificate is None:
        return
    key = service.key_file or certificate
    for name, file in (("cert_file", certificate), ("key_file", key)):
        try:
            file.read_bytes()
        except OSError as error:
            raise _bad(name, file, error.strerror or "cannot be read") from error
    if key.stat().st_mode & _EVERYBODY:
        mode = stat.S_IMODE(key.stat().st_mode)
        raise _bad("key_file", key, f"is open to others (mode {mode:04o}); chmod 0600 closes it")
    try:
        # Without a password of its own OpenSSL would ask on the terminal for that of the key.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except OSError as error:
        raise _bad("cert_file", certificate, _why(error, key)) from error


def _why(error: OSError, key: Path) -> str:
    reason = getattr(error, "reason", None)
    if reason == "KEY_VALUES_MISMATCH":
        return f"the key in {key} is another certificate's"
    return f"it and {key} are no certificate and its key without a password ({reason or error})"


def _bad(setting: str, file: Path, why: str) -> InvalidInputError:
    return InvalidInputError(f"setting service.{setting}: {file}: {why}")
