"""Settings: environment `SITEWATCH_<SECTION>__<KEY>` over a TOML file over defaults."""

import re
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from device_configs.faults import Fault, InvalidConfigError, dotted
from device_configs.kinds import kinds
from device_configs.quantities import Strict
from records.people import Role
from sitewatch.channel_settings import (
    AliyunSettings,
    AppriseSettings,
    DingtalkSettings,
    FeishuSettings,
    SirenSettings,
    SmppSettings,
    TencentSettings,
    WecomSettings,
)

DEFAULT_KIND = "default"
_KEPT = re.compile(r"[1-9][0-9]{0,4}[dy]")
_DAYS = {"d": 1, "y": 366}
"""A year is kept whole, leap day and all. [d]"""


class ServiceSettings(Strict):
    """Where the service lives."""

    data: Path = Path("sitewatch-data")
    """Folder of journal, databases and series."""
    host: str = "127.0.0.1"
    """Address the page listens on; loopback unless told otherwise."""
    port: int = Field(default=8000, ge=0, le=65535)
    """Port the page listens on; 0 takes a free one."""
    secure_cookies: bool = False
    """Set behind TLS: the session cookie is sent over HTTPS only."""
    public_url: str | None = Field(default=None, pattern=r"^https?://[^\s]{1,200}$")
    """How people reach the page, for links in messages; no links when absent."""


class DatabaseSettings(Strict):
    """The relational database."""

    url: SecretStr | None = None
    """SQLAlchemy URL; SQLite in the data folder when absent."""


class StoreKind(StrEnum):
    """Which time series store is used."""

    DUCKDB = "duckdb"
    INFLUX = "influx"


class StoreSettings(Strict):
    """The time series store."""

    kind: StoreKind = StoreKind.DUCKDB
    """`duckdb` or `influx`."""
    memory_limit: str = "128MB"
    """DuckDB's memory limit."""
    threads: int = Field(default=2, ge=1)
    """DuckDB's threads."""
    url: str = "http://127.0.0.1:8086"
    """InfluxDB's address."""
    database: str = "sitewatch"
    """InfluxDB 1.x database, or the bucket of 1.8, 2.x and 3."""
    username: str | None = None
    """Account at InfluxDB; none when absent."""
    password: SecretStr | None = None
    """Password at InfluxDB."""
    organisation: str | None = None
    """Organisation of InfluxDB 2.x."""
    token: SecretStr | None = None
    """API token; given for 1.8+, 2.x and 3, and writes then go to /api/v2/write."""
    version: int | None = Field(default=None, ge=1, le=3)
    """InfluxDB's version: `1`, `2` (also 1.8 with a token) or `3`; by the token when absent."""
    retention: dict[str, str] = Field(default_factory=dict)
    """How long DuckDB keeps readings of a kind, as `electricity_meter = "5y"` or `"400d"`;
    `default` for the other kinds; all is kept when absent."""

    @field_validator("retention")
    @classmethod
    def _known_kinds(cls, given: dict[str, str]) -> dict[str, str]:
        for kind, kept in given.items():
            if kind != DEFAULT_KIND and kind not in kinds():
                raise ValueError(f"{kind!r} is no kind of device, nor {DEFAULT_KIND!r}")
            if _KEPT.fullmatch(kept) is None:
                raise ValueError(f"{kept!r} of {kind} is no time such as '400d' or '5y'")
        return given

    def kept_days(self, kind: str) -> int | None:
        """How long readings of a kind are kept. [d]; None for ever."""
        kept = self.retention.get(kind, self.retention.get(DEFAULT_KIND))
        if kept is None:
            return None
        return int(kept[:-1]) * _DAYS[kept[-1]]

    @property
    def influx_version(self) -> int:
        """The version of InfluxDB that is spoken."""
        return self.version or (2 if self.token else 1)

    @model_validator(mode="after")
    def _agree(self) -> "StoreSettings":
        fault = _store_fault(self)
        if fault is not None:
            raise ValueError(fault)
        return self


def _store_fault(store: StoreSettings) -> str | None:
    """What in the settings of InfluxDB contradicts itself."""
    version = store.influx_version
    if not store.url.startswith(("http://", "https://")):
        return f"url {store.url!r} does not begin with http:// or https://"
    if not store.database:
        return "database is empty: name the database or bucket"
    if (store.username is None) != (store.password is None):
        return "username and password are given together or not at all"
    if store.token and store.username:
        return "give either a token or a username with a password, not both"
    if version == 1 and store.token:
        return "version 1 takes a username and a password and no token; 1.8 with one is version 2"
    if version > 1 and store.username:
        return f"version {version} takes a token and no username"
    if version == 2 and not store.token:
        return "version 2 takes a token, and there is none"
    if version != 2 and store.organisation:
        return f"version {version} has no organisation; only version 2 has"
    return None


class MqttSettings(Strict):
    """The broker."""

    url: str = "mqtt://127.0.0.1:1883"
    """Address of the broker; `mqtts://` for TLS."""
    protocol: str = "3.1.1"
    """Version of MQTT: `3.1.1` or `5`."""
    client_id: str | None = None
    """Stable name of the persistent session; `sitewatch-<estate>` when absent."""
    session_expiry_s: int = 2_592_000
    """MQTT 5: how long the broker keeps the session while sitewatch is away. [s]"""
    username: str | None = None
    """Account at the broker; none when absent."""
    password: SecretStr | None = None
    """Password at the broker."""
    password_file: Path | None = None
    """File with the password at the broker, instead of `password`."""
    ca_file: Path | None = None
    """Certificate authority of the broker; the system's when absent. Only with `mqtts://`."""
    cert_file: Path | None = None
    """Certificate that sitewatch shows the broker; none when absent."""
    key_file: Path | None = None
    """Private key of that certificate, where it is not in the same file."""
    keepalive_s: int = 30
    """How long the connection may be silent before it is probed. [s]"""
    max_inflight: int = 20_000
    """Messages that may be unacknowledged; the receive maximum of MQTT 5."""

    @field_validator("protocol", mode="before")
    @classmethod
    def _as_text(cls, protocol: object) -> object:
        return str(protocol) if isinstance(protocol, int) else protocol

    def broker(self, client_id: str) -> dict[str, object]:
        """What the MQTT line is given, checked there; `client_id` where none is set."""
        return self.model_dump(exclude_none=True) | {"client_id": self.client_id or client_id}


class OcppSettings(Strict):
    """Charging piles that dial in by OCPP."""

    listen: str = "127.0.0.1:9000"
    """Address and port that piles connect to, `0.0.0.0:9000` for all; listened on where the estate
    has piles with the link `ocpp`."""
    security_profile: int = Field(default=1, ge=0, le=3)
    """`0` none (a closed network only), `1` password, `2` TLS and password, `3` TLS and the pile's
    own certificate."""
    passwords: dict[str, SecretStr] = Field(default_factory=dict)
    """Password of a pile by its identity."""
    passwords_file: Path | None = None
    """File with lines `IDENTITY:PASSWORD`, beside `passwords`."""
    cert_file: Path | None = None
    """Certificate of sitewatch that piles see; security profiles 2 and 3."""
    key_file: Path | None = None
    """Private key of that certificate, where it is not in the same file."""
    client_ca_file: Path | None = None
    """Certificate authority of the piles' own certificates; security profile 3."""
    cards_file: Path | None = None
    """File with the cards that are accepted, one a line; every card is when absent."""
    max_message_bytes: int = Field(default=1_048_576, ge=1024)
    """Longest message of a pile. [B]"""
    max_connections: int = Field(default=2000, ge=1)
    """Piles that may be connected at once."""


class RollCallSettings(Strict):
    """Roll-calls of the duty desks (查岗)."""

    minutes: int = Field(default=10, ge=1, le=120)
    """How long a duty desk has to answer. [min]"""
    sites: tuple[str, ...] = ()
    """Sites that are called once a day at a random moment; none when empty."""


class AttachmentSettings(Strict):
    """Photos of work orders."""

    max_bytes: int = Field(default=10_000_000, ge=100_000, le=50_000_000)
    """Largest photo. [B]"""


class JournalSettings(Strict):
    """The journal on disk."""

    max_bytes: int = Field(default=4_000_000_000, ge=1_000_000)
    """Most bytes the unread tail may take before routine samples are dropped. [B]"""
    free_floor_bytes: int = Field(default=500_000_000, ge=0)
    """Free space that is left to the rest of the machine. [B]"""


class AccountSettings(Strict):
    """Accounts of people."""

    password_days: int | None = Field(default=None, ge=1, le=3660)
    """A password must be replaced after so many days; never when absent. [d]"""
    session_idle_minutes: int = Field(default=720, ge=1, le=10_080)
    """A session ends after this long without a request. [min]"""
    session_absolute_hours: int = Field(default=168, ge=1, le=2160)
    """A session ends this long after its login, whatever happens. [h]"""
    second_factor_roles: tuple[Role, ...] = ()
    """Roles whose people must sign in with a code of an authenticator app as well."""
    key_file: Path | None = None
    """File with the key that secrets of second factors are sealed with; made as `secrets.key` in
    the data folder when absent."""


class OidcSettings(Strict):
    """Signing in by OpenID Connect."""

    issuer: str | None = Field(default=None, pattern=r"^https?://[^\s?#]+$")
    """Address of the identity provider; without it there is none. Needs `service.public_url`."""
    client_id: str = "sitewatch"
    """Name of sitewatch at the provider."""
    client_secret: SecretStr | None = None
    """Secret of sitewatch at the provider; a public client with PKCE when absent."""
    name: str = "OpenID Connect"
    """As the login page names the provider."""
    scopes: str = "openid profile"
    """What is asked for, separated by blanks."""
    username_claim: str = "preferred_username"
    """Claim with the user name of a new account."""
    roles_claim: str = "roles"
    """Claim with a text or a list, from which the roles come."""
    roles: dict[str, tuple[Role, ...]] = Field(default_factory=dict)
    """Value of that claim to roles, as `{"building-operators": ["operator"]}`."""
    sites_claim: str | None = None
    """Claim with a text or a list, from which the sites come; `default_sites` when absent."""
    sites: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Value of that claim to sites, as `{"branch-north": ["north"]}`."""
    default_sites: tuple[str, ...] = ()
    """Sites of everybody whom the provider vouches for, where there is no `sites_claim`."""


class LimitSettings(Strict):
    """How often one client may ask."""

    logins_per_minute: int = Field(default=30, ge=5, le=10_000)
    """Attempts to sign in from one network."""
    writes_per_minute: int = Field(default=600, ge=60, le=100_000)
    """Writes of one session or token."""
    exports_per_minute: int = Field(default=60, ge=1, le=10_000)
    """Reports and files of one session or token."""


class MailSecurity(StrEnum):
    """How the connection to the mail server is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class MailSettings(Strict):
    """The mail server for e-mail notifications."""

    host: str | None = None
    """Mail server; no e-mail is sent when absent."""
    port: int = 25
    """Port of the mail server."""
    sender: str = "sitewatch@localhost"
    """Sender of the messages."""
    username: str | None = None
    """Account at the mail server; none when absent."""
    password: SecretStr | None = None
    """Password at the mail server."""
    security: MailSecurity = MailSecurity.STARTTLS
    """`none`, `starttls` or `tls`."""


class WebhookSettings(Strict):
    """Signing of webhooks."""

    secrets: dict[str, SecretStr] = Field(default_factory=dict)
    """Keys of the HMAC-SHA256 signature by the name that a route gives as `secret_setting`."""


class HeartbeatSettings(Strict):
    """The heartbeat to somebody outside, who alarms when it stops."""

    url: str | None = Field(default=None, pattern=r"^https?://[^\s]+$")
    """Receiver by HTTP POST; none when absent."""
    secret: SecretStr | None = None
    """Key of the HMAC-SHA256 signature, as of webhooks; unsigned when absent."""
    mqtt_topic: str | None = Field(default=None, pattern=r"^[^+#\s]+$")
    """Topic at the broker, as of a device of `generic_gateway_mqtt`; none when absent."""
    every_s: float = Field(default=60.0, ge=1.0)
    """Between two heartbeats. [s]"""


class Settings(BaseSettings):
    """Everything that is a matter of this installation and not of the estate."""

    model_config = SettingsConfigDict(
        env_prefix="SITEWATCH_", env_nested_delimiter="__", extra="ignore", frozen=True
    )

    service: ServiceSettings = ServiceSettings()
    database: DatabaseSettings = DatabaseSettings()
    store: StoreSettings = StoreSettings()
    mqtt: MqttSettings = MqttSettings()
    ocpp: OcppSettings = OcppSettings()
    journal: JournalSettings = JournalSettings()
    mail: MailSettings = MailSettings()
    webhook: WebhookSettings = WebhookSettings()
    heartbeat: HeartbeatSettings = HeartbeatSettings()
    roll_call: RollCallSettings = RollCallSettings()
    attachments: AttachmentSettings = AttachmentSettings()
    accounts: AccountSettings = AccountSettings()
    limits: LimitSettings = LimitSettings()
    oidc: OidcSettings = OidcSettings()
    wecom: WecomSettings = WecomSettings()
    dingtalk: DingtalkSettings = DingtalkSettings()
    feishu: FeishuSettings = FeishuSettings()
    aliyun: AliyunSettings = AliyunSettings()
    tencent: TencentSettings = TencentSettings()
    smpp: SmppSettings = SmppSettings()
    siren: SirenSettings = SirenSettings()
    apprise: AppriseSettings = AppriseSettings()
    admin_password_file: Path | None = None
    """File with the first administrator's password; made and printed once when absent."""

    @model_validator(mode="after")
    def _provider_is_reachable(self) -> "Settings":
        if self.oidc.issuer is not None and self.service.public_url is None:
            raise ValueError("oidc.issuer needs service.public_url: people come back there")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, which comes in as keyword arguments."""
        return env_settings, init_settings


def load_settings(file: Path | None = None) -> Settings:
    """Read the settings.

    Raises:
        InvalidConfigError: the file or a variable is wrong; every fault at once.
    """
    data = _toml(file) if file else {}
    unknown = sorted(set(data) - set(Settings.model_fields))
    if unknown and file:
        known = ", ".join(Settings.model_fields)
        message = f"there is no such section; the sections are {known}"
        raise InvalidConfigError([Fault(str(file), 0, name, message) for name in unknown])
    try:
        return Settings(**data)
    except ValidationError as error:
        where = str(file) if file else "environment SITEWATCH_*"
        faults = [
            Fault(where, 0, dotted(tuple(finding["loc"])), finding["msg"])
            for finding in error.errors(include_url=False)
        ]
        raise InvalidConfigError(faults) from error


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise InvalidConfigError([Fault(str(file), 0, "", reason)]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidConfigError([Fault(str(file), 0, "", f"is not TOML: {error}")]) from error
