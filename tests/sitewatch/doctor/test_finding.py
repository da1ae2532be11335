"""covers: sitewatch/doctor/finding.py"""

import pytest

from sitewatch.doctor.finding import Finding, Verdict, good, is_sound, note, unknown, wrong


@pytest.mark.parametrize(
    ("one", "verdict", "sound"),
    [
        (good("clock", "right"), Verdict.GOOD, True),
        (note("clock", "right, for now"), Verdict.NOTE, True),
        (unknown("clock", "not to be asked"), Verdict.UNKNOWN, True),
        (wrong("clock", "stands still", "wind it up"), Verdict.WRONG, False),
    ],
)
def test_only_what_is_wrong_fails_the_whole(one: Finding, verdict: Verdict, sound: bool) -> None:
    assert one.verdict is verdict
    assert is_sound([good("disk", "large"), one]) is sound
