import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.message import Message
from alerts.channels.template import FIELDS, values
from alerts.channels.wording import Wording, cut
from tests.alerts.channels.contract import PAYLOAD

WORDING = Wording(public_url="https://watch.example/")


def test_it_says_what_where_since_when_and_links() -> None:
    assert WORDING.short(Message(PAYLOAD), "zh", 2048).splitlines() == [
        "[报警] 紧急 探测器火警",
        "位置: 行政中心 / 大厅",
        "发生时间: 2026-11-23 12:05:06",
        "设备: 五层走廊",
        "数值: smoke = True",
        "https://watch.example/alarms?alarm=7",
    ]
    english = WORDING.short(Message(PAYLOAD), "en", 2048)
    assert english.startswith("[Alarm] Emergency Detector reports fire\nPlace: Centre / Hall")


def test_without_an_address_there_is_no_link() -> None:
    assert "http" not in Wording().short(Message(PAYLOAD), "zh", 2048)


def test_an_alarm_without_a_point_says_what_it_is_about() -> None:
    """As the loss of monitoring behind a gateway, which names detectors and their places."""
    about = {"point": "", "value": "1 (+242): panel-1 @ hall"}
    assert "数值: 1 (+242): panel-1 @ hall" in WORDING.short(Message(PAYLOAD | about), "zh", 2048)
    nothing = WORDING.short(Message(PAYLOAD | {"point": "", "value": None}), "zh", 2048)
    assert "数值" not in nothing
    silent = WORDING.fields(Message(PAYLOAD | {"value": None}), "zh")
    assert silent["value"] == "smoke"


def test_a_digest_counts_the_others_and_the_tests_among_them() -> None:
    further = {"count": 37, "tests": 2, "titles": [{"zh": "离线", "en": "Offline", "count": 37}]}
    message = Message(PAYLOAD | {"further": further})
    lines = WORDING.short(message, "zh", 2048).splitlines()
    assert lines[5:7] == ["另有 37 条通知：其中测试 2 条", "离线 × 37"]
    assert WORDING.fields(message, "en")["title"] == "Detector reports fire and 37 more"


@given(st.integers(min_value=60, max_value=300), st.booleans(), st.text(max_size=200))
def test_the_mark_and_the_link_are_never_cut(limit: int, test: bool, title: str) -> None:
    message = Message(PAYLOAD | {"test": test, "title": {"zh": title, "en": title}})
    found = WORDING.short(message, "zh", limit)
    assert len(found.encode()) <= limit
    assert found.endswith("https://watch.example/alarms?alarm=7")
    assert found.startswith("【测试】") is test


@given(st.text(), st.integers(min_value=0, max_value=100), st.sampled_from(["utf-8", "utf-16-be"]))
def test_nothing_is_cut_in_half(whole: str, limit: int, encoding: str) -> None:
    if any(0xD800 <= ord(one) < 0xE000 for one in whole):
        return
    found = cut(whole, limit, encoding)
    assert len(found.encode(encoding)) <= limit
    assert found == whole or whole.startswith(found.removesuffix("…").rstrip())


def test_a_limit_below_the_link_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="cannot hold the link"):
        WORDING.short(Message(PAYLOAD), "zh", 10)


def test_variables_are_short_and_the_first_marks_a_test() -> None:
    message = Message(PAYLOAD | {"test": True})
    assert values(WORDING, message, ("place", "title"), "zh", 8) == (
        "【测试】行政中…",
        "【测试】探测器…",
    )
    assert all(WORDING.fields(message, "zh")[name] for name in FIELDS)
