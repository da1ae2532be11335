import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules import load_rules
from alerts.watch import Watches, silence_ms
from tests.alerts.estates import device, make_estate

RULES = load_rules()


@pytest.mark.parametrize(
    ("protocol", "interval_s", "after_s", "expected_s"),
    [
        ("modbus", 5, None, 30),
        ("modbus", 60, None, 180),
        ("sunspec", 10, None, 30),
        ("mqtt", 60, None, 90),
        ("mqtt", 86_400, None, 95_040),
        ("mqtt", 60, 45, 45),
    ],
)
def test_how_long_a_device_may_be_silent(
    protocol: str, interval_s: float, after_s: float | None, expected_s: float
) -> None:
    one = device("x", "electricity_meter", protocol=protocol, interval_s=interval_s)
    assert silence_ms(one, after_s) == expected_s * 1000


def test_parts_hang_on_their_panel_and_have_its_test_and_its_silence() -> None:
    watches = Watches(make_estate(), RULES)
    panel, part = watches.of("panel-1"), watches.of("panel-1/p002")
    assert part.root is panel
    assert part.subject.place == "room-2"
    assert part.silence_after is None
    assert panel.silence_after == 30_000
    assert not part.in_test
    panel.test = True
    assert watches.of("panel-1/p002").in_test
    assert not watches.of("smoke-1").in_test


def test_strangers_are_not_listed_but_watched() -> None:
    watches = Watches(make_estate(), RULES)
    assert not watches.of("ghost").listed
    assert not watches.of("panel-1/p999").listed
    assert watches.of("panel-1/p999").subject.unplaced
    assert watches.of("sitewatch").listed
    assert watches.of("sitewatch").subject.kind == "service"


def test_plans_are_shared_by_devices_of_a_kind() -> None:
    watches = Watches(make_estate(), RULES)
    assert watches.of("panel-1/p001").plan is watches.of("panel-1/p002").plan
    assert watches.of("panel-1/p001").plan is not watches.of("smoke-1").plan


@given(st.lists(st.tuples(st.sets(st.sampled_from("abc")), st.integers(1, 5))))
def test_the_event_time_of_a_point_never_goes_back(told: list[tuple[set[str], int]]) -> None:
    watch = Watches(make_estate(), RULES).of("panel-1")
    newest: dict[str, int] = {}
    for points, at in told:
        watch.note_time(points, at)
        newest |= {point: max(at, newest.get(point, 0)) for point in points}
        assert watch.point_at == newest


def test_the_layout_of_a_sample_names_what_is_judged_and_what_is_remembered() -> None:
    plan = Watches(make_estate(), RULES).of("smoke-1").plan
    layout = plan.layout({"test": False, "smoke": False, "nothing_knows_it": 1})
    assert [point for point, _ in layout.judged] == ["test", "smoke"]
    assert layout.facts == ("test",)
    for number in range(1000):
        assert plan.layout({f"x{number}": 1}).judged == ()
    assert len(plan._layouts) <= 256
