import pytest

from alerts.condition_text import condition_text, seconds_text
from alerts.rule import RuleEntry

BASE: dict[str, object] = {
    "rule": "x", "kinds": ["pv_inverter"], "point": "p", "class": "limit", "severity": "info",
    "title": {"zh": "x", "en": "x"}, "source": "x",
}  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"threshold": {"above": 0.8, "of_rating": True}}, "p > 0.8 of its rating"),
        ({"threshold": {"below": 3, "deadband": 1}}, "p < 3 W, deadband 1"),
        ({"state": {"differs": [0]}}, "p is not 0"),
        ({"rate": {"below": -5, "per": "1h", "within": "10min"}},
         "p changes by < -5 W per 1 h over 10 min"),
        ({"increase": {"above": 0, "within": "90s"}}, "p rises by > 0 W within 90 s"),
        ({"count": {"of": {"state": [2, 3]}, "at_least": 3, "within": "10min"}},
         "p is 2 or 3, at least 3 times within 10 min"),
        ({"expression": "p > 1 || q"}, "`p > 1 || q`"),
        ({"together": {"rules": ["a", "b"], "same": "panel"}},
         "a or b of at least 2 at one panel"),
        ({"deviation": {"of": "baseline", "above": 3, "hours": [0, 4], "spans": 3,
                        "at_least": 0.5}},
         "p from 0 to 4 h > 3 times its baseline, 3 in a row, by at least 0.5 W"),
        ({"deviation": {"of": "peers", "below": 0.8}},
         "p in an hour < 0.8 times what its peers give by rating"),
        ({"silence": {}}, "nothing heard"),
    ],
)  # fmt: skip
def test_words(condition: dict[str, object], words: str) -> None:
    entry = RuleEntry.model_validate(BASE | condition)
    assert condition_text(entry.condition, "p", "W") == words


def test_durations() -> None:
    assert [seconds_text(ms) for ms in (500, 90_000, 120_000, 86_400_000)] == [
        "0.5 s", "90 s", "2 min", "1 d",
    ]  # fmt: skip
