"""Compares what came of a story with what must follow."""

from collections.abc import Mapping, Sequence
from operator import attrgetter

from alerts.alarm import Alarm as Raised
from tests.acceptance.phones import Telling
from tests.acceptance.player import START_MS, STEADY_MS, Player
from tests.acceptance.story import Alarm, Expected, Open, Steps, Told


def judge(player: Player, expected: Expected) -> None:
    """Fail where it is not as expected."""
    match expected:
        case Told():
            _told(player.phones.got, expected)
        case Alarm():
            _alarm(player, expected)
        case Open():
            is_open = sorted({f"{a.rule} {a.device}" for a in player.alarms() if a.open})
            assert is_open == sorted(expected.open)
        case Steps():
            _steps(player, expected)


def seconds(one: Telling) -> float:
    """When somebody was told, since the story began. [s]"""
    return (one.at_ms - STEADY_MS) / 1000


def _told(got: Sequence[Telling], expected: Told) -> None:
    began, ended = expected.within
    found = [
        one for one in got
        if expected.told in ("anyone", one.who)
        and expected.by in (None, one.by)
        and began <= seconds(one) <= ended
        and (expected.says is None or expected.says in one.text)
        and expected.transition in (None, one.payload.get("transition"))
    ]  # fmt: skip
    times = expected.times
    least, most = times if isinstance(times, tuple) else (times, times)
    if not least <= len(found) <= most:
        every = "\n".join(
            f"  {seconds(one):9.2f} s {one.who} by {one.by}: {one.text[:160]}" for one in got
        )
        raise AssertionError(f"{expected!r} was {len(found)} times; in all:\n{every}")


def _alarm(player: Player, expected: Alarm) -> None:
    events = player.events(expected.alarm)
    if expected.events is not None:
        found = [one.event for one in events]
        assert found == list(expected.events), f"{expected.alarm} had {found}"
    if expected.by is not None:
        assert events, f"{expected.alarm} was not raised"
        at = (events[0].at - START_MS) / 1000
        assert at <= expected.by, f"{expected.alarm} was raised at {at} s"
    if expected.fields:
        fields = _fields(player.alarm(expected.alarm), expected.fields)
        assert fields == dict(expected.fields), f"{expected.alarm} has {fields}"


def _fields(alarm: Raised, names: Mapping[str, object]) -> dict[str, object]:
    return {name: _plain(attrgetter(name)(alarm)) for name in names}


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _steps(player: Player, expected: Steps) -> None:
    alarm = player.alarm(expected.steps_of)
    ran = [(at - alarm.raised_at) / 1000 for at in player.steps(alarm.id)]
    late = [found - due for found, due in zip(ran, expected.ran, strict=False)]
    assert len(ran) == len(expected.ran), f"steps ran at {ran} s"
    assert all(0 <= one <= expected.within for one in late), f"steps ran at {ran} s"
