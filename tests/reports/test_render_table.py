"""The table for a terminal."""

from rich.console import Console

from ingest.interval_tables import Series
from reports.energy import energy_report
from reports.render_table import energy_table
from reports.texts import Language
from tests.reports.estates import device, estate
from tests.reports.ledgers import REVISION, book, ledger, ms


def test_the_table_shows_figures_shares_and_notes() -> None:
    engine = ledger()
    town = estate({"c1": None}, [device("g1", "electricity_meter", "c1")])
    book(engine, Series("g1", "active_energy_import"), "2026-11-23 12:00", 1_234_567.8)
    made = energy_report(
        engine, town, "c1", "2026-11-23", "day", now_ms=ms("2026-11-24 00:00"), revision=REVISION
    )
    engine.dispose()
    console = Console(width=140, color_system=None)
    with console.capture() as capture:
        console.print(energy_table(made, Language.EN))
        console.print(energy_table(made, Language.ZH))
    text = capture.get()
    assert "Energy report: c1, 2026-11-23" in text
    assert text.count("1,234.6") == 8
    assert "99.48" in text
    assert "—" in text
    assert "single meter without a role" in text
    assert "能耗报表：c1（中），2026-11-23" in text
    assert REVISION in text
