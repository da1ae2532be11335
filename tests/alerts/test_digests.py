import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from alerts.alarm import Alarm, AlarmQuality, Severity, Transition
from alerts.digests import LONGEST_WAIT_MS, Digest, Why, digest_for, joined
from alerts.holds import alarm_classes, protects_life
from tests.alerts.estates import label

PV = Alarm(
    2, "pv_inverter_fault", label("pv"), "pv_fault", Severity.MEDIUM, "pv-2", label("pv-2"),
    "pv_inverter", "state", "gate", (), False, True, False, False,
    AlarmQuality.GOOD, (), False, 1, True, 0, 0, community="east", group=1,
)  # fmt: skip
alarms = st.builds(
    lambda name, severity, latched, chattering, group: dataclasses.replace(
        PV, alarm_class=name, severity=severity, latched=latched, chattering=chattering,
        group=group,
    ),
    st.sampled_from(sorted(alarm_classes())), st.sampled_from(list(Severity)), st.booleans(),
    st.booleans(), st.integers(1, 2),
)  # fmt: skip


@given(alarms, st.sampled_from(list(Transition)), st.booleans())
def test_life_safety_never_waits(alarm: Alarm, transition: Transition, flooded: bool) -> None:
    found = digest_for(alarm, transition, 1000, flooded=flooded)
    if protects_life(alarm) or transition is Transition.BECAME_REAL:
        assert found is None
    if found is not None:
        assert 1000 < found.due_at <= 1000 + LONGEST_WAIT_MS


def test_why_it_waits_chatter_before_flood_before_group() -> None:
    def why(alarm: Alarm, *, flooded: bool) -> Why | None:
        found = digest_for(alarm, Transition.RAISED, 0, flooded=flooded)
        return None if found is None else found.why

    first = dataclasses.replace(PV, group=2)
    noisy = dataclasses.replace(PV, chattering=True)
    assert why(noisy, flooded=True) is Why.CHATTER
    assert why(PV, flooded=True) is Why.FLOOD
    assert why(PV, flooded=False) is Why.GROUP
    assert why(first, flooded=False) is None
    assert why(first, flooded=True) is Why.FLOOD


@given(st.lists(st.integers(0, 900_000), min_size=1, max_size=30))
def test_chatter_waits_for_quiet_and_an_hour_at_most(gaps: list[int]) -> None:
    now, waiting = 0, None
    for gap in gaps:
        now += gap
        if waiting is not None and now >= waiting.due_at:
            break
        own = Digest("chattering:x", Why.CHATTER, now, now + 600_000)
        waiting = joined(own, waiting)
        assert waiting.due_at <= waiting.first_at + LONGEST_WAIT_MS
        assert waiting.due_at in {now + 600_000, waiting.first_at + LONGEST_WAIT_MS}
