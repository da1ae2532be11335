import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from alerts.alarm import Severity
from alerts.holds import alarm_classes, is_life_safety
from alerts.inhibition import (
    child_after_ms,
    common_site,
    grace_ms,
    in_words,
    is_line_silent,
    line_due,
    line_of,
    may_inhibit,
    topology,
)
from collectors.modbus_links import ModbusTcpLink
from tests.alerts.estates import device, make_estate

heard = st.lists(
    st.tuples(st.integers(0, 1_000_000), st.integers(30_000, 900_000)), min_size=1, max_size=12
)


@given(st.sampled_from(sorted(alarm_classes())), st.sampled_from(list(Severity)), st.booleans())
def test_only_silence_is_ever_inhibited(name: str, severity: Severity, silence: bool) -> None:
    if may_inhibit(name, severity, silence=silence):
        assert silence
        assert name in {"device_offline", "monitoring_lost"}
        assert not is_life_safety(name, severity)


@given(heard, st.integers(0, 3_000_000))
def test_a_line_is_silent_only_when_nobody_is_heard_and_two_are_overdue(
    known: list[tuple[int, int]], at: int
) -> None:
    if is_line_silent(known, at):
        assert sum(at - last > after for last, after in known) >= 2
        assert at > line_due(known)


@given(st.integers(0, 10_000), st.integers(2, 20), st.integers(1000, 60_000))
def test_devices_of_a_line_are_overdue_only_after_it(at: int, count: int, poll: int) -> None:
    """Polled one after the other within a poll, as a line does, and then never again."""
    own = max(3 * poll, 30_000)
    known = [(at + n * poll // count, own) for n in range(count)]
    line = line_due(known) + 1
    assert is_line_silent(known, line)
    assert all(last + child_after_ms(own, poll, None) > line for last, _ in known)


def test_a_gateway_delays_its_devices_by_90_s_at_most() -> None:
    assert child_after_ms(30_000, 10_000, 60_000) == 71_000
    assert child_after_ms(30_000, 10_000, 3_600_000) == 120_000
    assert child_after_ms(600_000, 0, 60_000) == 600_000
    assert grace_ms(10_000) == 11_000
    assert grace_ms(3_600_000) == 300_000


def test_who_hangs_on_whom() -> None:
    lines = [
        dataclasses.replace(
            device(name, "electricity_meter", place), link=ModbusTcpLink(host=host, unit=unit)
        )
        for name, place, host, unit in (
            ("m-1", "hall", "A", 1), ("m-2", "room-2", "a", 2), ("alone", "gate", "b", 1),
        )
    ]  # fmt: skip
    behind = device("m-3", "electricity_meter", protocol="mqtt")
    behind = dataclasses.replace(behind, entry=behind.entry.model_copy(update={"via": "alone"}))
    estate = make_estate([*lines, behind])
    found = topology(estate)
    assert line_of(behind) is None
    assert {name: parent.children for name, parent in found.parents.items()} == {
        "modbus_tcp[a:502]": ("m-1", "m-2"), "alone": ("m-3",),
    }  # fmt: skip
    assert found.above["m-2"] == ("modbus_tcp[a:502]",)
    assert common_site(estate, ["hall", "room-2"]) == "centre"
    assert common_site(estate, ["hall", "gate"]) == "centre"
    assert common_site(estate, ["gone"]) == "example"


def test_the_words_name_devices_parts_and_places() -> None:
    panel = device("panel-1", "fire_panel", parts="smoke_detector", part_places={"p002": "room-2"})
    many = [device(f"d-{n}", "elevator") for n in range(10)]
    estate = make_estate([panel, *many])
    assert in_words(estate, ["panel-1"]) == "1 (+242): panel-1 @ hall, room-2"
    words = in_words(estate, [one.id for one in many])
    assert words == "10: d-0, d-1, d-2, d-3, d-4, d-5, d-6, d-7, +2 @ hall"
