"""How to reach a broker: the settings of the MQTT line, and their faults in one sentence."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from collectors.driver import CollectorsError
from collectors.line_settings import bad_file, checked, text_of
from device_configs.quantities import Strict

_PORTS = {"mqtt": 1883, "mqtts": 8883}

Positive = Annotated[float, Field(gt=0)]


class BrokerSettingsError(CollectorsError):
    """The settings of the broker are missing or wrong."""


class BrokerSettings(Strict):
    """How to reach the broker; `Wiring.settings` of the MQTT line."""

    url: str
    """`mqtt://host[:port]`, or `mqtts://` for TLS."""
    client_id: str = Field(default="sitewatch", min_length=1, max_length=64)
    """Names the session that the broker keeps: stable, and used by one process only."""
    protocol: Literal["3.1.1", "5"] = "3.1.1"
    """Version of MQTT."""
    session_expiry_s: int = Field(default=30 * 86400, ge=60, le=0xFFFF_FFFF)
    """MQTT 5: how long the broker keeps the session while we are away; with 3.1.1 the broker's own
    setting holds. 0xFFFFFFFF is for ever (MQTT 5, section 3.1.2.11.2). [s]"""
    username: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = None
    """File that holds the password and nothing else."""
    ca_file: Path | None = None
    """Certificate authority of the broker, where it is not one of the system's."""
    cert_file: Path | None = None
    """Our own certificate, for a broker that asks for one."""
    key_file: Path | None = None
    """Its private key, where it is not in the same file."""
    keepalive_s: int = Field(default=30, ge=5, le=3600)
    connect_timeout_s: Positive = 3.0
    retry_s: int = Field(default=30, ge=1)
    """Longest pause between two attempts to connect. [s]"""
    max_inflight: int = Field(default=20_000, ge=1, le=65_535)
    """Messages that may wait here unacknowledged before reading pauses; the 'receive maximum' of
    MQTT 5."""
    max_inflight_bytes: int = Field(default=64 * 1024**2, ge=1024)
    append_timeout_s: Positive = 30.0
    """How long the samples of one batch may take to become durable. [s]"""
    watch_dropped: bool = True
    """Whether to read the broker's own count of dropped messages."""

    @field_validator("url")
    @classmethod
    def _is_broker(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("a broker's url is mqtt://HOST:PORT or mqtts://HOST:PORT")
        _ = parts.port
        return url

    @field_validator("protocol", mode="before")
    @classmethod
    def _as_text(cls, protocol: object) -> object:
        return str(protocol) if isinstance(protocol, int) else protocol

    @model_validator(mode="after")
    def _fits(self) -> "BrokerSettings":
        files = [name for name in ("ca_file", "cert_file", "key_file") if getattr(self, name)]
        if files and not self.tls:
            # Who gives a certificate believes that the connection is encrypted.
            raise ValueError(f"{files[0]} is given, but only mqtts:// is encrypted")
        if self.key_file and not self.cert_file:
            raise ValueError("key_file is given without cert_file")
        if self.password and self.password_file:
            raise ValueError("give password or password_file, not both")
        if (self.password or self.password_file) and not (self.username or self._parts.username):
            raise ValueError("a password is given without username")
        return self

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)

    @property
    def host(self) -> str:
        """The broker's host name or address."""
        return self._parts.hostname or ""

    @property
    def port(self) -> int:
        """The broker's port, by default that of the scheme."""
        return self._parts.port or _PORTS[self._parts.scheme]

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self._parts.scheme == "mqtts"

    def credentials(self) -> tuple[str, str | None] | None:
        """User name and password, by setting, in a file or in the url; None for neither.

        Raises:
            BrokerSettingsError: the file cannot be read.
        """
        name = self.username or (unquote(self._parts.username) if self._parts.username else None)
        if name is None:
            return None
        if self.password_file is not None:
            return name, _read_password(self.password_file)
        inline = unquote(self._parts.password) if self._parts.password else None
        return name, self.password.get_secret_value() if self.password else inline


def _read_password(file: Path) -> str:
    text = text_of(file, "mqtt.password_file", BrokerSettingsError)
    password = text.removesuffix("\n").removesuffix("\r")
    if not password:
        raise BrokerSettingsError(f"setting mqtt.password_file: {file}: is empty")
    return password


def read_settings(settings: Mapping[str, object]) -> BrokerSettings:
    """Check the settings of a broker.

    Raises:
        BrokerSettingsError: in one sentence, without a secret in it.
    """
    return checked(BrokerSettings, "mqtt", settings, BrokerSettingsError)


def tls_context(settings: BrokerSettings) -> ssl.SSLContext:
    """The context of an encrypted connection; the broker's name and certificate are checked.

    Raises:
        BrokerSettingsError: a file cannot be read or is no certificate or key.
    """
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        raise bad_file("mqtt.ca_file", settings.ca_file, error, BrokerSettingsError) from error
    if settings.cert_file is not None:
        try:
            # Without a password of its own OpenSSL would ask on the terminal for that of the key.
            context.load_cert_chain(settings.cert_file, settings.key_file, password="")
        except OSError as error:
            name = "key_file" if settings.cert_file.is_file() and settings.key_file else "cert_file"
            file = getattr(settings, name)
            raise bad_file(f"mqtt.{name}", file, error, BrokerSettingsError) from error
    return context
