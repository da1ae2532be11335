from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from alerts.ahead import Ahead, is_urgent
from alerts.rules import load_rules
from alerts.watch import Watches
from collectors.sample import Lane, Sample, Value
from tests.alerts.estates import make_estate

WATCHES = Watches(make_estate(), load_rules())


def said(device: str, seq: int, **values: Value) -> Sample:
    return Sample(device, 1000 + seq, values, {}, Lane.SAFETY, seq=seq)


def urgent(one: Sample) -> bool:
    return is_urgent(WATCHES.of(one.device), one)


def numbers(samples: Sequence[Sample]) -> list[int]:
    return [one.seq for one in samples]


def test_a_fire_is_urgent_and_a_fault_is_not() -> None:
    assert urgent(said("smoke-1", 1, smoke=True))
    assert urgent(said("panel-1/p007", 1, fault=True, smoke=True))
    assert urgent(said("gas-1", 1, gas_concentration=60.0))
    assert urgent(said("lift-1", 1, alarm_button=True)), "with people in it, it is an emergency"
    assert not urgent(said("smoke-1", 1, smoke=False))
    assert not urgent(said("panel-1/p007", 1, fault=True))
    assert not urgent(said("smoke-1", 1, smoke=None))


def test_what_is_urgent_comes_after_the_earlier_of_its_own_device_and_before_all_others() -> None:
    ahead = Ahead()
    ahead.add([
        said("smoke-1", 1, fault=True), said("panel-1", 2, test=True),
        said("panel-1/p001", 3, smoke=True), said("panel-1/p002", 4, fault=True),
    ])  # fmt: skip
    assert numbers(ahead.urgent(urgent)) == [2, 3]
    assert ahead.urgent(urgent) == (), "once"
    ahead.add([said("panel-1/p003", 5, smoke=True)])
    assert numbers(ahead.urgent(urgent)) == [4, 5]
    taken = ahead.take(10)
    assert numbers(taken) == [1, 2, 3, 4, 5], "the cursor moves past all of them in their turn"
    assert numbers(ahead.still_to_judge(taken)) == [1]
    assert len(ahead) == 0


def test_what_was_judged_is_skipped_when_it_is_read_again() -> None:
    ahead = Ahead()
    ahead.add([said("smoke-1", 1, smoke=True)])
    assert numbers(ahead.urgent(urgent)) == [1]
    ahead.clear()
    again = [said("smoke-1", 1, smoke=True), said("smoke-1", 2, smoke=False)]
    assert numbers(ahead.still_to_judge(again)) == [2]
    assert numbers(ahead.still_to_judge(again)) == [1, 2], "it is forgotten once it was skipped"


@given(
    st.lists(
        st.tuples(st.sampled_from(["smoke-1", "panel-1/p001", "panel-1/p002"]), st.booleans()),
        max_size=30,
    ),
    st.lists(st.integers(1, 7), min_size=30, max_size=30),
    st.lists(st.booleans(), min_size=30, max_size=30),
)
def test_each_sample_is_judged_once_and_those_of_a_device_in_their_order(
    given_: list[tuple[str, bool]], portions: list[int], looks: list[bool]
) -> None:
    ahead, judged = Ahead(), list[Sample]()
    waiting = [said(device, n, smoke=on) for n, (device, on) in enumerate(given_, 1)]
    every, passed = list(waiting), list[Sample]()
    for portion, look in zip(portions, looks, strict=True):
        ahead.add(waiting[:portion])
        waiting = waiting[portion:]
        if look:
            judged += ahead.urgent(urgent)
        taken = ahead.take(portion)
        passed += taken
        judged += ahead.still_to_judge(taken)
    judged += ahead.still_to_judge(ahead.take(100))
    assert sorted(numbers(judged)) == numbers(every)
    for device in {one.device for one in every}:
        mine = [one.seq for one in judged if one.device == device]
        assert mine == sorted(mine)
