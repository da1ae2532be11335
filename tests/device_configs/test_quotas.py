"""Quotas: off until an estate names one."""

from pathlib import Path

import pytest

from device_configs.faults import InvalidConfigError
from device_configs.quotas import load_quotas

SITES = frozenset({"c1"})


def test_none_is_configured_until_the_estate_names_one(tmp_path: Path) -> None:
    assert load_quotas(tmp_path, SITES) == load_quotas(None, SITES) == {}
    (tmp_path / "quotas.yaml").write_text("use: {c1: gb_t_51161_government_b}\n")
    name, quota = load_quotas(tmp_path, SITES)["c1"]
    assert (name, quota.confidence) == ("gb_t_51161_government_b", "M")
    assert [quota.constraint, quota.reference, quota.guide] == [90, None, 65]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("use: {c2: gb_t_51161_government_b}", "no site 'c2'"),
        ("use: {c1: gb_t_51161_government_c}", "did you mean"),
        ("quotas: {x: {label: {zh: x, en: x}, per: m2, constraint: 5, guide: 6, source: own, "
         "confidence: P}}", "guide <= reference"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "quotas.yaml").write_text(text)
    with pytest.raises(InvalidConfigError, match=message) as caught:
        load_quotas(tmp_path, SITES)
    assert "quotas.yaml:1" in str(caught.value)
