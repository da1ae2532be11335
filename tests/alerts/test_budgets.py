from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.budgets import Budgets, budget_key, budgets

ROBOT = "wecom:duty"
VOICE = "aliyun_voice:13800000000"
START = 1_700_000_000_000


def spent(key: str, count: int, *, emergency: bool, at: int = START) -> Budgets:
    found = Budgets()
    for _ in range(count):
        assert found.take(key, at, emergency=emergency)
    return found


def test_the_rest_leaves_six_to_emergencies() -> None:
    found = spent(ROBOT, 12, emergency=False)
    assert not found.take(ROBOT, START, emergency=False)
    assert found.left(ROBOT, START, emergency=True) == 6
    for _ in range(6):
        assert found.take(ROBOT, START, emergency=True)
    assert not found.take(ROBOT, START, emergency=True)


def test_what_emergencies_used_is_not_kept_for_them_twice() -> None:
    found = spent(ROBOT, 6, emergency=True)
    assert found.left(ROBOT, START, emergency=False) == 12


def test_it_is_free_again_when_the_first_use_is_a_minute_old() -> None:
    found = spent(ROBOT, 12, emergency=False)
    assert found.free_at(ROBOT, START, emergency=False) == START + 60_000
    assert found.left(ROBOT, START + 59_999, emergency=False) == 0
    assert found.left(ROBOT, START + 60_000, emergency=False) == 12


HOUR_MS = 3_600_000


def test_a_clock_that_is_set_back_closes_no_robot_for_longer() -> None:
    found = spent(ROBOT, 12, emergency=False)
    for _ in range(6):
        assert found.take(ROBOT, START, emergency=True)
    back = START + 1_000 - HOUR_MS
    assert found.left(ROBOT, back, emergency=True) == 0, "the provider still counts them"
    assert found.free_at(ROBOT, back, emergency=True) == back + 60_000
    assert found.left(ROBOT, back + 60_000, emergency=True) == 18
    assert ROBOT not in found.allowance(back + 60_000, emergency=True).closed


def test_a_block_lasts_as_long_as_it_would_have_when_the_clock_is_set_back() -> None:
    found = spent(ROBOT, 1, emergency=True)
    found.block(ROBOT, START + 600_000)
    assert found.left(ROBOT, START + 10_000, emergency=True) == 0
    back = START + 10_000 - HOUR_MS
    assert found.left(ROBOT, back, emergency=True) == 0
    assert found.left(ROBOT, back + 589_000, emergency=True) == 0
    assert found.left(ROBOT, back + 591_000, emergency=True) != 0


def test_uses_and_blocks_of_a_clock_that_was_set_back_before_the_start() -> None:
    found = Budgets()
    found.load([(ROBOT, START, True, START + 600_000)] * 18)
    back = START - HOUR_MS
    assert found.left(ROBOT, back, emergency=True) == 0
    assert found.left(ROBOT, back + 601_000, emergency=True) == 18


def test_voice_is_one_a_minute_five_an_hour_twenty_a_day() -> None:
    found, now, taken = Budgets(), START, []
    while now < START + 86_400_000:
        if found.take(VOICE, now, emergency=True):
            taken.append(now)
        now += 20_000
    assert len(taken) == 20
    assert taken[1] - taken[0] == 60_000
    assert taken[5] - taken[0] == 3_600_000


def test_a_block_holds_back_and_is_kept_over_a_restart() -> None:
    found = Budgets()
    found.load([(ROBOT, START, True, START + 600_000)])
    assert not found.take(ROBOT, START + 599_999, emergency=True)
    assert found.take(ROBOT, START + 600_000, emergency=True)


def test_an_emergency_that_cannot_be_merged_is_tried_and_not_left_waiting() -> None:
    found = spent(VOICE, 1, emergency=True)
    assert found.allowance(START, emergency=True).closed == frozenset()
    assert found.allowance(START, emergency=False).closed == {VOICE}
    found = spent(ROBOT, 18, emergency=True)
    assert found.allowance(START, emergency=True).closed == {ROBOT}
    found.block(ROBOT, START + 600_000)
    assert found.allowance(START, emergency=True).closed == frozenset(), "it is to be told of"


def test_the_last_two_uses_merge_what_does_not_fit() -> None:
    some = spent(ROBOT, 9, emergency=False).allowance(START, emergency=False)
    assert not some.merges(ROBOT, 1000)
    last = spent(ROBOT, 10, emergency=False).allowance(START, emergency=False)
    assert last.merges(ROBOT, 3)
    assert not last.merges(ROBOT, 2)
    assert not last.merges("aliyun_sms:1", 1000)


def test_what_has_no_budget_is_not_counted() -> None:
    assert budget_key("webhook", {"url": "http://a"}) == ""
    assert Budgets().take("", START, emergency=False)
    assert budget_key("dingtalk", {"robot": "duty", "language": "zh"}) == "dingtalk:duty"


def test_no_budget_keeps_more_than_it_has() -> None:
    assert all(one.reserve < one.windows[0].count for one in budgets().values())


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(min_value=0, max_value=20_000), st.booleans()), max_size=80),
    st.sampled_from(["wecom:a", "feishu:a", "aliyun_voice:1", "tencent_sms:1"]),
)
def test_no_window_is_ever_exceeded_even_over_restarts(
    steps: list[tuple[int, bool]], key: str
) -> None:
    now, found = START, Budgets()
    taken: list[tuple[int, bool]] = []
    for index, (wait, emergency) in enumerate(steps):
        now += wait
        if index % 7 == 0:
            found = Budgets()
            found.load([(key, at, urgent, 0) for at, urgent in taken])
        free_at = found.free_at(key, now, emergency=emergency)
        if found.take(key, now, emergency=emergency):
            taken.append((now, emergency))
            assert free_at == now
        else:
            assert free_at > now
    for window in budgets()[key.partition(":")[0]].windows:
        for at, _ in taken:
            inside = [one for one, _ in taken if at - window.seconds * 1000 < one <= at]
            assert len(inside) <= window.count
