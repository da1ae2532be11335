"""A real house for the interface: SQLite, DuckDB, live values, alarms; a small estate of two."""

import datetime as dt
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import httpx
import sqlalchemy as sa
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from alerts import tables
from alerts.alarm import Severity, Transition
from alerts.feed import AlarmFeed
from alerts.order_book import WorkOrderBook
from alerts.repository import AlarmRepository
from alerts.roll_call import RollCalls
from alerts.routes import Routes
from alerts.rules import RuleSet, load_rules
from alerts.writer import Writer
from api.app import create_app
from api.house import ApiSettings, House
from api.live import LiveTimes
from api.oidc import Provider
from collectors.driver import DeviceHealth, LineHealth
from collectors.registry import SCHEMAS
from collectors.sample import Sample, Value
from device_configs.estate import Estate, load_estate
from device_configs.kinds import kinds
from ingest.bus import Cursor
from ingest.latest import Latest
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from ingest.stores.store import Aggregate, LatestValue, Reading
from records import people, tokens
from records.attachments import Attachments
from records.audit import SYSTEM
from records.dead_letters import DeadLetterBox
from records.engine import make_engine, migrate, sqlite_url, transaction
from records.passwords import hash_password
from records.people import Role
from records.seal import new_seal
from sitewatch.estate_check import faults_of

NOW = 1_790_000_000_000
"""The moment at which these tests begin. [ms, UTC]"""
PASSWORD = "a long enough password"
EVIL = "<img src=x onerror=alert(1)>\"'"
STALE_MS = 60_000
BASE = "http://testserver"


@cache
def _hashed() -> str:
    return hash_password(PASSWORD)


ESTATE = """
estate: town
communities:
  - id: centre
    role: centre
    name: {zh: 行政中心, en: Administrative centre}
    area_m2: 10000
    occupants: 900
    buildings:
      - id: tower
        name: {zh: 主楼, en: Tower}
        area_m2: 8000
        places: [{id: lobby, name: {zh: 大厅, en: Lobby}}, {id: plant, name: {zh: 机房, en: Plant}}]
  - id: north
    role: district
    name: {zh: 北区, en: North}
    buildings: [{id: north-hall, name: {zh: 北楼, en: North hall}}]
"""
DEVICES = """
- id: grid
  profile: eastron_sdm630
  place: centre
  metering: {role: grid}
  link: {modbus_tcp: {host: 127.0.0.1, port: 1502, unit: 1}}
- id: pv
  profile: goodwe_dt
  place: tower
  link: {modbus_tcp: {host: 127.0.0.1, port: 1502, unit: 2}}
- id: pile
  profile: generic_pile_modbus
  place: centre
  link: {modbus_tcp: {host: 127.0.0.1, port: 1502, unit: 3}}
- id: panel
  profile: generic_fire_panel_modbus
  place: lobby
  name: {zh: 火灾报警控制器, en: Fire panel}
  link: {modbus_tcp: {host: 127.0.0.1, port: 1502, unit: 4}}
  parts: [{id: p002, place: north-hall, name: {zh: 烟感2, en: Detector 2}}]
- id: north-grid
  profile: eastron_sdm630
  place: north
  metering: {role: grid}
  link: {modbus_tcp: {host: 127.0.0.2, port: 1502, unit: 1}}
- id: north-smoke
  profile: zigbee2mqtt_smoke
  place: north-hall
  link: {mqtt: {topic: zigbee2mqtt/n}}
- id: evil
  profile: eastron_sdm230
  place: plant
  name: {zh: "EVIL", en: "EVIL"}
  metering: {role: submeter}
  link: {modbus_tcp: {host: 127.0.0.1, port: 1502, unit: 9}}
"""


@dataclass
class Clock:
    """A wall clock that tests set."""

    now: int = NOW

    def __call__(self) -> int:
        """The time. [ms, UTC]"""
        return self.now


class LateStore:
    """A DuckDB store that is opened, and given what was heard, when it is first asked."""

    def __init__(self, path: Path) -> None:
        self.pending: list[Sample] = []
        self._path = path
        self._opened: DuckDbStore | None = None

    def _store(self) -> DuckDbStore:
        if self._opened is None:
            self._opened = DuckDbStore(DuckDbSettings(self._path, threads=1))
        if self.pending:
            last = self.pending[-1].seq
            self._opened.write(self.pending, Cursor(0, last))
            self.pending.clear()
        return self._opened

    def write(self, samples: Sequence[Sample], cursor: Cursor) -> None:
        """As the store does."""
        self._store().write(samples, cursor)

    def cursor(self) -> Cursor:
        """As the store does."""
        return self._store().cursor()

    def series(
        self,
        device: str,
        points: Sequence[str],
        start: int,
        end: int,
        step_ms: int | None = None,
        aggregate: Aggregate = Aggregate.MEAN,
        limit: int = 100_000,
    ) -> Mapping[str, Sequence[Reading]]:
        """As the store does."""
        return self._store().series(device, points, start, end, step_ms, aggregate, limit)

    def latest(self) -> Sequence[LatestValue]:
        """As the store does."""
        return self._store().latest()

    def close(self) -> None:
        """Close what was opened."""
        if self._opened is not None:
            self._opened.close()


@dataclass
class Built:
    """A house, its app, and what a test needs to make things happen in it."""

    house: House
    app: FastAPI
    clock: Clock
    estates: list[Estate]
    store: "LateStore"
    stages: dict[str, str] = field(default_factory=lambda: {"journal": "ok", "store": "ok"})
    lines: list[LineHealth] = field(default_factory=list)
    """What the collectors say; a test puts in what it needs."""
    seq: int = 0

    def person(self, name: str, *roles: Role, sites: tuple[str, ...] = ("*",)) -> None:
        """Make a person with PASSWORD."""
        with transaction(self.house.engine) as connection:
            people.add(
                connection, name, _hashed(), list(roles), sites, SYSTEM, self.clock(),
                must_change_password=False,
            )  # fmt: skip

    def token(self, name: str, *roles: Role, sites: tuple[str, ...] = ("*",)) -> str:
        """Make a token; returns its secret."""
        with transaction(self.house.engine) as connection:
            return tokens.add(connection, name, list(roles), sites, SYSTEM, self.clock())[1]

    def heard(self, device: str, **values: Value) -> None:
        """A device (or part) says something."""
        self.seq += 1
        sample = Sample(device, self.clock(), values, seq=self.seq)
        self.house.latest.apply([sample])
        self.store.pending.append(sample)

    def alarm(self, device: str, severity: Severity = Severity.HIGH, **changed: object) -> int:
        """Raise an alarm as the judge would; returns its number."""
        estate = self.house.estate()
        place = estate.place_of(device) or estate.id
        names = [(s.id, s.name) for s in estate.path(place)[1:]] if place in estate.sites else []
        row: dict[str, object] = {
            "rule": "smoke", "alarm_class": "fire", "severity": severity.value,
            "title": {"zh": "火警", "en": "Fire"}, "device": device,
            "device_name": {"zh": device, "en": device}, "kind": "smoke_detector",
            "point": "smoke", "place": place,
            "path": [{"id": i, "zh": n.zh, "en": n.en} for i, n in names],
            "unplaced": False, "is_open": True, "active": True, "acked": False,
            "latched": False, "quality": "good", "held": [], "test": False, "occurrences": 1,
            "value": True, "raised_at": self.clock(), "updated_at": self.clock(),
            "observed_at": self.clock(),
        } | changed  # fmt: skip
        with transaction(self.house.engine) as connection:
            result = connection.execute(sa.insert(tables.alarms).values(**row))
            assert result.inserted_primary_key is not None
            number = int(result.inserted_primary_key[0])
            writer = Writer(connection, Routes(), self.clock())
            writer.event(number, Transition.RAISED, self.clock(), value=True)
        self.house.alarm_feed.publish(writer.told)
        return number

    def later(self, seconds: float) -> str:
        """A moment after now, as a request writes it."""
        at = dt.datetime.fromtimestamp(self.clock() / 1000 + seconds, dt.UTC)
        return at.isoformat()

    def client(self, headers: Mapping[str, str] | None = None) -> httpx.AsyncClient:
        """A client without a session; an error of the app is the answer that users would see."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers)

    @asynccontextmanager
    async def signed_in(self, name: str) -> AsyncIterator[httpx.AsyncClient]:
        """A client with the session of a person, and its token for writes."""
        async with self.client() as client:
            login = {"username": name, "password": PASSWORD}
            answer = await client.post("/api/v1/session", json=login)
            assert answer.status_code == 204, answer.text
            client.headers["X-CSRF-Token"] = answer.headers["X-CSRF-Token"]
            yield client


def estate_in(folder: Path, more: str = "") -> Estate:
    """Write the estate's files, with more devices, and load them."""
    (folder / "devices").mkdir(parents=True, exist_ok=True)
    (folder / "estate.yaml").write_text(ESTATE, encoding="utf-8")
    devices = DEVICES.replace("EVIL", EVIL.replace('"', '\\"'))
    (folder / "devices" / "all.yaml").write_text(devices + more, encoding="utf-8")
    return load_estate(folder, SCHEMAS)


@cache
def _once() -> tuple[Estate, RuleSet, bytes]:
    """What takes long and never changes: the estate, its rules, a migrated database."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        estate = estate_in(folder)
        engine = make_engine(sqlite_url(folder / "empty.db"))
        migrate(engine)
        # The last connection that closes brings the write-ahead log home.
        engine.dispose()
        return estate, load_rules(folder), (folder / "empty.db").read_bytes()


def _lines() -> list[LineHealth]:
    devices = (
        DeviceHealth("grid", True, NOW),
        DeviceHealth("pv", False, None, 3, "no_answer"),
        DeviceHealth("panel", None),
    )
    north = (DeviceHealth("north-grid", True, NOW),)
    return [
        LineHealth("modbus_tcp[127.0.0.1:1502]", True, devices, {"requests": 7}, 1.5),
        LineHealth("modbus_tcp[127.0.0.2:1502]", True, north),
    ]


@contextmanager
def built(
    folder: Path,
    settings: ApiSettings | None = None,
    times: LiveTimes | None = None,
    *,
    more: str = "",
    provider: Provider | None = None,
) -> Iterator[Built]:
    """Build a house in a folder, with more devices, and close it."""
    clock = Clock()
    estate, rules, database = _once()
    if more:
        estate = estate_in(folder, more)
    estates = [estate]
    (folder / "records.db").write_bytes(database)
    engine = make_engine(sqlite_url(folder / "records.db"))
    feed = AlarmFeed()
    store = LateStore(folder / "series.duckdb")
    static = folder / "static"
    static.mkdir()
    stages: dict[str, str] = {"journal": "ok", "store": "ok", "engine": "ok"}
    lines = _lines()
    letters = DeadLetterBox(engine, clock)
    house = House(
        estate=lambda: estates[-1],
        kinds=kinds(),
        engine=engine,
        latest=Latest(lambda _device, _point: STALE_MS, clock),
        store=store,
        alarms=AlarmRepository(engine, feed),
        alarm_feed=feed,
        roll_calls=RollCalls(
            engine,
            now_ms=clock,
            routes=Routes,
            rules=lambda: rules,
            estate=lambda: estates[-1],
            feed=feed,
        ),
        work_orders=WorkOrderBook(engine),
        attachments=Attachments(folder / "attachments"),
        rules=lambda: rules,
        line_health=lambda: lines,
        dead_letters=letters,
        letter_counts=letters.statistics,
        is_watched=lambda: True,
        health=lambda: stages,
        revision=lambda: "abc123",
        now_ms=clock,
        version="0.1.0",
        seal=new_seal(),
        provider=provider,
        registry=CollectorRegistry(),
        settings=settings or ApiSettings(static=static),
        folder=lambda: folder if (folder / "estate.yaml").exists() else None,
        check_estate=faults_of,
    )
    try:
        yield Built(house, create_app(house, times), clock, estates, store, stages, lines)
    finally:
        store.close()
        engine.dispose()
