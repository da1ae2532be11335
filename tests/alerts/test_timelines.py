"""covers: the engine as a whole. Every file of `timelines/` is a story: steps and what follows.

A step is a sample (`device`, `values`, perhaps `reasons`, `source`), `tick`, `ack`, `reset` or
`restart`; the estate has the devices that are named. `at` is seconds since the start. `events` are
all steps in the alarm's life, over all alarms of the rule and device; `open` is what is open at
the end, and nothing else may be.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts.errors import NotAllowedError
from tests.alerts.desk import Desk
from tests.alerts.estates import default_devices, make_estate

FOLDER = Path(__file__).with_name("timelines")


def _stories() -> list[Any]:
    found = []
    for file in sorted(FOLDER.glob("*.yaml")):
        for story in yaml.safe_load(file.read_text(encoding="utf-8")):
            found.append(pytest.param(story, id=f"{file.stem}: {story['story']}"))
    return found


def _named(story: dict[str, Any]) -> set[str]:
    """The devices of a story: others would only fall silent."""
    return {step["device"].partition("/")[0] for step in story["steps"] if "device" in step}


def _play(desk: Desk, step: dict[str, Any]) -> None:
    at = float(step.get("at", desk.now_s))
    if "device" in step:
        desk.say(
            step["device"], at, step["values"], reasons=step.get("reasons"),
            source_s=step.get("source"),
        )  # fmt: skip
    elif "tick" in step:
        desk.tick(float(step["tick"]))
    elif "ack" in step:
        rule, device = step["ack"].split()
        desk.ack(rule, device, at)
    elif "reset" in step:
        rule, device = step["reset"].split()
        refused = step.get("refused")
        if refused:
            with pytest.raises(NotAllowedError) as error:
                desk.reset(rule, device, at, step.get("note", "checked on site"))
            assert error.value.key == refused
        else:
            desk.reset(rule, device, at)
    else:
        assert step == {"restart": True}, step
        desk.start()


@pytest.mark.parametrize("story", _stories())
def test_story(story: dict[str, Any]) -> None:
    names = story.get("devices", _named(story))
    desk = Desk(make_estate([one for one in default_devices() if one.id in names]))
    try:
        for step in story["steps"]:
            _play(desk, step)
        for expected in story["expect"]:
            rule, device = expected["alarm"].split()
            assert desk.events(rule, device) == expected["events"], expected["alarm"]
            alarm = desk.alarm(rule, device)
            for field, value in expected.items():
                if field not in {"alarm", "events"}:
                    assert getattr(alarm, field) == value, f"{expected['alarm']}: {field}"
        opened = [tuple(one.split()) for one in story["open"]]
        assert desk.open() == sorted(opened)
    finally:
        desk.close()
