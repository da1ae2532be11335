from alerts.alarm import ANNOUNCES, Transition
from alerts.steps_told import default_steps, telling
from alerts.targets import CHANNELS, FIRST, Target

ROBOT = Target("wecom", {"robot": "duty"})
MESSAGE = Target("aliyun_sms", {"phone": "13800000000"})
CALL = Target("aliyun_voice", {"phone": "13800000000"})
LIST = Target.in_order([ROBOT, MESSAGE, CALL])


def test_every_channel_tells_of_what_somebody_has_to_act_on() -> None:
    for channel in CHANNELS:
        assert ANNOUNCES | {Transition.RELEASED} <= set(default_steps(channel)), channel


def test_no_phone_rings_for_what_is_over() -> None:
    for channel in ("aliyun_voice", "tencent_voice"):
        assert set(default_steps(channel)) == ANNOUNCES | {Transition.RELEASED}
    assert telling(CALL, Transition.LATCHED, None) is None
    assert telling(CALL, Transition.RETURNED, None) is None
    assert telling(CALL, Transition.CLEARED, None) is None
    assert telling(CALL, Transition.RAISED, None) == CALL


def test_a_short_message_says_that_it_is_over_and_a_robot_also_that_it_waits() -> None:
    for step, robot, message in [
        (Transition.RETURNED, ROBOT, None),
        (Transition.LATCHED, ROBOT, None),
        (Transition.CLEARED, ROBOT, MESSAGE),
        (Transition.ACKNOWLEDGED, None, None),
    ]:
        assert telling(ROBOT, step, None) == robot
        assert telling(MESSAGE, step, None) == message


def test_a_siren_hears_what_switches_it_off() -> None:
    siren = Target("siren", {"output": "hall"})
    for step in (Transition.ACKNOWLEDGED, Transition.CLEARED, Transition.RESET):
        assert telling(siren, step, None) == siren


def test_what_a_route_gives_holds_for_every_channel() -> None:
    assert telling(CALL, Transition.CLEARED, (Transition.CLEARED,)) == CALL
    assert telling(CALL, Transition.RAISED, (Transition.CLEARED,)) is None
    assert telling(LIST, Transition.CLEARED, (Transition.CLEARED,)) == LIST


def test_of_a_list_in_order_those_remain_that_tell() -> None:
    assert telling(LIST, Transition.RAISED, None) == LIST
    over = telling(LIST, Transition.CLEARED, None)
    assert over is not None
    assert over.channel == FIRST
    assert [one.channel for one in over.options] == ["wecom", "aliyun_sms"]
    assert over.name != LIST.name, "they are never merged into one message"
    gone = telling(LIST, Transition.RETURNED, None)
    assert gone is not None
    assert [one.channel for one in gone.options] == ["wecom"]
    assert telling(Target.in_order([CALL]), Transition.CLEARED, None) is None
