"""Targets and base years."""

from decimal import Decimal
from pathlib import Path

import pytest

from device_configs.faults import InvalidConfigError
from device_configs.targets import Indicator, load_plan


def test_an_estate_names_its_plan_and_its_base_year(tmp_path: Path) -> None:
    assert load_plan(tmp_path) is None
    (tmp_path / "targets.yaml").write_text("use: jiangsu_14th\nbase: {carbon_per_m2: 41.2}\n")
    plan = load_plan(tmp_path)
    assert plan is not None
    assert plan.base == {Indicator.CARBON_PER_M2: Decimal("41.2")}
    assert plan.target.changes[Indicator.ENERGY_PER_HEAD] == Decimal("-0.07")


@pytest.mark.parametrize(
    ("text", "message"),
    [("use: jiangsu_15th\n", "did you mean"), ("base: {coal: 3}\n", "targets.yaml:1")],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "targets.yaml").write_text(text)
    with pytest.raises(InvalidConfigError, match=message):
        load_plan(tmp_path)
