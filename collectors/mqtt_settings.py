"""How to reach a broker: the settings of the MQTT line, and their faults in one sentence."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator

from collectors.driver import CollectorsError
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
    username: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = None
    """Certificate authority of the broker, where it is not one of the system's."""
    keepalive_s: int = Field(default=30, ge=5, le=3600)
    connect_timeout_s: Positive = 3.0
    retry_s: int = Field(default=30, ge=1)
    """Longest pause between two attempts to connect. [s]"""
    max_inflight: int = Field(default=20_000, ge=1, le=65_535)
    """Messages that may wait here unacknowledged before reading pauses."""
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
        """User name and password, by setting or in the url; None for neither."""
        name = self.username or (unquote(self._parts.username) if self._parts.username else None)
        if name is None:
            return None
        inline = unquote(self._parts.password) if self._parts.password else None
        return name, self.password.get_secret_value() if self.password else inline


def read_settings(settings: Mapping[str, object]) -> BrokerSettings:
    """Check the settings of a broker.

    Raises:
        BrokerSettingsError: in one sentence, without a secret in it.
    """
    try:
        return BrokerSettings.model_validate(dict(settings))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in found["loc"])
        message = found["msg"].removeprefix("Value error, ")
        raise BrokerSettingsError(f"setting mqtt.{where}: {message}") from error


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """The context of an encrypted connection.

    Raises:
        BrokerSettingsError: the file cannot be read or is no certificate.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise BrokerSettingsError(f"setting mqtt.ca_file: {ca_file}: {error}") from error
