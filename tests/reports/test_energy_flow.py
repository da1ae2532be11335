"""The flow of energy: bands add up, and what is unknown never becomes a loss."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.interval_tables import Series
from reports.energy_flow import EnergyFlow, FlowKind, energy_flow
from reports.errors import InvalidPeriodError, UnknownSiteError
from tests.reports.estates import device, estate
from tests.reports.ledgers import book, fill, ledger, ms

GRID, EXPORT = Series("g1", "active_energy_import"), Series("g1", "active_energy_export")
PV, PILE = Series("pv", "active_energy_total"), Series("pile", "active_energy_total")
LIGHT, YARD = Series("light", "active_energy_import"), Series("yard", "active_energy_import")
OTHER = Series("g2", "active_energy_import")
TOWN = estate(
    {"c1": None, "b1": "c1", "c2": None},
    [
        device("g1", "electricity_meter", "c1", role="grid"),
        device("pv", "pv_inverter", "b1"),
        device("light", "electricity_meter", "b1", role="submeter", of="g1"),
        device("yard", "electricity_meter", "c1", role="submeter"),
        device("pile", "ev_charger", "c1", role="submeter", of="yard"),
        device("g2", "electricity_meter", "c2", role="grid"),
    ],
)
DAY, LATER = "2026-11-23", ms("2027-06-01 00:00")


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    made = ledger()
    yield made
    made.dispose()


def bands(found: EnergyFlow) -> dict[tuple[str, str], float | None]:
    return {(one.source, one.target): one.wh for one in found.flows}


def flow(engine: sa.Engine, site: str = "c1", period: str = DAY, now: int = LATER) -> EnergyFlow:
    return energy_flow(engine, TOWN, site, period, now_ms=now)


def test_a_whole_day_from_the_sources_to_the_last_meter(engine: sa.Engine) -> None:
    for series, wh in ((GRID, 100), (EXPORT, 10), (PV, 50), (LIGHT, 60), (YARD, 30), (PILE, 20)):
        fill(engine, series, DAY, wh)
    assert bands(flow(engine)) == {
        ("grid", "c1"): 9600, ("pv", "c1"): 4800, ("c1", "export"): 960,
        ("c1", "light"): 5760, ("c1", "yard"): 2880, ("c1", "rest:c1"): 4800,
        ("yard", "pile"): 1920, ("yard", "rest:yard"): 960,
    }  # fmt: skip
    assert {one.missing_share for one in flow(engine).flows} == {0.0}


def test_what_is_not_known_is_not_nothing(engine: sa.Engine) -> None:
    fill(engine, GRID, DAY, 100)
    found = flow(engine)
    assert bands(found)["grid", "c1"] == 9600
    assert bands(found)["c1", "light"] is None
    assert bands(found)["c1", "rest:c1"] is None


def test_a_silent_quarter_is_no_loss(engine: sa.Engine) -> None:
    noon, after = f"{DAY} 12:00", f"{DAY} 12:15"
    for moment in (noon, after):
        for series, wh in ((GRID, 100), (EXPORT, 0), (PV, 0), (LIGHT, 60)):
            book(engine, series, moment, wh)
    book(engine, YARD, noon, 30)
    found = flow(engine)
    assert bands(found)["grid", "c1"] == 200
    # Of the one quarter in which every meter is known: 100 - 60 - 30.
    assert bands(found)["c1", "rest:c1"] == 10
    rest = next(one for one in found.flows if one.kind is FlowKind.REST)
    assert rest.missing_share == pytest.approx(95 / 96)


def test_of_several_sites_each_is_the_end(engine: sa.Engine) -> None:
    fill(engine, GRID, DAY, 100)
    fill(engine, OTHER, DAY, 40)
    found = bands(flow(engine, TOWN.id))
    assert found[("grid", "c1")] == 9600
    assert found[("grid", "c2")] == 3840
    assert not [target for _, target in found if target.startswith("rest:") or target == "light"]


def test_without_a_grid_meter_the_topmost_meters_are_the_supply(engine: sa.Engine) -> None:
    fill(engine, LIGHT, DAY, 10)
    found = bands(flow(engine, "b1"))
    assert found[("supply", "b1")] == 960
    assert found[("b1", "light")] == 960


def test_of_a_running_day_only_what_is_settled(engine: sa.Engine) -> None:
    fill(engine, GRID, DAY, 100)
    found = flow(engine, now=ms(f"{DAY} 06:07"))
    assert bands(found)["grid", "c1"] == 24 * 100
    assert found.span.end == ms(f"{DAY} 06:00")
    before = flow(engine, now=ms(f"{DAY} 00:01"))
    assert {one.wh for one in before.flows} == {None}


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 1000), min_size=6, max_size=6))
def test_what_flows_in_flows_out(amounts: list[int]) -> None:
    engine = ledger()
    try:
        for series, wh in zip((GRID, EXPORT, PV, LIGHT, YARD, PILE), amounts, strict=True):
            book(engine, series, f"{DAY} 12:00", wh)
        found = {key: wh or 0 for key, wh in bands(flow(engine)).items()}
    finally:
        engine.dispose()
    for node in ("c1", "yard"):
        into = sum(wh for (_, target), wh in found.items() if target == node)
        out = sum(wh for (source, _), wh in found.items() if source == node)
        assert into == out, node


def test_what_cannot_be_asked(engine: sa.Engine) -> None:
    with pytest.raises(UnknownSiteError):
        flow(engine, "atlantis")
    with pytest.raises(InvalidPeriodError):
        flow(engine, period="soon")
