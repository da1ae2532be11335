import pytest

from analysis.pv import expected_of_light


def test_a_sound_inverter_gives_its_rating_times_light_times_its_ratio() -> None:
    found = expected_of_light(500.0, 100_000.0, 2.0)
    assert found.amount == pytest.approx(80_000.0)
    assert not found.missed(70_000.0, 0.6, 0.0)
    assert found.missed(40_000.0, 0.6, 0.0)


def test_warm_modules_give_less() -> None:
    assert expected_of_light(1000.0, 1000.0, 1.0, 50.0).amount == pytest.approx(720.0)
    assert expected_of_light(1000.0, 1000.0, 1.0, 25.0).amount == pytest.approx(800.0)
