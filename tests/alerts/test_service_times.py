"""The agreed times: one for every alarm there can be, each with its source."""

import pytest
from pydantic import ValidationError

from alerts.alarm import Severity
from alerts.rules import load_classes
from alerts.service_times import Within, service_times, starts_with_alarm, within_of
from alerts.work_orders import Agreed


def test_every_class_and_severity_has_times() -> None:
    for name in load_classes():
        for severity in Severity:
            assert within_of(name, severity).finish is not None
    for one in service_times():
        assert one.source
        assert set(one.alarm_class) <= set(load_classes())


def test_rescuers_are_on_site_within_30_minutes_of_the_alarm() -> None:
    found = within_of("entrapment", Severity.EMERGENCY)
    assert found.arrive == 30 * 60
    assert "TSG T5002" in found.source
    assert found.agreed(1_000) == Agreed(181_000, 1_801_000, 3_601_000)
    assert starts_with_alarm("entrapment")
    assert not starts_with_alarm("pv_fault")
    assert not starts_with_alarm("a class that was removed")


@pytest.mark.parametrize("given", [{}, {"accept": "2h", "arrive": "1h"}, {"arrive": 0}])
def test_times_that_cannot_be(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Within.model_validate(given)
