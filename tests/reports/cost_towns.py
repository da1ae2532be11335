"""A town that pays, for the tests of the cost report."""

from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from device_configs.estate import Estate
from device_configs.quantities import Label
from ingest.interval_tables import Series
from reports.asked import asked_for
from reports.document import Report
from reports.forms import exact
from reports.makers import make_report
from tests.reports.estates import device, estate
from tests.reports.ledgers import REVISION, ms

IMPORT, EXPORT = "active_energy_import", "active_energy_export"
G1, X1, G2 = Series("g1", IMPORT), Series("g1", EXPORT), Series("g2", IMPORT)
S1, S2, PV = Series("s1", IMPORT), Series("s2", IMPORT), Series("pv", "active_energy_total")
TOWN = estate(
    {"c1": None, "b1": "c1", "b2": "c1", "c2": None},
    [
        device("g1", "electricity_meter", "c1", role="grid"),
        device("pv", "pv_inverter", "b1"),
        device("s1", "electricity_meter", "b1", role="submeter"),
        device("s2", "electricity_meter", "b2", role="submeter", of="g1"),
        device("g2", "electricity_meter", "c2", role="grid"),
    ],
)
TARIFFS = {
    "tariffs.yaml": "pays:\n"
    "  - {site: c1, from: 2026-01-01, tariff: tou}\n"
    "  - {site: c2, from: 2026-01-01, tariff: flat}\n",
    "tariffs/tou.yaml": "tariff: tou\nname: {zh: 分时, en: Times}\nversions:\n"
    "  - {from: 2026-01-01, source: s, confidence: bill, "
    "hours: [{periods: {peak: ['14:30-22:00'], valley: ['23:00-07:00']}}], "
    "multipliers: {peak: 1.5, valley: 0.5}}\n"
    "prices:\n"
    "  - {from: 2026-01-01, source: s, confidence: bill, purchase: 0.4, transmission: 0.2, "
    "feed_in: 0.39}\n",
    "tariffs/flat.yaml": "tariff: flat\nname: {zh: 单一, en: Flat}\nversions:\n"
    "  - {from: 2026-01-01, source: s, confidence: bill}\n"
    "prices:\n  - {from: 2026-01-01, source: s, confidence: bill, purchase: 0.7}\n",
}
LATER = ms("2027-06-01 00:00")


def made(
    engine: sa.Engine,
    folder: Path,
    period: str = "2026-11",
    site: str = "town",
    *,
    of: Estate = TOWN,
    now_ms: int = LATER,
    places: frozenset[str] | None = None,
    **options: str,
) -> Report:
    return make_report(
        "cost",
        asked_for(of, folder, engine, site, period, now_ms=now_ms, revision=REVISION,
                  places=places, options=options),
    )  # fmt: skip


def columns(report: Report, sheet: str) -> list[Mapping[str, object]]:
    """The rows of a sheet by column; figures in the unit people read, texts in English."""
    found: list[Mapping[str, object]] = []
    table = report.sheet(sheet)
    for row in table.rows:
        cells: dict[str, object] = {}
        for column, cell in zip(table.columns, row.cells, strict=True):
            if isinstance(cell, Label):
                cells[column.key] = cell.en
            elif cell is None or isinstance(cell, str):
                cells[column.key] = cell
            else:
                cells[column.key] = exact(cell, column.form)
        found.append(cells)
    return found


def notes(report: Report) -> dict[str, Mapping[str, str]]:
    return {note.key: note.values for note in report.notes}
