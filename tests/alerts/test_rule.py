import pytest

from alerts.rule import covers


@pytest.mark.parametrize(
    ("rule_point", "kind", "point", "covered"),
    [
        ("fault_{name}", "elevator", "fault_door", True),
        ("fault_{name}", "elevator", "fault_code", False),
        ("fault_code", "elevator", "fault_code", True),
        ("residual_current_{n}", "electrical_fire_detector", "residual_current_12", True),
        ("residual_current_{n}", "electrical_fire_detector", "residual_current_x", False),
        ("fault", "electrical_fire_detector", "fault_bus", False),
        ("smoke", "no_such_kind", "smoke", True),
    ],
)
def test_covers(rule_point: str, kind: str, point: str, covered: bool) -> None:
    assert covers(rule_point, kind, point) is covered
