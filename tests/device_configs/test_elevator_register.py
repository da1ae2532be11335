"""The register of an elevator: what is wrong is said with file and line."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from collectors.registry import SCHEMAS
from device_configs.elevator_register import ElevatorRegister
from device_configs.estate import load_estate
from device_configs.faults import InvalidConfigError

ESTATE = """
estate: town
communities:
  - {id: centre, role: centre, name: {zh: 中心, en: Centre}}
"""
LIFT = """
- id: {id}
  profile: {profile}
  place: centre
  link: {{mqtt: {{}}}}
  elevator: {{{register}}}
"""


def _load(folder: Path, *lifts: str) -> None:
    (folder / "devices").mkdir(parents=True)
    (folder / "estate.yaml").write_text(ESTATE, encoding="utf-8")
    (folder / "devices" / "lifts.yaml").write_text("".join(lifts), encoding="utf-8")
    load_estate(folder, SCHEMAS)


def _lift(register: str, name: str = "lift-1", profile: str = "generic_elevator_mqtt") -> str:
    return LIFT.format(id=name, profile=profile, register=register)


def test_a_whole_register_is_read(tmp_path: Path) -> None:
    (tmp_path / "devices").mkdir()
    (tmp_path / "estate.yaml").write_text(ESTATE, encoding="utf-8")
    text = _lift(
        "registration_code: '31103204002016000001', rescue_code: 'WJ1234', load_kg: 1000,"
        " floors: 9, stops: 8, firm: {name: {zh: 某电梯公司, en: Firm}, phone: 0519-8888 0000},"
        " maintained: 2026-11-20, next_inspection: 2027-03-01"
    )
    (tmp_path / "devices" / "a.yaml").write_text(text, encoding="utf-8")
    register = load_estate(tmp_path, SCHEMAS).devices["lift-1"].entry.elevator
    assert register is not None
    assert register.identity == ("registration_code", "31103204002016000001")
    assert register.firm is not None
    assert register.firm.phone == "0519-8888 0000"


@pytest.mark.parametrize(
    ("register", "said"),
    [
        ("registration_code: '3110320400201600000'", "registration_code"),
        ("registration_code: '3110320400201600000X'", "registration_code"),
        ("rescue_code: 'a b'", "rescue_code"),
        ("stops: 9, floors: 8", "no more stops than floors"),
        ("maker_code: 91320400MA1M00000X", "together"),
        ("maintained: 2026-11-20, next_maintenance: 2026-11-19", "lies after"),
        ("firm: {name: {zh: 公司, en: Firm}, phone: call us}", "firm.phone"),
        ("maintenence: 2026-11-20", "maintenence"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, register: str, said: str) -> None:
    with pytest.raises(InvalidConfigError) as error:
        _load(tmp_path, _lift(register))
    message = str(error.value)
    assert said in message
    assert "lifts.yaml:6" in message


def test_no_two_elevators_have_one_code(tmp_path: Path) -> None:
    code = "registration_code: '31103204002016000001', rescue_code: WJ1"
    with pytest.raises(InvalidConfigError) as error:
        _load(tmp_path, _lift(code), _lift(code, "lift-2"))
    assert "is already that of lift-1" in str(error.value)
    assert "rescue_code" in str(error.value)


def test_only_an_elevator_has_a_register(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError) as error:
        _load(tmp_path, _lift("floors: 9", profile="zigbee2mqtt_smoke"))
    assert "a smoke_detector is no elevator" in str(error.value)


def test_a_maker_and_a_number_name_an_elevator_without_a_code() -> None:
    register = ElevatorRegister(maker_code="91320400MA1MABCD12", factory_number="T-77")
    assert register.identity == ("factory_number", "91320400MA1MABCD12", "T-77")
    with pytest.raises(ValidationError):
        ElevatorRegister(maker_code="91320400MI1MABCD12", factory_number="T-77")
