"""Energy codes and quotas as an estate writes them."""

from pathlib import Path

import pytest

from device_configs.energy_codes import check_energy_codes, load_energy_codes
from device_configs.faults import InvalidConfigError
from tests.reports.estates import device, estate


def test_every_code_but_a_category_stands_below_another() -> None:
    codes = load_energy_codes()
    assert codes.above("01A20") == ["01A00", "01000"]
    for code in codes.codes:
        assert bool(codes.above(code)) == (code[2:] != "000"), code


def test_an_estate_adds_codes_and_a_code_nobody_knows_is_named(tmp_path: Path) -> None:
    (tmp_path / "energy_codes.yaml").write_text(
        'version: own\nsource: own\ncodes: {"01D6A": {zh: 充电桩, en: Piles, confidence: P}}\n',
        encoding="utf-8",
    )
    codes = load_energy_codes(tmp_path)
    assert codes.above("01D6A") == ["01D60", "01D00", "01000"]
    meters = [
        device(name, "electricity_meter", "c1", metering={"role": "submeter", "energy_code": code})
        for name, code in (("m1", "01D6A"), ("m2", "01D6B"))
    ]
    with pytest.raises(InvalidConfigError, match="m2: there is no energy code '01D6B'") as caught:
        check_energy_codes(estate({"c1": None}, meters), codes, tmp_path)
    assert len(caught.value.faults) == 1


def test_a_code_has_five_characters(tmp_path: Path) -> None:
    (tmp_path / "energy_codes.yaml").write_text(
        "version: own\nsource: own\ncodes: {01D6: {zh: x, en: x, confidence: P}}\n"
    )
    with pytest.raises(InvalidConfigError, match=r"energy_codes.yaml:3"):
        load_energy_codes(tmp_path)
