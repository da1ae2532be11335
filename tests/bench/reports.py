"""How long a year's report of the whole demo estate takes, and its PDF and workbook.

Run as `python -m tests.bench.reports [KIND ...] [--days N] [--every-quarter]`. Every counter of
energy, water, gas and heat has its hours, days and months, and every pile two sessions a day;
quarters of an hour, four times as many again, have only the grid meters unless asked for. One JSON
line a case, the best of three.
"""

import argparse
import datetime as dt
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from collectors.registry import SCHEMAS
from collectors.simulator.make_estate import FOLDER
from device_configs.estate import Estate, load_estate
from ingest.counter_terms import counter_of
from ingest.counters import INTERVAL_MS
from ingest.interval_tables import Series
from ingest.rollup_tables import rollup_zone
from ingest.session_points import connectors
from ingest.session_tables import put_sessions
from ingest.sessions import Ending, Session
from records.engine import make_engine, migrate, sqlite_url, transaction
from reports.asked import asked_for
from reports.errors import ReportsError
from reports.makers import MAKERS, make_report
from reports.render_pdf import pages_of, set_pages_apart
from reports.render_xlsx import report_xlsx
from reports.texts import Language

YEAR = 2025
TRIES = 3
POINTS = {
    "active_energy_import", "active_energy_export", "active_energy_total", "volume_total",
    "heat_energy_total",
}  # fmt: skip
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
_STAY = partial(
    Session, energy=20_000_000, told=20_000_000, plugged_ms=3 * HOUR_MS, charging_ms=2 * HOUR_MS,
    idle_ms=HOUR_MS, ending=Ending.FINISHED,
)  # fmt: skip
MW_HOUR = 1_000_000_000
"""Counts of an hour, of each counter. [mWh, or a millionth of a cubic metre]"""
_SUMS = "recovered_amount, covered_ms, recovered_ms, integrated_amount, integrated_ms"
_ROLLUPS = f"""
INSERT INTO counter_rollups (device, point, grain, start_ms, amount, {_SUMS})
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :count)
SELECT :device, :point, :grain, :start + i * :length, :amount * (1 + i % 5), 0, :length, 0, 0, 0
FROM n"""
_MONTH = """
INSERT INTO counter_rollups (device, point, grain, start_ms, amount, recovered_amount, covered_ms,
  recovered_ms, integrated_amount, integrated_ms)
SELECT device, point, 'month', :begin, sum(amount), 0, sum(covered_ms), 0, 0, 0
FROM counter_rollups
WHERE device = :device AND point = :point AND grain = 'day' AND start_ms >= :begin
  AND start_ms < :end
GROUP BY device, point"""
_INTERVALS = f"""
INSERT INTO counter_intervals (device, point, start_ms, amount, {_SUMS})
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :count)
SELECT :device, :point, :start + i * :length, :amount * (1 + i % 5), 0, :length, 0, 0, 0 FROM n"""


def _series(estate: Estate) -> Iterator[Series]:
    """Every counter that reports read."""
    for name, device in estate.devices.items():
        below = device.profile.parts
        own = [(name, point) for point in device.profile.points]
        parts = [
            (f"{name}/{part}", point)
            for part in device.parts
            for point in (below.points if below is not None else ())
        ]
        for one in (*own, *parts):
            if one[1] in POINTS and counter_of(estate, *one) is not None:
                yield Series(*one)


def _fill(engine: sa.Engine, estate: Estate, days: int, *, every_quarter: bool) -> int:
    start = int(dt.datetime(YEAR, 1, 1, tzinfo=estate.timezone).timestamp()) * 1000
    rows = 0
    grains = {"hour": (HOUR_MS, days * 24), "day": (DAY_MS, days)}
    with transaction(engine) as connection:
        connection.execute(sa.insert(rollup_zone).values(name=estate.timezone.key))
        for series in _series(estate):
            one = {"device": series.device, "point": series.point, "start": start}
            for grain, (length, count) in grains.items():
                amount = MW_HOUR * length // HOUR_MS
                more = {"grain": grain, "length": length, "count": count, "amount": amount}
                connection.execute(sa.text(_ROLLUPS), one | more)
                rows += count
            for month in range(1, 13):
                begin = dt.datetime(YEAR, month, 1, tzinfo=estate.timezone)
                after = (begin + dt.timedelta(days=32)).replace(day=1)
                at = {name: int(day.timestamp()) * 1000
                      for name, day in (("begin", begin), ("end", after))}  # fmt: skip
                connection.execute(sa.text(_MONTH), one | at)
            device = estate.devices[series.device.partition("/")[0]]
            metering = device.entry.metering
            if every_quarter or (metering is not None and metering.role.value == "grid"):
                quarter = {"length": INTERVAL_MS, "count": days * 96, "amount": MW_HOUR // 4}
                connection.execute(sa.text(_INTERVALS), one | quarter)
                rows += days * 96
    return rows


def _park(engine: sa.Engine, estate: Estate, days: int) -> None:
    """Two sessions a day at every connector."""
    start = int(dt.datetime(YEAR, 1, 1, tzinfo=estate.timezone).timestamp()) * 1000
    at = [start + day * DAY_MS + hour * HOUR_MS for day in range(days) for hour in (8, 13)]
    with transaction(engine) as connection:
        for name in connectors(estate):
            put_sessions(connection, ((name, _STAY(one, one + 3 * HOUR_MS)) for one in at))


def _best(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock and of this process, which other work on the machine does not change."""
    took = []
    for _ in range(TRIES):
        began, own = time.perf_counter(), time.process_time()
        work()
        took.append((time.perf_counter() - began, time.process_time() - own))
    wall, processor = min(took)
    return round(wall, 3), round(processor, 3)


def main() -> None:
    """Run and print one JSON line a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", help="all if none is named")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--every-quarter", action="store_true")
    given = parser.parse_args()
    estate = load_estate(FOLDER, SCHEMAS)
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(sqlite_url(Path(folder) / "bench.sqlite"))
        migrate(engine)
        rows = _fill(engine, estate, given.days, every_quarter=given.every_quarter)
        _park(engine, estate, given.days)
        counters = sum(1 for _ in _series(estate))
        print(json.dumps({"case": "data", "counters": counters, "rows": rows}), flush=True)
        asked = asked_for(
            estate, FOLDER, engine, None, str(YEAR),
            now_ms=int(dt.datetime(YEAR + 1, 1, 1, tzinfo=estate.timezone).timestamp()) * 1000,
            revision="bench",
        )  # fmt: skip
        for kind in sorted(given.kinds or MAKERS):
            try:
                report = make_report(kind, asked)
            except ReportsError as error:
                print(json.dumps({"case": kind, "refused": str(error)}), flush=True)
                continue
            made, own = _best(lambda kind=kind: make_report(kind, asked))  # type: ignore[misc]
            pages = pages_of(report, Language.ZH)
            pdf, _ = _best(lambda pages=pages: set_pages_apart(pages))  # type: ignore[misc]
            book, _ = _best(lambda report=report: report_xlsx(report, Language.ZH))  # type: ignore[misc]
            lines = sum(len(sheet.rows) for sheet in report.sheets)
            case = {
                "case": kind,
                "rows": lines,
                "seconds": made,
                "cpu": own,
                "pdf": pdf,
                "xlsx": book,
            }
            print(json.dumps(case), flush=True)
        engine.dispose()


if __name__ == "__main__":
    main()
