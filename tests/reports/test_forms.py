"""Figures as people and machines read them."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.forms import Form, exact, forms, shown


def test_every_form_says_how_it_is_shown() -> None:
    assert set(forms()) == set(Form)


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (1_234_567, Form.ENERGY, "1,234.6"),
        (-40, Form.ENERGY, "0.0"),
        (-51, Form.ENERGY, "-0.1"),
        (123_456, Form.MONEY, "1,234.56"),
        (0.1234, Form.SHARE, "12.34"),
        (0.05, Form.CHANGE, "+5.0"),
        (-0.05, Form.CHANGE, "-5.0"),
        (0.0001, Form.CHANGE, "0.0"),
        (1_000_000_000 / 3600, Form.HEAT, "1.00"),
        (Fraction(1, 3), Form.VOLUME, "0.3"),
        (Decimal("0.5827"), Form.PRICE, "0.5827"),
        (12, Form.COUNT, "12"),
    ],
)
def test_a_figure_as_people_read_it(value: float | Fraction, form: Form, text: str) -> None:
    assert shown(value, form) == text


@given(st.lists(st.integers(min_value=-(10**12), max_value=10**12), max_size=30))
def test_exact_figures_of_whole_units_add_up(parts: list[int]) -> None:
    total = sum(parts)
    assert sum(exact(part, Form.MONEY) for part in parts) == exact(total, Form.MONEY)
    assert sum(exact(part, Form.ENERGY) for part in parts) == exact(total, Form.ENERGY)


def test_a_figure_without_an_end_is_cut_at_a_billionth() -> None:
    assert exact(Fraction(2, 3), Form.VOLUME) == Decimal("0.666666667")
