"""Virtual meters and meter changes, as a person writes them in an estate folder."""

from datetime import date
from pathlib import Path

import pytest

from collectors.registry import SCHEMAS
from device_configs.estate import Estate, load_estate
from device_configs.estate_entries import MeterRole
from device_configs.faults import InvalidConfigError
from tests.device_configs.estates import ESTATE, METER, write


def load(folder: Path, virtual: str = "", more: str = "") -> Estate:
    estate = ESTATE + (f"virtual_meters:\n{virtual}" if virtual else "")
    return load_estate(
        write(folder, {"estate.yaml": estate, "devices/m.yaml": METER + more}), SCHEMAS
    )


def faults(folder: Path, virtual: str = "", more: str = "") -> str:
    with pytest.raises(InvalidConfigError) as caught:
        load(folder, virtual, more)
    return "\n".join(str(fault) for fault in caught.value.faults)


def test_a_virtual_meter_is_a_dated_formula_with_a_place_in_the_tree(tmp_path: Path) -> None:
    estate = load(
        tmp_path,
        """\
  - id: rest
    place: centre
    formula: [{from: 2026-01-01, value: m1}, {from: 2026-07-01, value: "m1 - 0.5 * m1"}]
    metering: {role: submeter, of: m1}
""",
    )
    meter = estate.virtual_meters["rest"]
    assert meter.since == (date(2026, 1, 1), date(2026, 7, 1))
    assert [list(formula.factors.values()) for formula in meter.formulas] == [[1], [0.5]]
    assert meter.metering is not None
    assert (meter.point, meter.metering.role) == ("active_energy_import", MeterRole.SUBMETER)
    assert meter.name.en == "rest"


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("{id: v, place: centre, formula: m2}", "no device 'm2' for its formula"),
        ("{id: v, place: centre, formula: m1-m1}", "minus has spaces around it"),
        ("{id: v, place: centre, formula: m1 * m1}", "no energy"),
        ("{id: v, place: nowhere, formula: m1}", "no site 'nowhere'"),
        ("{id: m1, place: centre, formula: m1}", "used twice"),
        ("{id: centre, place: centre, formula: m1}", "used twice"),
        ('{id: v, place: centre, formula: "m1:active_power"}', "has no active_power"),
        ("{id: v, kind: water_meter, place: centre, formula: m1}", "has no counter"),
        ("{id: v, kind: elevator, place: centre, formula: m1}", "is not one of"),
    ],
)
def test_what_is_wrong_with_one_is_said(tmp_path: Path, entry: str, says: str) -> None:
    assert says in faults(tmp_path, f"  - {entry}\n")


def test_a_meter_may_be_below_a_virtual_one(tmp_path: Path) -> None:
    second = METER.replace("id: m1", "id: m2").replace("unit: 1", "unit: 2")
    second += "  metering: {role: submeter, of: rest}\n"
    estate = load(tmp_path, "  - {id: rest, place: centre, formula: m1}\n", second)
    entry = estate.devices["m2"].entry
    assert entry.metering is not None
    assert entry.metering.of == "rest"


def test_meter_changes_are_written_with_the_device(tmp_path: Path) -> None:
    more = """\
  meter_changes:
    - {at: 2026-11-23T14:30, readings: {active_energy_import: [12345.6, 0.2]}, note: no. 42}
"""
    [change] = load(tmp_path, more=more).devices["m1"].entry.meter_changes
    assert (change.at.hour, change.at.tzinfo) == (14, None)
    assert change.readings == {"active_energy_import": (12345.6, 0.2)}


def test_a_meter_change_of_what_is_no_counter_is_a_fault(tmp_path: Path) -> None:
    more = "  meter_changes: [{at: 2026-11-23T14:30, readings: {active_power: [1, 0]}}]\n"
    assert "no counter 'active_power'" in faults(tmp_path, more=more)
