"""Which counters make a figure, and that none is in it twice."""

from collections.abc import Sequence

import pytest

from device_configs.estate import Device, Estate
from ingest.interval_tables import Series
from reports.errors import UnknownSiteError
from reports.meter_tree import (
    NO_EXPORT,
    NO_METER,
    ROLE_ASSUMED,
    ROLES_MISSING,
    SUBMETERS,
    UNMETERED,
    MeterTree,
    meter_tree,
)
from tests.reports.estates import device, estate

TREE = {"c1": None, "b1": "c1", "p1": "b1", "b2": "c1", "c2": None, "b3": "c2"}


def meter(name: str, place: str, role: str | None, of: str | None = None) -> Device:
    return device(name, "electricity_meter", place, role=role, of=of)


def tree(*devices: Device, site: str = "town") -> MeterTree:
    return meter_tree(estate(TREE, devices), site)


def names(series: Sequence[Series]) -> list[str]:
    return [one.device for one in series]


def test_a_grid_meter_stands_for_all_below_it() -> None:
    found = tree(
        meter("g1", "c1", "grid"), meter("s1", "b1", "submeter"),
        meter("s2", "p1", "submeter", "s1"), site="c1",
    )  # fmt: skip
    assert names(found.grid_import) == ["g1"]
    assert [names(one.imports) for one in found.balances] == [["g1"]]
    assert found.devices == ("g1",)
    assert found.notes == ()


def test_several_grid_meters_of_a_community_add_up() -> None:
    found = tree(meter("g1", "c1", "grid"), meter("g2", "b2", "grid"), site="c1")
    assert names(found.grid_import) == ["g1", "g2"]
    assert len(found.balances) == 1


def test_a_building_without_a_grid_meter_is_its_topmost_submeters() -> None:
    found = tree(
        meter("g1", "c1", "grid"), meter("s1", "b1", "submeter"), meter("s3", "b1", "submeter"),
        meter("s2", "p1", "submeter", "s1"), meter("s4", "b2", "submeter"), site="b1",
    )  # fmt: skip
    assert [names(one.imports) for one in found.balances] == [["s1", "s3"]]
    assert found.grid_import == ()
    assert found.notes == (SUBMETERS,)


def test_the_estate_is_its_communities() -> None:
    found = tree(
        meter("g1", "c1", "grid"), meter("s1", "b1", "submeter"), meter("s3", "b3", "submeter")
    )
    assert [(one.site, names(one.imports)) for one in found.balances] == [
        ("c1", ["g1"]), ("c2", ["s3"]),
    ]  # fmt: skip
    assert found.notes == (SUBMETERS,)


def test_a_meter_of_the_whole_estate_has_the_communities_submeters_below_it() -> None:
    found = tree(meter("g0", "town", "grid"), meter("s3", "b3", "submeter"))
    assert [(one.site, names(one.imports)) for one in found.balances] == [("town", ["g0"])]
    assert found.notes == ()


def test_a_community_below_another_is_in_the_balance_of_its_grid_meter() -> None:
    nested = {"c1": None, "c2": "c1", "c3": "c1", "b3": "c3"}
    every = [
        meter("g1", "c1", "grid"), meter("s2", "c2", "submeter"), meter("g3", "c3", "grid"),
        device("pv2", "pv_inverter", "c2"),
    ]  # fmt: skip
    found = meter_tree(estate(nested, every), "c1")
    assert [(one.site, names(one.imports), names(one.sources)) for one in found.balances] == [
        ("c1", ["g1"], ["pv2"]), ("c3", ["g3"], []),
    ]  # fmt: skip
    alone = meter_tree(estate(nested, every), "c2")
    assert [names(one.imports) for one in alone.balances] == [["s2"]]


def test_a_community_without_a_meter_is_named_in_a_note() -> None:
    found = tree(meter("g1", "c1", "grid"), device("pv", "pv_inverter", "b3"))
    assert UNMETERED in found.notes
    assert names(found.pv) == ["pv"]


def test_no_meter_at_all_is_no_consumption() -> None:
    found = tree(device("pv", "pv_inverter", "b1"), site="b1")
    assert found.balances == ()
    assert found.notes == (NO_METER,)


def test_inverters_are_counted_unless_a_generation_meter_measures_them() -> None:
    inverters = [device("pv1", "pv_inverter", "b1"), device("pv2", "pv_inverter", "b2")]
    grid = meter("g1", "c1", "grid")
    assert names(tree(grid, *inverters).pv) == ["pv1", "pv2"]
    measured = tree(grid, *inverters, meter("gen", "c1", "generation"))
    assert names(measured.pv) == ["gen"]
    assert measured.pv[0].point == "active_energy_import"


def test_a_generation_meter_that_inverters_name_measures_those_alone() -> None:
    found = tree(
        meter("g1", "c1", "grid"), meter("gen", "c1", "generation"),
        device("pv1", "pv_inverter", "b1", role="generation", of="gen"),
        device("pv2", "pv_inverter", "b2"),
    )  # fmt: skip
    assert names(found.pv) == ["gen", "pv2"]


def test_pv_behind_a_submeter_is_part_of_what_the_submeter_stands_for() -> None:
    found = tree(
        meter("s1", "b1", "submeter"), meter("s2", "p1", "submeter", "s1"),
        device("pv1", "pv_inverter", "b1", role="generation", of="s2"),
        device("pv2", "pv_inverter", "b1"), site="b1",
    )  # fmt: skip
    [balance] = found.balances
    assert (names(balance.imports), names(balance.sources)) == (["s1"], ["pv1"])
    assert names(found.pv) == ["pv1", "pv2"]


def test_chargers_count_by_themselves_or_by_their_connectors() -> None:
    found = tree(
        device("pile", "ev_charger", "b1"),
        device("twin", "ev_charger", "b1", points=("state",), parts=("c1", "c2")),
    )
    assert names(found.charging) == ["pile", "twin/c1", "twin/c2"]
    assert {one.point for one in found.charging} == {"active_energy_total"}


def test_the_only_meter_of_a_community_needs_no_role() -> None:
    found = tree(meter("m1", "b1", None), site="c1")
    assert names(found.grid_import) == ["m1"]
    assert found.notes == (ROLE_ASSUMED,)


def test_meters_without_a_role_beside_others_are_not_guessed() -> None:
    found = tree(meter("m1", "b1", None), meter("m2", "b2", None), site="c1")
    assert found.balances == ()
    assert set(found.notes) == {ROLES_MISSING, NO_METER}


def test_a_total_serves_where_there_is_no_import() -> None:
    total = device(
        "g1", "electricity_meter", "c1", role="grid",
        points=("active_energy_total", "active_power"),
    )  # fmt: skip
    found = tree(total, device("pv", "pv_inverter", "c1"), site="c1")
    assert found.grid_import == (Series("g1", "active_energy_total"),)
    assert found.grid_export == ()
    assert found.notes == (NO_EXPORT,)


def test_meters_of_other_carriers_are_not_electricity() -> None:
    found = tree(device("w", "water_meter", "c1", role="grid"), meter("g1", "c1", "grid"))
    assert found.devices == ("g1",)


def test_submeters_in_a_ring_are_found_and_end() -> None:
    ring = [meter("s1", "b1", "submeter", "s2"), meter("s2", "b1", "submeter", "s1")]
    found = tree(*ring, device("pv", "pv_inverter", "b1", role="generation", of="s1"), site="b1")
    assert NO_METER in found.notes


def test_an_unknown_site_is_named() -> None:
    with pytest.raises(UnknownSiteError, match="'nowhere'"):
        tree(site="nowhere")


def test_no_counter_is_in_a_figure_twice() -> None:
    every = [
        meter("g1", "c1", "grid"), meter("g2", "c2", "grid"), meter("s1", "b1", "submeter"),
        meter("gen", "c2", "generation"), device("pv1", "pv_inverter", "b1"),
        device("pv3", "pv_inverter", "b3"), device("pile", "ev_charger", "b3"),
    ]  # fmt: skip
    whole: Estate = estate(TREE, every)
    for site in whole.sites:
        found = meter_tree(whole, site)
        for series in (found.grid_import, found.grid_export, found.pv, found.charging):
            assert len(set(series)) == len(series)
        parts = [one for balance in found.balances for one in balance.series]
        assert len(set(parts)) == len(parts)
