"""The unaccounted-for balance: what flowed in is what was measured below, and the rest."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from device_configs.estate import Estate
from device_configs.estate_entries import VirtualMeterEntry
from device_configs.virtual_meters import virtual_meter
from ingest.counters import INTERVAL_MS
from ingest.interval_tables import Series
from ingest.rollup import Span
from records.engine import transaction
from reports.errors import UnknownSiteError
from reports.unaccounted import Unaccounted, meter_nodes, unaccounted
from tests.reports import estates
from tests.reports.ledgers import book, ledger, ms

IMPORT, EXPORT = "active_energy_import", "active_energy_export"
START = ms("2026-11-23 09:00")


def an_estate() -> Estate:
    plain = estates.estate(
        {"c1": None, "c2": "c1"},
        [
            estates.device("grid", "electricity_meter", "c1", role="grid"),
            estates.device("floor", "electricity_meter", "c1", role="submeter"),
            estates.device("pumps", "electricity_meter", "c1", role="submeter"),
            estates.device("pump-1", "electricity_meter", "c1", role="submeter", of="pumps"),
            estates.device("pv", "pv_inverter", "c1"),
            estates.device("grid-2", "electricity_meter", "c2", role="grid"),
            estates.device("floor-2", "electricity_meter", "c2", role="submeter"),
        ],
    )
    entry = VirtualMeterEntry.model_validate(
        {"id": "pump-2", "place": "c1", "formula": "pumps - 3 * pump-1",
         "metering": {"role": "submeter", "of": "pumps"}}
    )  # fmt: skip
    return Estate(
        plain.id, plain.name, plain.timezone, plain.sites, plain.devices, plain.profiles,
        {"pump-2": virtual_meter(entry)},
    )  # fmt: skip


ESTATE = an_estate()


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    made = ledger()
    yield made
    made.dispose()


def balances(engine: sa.Engine, site: str, *spans: Span) -> dict[str, list[Unaccounted]]:
    with transaction(engine) as connection:
        found = unaccounted(connection, ESTATE, meter_nodes(ESTATE, site), spans)
    return {
        node: [one for one in found if one.node == node] for node in {one.node for one in found}
    }


def test_the_nodes_are_the_grid_meters_and_the_meters_that_others_are_below() -> None:
    nodes = {node.id: node for node in meter_nodes(ESTATE, "c1")}
    assert set(nodes) == {"c1", "c2", "pumps"}
    assert nodes["c1"].inflow == {
        Series("grid", IMPORT): 1,
        Series("pv", "active_energy_total"): 1,
        Series("grid", EXPORT): -1,
    }
    assert [one.device for one in nodes["c1"].submeters] == ["floor", "pumps"]
    assert [one.device for one in nodes["c2"].submeters] == ["floor-2"]
    assert [one.device for one in nodes["pumps"].submeters] == ["pump-1", "pump-2"]
    assert {node.id: node.above for node in nodes.values()} == {
        "c1": None, "c2": None, "pumps": "c1",
    }  # fmt: skip
    assert {node.id for node in meter_nodes(ESTATE, "c2")} == {"c2"}
    with pytest.raises(UnknownSiteError):
        meter_nodes(ESTATE, "c9")


def test_by_hand_grid_is_sub_meters_and_unaccounted_for(engine: sa.Engine) -> None:
    for device, point, wh in (
        ("grid", IMPORT, 1_000), ("grid", EXPORT, 50), ("pv", "active_energy_total", 250),
        ("floor", IMPORT, 700), ("pumps", IMPORT, 400), ("pump-1", IMPORT, 100),
    ):  # fmt: skip
        book(engine, Series(device, point), "2026-11-23 09:00", wh)
    quarter, two = Span(START, START + INTERVAL_MS), Span(START, START + 2 * INTERVAL_MS)
    found = balances(engine, "c1", quarter, two)
    # 1,000 + 250 - 50 flowed in; 700 + 400 were measured below; 100 Wh are not accounted for.
    assert found["c1"] == [
        Unaccounted("c1", quarter.start, quarter.end, 1_200, 1_100, 100, 0.0),
        Unaccounted("c1", two.start, two.end, 1_200, 1_100, 100, 0.5),
    ]
    # pump-2 is 400 - 3 x 100 = 100 Wh, so of 400 Wh 200 are measured.
    assert found["pumps"][0] == Unaccounted("pumps", quarter.start, quarter.end, 400, 200, 200, 0.0)
    assert found["c2"][0] == Unaccounted("c2", quarter.start, quarter.end, None, None, None, 1.0)


def test_an_interval_in_which_one_meter_is_missing_is_left_out_of_all_three(
    engine: sa.Engine,
) -> None:
    for moment in ("09:00", "09:15"):
        book(engine, Series("pumps", IMPORT), f"2026-11-23 {moment}", 400)
    book(engine, Series("pump-1", IMPORT), "2026-11-23 09:15", 100)
    [found] = balances(engine, "c1", Span(START, START + 2 * INTERVAL_MS))["pumps"]
    assert (found.inflow_wh, found.submeters_wh, found.unaccounted_wh) == (400, 200, 200)
    assert found.missing_share == 0.5
    assert found.share == 0.5


def test_what_was_bridged_in_one_meter_is_estimated_in_the_balance(engine: sa.Engine) -> None:
    for moment, bridged in (("09:00", False), ("09:15", True)):
        book(engine, Series("pumps", IMPORT), f"2026-11-23 {moment}", 400)
        book(engine, Series("pump-1", IMPORT), f"2026-11-23 {moment}", 100, recovered=bridged)
    [found] = balances(engine, "c1", Span(START, START + 2 * INTERVAL_MS))["pumps"]
    assert (found.missing_share, found.estimated_share) == (0.0, 0.5)
