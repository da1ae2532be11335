import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_configs.quantities import (
    UnknownUnitError,
    conversion,
    quantities,
    units_of,
)


def test_every_quantity_has_both_languages_and_a_convertible_unit() -> None:
    assert len(quantities()) > 20
    for name, quantity in quantities().items():
        assert quantity.label.zh, name
        assert quantity.label.en, name
        for unit in units_of(quantity.unit):
            assert conversion(unit, quantity.unit).factor > 0


@pytest.mark.parametrize(
    ("value", "unit", "stored", "expected"),
    [
        (8.608, "kWh", "Wh", 8608.0),
        (1, "W-min", "Wh", 1 / 60),
        (2.5, "MPa", "kPa", 2500.0),
        (20, "L/min", "m3/h", 1.2),
        (212, "degF", "degC", 100.0),
        (273.15, "K", "degC", 0.0),
        (1, "GJ", "Wh", 1e9 / 3600),
        (95.83, "%", "1", 0.9583),
    ],
)
def test_conversion(value: float, unit: str, stored: str, expected: float) -> None:
    assert conversion(unit, stored).apply(value) == pytest.approx(expected, abs=1e-9)


def test_an_unknown_unit_names_the_known_ones() -> None:
    with pytest.raises(UnknownUnitError, match=r"'bananas' cannot become 'Wh'.*kWh"):
        conversion("bananas", "Wh")


@given(st.integers(-(2**63), 2**63))
def test_the_stored_unit_keeps_an_integer_exactly(value: int) -> None:
    assert conversion("Wh", "Wh").apply(value) == value
    assert isinstance(conversion("Wh", "Wh").apply(value), int)
