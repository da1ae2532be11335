import pytest

from alerts.route_check import lines_without_route
from alerts.routes import Route, Routes
from tests.alerts.desk import RULES

DESK = {"on_duty": "desk"}


def found(*routes: dict[str, object]) -> list[str]:
    given = tuple(Route.model_validate({"notify": [DESK], **route}) for route in routes)
    return list(lines_without_route(Routes(given), RULES))


@pytest.mark.parametrize(
    "routes",
    [
        (),
        ({"when": {"severity": "high"}},),
        ({"when": {"test": True}, "duty_desk": True},),
    ],
)
def test_without_a_route_of_emergencies_there_is_one_warning(
    routes: tuple[dict[str, object], ...],
) -> None:
    assert found(*routes) == ["no route tells of emergencies; they are on the page only"]


def test_each_class_that_no_route_takes_is_named() -> None:
    warnings = found({"when": {"class": ["fire", "gas"]}, "escalate": "default"})
    assert any("class entrapment" in one for one in warnings)
    assert any("class rescue" in one for one in warnings)
    assert not any("class fire;" in one or "class gas" in one for one in warnings)


def test_an_emergency_that_nobody_takes_further_is_named() -> None:
    warnings = found({"when": {"severity": "emergency"}})
    assert any(one.startswith("emergencies of class fire have no escalation") for one in warnings)
    assert found({"when": {"severity": "emergency"}, "escalate": "default"}) == []
