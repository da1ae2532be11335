"""covers: sitewatch/expectations.py sitewatch/counted.py, over SQL and a store on disk."""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts.condition import Verdict
from alerts.deviations import Finding, spans
from alerts.evaluator import Evaluator
from alerts.rules import load_rules
from alerts.spans import SETTLE_MS
from collectors.sample import Sample
from device_configs.dated import Dated
from device_configs.estate import Device, Estate
from device_configs.holidays import load_holidays
from ingest.bus import Cursor
from ingest.counters import INTERVAL_MS
from ingest.interval_tables import intervals
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from records.engine import make_engine, migrate, sqlite_url
from sitewatch.expectations import Expectations, Scene
from tests.alerts.estates import device, make_estate

RULES = load_rules()
HOUR = 3_600_000
NIGHT_ENDS = (
    int(dt.datetime(2026, 11, 25, 4, tzinfo=dt.timezone(dt.timedelta(hours=8))).timestamp()) * 1000
)
NOW = NIGHT_ENDS + SETTLE_MS
DAY = 24 * HOUR


def rated(name: str, kind: str, rating: float | None) -> Device:
    made = device(name, kind)
    if rating is None:
        return made
    dated = Dated[float].model_validate({"steps": [{"from_": "0001-01-01", "value": rating}]})
    return replace(made, entry=made.entry.model_copy(update={"rating_w": dated}))


def estate() -> Estate:
    inverters = [rated(f"pv-{n}", "pv_inverter", 100_000) for n in range(1, 6)]
    return make_estate([
        device("water-1", "water_meter"), device("sun-1", "weather_station"), *inverters,
    ])  # fmt: skip


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = make_engine(sqlite_url(tmp_path / "records.sqlite"))
    migrate(made)
    yield made
    made.dispose()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDbStore]:
    with closing(DuckDbStore(DuckDbSettings(tmp_path / "series.duckdb"))) as made:
        yield made


def count(
    engine: sa.Engine, name: str, point: str, start: int, hours: int, amount: int, share: float = 1
) -> None:
    """Book an amount [counts] evenly into quarters of an hour."""
    quarters = hours * 4
    rows = [
        {
            "device": name, "point": point, "start_ms": start + n * INTERVAL_MS,
            "amount": amount // quarters, "recovered_amount": 0,
            "covered_ms": round(INTERVAL_MS * share), "recovered_ms": 0,
        }
        for n in range(quarters)
    ]  # fmt: skip
    with engine.begin() as connection:
        connection.execute(sa.insert(intervals), rows)


def nights(engine: sa.Engine, liters: Sequence[int], last: int, share: float = 1) -> None:
    """Water of nights before, and of the last one. [L]"""
    for back, amount in enumerate([last, *liters]):
        start = NIGHT_ENDS - 4 * HOUR - back * DAY
        count(engine, "water-1", "volume_total", start, 4, amount * 1000, 1 if back else share)


def look(engine: sa.Engine, store: DuckDbStore, now: int = NOW) -> dict[tuple[str, str], Finding]:
    scene = Scene(estate(), RULES, load_holidays())
    found = Expectations(engine, store, lambda: scene, lambda _: None, lambda: now).look(now)
    return {(one.key.rule, one.key.device): one for one in found}


LEAK = ("night_water_flow", "water-1")


def test_a_leak_is_found_once_the_baseline_is_learnt(engine: sa.Engine, store: DuckDbStore) -> None:
    nights(engine, [100] * 30, 500)
    found = look(engine, store)[LEAK]
    assert (found.verdict, found.at, found.amount) == (Verdict.TRUE, NIGHT_ENDS, 0.5)
    with engine.begin() as connection:
        row = connection.execute(
            sa.select(spans).where(spans.c.rule == LEAK[0])
        ).one()  # fmt: skip
    assert (row.expected, row.spread, row.confidence, row.beyond) == (0.1, 0, "good", True)
    assert row.learnt_from == 22  # weekdays of 30 days


@pytest.mark.parametrize(
    ("liters", "last", "share", "verdict"),
    [
        ([100] * 30, 110, 1.0, Verdict.FALSE),
        ([100] * 10, 500, 1.0, Verdict.UNKNOWN),
        ([100] * 30, 500, 0.5, Verdict.UNKNOWN),
        ([0] * 30, 500, 1.0, Verdict.TRUE),
    ],
)
def test_what_is_not_known_is_not_judged(
    engine: sa.Engine, store: DuckDbStore, liters: list[int], last: int, share: float,
    verdict: Verdict,
) -> None:  # fmt: skip
    nights(engine, liters, last, share)
    assert look(engine, store)[LEAK].verdict is verdict


def test_a_span_is_judged_once_and_told_again_after_a_start(
    engine: sa.Engine, store: DuckDbStore
) -> None:
    nights(engine, [100] * 30, 500)
    scene = Scene(estate(), RULES, load_holidays())
    stage = Expectations(engine, store, lambda: scene, lambda _: None, lambda: NOW)
    assert LEAK[0] in {one.key.rule for one in stage.look(NOW)}
    assert LEAK[0] not in {one.key.rule for one in stage.look(NOW + 60_000)}
    assert look(engine, store)[LEAK].verdict is Verdict.TRUE


def test_a_leak_does_not_become_what_is_usual(engine: sa.Engine, store: DuckDbStore) -> None:
    nights(engine, [100] * 30, 500)
    look(engine, store)
    for later in range(1, 25):
        start = NIGHT_ENDS + later * DAY - 4 * HOUR
        count(engine, "water-1", "volume_total", start, 4, 500_000)
        found = look(engine, store, NOW + later * DAY)
        if later < 20:
            assert found[LEAK].verdict is Verdict.TRUE, later


def noon(engine: sa.Engine, wh: Sequence[int]) -> int:
    """What five inverters gave from 11 to 13 h; returns when it is judged."""
    start = NIGHT_ENDS + 7 * HOUR
    for number, amount in enumerate(wh, 1):
        count(engine, f"pv-{number}", "active_energy_total", start, 2, 2 * amount * 1000)
    return start + 2 * HOUR + SETTLE_MS


def test_an_inverter_behind_its_peers_two_hours_in_a_row(
    engine: sa.Engine, store: DuckDbStore
) -> None:
    now = noon(engine, [50_000, 51_000, 49_000, 50_000, 20_000])
    first = look(engine, store, now - HOUR)
    assert first["pv_behind_peers", "pv-5"].verdict is Verdict.BETWEEN
    second = look(engine, store, now)
    verdicts = {n: second["pv_behind_peers", f"pv-{n}"].verdict for n in range(1, 6)}
    assert verdicts == {n: Verdict.TRUE if n == 5 else Verdict.FALSE for n in range(1, 6)}
    assert second["pv_behind_irradiance", "pv-5"].verdict is Verdict.UNKNOWN


def test_at_night_no_inverter_is_behind(engine: sa.Engine, store: DuckDbStore) -> None:
    now = noon(engine, [50, 50, 50, 50, 0])
    assert look(engine, store, now)["pv_behind_peers", "pv-5"].verdict is Verdict.UNKNOWN


def test_all_inverters_behind_the_light(engine: sa.Engine, store: DuckDbStore) -> None:
    now = noon(engine, [20_000] * 5)
    start = now - SETTLE_MS - 2 * HOUR
    sun = [
        Sample("sun-1", start + n * 60_000, {"irradiance": 800.0, "module_temperature": 25.0})
        for n in range(120)
    ]  # fmt: skip
    store.write(sun, Cursor())
    look(engine, store, now - HOUR)
    found = look(engine, store, now)
    assert found["pv_behind_peers", "pv-1"].verdict is Verdict.FALSE
    assert found["pv_behind_irradiance", "pv-1"].verdict is Verdict.TRUE


def test_what_is_found_becomes_an_alarm(engine: sa.Engine, store: DuckDbStore) -> None:
    nights(engine, [100] * 30, 500)
    evaluator = Evaluator(estate(), RULES, NIGHT_ENDS)
    evaluator.findings(list(look(engine, store).values()), NOW)
    changes, _ = evaluator.pending()
    assert [(one.key.rule, one.state.active) for one in changes] == [("night_water_flow", True)]


def test_what_comes_late_is_judged_after_all(engine: sa.Engine, store: DuckDbStore) -> None:
    nights(engine, [100] * 30, 500, 0.5)
    scene = Scene(estate(), RULES, load_holidays())
    stage = Expectations(engine, store, lambda: scene, lambda _: None, lambda: NOW)
    assert {one.key.rule: one.verdict for one in stage.look(NOW)}[LEAK[0]] is Verdict.UNKNOWN
    with engine.begin() as connection:
        connection.execute(sa.update(intervals).values(covered_ms=INTERVAL_MS))
    assert LEAK[0] not in {one.key.rule for one in stage.look(NOW + 60_000)}
    later = {one.key.rule: one.verdict for one in stage.look(NOW + HOUR)}
    assert later[LEAK[0]] is Verdict.TRUE
