"""What was paid: entered bills before tariffs."""

from fractions import Fraction
from pathlib import Path

from device_configs.carriers import Carrier
from device_configs.entered import load_entered
from ingest.interval_tables import Series
from records.engine import reading
from reports.asked import asked_for
from reports.paid import paid
from tests.reports.estates import device, estate
from tests.reports.ledgers import REVISION, fill, ledger, ms


def found(folder: Path) -> dict[Carrier, Fraction | None]:
    town = estate(
        {"c1": None},
        [
            device("m1", "electricity_meter", "c1", role="grid"),
            device("w1", "water_meter", "c1", role="grid"),
        ],
    )
    engine = ledger()
    fill(engine, Series("m1", "active_energy_import"), "2026-02-01", 1_000)
    fill(engine, Series("w1", "volume_total"), "2026-02-01", 100)
    asked = asked_for(
        town, folder, engine, "c1", "2026-H1", now_ms=ms("2026-12-01 00:00"), revision=REVISION
    )
    with reading(engine) as connection:
        entered = load_entered(folder, frozenset(town.sites))
        return dict(paid(connection, asked, asked.period, entered))


def test_without_tariff_and_bill_it_is_unknown(tmp_path: Path) -> None:
    assert found(tmp_path) == {Carrier.ELECTRICITY: None, Carrier.WATER: None}


def test_a_bill_goes_before_a_tariff_and_one_without_a_cost_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "consumption.yaml").write_text(
        "consumption:\n"
        "- {site: c1, month: 2026-02, carrier: electricity, amount: 96, unit: kWh, cost: 70.5,"
        " by: Li}\n"
        "- {site: c1, month: 2026-03, carrier: lpg, amount: 15, unit: kg, by: Li}\n"
        "- {site: c1, month: 2026-08, carrier: water, amount: 9, unit: m3, cost: 30, by: Li}\n"
    )
    got = found(tmp_path)
    assert got[Carrier.ELECTRICITY] == Fraction("70.5")
    assert got[Carrier.LPG] is None
    assert got[Carrier.WATER] is None
