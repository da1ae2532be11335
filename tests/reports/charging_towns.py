"""A town with PV and a pile, and the tables of the documents that tell what its figures are."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import sqlalchemy as sa

from collectors.sample import Sample
from device_configs.estate import Estate
from device_configs.quantities import Label
from ingest.interval_ledger import IntervalLedger
from ingest.interval_tables import Series
from ingest.session_ledger import SessionLedger
from reports.asked import Series as Readings
from reports.asked import asked_for
from reports.document import Cell, Report, Sheet
from reports.forms import Form, exact, shown
from reports.makers import make_report
from tests.reports.estates import device, estate
from tests.reports.ledgers import REVISION, book, ms

DOCS = Path(__file__).resolve().parents[2] / "docs/reports"
IMPORT, EXPORT, TOTAL = "active_energy_import", "active_energy_export", "active_energy_total"
GRID, FED, PV = Series("m1", IMPORT), Series("m1", EXPORT), Series("pv1", TOTAL)
TOWN = estate(
    {"c1": None},
    [
        device("m1", "electricity_meter", "c1", role="grid"),
        device("pv1", "pv_inverter", "c1", rating_w=10_000),
        device("p1", "ev_charger", "c1", points=("state", TOTAL), rating_w=22_000),
        device("sun", "weather_station", "c1", points=("irradiance",)),
    ],
)
FLAT = {
    "tariffs.yaml": "pays:\n  - {site: town, from: 2020-01-01, tariff: flat}\n",
    "tariffs/flat.yaml": "tariff: flat\nname: {zh: 单一, en: Flat}\nversions:\n"
    "  - {from: 2020-01-01, source: s, confidence: bill}\n"
    "prices:\n  - {from: 2020-01-01, source: s, confidence: bill, purchase: 0.7, feed_in: 0.39}\n",
}


def documented(name: str, first: str) -> list[list[str]]:
    """The rows of the table in a document whose heading begins so."""
    lines = (DOCS / name).read_text(encoding="utf-8").splitlines()
    begin = next(n for n, line in enumerate(lines) if line.startswith(f"| {first} |")) + 2
    rows = []
    for line in lines[begin:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def with_tariff(folder: Path) -> Path:
    for name, text in FLAT.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def say(engine: sa.Engine, town: Estate, samples: Sequence[Sample]) -> None:
    """Book what devices say: intervals and sessions."""
    intervals = IntervalLedger(engine, town, now_ms=lambda: samples[-1].at)
    for ledger in (intervals, SessionLedger(engine, town)):
        ledger.book(samples, ledger.cursor())


def quarters(engine: sa.Engine, day: str, rows: Sequence[Sequence[str]]) -> None:
    """Book PV, what was fed in and import of quarters of an hour [Wh]."""
    for time, *amounts in rows:
        for series, wh in zip((PV, FED, GRID), amounts, strict=False):
            book(engine, series, f"{day} {time}", float(wh))


def made(
    engine: sa.Engine,
    kind: str,
    period: str,
    *,
    of: Estate = TOWN,
    site: str = "c1",
    folder: Path | None = None,
    now: str = "2030-01-01 00:00",
    readings: Readings | None = None,
    options: Mapping[str, str] | None = None,
) -> Report:
    asked = asked_for(
        of, folder, engine, site, period, now_ms=ms(now), revision=REVISION, readings=readings,
        options=options,
    )  # fmt: skip
    return make_report(kind, asked)


def cells(sheet: Sheet, *keys: str) -> list[list[str]]:
    """Some columns of a sheet, as people would write them: shares rounded, the rest exact."""
    places = [[one.key for one in sheet.columns].index(key) for key in keys]
    return [[_text(row.cells[at], sheet.columns[at].form) for at in places] for row in sheet.rows]


def _text(cell: Cell, form: Form) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Label):
        return cell.en
    if isinstance(cell, str):
        return cell
    if form in (Form.SHARE, Form.CHANGE, Form.SPECIFIC_YIELD):
        return shown(cell, form)
    return f"{exact(cell, form).normalize():f}"
