"""The power-factor adjustment against rows of the published table."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_configs.power_factor import adjustment, power_factor

# Rows of the table as it is reprinted (source in power_factor.yaml): factor, then per cent at 0.90,
# 0.85 and 0.80.
TABLE = [
    ("1.00", "-0.75", "-1.1", "-1.3"), ("0.95", "-0.75", "-1.1", "-1.3"),
    ("0.94", "-0.6", "-1.1", "-1.3"), ("0.93", "-0.45", "-0.95", "-1.3"),
    ("0.66", "14", "9.5", "7.0"), ("0.65", "15", "10", "7.5"), ("0.64", "17", "11", "8.0"),
    ("0.60", "25", "15", "10.0"), ("0.59", "27", "17", "11.0"), ("0.32", "81", "71", "61"),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE)
def test_the_published_rows(row: tuple[str, str, str, str]) -> None:
    factor, *per_cent = row
    for standard, expected in zip(("0.90", "0.85", "0.80"), per_cent, strict=True):
        assert adjustment(Decimal(standard), Decimal(factor)) == Fraction(expected) / 100


def test_the_standard_itself_changes_nothing_and_another_has_no_table() -> None:
    for standard in ("0.9", "0.85", "0.80"):
        assert adjustment(Decimal(standard), Decimal(standard)) == 0
    assert adjustment(Decimal("0.7"), Decimal("0.9")) is None


def test_hundredths_are_rounded_half_up() -> None:
    assert power_factor(4, 3) == Decimal("0.80")
    assert power_factor(0, 0) is None
    assert power_factor(0, 5) == 0
    # 0.1003 is the last ratio of 1.00 in the table and 0.1004 the first of 0.99.
    assert power_factor(10_000, 1_003) == Decimal("1.00")
    assert power_factor(10_000, 1_004) == Decimal("0.99")


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_a_lower_power_factor_never_costs_less(active: int, reactive: int) -> None:
    factor = power_factor(active, reactive)
    if factor is None:
        return
    assert 0 <= factor <= 1
    share = adjustment(Decimal("0.90"), factor)
    assert share is not None
    if factor >= Decimal("0.01"):
        lower = adjustment(Decimal("0.90"), factor - Decimal("0.01"))
        assert lower is not None
        assert lower >= share
