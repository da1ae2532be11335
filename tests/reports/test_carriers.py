"""Which counters make a carrier's figure."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from device_configs.carriers import Carrier
from device_configs.estate import Device
from reports.carrier_cost import meters_of_carrier
from reports.carriers import intake
from reports.cost_units import units_of
from reports.meter_tree import meter_tree
from tests.reports.estates import device, estate

OUTSIDE = {"outside_boundary": "let"}


def water(name: str, place: str, role: str | None = None, of: str | None = None,
          **more: object) -> Device:  # fmt: skip
    metering: dict[str, object] = {"role": role, "of": of, **more}
    given = {"metering": metering} if role else {}
    return device(name, "water_meter", place, **given)  # type: ignore[arg-type]


def counted(devices: Sequence[Device], site: str = "c1") -> tuple[list[str], list[str]]:
    found = intake(estate({"c1": None, "c2": None}, devices), site, Carrier.WATER)
    return [one.device for one in found.counted], [one.device for one in found.outside]


def test_a_grid_meter_counts_and_those_below_do_not() -> None:
    meters = [water("w1", "c1", "grid"), water("w2", "c1", "submeter", "w1")]
    assert counted(meters) == (["w1"], [])


def test_without_a_grid_meter_the_topmost_count() -> None:
    meters = [water("w1", "c1", "submeter"), water("w2", "c1", "submeter", "w1"), water("w3", "c1")]
    assert counted(meters) == (["w1", "w3"], [])


def test_what_is_outside_is_taken_off_once() -> None:
    meters = [
        water("w1", "c1", "grid"),
        water("w2", "c1", "submeter", "w1", **OUTSIDE),
        water("w3", "c1", "submeter", "w2", **OUTSIDE),
        water("w4", "c1", "submeter", **OUTSIDE),
        water("w5", "c1", "grid", **OUTSIDE),
    ]
    assert counted(meters) == (["w1"], ["w2", "w4"])


@given(st.lists(st.sampled_from(["grid", "submeter", None]), max_size=4), st.booleans())
def test_cost_and_consumption_count_the_same_meters(
    roles: list[str | None], has_outside: bool
) -> None:
    meters = [water(f"w{n}", "c1", role) for n, role in enumerate(roles)]
    meters += [water("w9", "c2", "grid", **(OUTSIDE if has_outside else {}))]
    town = estate({"c1": None, "c2": None, "b1": "c1"}, [*meters, water("w8", "b1", "submeter")])
    for site in ("town", "c1", "c2", "b1"):
        heads = meters_of_carrier(town, site, Carrier.WATER, None)
        paid = {one for series in heads.values() for one in series}
        assert paid == set(intake(town, site, Carrier.WATER).counted)


def test_cost_and_consumption_draw_from_the_same_meters_beside_pv_and_sub_meters() -> None:
    town = estate({"c1": None, "c2": None}, [
        device("e1", "electricity_meter", "c1", role="grid"),
        device("e2", "electricity_meter", "c1", role="submeter", of="e1"),
        device("e3", "electricity_meter", "c1", role="generation"),
        device("pv1", "pv_inverter", "c1"),
        device("e4", "electricity_meter", "c2", role="submeter"),
    ])  # fmt: skip
    for site in ("town", "c1", "c2"):
        units = units_of(town, meter_tree(town, site), None)
        paid = {one for unit in units for one in unit.imports}
        assert paid == set(intake(town, site, Carrier.ELECTRICITY).counted)


@given(st.lists(st.sampled_from(["c1", "c2"]), min_size=1, max_size=6))
def test_the_whole_is_its_communities(places: list[str]) -> None:
    meters = [water(f"w{n}", place, "grid") for n, place in enumerate(places)]
    whole = set(counted(meters, "town")[0])
    parts = [set(counted(meters, one)[0]) for one in ("c1", "c2")]
    assert parts[0] | parts[1] == whole
    assert not parts[0] & parts[1]
