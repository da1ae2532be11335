"""What one instance exports and another imports counts there as it counted here."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from collectors.sample import Sample
from ingest.bus import Cursor
from ingest.counters import MeterChange, Reading
from ingest.interval_ledger import IntervalLedger
from ingest.past import Past
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from ingest.stores.duckdb_export import Export, TableFormat
from ingest.stores.exchange import read_samples
from ingest.stores.forms import Form
from records.engine import make_engine, migrate, sqlite_url
from tests.ingest.energy_histories import START
from tests.ingest.test_late_readings import ESTATE
from tests.ingest.test_recount import come_live, dump, enter_changes, sample

STEP_MS = 60_000
DAY = 1440


def a_week() -> list[Sample]:
    """Readings each minute: a reset on the second day, a hole, an outlier, a meter change."""
    found = []
    shown = 5_000_000
    for minute in range(7 * DAY):
        shown += 1_000 + minute % 7
        if minute == DAY + 300:
            shown = 0
        if minute == CHANGED:
            shown = 700_000
        if 3 * DAY < minute < 3 * DAY + 200:
            continue
        count = shown // 2 if minute == 4 * DAY else shown
        found.append(sample(Reading(START + minute * STEP_MS, count)))
    return found


CHANGED = 5 * DAY + 10
WEEK = a_week()
NOW_MS = WEEK[-1].at


def a_change() -> MeterChange:
    before = max((one for one in WEEK if one.at < START + CHANGED * STEP_MS), key=lambda o: o.at)
    shown = round(float(str(before.values["active_energy_import"])) * 1000)
    return MeterChange(START + CHANGED * STEP_MS - 1, shown + 500, 699_400)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = make_engine(sqlite_url(tmp_path / "sitewatch.sqlite"))
    migrate(made)
    enter_changes(made, [a_change()])
    yield made
    made.dispose()


@pytest.fixture
def straight(tmp_path: Path) -> list[list[tuple[object, ...]]]:
    """The tables of an instance that heard all of it live."""
    made = make_engine(sqlite_url(tmp_path / "straight.sqlite"))
    migrate(made)
    enter_changes(made, [a_change()])
    come_live(IntervalLedger(made, ESTATE, now_ms=lambda: NOW_MS), WEEK)
    found = dump(made)
    made.dispose()
    return found


@pytest.mark.parametrize("heard", [(0, 0), (5000, 10_000), (0, 3000), (2000, 6500)])
@pytest.mark.parametrize("ago_days", [0, 30])
def test_what_was_exported_elsewhere_counts_as_there(
    engine: sa.Engine,
    tmp_path: Path,
    straight: list[list[tuple[object, ...]]],
    heard: tuple[int, int],
    ago_days: int,
) -> None:
    file = tmp_path / "out.parquet"
    with closing(DuckDbStore(DuckDbSettings(tmp_path / "a.duckdb", threads=1))) as other:
        other.write(WEEK, Cursor())
        other.export(Export(file, TableFormat.PARQUET, ["m1"], START, NOW_MS + 1))
    now_ms = NOW_MS + ago_days * 86_400_000
    ledger = IntervalLedger(engine, ESTATE, now_ms=lambda: now_ms)
    with closing(DuckDbStore(DuckDbSettings(tmp_path / "b.duckdb", threads=1))) as store:
        live = WEEK[slice(*heard)]
        if live:
            store.write(live, Cursor())
            come_live(ledger, live)
        past = Past(store, ledger)
        portions = list(read_samples(file, Form.PARQUET))
        assert sum(past.take(one) for one in portions) == len(WEEK) - len(live)
        assert past.count() == 1
        assert dump(engine) == straight
        again = Past(store, ledger)
        assert sum(again.take(one) for one in portions) == 0
        again.count()
        assert dump(engine) == straight


def test_the_recorder_behind_the_journal_alters_nothing(
    engine: sa.Engine, tmp_path: Path, straight: list[list[tuple[object, ...]]]
) -> None:
    """Live readings that are counted and not yet stored, and stored and not yet counted."""
    ledger = IntervalLedger(engine, ESTATE, now_ms=lambda: NOW_MS)
    with closing(DuckDbStore(DuckDbSettings(tmp_path / "b.duckdb", threads=1))) as store:
        come_live(ledger, WEEK[6000:9000])
        store.write(WEEK[9000:9500], Cursor())
        past = Past(store, ledger)
        past.take(WEEK[:6000])
        past.count()
        store.write(WEEK[6000:9000], Cursor())
        come_live(ledger, WEEK[9000:])
    assert dump(engine) == straight


def test_without_an_estate_readings_are_stored_and_not_counted(tmp_path: Path) -> None:
    with closing(DuckDbStore(DuckDbSettings(tmp_path / "b.duckdb", threads=1))) as store:
        past = Past(store, None)
        assert past.take(WEEK[:10]) == 10
        assert past.count() is None
