"""Reads the timelines of the suite: what happens when, and what must follow."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

HERE = Path(__file__).parent


class Strict(BaseModel):
    """No key that is not known: a misspelt expectation would hold always."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Said(Strict):
    """What a device says; with `every` again and again until a moment. [s]"""

    at: float
    device: str
    values: Mapping[str, bool | float | str | None]
    every: float | None = None
    until: float | None = None


class Request(Strict):
    """A request by a person; `{rule device}` in the path is the number of that alarm."""

    at: float
    by: str = "li"
    post: str
    body: Mapping[str, Any] = {}
    """`in_s:N` in a value is a moment so many seconds from now."""
    status: tuple[int, ...] = (200, 201, 204)


class Link(Strict):
    """Somebody opens the newest link they were sent, and, unless it is a mere look, uses it."""

    at: float
    link_of: str
    of: str | None = None
    """The rule of its alarm."""
    look_only: bool = False
    status: int = 200


class Down(Strict):
    """The service is stopped or killed, and started again after a time [s]."""

    at: float
    down: Literal["stop", "kill"]
    for_: float = Field(default=0.0, alias="for")


class Killed(Strict):
    """What a device says, acknowledged to it, and the plug pulled before anything follows."""

    at: float
    kill_after: Said | None = None


class Clock(Strict):
    """The wall clock is set. [s]"""

    at: float
    clock: float


class Provider(Strict):
    """How a provider answers from now on."""

    at: float
    provider: str
    answers: Mapping[str, Any] = {}


class Files(Strict):
    """Files of the estate folder are changed."""

    at: float
    files: Mapping[str, str]


class Flood(Strict):
    """So many detectors behind the panel report a fault over so many seconds."""

    at: float
    flood: int
    seconds: float


Step = Said | Request | Link | Down | Killed | Clock | Provider | Files | Flood
_ANY = Annotated[tuple[float, float], Field(min_length=2, max_length=2)]


class Told(Strict):
    """Who is told within two moments [s], how often, and of what."""

    told: str
    """A contact, `group`, or `anyone`."""
    by: str | None = None
    within: _ANY = (0.0, 1e9)
    times: int | tuple[int, int] = (1, 1000)
    says: str | None = None
    """A part of the message."""
    transition: str | None = None
    """Of a message by webhook, which is whole."""


class Alarm(Strict):
    """An alarm's life: when it was raised [s], its events, and its fields at the end."""

    alarm: str
    """Rule and device; with the point, where there are several."""
    by: float | None = None
    """Raised at the latest. [s]"""
    events: tuple[str, ...] | None = None
    fields: Mapping[str, Any] = {}
    """`rescue.late` is a field of a field."""


class Open(Strict):
    """All that is open at the end."""

    open: tuple[str, ...]


class Steps(Strict):
    """How the escalation's rows of an alarm ran: seconds after the raise, each once."""

    steps_of: str
    ran: tuple[float, ...]
    within: float = 1.0
    """How late each may be. [s]"""


Expected = Told | Alarm | Open | Steps


class Story(Strict):
    """One timeline."""

    story: str
    incident: str | None = None
    """The incident of the simulator that it is the story of."""
    devices: tuple[str, ...]
    steps: tuple[Step, ...]
    until: float
    """How long it lasts. [s]"""
    expect: tuple[Expected, ...]
    files: Mapping[str, str] = {}
    """Files of the estate that differ from the suite's."""
    pace: float = 1.0
    """How many seconds pass for one of the service's waits: stories of hours look less often."""

    def moments(self) -> Iterator[tuple[float, Step]]:
        """Every step with its moment, what is said again and again included."""
        found: list[tuple[float, Step]] = []
        for step in self.steps:
            found.append((step.at, step))
            if isinstance(step, Said) and step.every:
                until = self.until if step.until is None else step.until
                count = int((until - step.at) / step.every)
                found += [(step.at + n * step.every, step) for n in range(1, count + 1)]
        return iter(sorted(found, key=lambda one: one[0]))


def stories() -> Sequence[tuple[str, Story]]:
    """All stories of all files, each with a name."""
    found = []
    for file in sorted(HERE.glob("*.yaml")):
        for given in yaml.safe_load(file.read_text(encoding="utf-8")):
            story = Story.model_validate(given)
            found.append((f"{file.stem}: {story.story}", story))
    return found
