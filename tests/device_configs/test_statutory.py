"""The statutory sheet's data, and what an estate says of its institutions."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_configs.carriers import STORED_IN, STORED_UNIT
from device_configs.entered import LITRE
from device_configs.faults import InvalidConfigError
from device_configs.statutory import (
    Institution,
    Origin,
    StatutorySheet,
    check_digit,
    load_institutions,
    statutory_sheet,
)

SITES, DEVICES = frozenset({"c1"}), frozenset({"m1"})
_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def test_the_example_of_the_standard() -> None:
    """GB 32100-2015 gives 91350100M000100Y43."""
    assert check_digit("91350100M000100Y4") == "3"


@given(
    st.text(_CHARACTERS, min_size=17, max_size=17), st.integers(0, 16), st.sampled_from(_CHARACTERS)
)
def test_one_wrong_character_is_found(first: str, place: int, other: str) -> None:
    wrong = first[:place] + other + first[place + 1 :]
    assert (check_digit(wrong) == check_digit(first)) == (wrong == first)


def test_every_metered_field_has_a_unit_of_its_carrier() -> None:
    for name, field in statutory_sheet().fields.items():
        if field.from_ is Origin.METER:
            assert field.carrier is not None, name
            unit = field.unit
            assert unit == LITRE or STORED_IN[unit][0] == STORED_UNIT[field.carrier], name
        if field.from_ is Origin.INSTITUTION:
            assert name in Institution.model_fields, name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("institutions: {c2: {name: x}}", "no site 'c2'"),
        ("institutions: {c1: {name: x, data_centre_meters: [m2]}}", "no device 'm2'"),
        ("institutions: {c1: {name: x, credit_code: 91350100M000100Y44}}", "check character"),
        ("institutions: {c1: {name: x, credit_code: 91350100I000100Y44}}", "without I"),
        ("explanations: [{site: c1, period: 2026, field: electicity, text: why, by: Li}]",
         "did you mean"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "institutions.yaml").write_text(text)
    with pytest.raises(InvalidConfigError, match=message) as caught:
        load_institutions(tmp_path, SITES, DEVICES)
    assert "institutions.yaml:1" in str(caught.value)


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ({"kind": "sum", "of": ["a"], "field": "b"}, "names no field"),
        ({"kind": "explained", "of": ["x"], "field": "x"}, "limit"),
        ({"kind": "sum", "of": ["x"], "field": "x", "limit": 0.1}, "limit"),
    ],
)
def test_a_check_that_is_none(check: dict[str, object], message: str) -> None:
    label = {"zh": "x", "en": "x"}
    field = {"section": "energy", "label": label, "from": "size"}
    with pytest.raises(ValueError, match=message):
        StatutorySheet.model_validate(
            {"source": "t", "confidence": "M", "fields": {"x": field},
             "checks": {"c": {"label": label, **check}}}
        )  # fmt: skip
