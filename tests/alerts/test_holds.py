import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alarm import Alarm, AlarmQuality, Severity
from alerts.errors import NotAllowedError
from alerts.holds import alarm_classes, is_life_safety, max_time_shelved_ms, shelf_for
from tests.alerts.estates import label

LEAK = Alarm(
    1, "water_leak", label("leak"), "leak", Severity.HIGH, "leak-1", label("leak-1"),
    "environment_sensor", "water_leak", "gate", (), False, True, False, False,
    AlarmQuality.GOOD, (), False, 1, True, 0, 0,
)  # fmt: skip
classes = st.sampled_from(sorted(alarm_classes()))


def test_the_class_says_how_long() -> None:
    assert max_time_shelved_ms(LEAK) == 8 * 3_600_000
    shelf = shelf_for(LEAK, "li", " known ", 1000, duration_ms=None, once=False)
    assert (shelf.until, shelf.reason) == (1000 + 8 * 3_600_000, "known")


@pytest.mark.parametrize(
    ("changed", "duration", "reason", "key"),
    [
        ({}, 8 * 3_600_000 + 1, "known", "shelve_too_long"),
        ({}, 0, "known", "shelve_too_long"),
        ({}, 1000, "  ", "reason_missing"),
        ({"active": False, "acked": True}, 1000, "known", "not_open"),
        ({"latched": True}, 1000, "known", "shelve_never"),
        ({"severity": Severity.EMERGENCY}, 1000, "known", "shelve_never"),
        ({"alarm_class": "gone"}, 1000, "known", "shelve_never"),
    ],
)
def test_what_is_refused(changed: dict[str, object], duration: int, reason: str, key: str) -> None:
    alarm = dataclasses.replace(LEAK, **changed)  # type: ignore[arg-type]
    with pytest.raises(NotAllowedError, match=key):
        shelf_for(alarm, "li", reason, 0, duration_ms=duration, once=False)


@given(classes, st.sampled_from(list(Severity)), st.booleans(), st.integers(1, 10**12))
def test_life_safety_has_no_shelf(
    name: str, severity: Severity, latched: bool, duration: int
) -> None:
    alarm = dataclasses.replace(LEAK, alarm_class=name, severity=severity, latched=latched)
    if is_life_safety(name, severity, latched=latched):
        with pytest.raises(NotAllowedError, match="shelve_never"):
            shelf_for(alarm, "li", "known", 0, duration_ms=duration, once=True)
    else:
        assert (max_time_shelved_ms(alarm) is None) == (alarm_classes()[name].shelve_max is None)


def test_every_latching_class_is_life_safety_and_needs_two_persons() -> None:
    for name, one in alarm_classes().items():
        assert one.life_safety == one.latch, name
        assert one.two_persons or not one.life_safety, name
        assert one.shelve_max is None or not one.life_safety, name
