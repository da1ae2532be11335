import pytest

from alerts.expression_check import type_faults
from alerts.expression_parse import parse
from device_configs.kinds import kinds

INVERTER = kinds()["pv_inverter"]


def faults(text: str) -> list[str]:
    return type_faults(parse(text), lambda one: INVERTER.point(one.point))


@pytest.mark.parametrize(
    "text",
    [
        'state == "running" && insulation_resistance < 73400',
        'state in ["running", "throttled"]',
        "active_power / dc_power < 0.9",
        "active_power * 1.1 > dc_power - 100",
        "temperature > heatsink_temperature + 10 || fault_ground",
        "string1_current < string2_current * 0.8",
        'model != "X" && -temperature < 3',
    ],
)
def test_what_fits_is_good(text: str) -> None:
    assert faults(text) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('state == "runing"', "did you mean 'running'?"),
        ("temperature > active_power", "units differ at >"),
        ("temperature + dc_voltage > 3", "units differ at +"),
        ("temperature == dc_voltage", "units differ"),
        ("temperature", "must be true or false, but temperature is a number [degC]"),
        ("temperature && fault_ground", "&& joins what is true or false"),
        ("!temperature", "! joins what is true or false"),
        ("fault_ground > 1", "> needs numbers, but fault_ground is true or false"),
        ("state > 1", "> needs numbers, but state is one of its states"),
        ("fault_ground == 1", "never equal"),
        ('temperature in ["hot"]', "never equal"),
        ("active_power * 2 > temperature", "units differ"),
    ],
)
def test_what_does_not_fit_is_told(text: str, says: str) -> None:
    found = faults(text)
    assert len(found) == 1
    assert says in found[0]
