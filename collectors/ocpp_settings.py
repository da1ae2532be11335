"""Where piles dial in, and how they prove who they are: the settings of the OCPP line."""

import hmac
import ssl
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator, model_validator

from collectors.driver import CollectorsError
from collectors.line_settings import bad_file, checked, text_of
from device_configs.quantities import Strict

Positive = Annotated[float, Field(gt=0)]
_OPEN, _BASIC, _TLS, _MUTUAL = range(4)


class OcppSettingsError(CollectorsError):
    """The settings of the line for piles are missing or wrong."""


class ListenSettings(Strict):
    """Where piles dial in; `Wiring.settings` of the OCPP line."""

    listen: str = "127.0.0.1:9000"
    """`host:port`; `[::]:9000` for IPv6."""
    security_profile: int = Field(default=_BASIC, ge=_OPEN, le=_MUTUAL)
    """0 none, 1 password, 2 TLS and password, 3 TLS and the pile's own certificate."""
    passwords: Mapping[str, SecretStr] = Field(default_factory=dict)
    """Password by the identity of the pile."""
    passwords_file: Path | None = None
    """File with lines `identity:password`."""
    cert_file: Path | None = None
    key_file: Path | None = None
    client_ca_file: Path | None = None
    """Certificate authority of the piles' own certificates."""
    cards_file: Path | None = None
    """File with one card a line; every card is accepted without it."""
    max_message_bytes: int = Field(default=1024 * 1024, ge=1024)
    max_connections: int = Field(default=2000, ge=1)
    messages_per_second: Positive = 20.0
    """Of one pile; what comes faster waits."""
    append_timeout_s: Positive = 30.0
    silence_s: Positive | None = None
    """A connection that is silent for longer is closed; by the interval of the pile when absent."""
    ping_s: Positive = 60.0
    """Between two probes of a silent connection, and how long the answer may take."""

    @field_validator("listen")
    @classmethod
    def _is_endpoint(cls, listen: str) -> str:
        _endpoint(listen)
        return listen

    @model_validator(mode="after")
    def _fits(self) -> "ListenSettings":
        tls = self.security_profile >= _TLS
        if tls and self.cert_file is None:
            raise ValueError(f"security profile {self.security_profile} needs cert_file")
        if not tls and (self.cert_file or self.key_file or self.client_ca_file):
            # Who gives a certificate believes that the connection is encrypted.
            raise ValueError("certificates are given, but security profiles 0 and 1 use none")
        if self.security_profile == _MUTUAL and self.client_ca_file is None:
            raise ValueError("security profile 3 needs client_ca_file")
        if self.security_profile == _TLS and self.client_ca_file is not None:
            raise ValueError("client_ca_file is given, but only security profile 3 asks for it")
        return self

    @property
    def host(self) -> str:
        """The address that is listened on."""
        return _endpoint(self.listen)[0]

    @property
    def port(self) -> int:
        """Its port; 0 takes a free one."""
        return _endpoint(self.listen)[1]

    @property
    def by_password(self) -> bool:
        """Whether piles prove themselves by a password."""
        return self.security_profile in (_BASIC, _TLS)

    @property
    def by_certificate(self) -> bool:
        """Whether piles prove themselves by a certificate of their own."""
        return self.security_profile == _MUTUAL

    @property
    def tls(self) -> bool:
        """Whether connections are encrypted."""
        return self.security_profile >= _TLS

    def known_passwords(self) -> Mapping[str, bytes]:
        """Identity to password, from the settings and the file.

        Raises:
            OcppSettingsError: the file cannot be read, or a line of it is wrong.
        """
        found = {name: one.get_secret_value().encode() for name, one in self.passwords.items()}
        for number, line in _lines(self.passwords_file, "passwords_file"):
            name, colon, password = line.partition(":")
            if not colon or not name.strip() or not password:
                where = f"setting ocpp.passwords_file: {self.passwords_file}:{number}"
                raise OcppSettingsError(f"{where}: a line is IDENTITY:PASSWORD")
            found[name.strip()] = password.encode()
        return found

    def known_cards(self) -> frozenset[str] | None:
        """The cards that are accepted; None for every one.

        Raises:
            OcppSettingsError: the file cannot be read.
        """
        if self.cards_file is None:
            return None
        lines = _lines(self.cards_file, "cards_file")
        return frozenset(line.strip().casefold() for _, line in lines)


def _endpoint(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdecimal() or int(port) > 65_535:
        raise ValueError(f"{listen!r} is no HOST:PORT to listen on")
    return host, int(port)


def _lines(file: Path | None, setting: str) -> list[tuple[int, str]]:
    """The lines that say something, with their numbers."""
    if file is None:
        return []
    text = text_of(file, f"ocpp.{setting}", OcppSettingsError)
    lines = ((n, line.removesuffix("\r")) for n, line in enumerate(text.split("\n"), start=1))
    return [(n, line) for n, line in lines if line.strip() and not line.startswith("#")]


def read_settings(settings: Mapping[str, object]) -> ListenSettings:
    """Check the settings.

    Raises:
        OcppSettingsError: in one sentence, without a secret in it.
    """
    return checked(ListenSettings, "ocpp", settings, OcppSettingsError)


def tls_context(settings: ListenSettings) -> ssl.SSLContext | None:
    """The context of encrypted connections; None where they are not.

    Raises:
        OcppSettingsError: a file cannot be read or is no certificate or key.
    """
    if not settings.tls or settings.cert_file is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # Without a password of its own OpenSSL would ask on the terminal for that of the key.
        context.load_cert_chain(settings.cert_file, settings.key_file, password="")
    except OSError as error:
        raise bad_file("ocpp.cert_file", settings.cert_file, error, OcppSettingsError) from error
    if settings.client_ca_file is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        try:
            context.load_verify_locations(settings.client_ca_file)
        except OSError as error:
            file = settings.client_ca_file
            raise bad_file("ocpp.client_ca_file", file, error, OcppSettingsError) from error
    return context


def is_password(header: str | None, identity: str, password: bytes | None) -> bool:
    """Whether an Authorization header holds the identity and its password (RFC 7617)."""
    if header is None or password is None:
        return False
    scheme, _, coded = header.partition(" ")
    try:
        given = b64decode(coded.strip(), validate=True)
    except (Base64Error, ValueError):
        return False
    known = identity.encode() + b":" + password
    return scheme.lower() == "basic" and hmac.compare_digest(given, known)


def common_name(certificate: object) -> str | None:
    """The common name of a checked certificate, as `ssl` gives it."""
    if not isinstance(certificate, dict):
        return None
    subject: tuple[tuple[tuple[str, str], ...], ...] = certificate.get("subject", ())
    names = [value for step in subject for key, value in step if key == "commonName"]
    return names[0] if len(names) == 1 else None
