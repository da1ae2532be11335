"""Formulas: plain sums of meters, and nothing else."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_configs.formula import Formula, InvalidFormulaError, Operand, read_formula


def factors(text: str) -> dict[str, Fraction]:
    return {
        one.device + (f":{one.point}" if one.point else ""): factor
        for one, factor in read_formula(text).factors.items()
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("grid - (a + b)", {"grid": 1, "a": -1, "b": -1}),
        ("main-1 - pump-2", {"main-1": 1, "pump-2": -1}),
        ("0.5 * a + 2 * (b - 0.25 * c)", {"a": 0.5, "b": 2, "c": -0.5}),
        ("-a + b * -3", {"a": -1, "b": -3}),
        ("a + b - a + a", {"a": 1, "b": 1}),
        ("pile/c1:active_energy_total - m1:active_energy_export",
         {"pile/c1:active_energy_total": 1, "m1:active_energy_export": -1}),
        ("a-b", {"a-b": 1}),
        ("(((a)))", {"a": 1}),
        ("2 * 3 * a - (1 + 1) * a", {"a": 4}),
        ("0.1 * a", {"a": Fraction(1, 10)}),
    ],
)  # fmt: skip
def test_a_formula_comes_to_a_factor_for_each_meter(
    text: str, expected: dict[str, Fraction]
) -> None:
    assert factors(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "ends too early"),
        ("grid -", "ends too early"),
        ("grid - (a + b", "not closed"),
        ("grid a", "cannot stand here"),
        ("a)", "cannot stand here"),
        ("a * b", "no energy"),
        ("a + 5", "adds a number"),
        ("a - a", "names no meter"),
        ("3", "adds a number"),
        ("a / 2", "cannot be read"),
        ("__import__('os')", "cannot be read"),
        ("+ a", "a meter or a number should"),
        ("(" * 30 + "a" + ")" * 30, "brackets within brackets"),
        ("- " * 30 + "a", "brackets within brackets"),
    ],
)
def test_what_is_no_formula_is_one_clear_sentence(text: str, says: str) -> None:
    with pytest.raises(InvalidFormulaError, match=says):
        read_formula(text)


@given(st.text(alphabet="ab1.:/-+*() ", max_size=40))
def test_any_text_is_a_formula_or_an_error(text: str) -> None:
    try:
        found = read_formula(text)
    except InvalidFormulaError:
        return
    assert all(isinstance(one, Operand) for one in found.factors)
    assert all(found.factors.values())


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(-9, 9).filter(bool), min_size=1))
def test_what_is_written_out_is_read_back(expected: dict[str, int]) -> None:
    text = " + ".join(f"({factor} * {name})" for name, factor in expected.items())
    assert read_formula(text) == Formula(
        {Operand(name): Fraction(factor) for name, factor in expected.items()}
    )
