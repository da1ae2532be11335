"""The cost report of a town: sites, options, notes, and sums that add up."""

# covers: reports/cost_report.py cost_sheets.py cost_monthly_sheets.py cost_sources.py

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device_configs.faults import InvalidConfigError
from ingest.counters import INTERVAL_MS
from ingest.interval_tables import Series, add_amounts, intervals
from ingest.rollup_tables import ensure_rollups, rollup_zone, rollups
from records.engine import transaction
from reports.document import Report, Weight
from reports.errors import InvalidOptionError, InvalidPeriodError
from reports.report_texts import report_texts
from tests.device_configs.estates import write
from tests.reports.cost_towns import G1, G2, PV, S1, S2, TARIFFS, X1, columns, made, notes
from tests.reports.ledgers import SHANGHAI, book, ledger, ms


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    found = ledger()
    yield found
    found.dispose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, TARIFFS)


def some_load(engine: sa.Engine) -> None:
    book(engine, G1, "2026-11-23 14:15", 1_000_000)
    book(engine, G1, "2026-11-23 14:30", 2_000_000)
    book(engine, G1, "2026-11-24 23:00", 3_000_000, recovered=True)
    book(engine, X1, "2026-11-24 12:00", 500_000)
    book(engine, G2, "2026-11-24 12:00", 1_000_000)


def test_each_site_by_its_own_tariff(engine: sa.Engine, folder: Path) -> None:
    some_load(engine)
    found = made(engine, folder)
    one, two, total = columns(found, "sites")
    # 1,000 x 0.60 + 2,000 x 0.80 + 3,000 x 0.40 = 3,400; fed in 500 x 0.39 = 195.
    assert (one["site"], one["tariff"], one["energy"]) == ("c1", "Times", 6_000)
    assert (one["energy_cost"], one["total"], one["feed_in"]) == (3_400, 3_400, 195)
    assert (one["demand"], one["power_factor"]) == (None, None)
    assert one["net"] == 3_205
    assert (two["site"], two["total"], two["net"]) == ("c2", 700, 700)
    assert (total["energy"], total["total"], total["net"]) == (7_000, 4_100, 3_905)
    assert total["mean_price"] == pytest.approx(Decimal(4_100) / 7_000)
    periods = {row["tariff_period"]: row["energy_cost"] for row in columns(found, "periods")}
    assert periods == {"Peak": 1_600, "Flat": 1_300, "Valley": 1_200, "Total": 4_100}
    parts = {row["component"]: row["energy_cost"] for row in columns(found, "components")}
    fen = [one for name, one in parts.items() if name != "Total" and isinstance(one, Decimal)]
    assert parts["Total"] == sum(fen) == 4_100
    assert parts["Transmission and distribution"] == 1_200


def test_the_share_of_bridged_energy_and_missing_time(engine: sa.Engine, folder: Path) -> None:
    some_load(engine)
    row = made(engine, folder).sheet("sites").rows[0]
    assert row.shares is not None
    assert row.shares.recovered == pytest.approx(0.5)
    assert row.shares.missing == pytest.approx(1 - 3 / (30 * 96))
    valley = next(
        one for one in made(engine, folder).sheet("periods").rows if one.cells[3] == 120_000
    )
    assert valley.shares is not None
    assert valley.shares.recovered == 1.0


def test_sources_are_the_versions_and_meters(engine: sa.Engine, folder: Path) -> None:
    some_load(engine)
    found = made(engine, folder)
    rows = found.sheet("sites").rows
    assert rows[0].sources == (
        "g1:active_energy_import", "g1:active_energy_export", "tou@2026-01-01",
        "tou/prices@2026-01-01",
    )  # fmt: skip
    [version] = [one for one in found.sources if one.id == "tou@2026-01-01"]
    assert (version.version, version.confidence, version.detail) == ("2026-01-01", "bill", "s")


def test_a_site_without_a_tariff_has_energy_and_no_cost(engine: sa.Engine, tmp_path: Path) -> None:
    files = dict(TARIFFS)
    files["tariffs.yaml"] = "pays:\n  - {site: c1, from: 2026-01-01, tariff: tou}\n"
    some_load(engine)
    found = made(engine, write(tmp_path, files))
    _, two, total = columns(found, "sites")
    assert (two["tariff"], two["energy"], two["total"]) == ("No tariff configured", 1_000, None)
    assert (total["energy"], total["total"], total["net"]) == (7_000, None, None)
    assert notes(found)["without_tariff"] == {"sites": "c2"}
    unpriced = {row["tariff_period"]: row["energy_cost"] for row in columns(found, "periods")}
    assert unpriced["No tariff configured"] is None
    assert unpriced["Total"] is None


def test_nothing_known_is_not_nothing_paid(engine: sa.Engine, folder: Path) -> None:
    found = made(engine, folder)
    total = columns(found, "sites")[-1]
    assert {total["energy"], total["total"], total["net"], total["mean_price"]} == {None}
    assert found.sheet("sites").rows[-1].shares is not None


def test_what_is_fed_in_without_a_price_leaves_the_net_unknown(
    engine: sa.Engine, tmp_path: Path
) -> None:
    files = dict(TARIFFS)
    files["tariffs/tou.yaml"] = TARIFFS["tariffs/tou.yaml"].replace(", feed_in: 0.39", "")
    some_load(engine)
    found = made(engine, write(tmp_path, files))
    one = columns(found, "sites")[0]
    assert (one["total"], one["fed_in"], one["feed_in"], one["net"]) == (3_400, 500, None, None)
    assert notes(found)["feed_in_unpriced"] == {"sites": "c1"}


def test_what_another_tariff_would_have_cost(engine: sa.Engine, folder: Path) -> None:
    some_load(engine)
    found = made(engine, folder, compare="flat")
    month, total = columns(found, "compare")
    # 6,000 x 0.70 + 1,000 x 0.70.
    assert (month["cost"], month["other_cost"], month["difference"]) == (4_100, 4_900, 800)
    assert total["difference"] == 800
    assert "flat/prices@2026-01-01" in found.sheet("compare").rows[0].sources
    with pytest.raises(InvalidOptionError, match="did you mean 'flat'"):
        made(engine, folder, compare="flab")


def test_the_cost_is_divided_among_sub_meters(engine: sa.Engine, folder: Path) -> None:
    some_load(engine)
    book(engine, S1, "2026-11-23 14:30", 500_000)
    book(engine, S2, "2026-11-23 14:30", 1_000_000)
    book(engine, PV, "2026-11-23 14:30", 1_000_000)
    found = made(engine, folder, site="c1", by="device")
    first, second, rest, whole = columns(found, "parts")
    # In the peak 2,000 kWh of the grid and 1,000 of PV served 3,000, for 1,600 yuan.
    assert (first["name"], first["part_energy"]) == ("s1", 500)
    assert first["energy_cost"] == pytest.approx(Decimal("266.67"))
    assert second["energy_cost"] == pytest.approx(Decimal("533.33"))
    assert rest["energy_cost"] == 3_400 - Decimal("266.67") - Decimal("533.33")
    assert whole["energy_cost"] == 3_400
    by_building = columns(made(engine, folder, site="c1", by="building"), "parts")
    assert [row["name"] for row in by_building] == ["b1", "b2", "Not sub-metered", "c1"]
    with pytest.raises(InvalidOptionError, match="by 'room' is not one of"):
        made(engine, folder, by="room")


def test_a_building_without_a_grid_meter_is_valued(engine: sa.Engine, folder: Path) -> None:
    book(engine, S1, "2026-11-23 14:30", 500_000)
    found = made(engine, folder, site="b1")
    one = columns(found, "sites")[0]
    assert (one["site"], one["total"]) == ("b1", 400)
    assert notes(found)["valued"] == {"sites": "b1"}
    seen = made(engine, folder, site="b1", places=frozenset({"b1"}))
    assert columns(seen, "sites")[0]["total"] == 400


def test_only_what_the_asker_may_see(engine: sa.Engine, folder: Path) -> None:
    some_load(engine)
    found = made(engine, folder, places=frozenset({"c2"}))
    assert [row["site"] for row in columns(found, "sites")] == ["c2", "Total"]
    assert columns(found, "steps")[-1]["total"] == 700
    assert not any("g1" in one.id for one in found.sources)


def test_days_and_charges_by_the_month_below_them(engine: sa.Engine, tmp_path: Path) -> None:
    files = dict(TARIFFS)
    files["tariffs.yaml"] = TARIFFS["tariffs.yaml"].replace(
        "tariff: flat}", "tariff: flat, demand: {capacity_kva: 100}}"
    )
    files["tariffs/flat.yaml"] = TARIFFS["tariffs/flat.yaml"].replace(
        "purchase: 0.7", "purchase: 0.7, capacity_per_kva: 25"
    )
    some_load(engine)
    path = write(tmp_path, files)
    rows = columns(made(engine, path, step="day"), "steps")
    assert len(rows) == 32
    assert (rows[23]["period"], rows[23]["total"]) == ("2026-11-24", 1_900)
    assert (rows[30]["period"], rows[30]["demand"], rows[30]["total"]) == ("2026-11", 2_500, 2_500)
    assert (rows[31]["energy_cost"], rows[31]["demand"], rows[31]["total"]) == (4_100, 2_500, 6_600)
    cut = made(engine, path, period="2026-11-20..2026-11-24")
    assert columns(cut, "steps")[-1]["total"] == 4_100
    assert "whole_months" in notes(cut)
    with pytest.raises(InvalidPeriodError):
        made(engine, path, period="2026-11-20..2026-11-24", step="month")


def test_a_running_month_goes_up_to_now(engine: sa.Engine, folder: Path) -> None:
    book(engine, G1, "2026-11-23 08:00", 1_000)
    found = made(engine, folder, site="c1", now_ms=ms("2026-11-23 12:00"))
    assert "period_running" in notes(found)
    shares = found.sheet("steps").rows[0].shares
    assert shares is not None
    assert shares.missing == pytest.approx(1 - 1 / (22 * 96 + 48))
    future = made(engine, folder, now_ms=ms("2026-01-01 00:00"))
    assert columns(future, "steps")[-1]["total"] is None


def test_wrong_tariffs_are_told_with_their_line(engine: sa.Engine, tmp_path: Path) -> None:
    path = write(tmp_path, {"tariffs.yaml": "pays:\n  - {site: c9, from: 2026-01-01, tariff: x}\n"})
    with pytest.raises(InvalidConfigError, match=r"tariffs\.yaml:2"):
        made(engine, path)


def test_every_note_and_row_has_its_text() -> None:
    texts = report_texts("cost")
    assert {"peak", "purchase", "total", "water", "rest"} <= set(texts.rows)


SERIES = st.sampled_from([G1, X1, G2, S1, S2, PV])
LOAD = st.dictionaries(
    st.tuples(SERIES, st.integers(0, 4 * 96 - 1)), st.integers(0, 10**10), max_size=60
)


def whole(report: Report, sheet: str, column: str) -> tuple[object, object]:
    """The sum of the rows of normal weight, and the total."""
    table = report.sheet(sheet)
    place = [one.key for one in table.columns].index(column)
    cells = [row.cells[place] for row in table.rows if row.weight is Weight.NORMAL]
    total = [row.cells[place] for row in table.rows if row.weight is Weight.TOTAL]
    return sum(cell for cell in cells if isinstance(cell, int)), total[0] or 0


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(LOAD)
def test_parts_are_the_whole_to_the_last_fen(
    engine: sa.Engine, folder: Path, load: Mapping[tuple[Series, int], int]
) -> None:
    start = ms("2026-10-30 00:00")
    with transaction(engine) as connection:
        for one in (intervals, rollups, rollup_zone):
            connection.execute(sa.delete(one))
        amounts = {(*one, start + n * INTERVAL_MS): [count, 0, INTERVAL_MS, 0]
                   for (one, n), count in load.items()}  # fmt: skip
        add_amounts(connection, amounts)
    quarters = made(engine, folder, "2026-Q4", by="device")
    for sheet in ("steps", "periods", "components", "sites"):
        added, total = whole(quarters, sheet, "energy_cost")
        assert added == total
    parts = quarters.sheet("parts").rows
    for weight in (Weight.NORMAL, Weight.SUBTOTAL):
        fen = [row.cells[2] for row in parts if row.weight is weight]
        assert sum(cell for cell in fen if isinstance(cell, int)) == total
    days = made(engine, folder, "2026-Q4", step="day")
    assert whole(days, "steps", "energy_cost") == (total, total)
    assert whole(days, "steps", "feed_in") == whole(quarters, "steps", "feed_in")
    with transaction(engine) as connection:
        ensure_rollups(connection, SHANGHAI)
    hourly = made(engine, folder, "2026-Q4", by="device")
    assert hourly.sheets == quarters.sheets
