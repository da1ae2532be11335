"""Stores to test: DuckDB in a file, InfluxDB in a real server that all tests here share."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from collectors.sample import Sample
from ingest.bus import Cursor
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from ingest.stores.influx import InfluxStore
from ingest.stores.influx_write import InfluxSettings
from ingest.stores.store import TimeSeriesStore
from tests.influx import influxd
from tests.influx2 import empty_bucket
from tests.ingest.samples import NOW

_NUMBERS = itertools.count()


@dataclass
class Letters:
    """What a store rejected."""

    found: list[tuple[str, bytes, str]] = field(default_factory=list)

    def __call__(self, source: str, payload: bytes, reason: str) -> None:
        self.found.append((source, payload, reason))


def describe(device: str) -> tuple[str, str] | None:
    """Kind and site of the devices of these tests."""
    parent, slash, _ = device.partition("/")
    if parent == "panel-1":
        return ("smoke_detector" if slash else "fire_panel"), "centre"
    return None if parent == "stranger" else ("electricity_meter", "centre, hall=1")


class MovingStore(DuckDbStore):
    """Writes two samples at a time and moves what it has, so that every answer has many sources."""

    _writes = 0

    def write(self, samples: Sequence[Sample], cursor: Cursor) -> None:
        for begin in range(0, len(samples) - 2, 2):
            super().write(samples[begin : begin + 2], self.cursor())
            self.seal()
            if begin % 4:
                self.compactor.step()
        super().write(samples[-1 - (len(samples) - 1) % 2 :] if samples else (), cursor)
        self._writes += 1
        if self._writes % 2:
            self.seal()
            self.compactor.step()


Open = Callable[[], AbstractContextManager[TimeSeriesStore]]


@pytest.fixture(scope="session")
def influx_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with influxd(tmp_path_factory.mktemp("influxd")) as url:
        yield url


@pytest.fixture
def letters() -> Letters:
    return Letters()


@pytest.fixture
def database() -> str:
    """A name that no test had before."""
    return f"test {next(_NUMBERS)}"


@pytest.fixture
def influx(influx_url: str, letters: Letters, database: str) -> Callable[..., InfluxStore]:
    """Makes stores on one new database."""

    def make(**settings: object) -> InfluxStore:
        chosen = InfluxSettings(influx_url, database, **settings)  # type: ignore[arg-type]
        return InfluxStore(chosen, describe, letters, now_ms=lambda: NOW)

    return make


@pytest.fixture
def influx2(letters: Letters) -> Iterator[Callable[..., InfluxStore]]:
    """Makes stores in an empty bucket of the InfluxDB 2.x that the environment names."""
    with empty_bucket() as found:

        def make(**settings: object) -> InfluxStore:
            chosen = dataclasses.replace(found, **settings)  # type: ignore[arg-type]
            return InfluxStore(chosen, describe, letters, now_ms=lambda: NOW)

        yield make


@pytest.fixture(
    params=[
        "duckdb",
        "duckdb in parquet",
        "influx",
        pytest.param("influx2", marks=pytest.mark.needs_influx2),
    ]
)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens the same store again and again."""
    if request.param in ("influx", "influx2"):
        make = request.getfixturevalue(request.param)
    else:

        def make() -> DuckDbStore:
            kind = DuckDbStore if request.param == "duckdb" else MovingStore
            return kind(DuckDbSettings(tmp_path / "store.duckdb", file_rows=5))

    @contextmanager
    def open_() -> Iterator[TimeSeriesStore]:
        with closing(make()) as store:
            store.cursor()
            yield store

    return open_


@pytest.fixture
def store(opened: Open) -> Iterator[TimeSeriesStore]:
    with opened() as found:
        yield found
