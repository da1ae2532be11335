"""What the app is given: everything behind it, wired by `sitewatch/service.py`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from prometheus_client import CollectorRegistry

from alerts.feed import AlarmFeed
from alerts.order_book import WorkOrderBook
from alerts.repository import AlarmRepository
from alerts.roll_call import RollCalls
from alerts.rules import RuleSet
from api.oidc import Provider
from collectors.driver import LineHealth
from device_configs.estate import Estate
from device_configs.faults import Fault
from device_configs.kinds import Kind
from ingest.latest import Latest
from ingest.stores.store import TimeSeriesStore
from records.attachments import Attachments
from records.dead_letters import DeadLetterBox, DeadLetterStatistics
from records.people import Role
from records.seal import Seal
from records.sessions import Limits, Session

_DAY_MS = 86_400_000
STATIC = Path(__file__).with_name("static")
"""Where the built page stands."""


@dataclass(frozen=True)
class ApiSettings:
    """What an installation may choose about the interface."""

    secure_cookies: bool = False
    """Behind TLS: the session cookie travels over HTTPS only."""
    session_idle_s: float = 12 * 3600
    """A session ends after this long without a request: one shift. [s]"""
    session_absolute_s: float = 7 * 86_400
    """A session ends this long after its login, whatever happens. [s]"""
    password_days: int | None = None
    """A password must be replaced after so many days; never when None. [d]"""
    second_factor_roles: frozenset[Role] = frozenset()
    """Whoever has one of these roles must have a second factor."""
    logins_per_minute: int = 30
    """Attempts to sign in from one network."""
    writes_per_minute: int = 600
    """Writes of one session or token."""
    exports_per_minute: int = 60
    """Reports and files of one session or token."""
    max_photo_bytes: int = 10_000_000
    """Largest photo of a work order. [B]"""
    metrics_public: bool = False
    """Serve /metrics without login: only where nobody but the scraper reaches the port."""
    static: Path = STATIC
    """Folder of the built page."""

    @property
    def limits(self) -> Limits:
        """The session times as `records.sessions` takes them."""
        return Limits(int(self.session_idle_s * 1000), int(self.session_absolute_s * 1000))

    def must_change_password(self, session: Session, now_ms: int) -> bool:
        """Whether somebody else made the person's password, or it has become too old."""
        if session.external:
            return False
        age_ms = now_ms - session.person.password_changed_at
        days = self.password_days
        too_old = days is not None and age_ms >= days * _DAY_MS
        return session.person.must_change_password or too_old

    def must_enrol(self, session: Session) -> bool:
        """Whether the person's roles ask for a second factor that is not there."""
        if session.external or session.second_factor:
            return False
        return bool(self.second_factor_roles & set(session.person.roles))


@dataclass(frozen=True)
class House:
    """Everything behind the interface; callables are asked at each request and must be cheap."""

    estate: Callable[[], Estate]
    """The estate of now: a changed folder replaces it."""
    kinds: Mapping[str, Kind]
    engine: sa.Engine
    latest: Latest
    store: TimeSeriesStore
    alarms: AlarmRepository
    alarm_feed: AlarmFeed
    roll_calls: RollCalls
    work_orders: WorkOrderBook
    attachments: Attachments
    """The contents of photos."""
    rules: Callable[[], RuleSet]
    line_health: Callable[[], Sequence[LineHealth]]
    dead_letters: DeadLetterBox
    letter_counts: Callable[[], DeadLetterStatistics]
    """Of every process of the service."""
    is_watched: Callable[[], bool]
    """Whether somebody collects and judges now; else no place is protected."""
    health: Callable[[], Mapping[str, str]]
    """Stage to `ok` or a reason."""
    revision: Callable[[], str]
    """The revision of the estate folder."""
    now_ms: Callable[[], int]
    """Wall clock. [ms, UTC]"""
    version: str
    seal: Seal
    """Seals what must be read again: secrets of second factors."""
    registry: CollectorRegistry
    """The metrics of the whole service."""
    provider: Provider | None = None
    """Who else signs people in."""
    settings: ApiSettings = field(default_factory=ApiSettings)
    folder: Callable[[], Path | None] = lambda: None
    """The estate's folder, with its tariffs and factors."""
    check_estate: Callable[[Path], Sequence[Fault]] = lambda folder: (
        Fault(str(folder), 0, "", "nothing here can check an estate folder"),
    )
    """Everything that is wrong with an estate folder; blocks. Without it nothing is good."""
