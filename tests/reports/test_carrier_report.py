"""The reports of water, gas and heat, of intervals."""

import datetime as dt
from fractions import Fraction

import sqlalchemy as sa

from device_configs.estate import Estate
from device_configs.quantities import Label
from ingest.counters import INTERVAL_MS
from ingest.interval_tables import Series, add_amounts
from records.engine import transaction
from reports.asked import asked_for
from reports.document import Report
from reports.makers import make_report
from tests.reports.estates import device, estate
from tests.reports.ledgers import REVISION, SHANGHAI, fill, ledger, ms

LEAKS = dt.date(2026, 11, 15)


def town() -> Estate:
    return estate(
        {"c1": None, "c2": None},
        [
            device("w1", "water_meter", "c1", role="grid"),
            device("w2", "water_meter", "c1", role="submeter", of="w1"),
            device("w3", "water_meter", "c2"),
            device("h1", "heat_meter", "c1", role="grid"),
        ],
    )


def water(engine: sa.Engine, meter: str, leak_l: int) -> None:
    """90 litres in every quarter of the day, none at night; from the 15th on a leak."""
    rows = {}
    for n in range(58):
        day = dt.date(2026, 10, 4) + dt.timedelta(days=n)
        start = int(dt.datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).timestamp()) * 1000
        for quarter in range(96):
            litres = 90 if 24 <= quarter < 88 else (n * 7 + quarter) % 3
            litres += leak_l if day >= LEAKS else 0
            key = (meter, "volume_total", start + quarter * INTERVAL_MS)
            rows[key] = [litres * 1_000, 0, INTERVAL_MS, 0]
    with transaction(engine) as connection:
        add_amounts(connection, rows)


def report(engine: sa.Engine, kind: str, site: str = "c1", period: str = "2026-11") -> Report:
    asked = asked_for(
        town(), None, engine, site, period, now_ms=ms("2026-12-01 08:00"), revision=REVISION
    )
    return make_report(kind, asked)


def verdicts(found: Report) -> dict[object, tuple[str, object]]:
    words: dict[object, tuple[str, object]] = {}
    for row in found.sheet("leaks").rows:
        assert isinstance(row.cells[4], Label)
        words[row.cells[0]] = (row.cells[4].en, row.cells[5])
    return words


def test_a_leak_shows_on_its_meter_and_not_on_the_others() -> None:
    engine = ledger()
    water(engine, "w1", 60)
    water(engine, "w2", 0)
    found = report(engine, "water", "town")
    assert verdicts(found) == {
        "w1": ("the flow at night rose and stays", "2026-11-15"),
        "w2": ("nothing speaks for one", ""),
        "w3": ("too few nights to tell", ""),
    }
    (row,) = [one for one in found.sheet("leaks").rows if one.cells[0] == "w1"]
    assert isinstance(row.cells[6], float)
    assert abs(row.cells[6] - 0.24) < 0.01
    nights = found.sheet("nights").rows
    # The whole takes in w3, too, which is not known.
    assert nights[0].cells == ["2026-11-01", None, None]


def test_amounts_are_those_of_the_grid_meters() -> None:
    engine = ledger()
    water(engine, "w1", 0)
    water(engine, "w2", 0)
    steps = report(engine, "water", period="2026-11-02").sheet("steps")
    day = 64 * 90 + sum((29 * 7 + quarter) % 3 for quarter in range(96) if not 24 <= quarter < 88)
    assert [row.cells[1] for row in steps.rows] == [Fraction(day, 1000)] * 2


def test_heat_has_no_leaks_and_no_meter_is_said() -> None:
    engine = ledger()
    fill(engine, Series("h1", "heat_energy_total"), "2026-11-02", 1_000)
    found = report(engine, "heat", period="2026-11-02")
    assert [sheet.key for sheet in found.sheets] == ["steps", "branches"]
    assert found.sheet("steps").rows[-1].cells[1] == 96_000
    assert "no_meter_of_carrier" in {note.key for note in report(engine, "gas").notes}
