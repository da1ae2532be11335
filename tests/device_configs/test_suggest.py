import pytest

from device_configs.suggest import did_you_mean


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("intervall", ["interval", "place"], "; did you mean 'interval'?"),
        ("Interval", ["interval"], "; did you mean 'interval'?"),
        ("l1_l4", ["l1_l2", "l1_l3", "n"], "; did you mean 'l1_l2' or 'l1_l3'?"),
        ("moon", ["interval", "place"], ""),
        ("x", [], ""),
        (3, [4, 5], ""),
    ],
)
def test_near_names(name: object, known: list[object], hint: str) -> None:
    assert did_you_mean(name, known) == hint
