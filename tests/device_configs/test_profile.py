from pathlib import Path

import pytest

from collectors.registry import SCHEMAS
from device_configs.faults import InvalidConfigError
from device_configs.point_mapping import Verified
from device_configs.profile import load_profiles, read_profile
from tests.device_configs.protocols import PANEL, PROFILE, SCHEMA

PROTOCOLS = {SCHEMA.protocol: SCHEMA}


def _faults(tmp_path: Path, text: str) -> list[tuple[int, str, str]]:
    file = tmp_path / "p.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidConfigError) as caught:
        read_profile(file, PROTOCOLS)
    return [(fault.line, fault.field, fault.message) for fault in caught.value.faults]


def test_a_profile_is_read_with_units_and_proof(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(PROFILE, encoding="utf-8")
    profile = read_profile(file, PROTOCOLS)
    power, energy = profile.points["active_power"], profile.points["active_energy_import"]
    assert power.to_stored.apply(2) == 2000
    assert power.verified is Verified.DOCUMENT
    assert energy.verified is Verified.TWO_SOURCES
    assert profile.settings == SCHEMA.settings(base=1)


def test_parts_have_ids_in_wire_order(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(PANEL, encoding="utf-8")
    parts = read_profile(file, PROTOCOLS).parts
    assert parts is not None
    assert parts.ids() == ("p001", "p002", "p003")
    assert parts.kind.kind == "smoke_detector"


def test_every_fault_is_reported_with_its_line(tmp_path: Path) -> None:
    text = PROFILE.replace("unit: kW}", "unit: kWh}").replace("verified: two_sources", "sort: 1")
    text += "  phase_of_moon: {address: 1}\n"
    assert _faults(tmp_path, text) == [
        (9, "points.active_power.unit", "'kWh' cannot become 'W'; known units: W, kW, MW, mW"),
        (10, "points.active_energy_import.sort", "there is no setting 'sort' here"),
        (11, "points.phase_of_moon", "kind 'electricity_meter' has no point 'phase_of_moon'"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("kind: electricity_meter", "kind: toaster", "kind 'toaster' is not one of"),
        ("wire: {base: 1}", "radio: {}", "exactly one protocol section of: wire"),
        ("verified: document", "verified: surely", "'surely' is not one of 'capture'"),
        ("profile: test_meter", "profile: Test Meter", "should match pattern"),
        ("address: 4, unit: kW", "unit: kW", "'address' is missing"),
        ("address: 4, unit: kW", "address: 4", "'unit' is missing; active_power is stored in W"),
        ("source: ", "surce: ", "there is no setting 'surce' here"),
    ],
)
def test_one_sentence_a_fault(tmp_path: Path, old: str, new: str, message: str) -> None:
    found = _faults(tmp_path, PROFILE.replace(old, new, 1))
    assert any(message in fault[2] for fault in found), found


def test_a_folder_reports_the_faults_of_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(PROFILE.replace("M1", "M1\nmodell: x"), encoding="utf-8")
    (tmp_path / "b.yaml").write_text("[1, 2]", encoding="utf-8")
    with pytest.raises(InvalidConfigError) as caught:
        load_profiles([SCHEMA], tmp_path, library=False)
    assert {Path(fault.file).name for fault in caught.value.faults} == {"a.yaml", "b.yaml"}


def test_two_profiles_of_one_name_are_a_fault(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(PROFILE, encoding="utf-8")
    with pytest.raises(InvalidConfigError, match=r"'test_meter' is already in a\.yaml"):
        load_profiles([SCHEMA], tmp_path, library=False)


def test_the_library_loads_and_every_profile_names_its_source() -> None:
    library = load_profiles(SCHEMAS)
    assert {"eastron_sdm630", "eastron_sdm230", "sunspec", "goodwe_dt"} <= set(library)
    for profile in library.values():
        assert profile.file.stem == profile.id
        assert len(profile.source) > 10, profile.id
