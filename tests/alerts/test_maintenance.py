import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alarm import Severity, SiteName
from alerts.errors import NotAllowedError
from alerts.holds import alarm_classes, protects_life
from alerts.maintenance import (
    LONGEST_MS,
    LONGEST_TWO_PERSONS_MS,
    Scope,
    Window,
    check_second_person,
    check_window,
    takes_out,
)
from tests.alerts.estates import label
from tests.alerts.test_holds import LEAK

ALARM = dataclasses.replace(LEAK, path=(SiteName("centre", label("centre")),))


def test_everything_that_is_given_must_fit() -> None:
    assert Scope(site="centre").takes(ALARM)
    assert Scope(site="gate", devices=("leak-1",)).takes(ALARM)
    assert Scope(devices=("panel",)).takes(dataclasses.replace(ALARM, device="panel/p1"))
    assert not Scope(site="east").takes(ALARM)
    assert not Scope(site="centre", devices=("leak-2",)).takes(ALARM)
    assert not Scope(site="centre", rules=("other",)).takes(ALARM)
    assert not Scope(site="centre", classes=("fire",)).takes(ALARM)


def test_what_sitewatch_says_of_itself_must_be_named() -> None:
    own = dataclasses.replace(ALARM, alarm_class="service")
    wide = Window(1, "wang", "work", Scope(site="centre"), 0, 1000, "person:wang", 0)
    named = dataclasses.replace(wide, scope=Scope(site="centre", classes=("service",)))
    assert not takes_out(wide, own, 10)
    assert takes_out(named, own, 10)


windows = st.builds(
    lambda classes, confirmed: Window(
        1, "wang", "work", Scope(site="centre", classes=classes), 0, 1000, "person:wang", 0,
        confirmed,
    ),
    st.lists(st.sampled_from(sorted(alarm_classes())), max_size=3).map(tuple),
    st.sampled_from([None, "person:li"]),
)  # fmt: skip


@given(
    windows, st.sampled_from(sorted(alarm_classes())), st.sampled_from(list(Severity)),
    st.booleans(), st.integers(-10, 1100),
)  # fmt: skip
def test_life_safety_needs_two_persons_and_its_name(
    window: Window, name: str, severity: Severity, latched: bool, now: int
) -> None:
    alarm = dataclasses.replace(ALARM, alarm_class=name, severity=severity, latched=latched)
    if takes_out(window, alarm, now):
        assert 0 <= now < 1000
        if protects_life(alarm) or alarm_classes()[name].two_persons:
            assert window.confirmed_by == "person:li"
            assert name in window.scope.classes


@pytest.mark.parametrize(
    ("scope", "reason", "start", "end", "key"),
    [
        (Scope(classes=("leak",)), "why", 0, 100_000, "scope_missing"),
        (Scope(site="hall"), " ", 0, 100_000, "reason_missing"),
        (Scope(site="hall"), "why", 0, 59_999, "window_too_short"),
        (Scope(site="hall"), "why", -200_000, -100_000, "window_too_short"),
        (Scope(site="hall"), "why", 0, LONGEST_MS + 1, "window_too_long"),
        (Scope("hall", (), (), ("gas",)), "why", 0, LONGEST_TWO_PERSONS_MS + 1, "window_too_long"),
    ],
)
def test_what_is_refused(scope: Scope, reason: str, start: int, end: int, key: str) -> None:
    with pytest.raises(NotAllowedError, match=key):
        check_window(scope, reason, start, end, 0)


@pytest.mark.parametrize("person", ["person:li", "person:wang", "person:zhao"])
@pytest.mark.parametrize("owner", ["Wang", " wang ", "person:wang"])
def test_the_second_person_is_neither_who_planned_nor_the_owner_however_typed(
    person: str, owner: str
) -> None:
    window = Window(1, owner, "work", Scope(site="centre"), 0, 100, "person:li", 0)
    if person == "person:zhao":
        check_second_person(window, person, 50)
        return
    with pytest.raises(NotAllowedError, match="second_person"):
        check_second_person(window, person, 50)
