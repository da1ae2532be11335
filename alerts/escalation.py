"""Escalation chains, and which steps follow for an alarm that nobody acknowledges. Pure.

A chain is written as rows in the transaction of the alarm's event (`alerts/escalation_steps.py`),
so that neither a crash nor a changed file can lose a step that was due.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Discriminator, Field, Tag, ValidationError, model_validator

from alerts.alarm import ANNOUNCES, Alarm, Severity, Transition
from alerts.contacts import Addressee
from alerts.rules import load_classes
from alerts.targets import Notify
from device_configs.durations import Seconds
from device_configs.estate_entries import Id
from device_configs.faults import Fault, InvalidConfigError, from_validation
from device_configs.quantities import Strict
from device_configs.yaml_file import read_yaml

DEFAULT = "default"
"""The chain that a class has by itself."""
SAME = "same"
"""The chain of an emergency without one: those whom the routes tell, again and again."""
DEFAULT_TEAMS = ("safety-officer", "director", "centre")
"""Whom the default chain tells after the duty desk, step by step. [P]"""
REPEAT_MS = 300_000
"""How often an emergency is told again after its last step until a person acts. [ms] [P]"""
STARTS = ANNOUNCES | {Transition.RELEASED}
"""What begins the steps of an alarm, again if they were running."""
ENDS = frozenset({
    Transition.ACKNOWLEDGED, Transition.RESET, Transition.CLEARED,
    Transition.SHELVED, Transition.INHIBITED, Transition.OUT_OF_SERVICE,
})  # fmt: skip
"""What ends them: a person, that the alarm is closed, or that it is held."""
_PEOPLE = frozenset({"team", "on_duty", "contact", "by"})


def _kind_of(data: object) -> str:
    if isinstance(data, Addressee):
        return "people"
    return "people" if isinstance(data, dict) and _PEOPLE.intersection(data) else "channel"


To = Annotated[
    Annotated[Addressee, Tag("people")] | Annotated[Notify, Tag("channel")],
    Discriminator(_kind_of),
]
"""One entry of `notify`: people, or a channel with an address."""


class Step(Strict):
    """Who is told when nobody has acknowledged for so long."""

    after: Seconds
    """Since the alarm was raised, or raised again. [s]"""
    notify: tuple[To, ...] = Field(min_length=1)


class Chain(Strict):
    """One entry of `escalations/*.yaml`."""

    escalation: Id
    steps: tuple[Step, ...] = Field(min_length=1)
    repeat: Seconds | None = None
    """After the last step all are told again at this interval; emergencies always are. [s]"""

    @model_validator(mode="after")
    def _rising(self) -> "Chain":
        times = [step.after for step in self.steps]
        if times != sorted(set(times)):
            raise ValueError("steps: each step's `after` is longer than that of the one before")
        return self


@dataclass(frozen=True)
class Planned:
    """One step of one alarm, as it will be a row."""

    chain: str
    step: int
    cycle: int
    """0 for the steps themselves, then 1, 2, ... for each time all are told again."""
    notify: tuple[Mapping[str, object], ...]
    repeat_ms: int | None
    after_ms: int


def default_chain(alarm_class: str) -> Chain | None:
    """The chain of a class from its `escalate` times; None where it has none."""
    times = load_classes()[alarm_class].escalate if alarm_class in load_classes() else ()
    if not times:
        return None
    steps = [
        Step(after=after, notify=(Addressee(team=team),))
        for after, team in zip(times, DEFAULT_TEAMS, strict=False)
    ]
    return Chain(escalation=DEFAULT, steps=tuple(steps))


def same_people(notify: Sequence[To]) -> Chain:
    """The chain of an emergency for which no route gives one: whom it told is told again."""
    every: list[To] = []
    for one in notify:
        if one not in every:
            every.append(one)
    step = Step(after=REPEAT_MS / 1000, notify=tuple(every))
    return Chain(escalation=SAME, steps=(step,))


def plan(chain: Chain, alarm: Alarm) -> tuple[Planned, ...]:
    """The steps of a chain for an alarm that begins now."""
    repeat = None if chain.repeat is None else round(chain.repeat * 1000)
    if repeat is None and alarm.severity is Severity.EMERGENCY:
        repeat = REPEAT_MS
    return tuple(
        Planned(chain.escalation, number, 0, _frozen(step), repeat, round(step.after * 1000))
        for number, step in enumerate(chain.steps, 1)
    )


def following(ran: Planned, chain_steps: Sequence[Planned]) -> Planned | None:
    """What comes after a step that ran: all are told again, where that is so and it was the last.

    `chain_steps` are the steps of the same chain and alarm with cycle 0.
    """
    last = max(chain_steps, key=lambda one: one.step)
    if ran.repeat_ms is None or ran.step != last.step:
        return None
    everyone: list[Mapping[str, object]] = []
    for one in chain_steps:
        everyone += [entry for entry in one.notify if entry not in everyone]
    return Planned(
        ran.chain, ran.step, ran.cycle + 1, tuple(everyone), ran.repeat_ms, ran.repeat_ms
    )


def _frozen(step: Step) -> tuple[Mapping[str, object], ...]:
    return tuple(one.model_dump(mode="json", exclude_defaults=True) for one in step.notify)


def thawed(notify: Sequence[Mapping[str, object]]) -> Iterator[Addressee | Notify]:
    """The entries of `notify` as they were written into a row."""
    for one in notify:
        model = Addressee if _kind_of(one) == "people" else Notify
        yield model.model_validate(one)


def load_chains(estate_folder: Path) -> Mapping[str, Chain]:
    """Read `escalations/*.yaml`; a folder without any has none.

    Raises:
        InvalidConfigError: with every fault of every file.
    """
    faults: list[Fault] = []
    chains: dict[str, Chain] = {}
    for path in sorted((estate_folder / "escalations").glob("**/*.yaml")):
        try:
            document = read_yaml(path)
        except InvalidConfigError as error:
            faults += error.faults
            continue
        data = document.data or []
        if not isinstance(data, list):
            faults.append(Fault(str(path), 1, "", "a file of escalations is a list of them"))
            continue
        for index, one in enumerate(data):
            try:
                chain = Chain.model_validate(one)
            except ValidationError as error:
                faults += from_validation(error, path, document.lines, (index,), model=Chain)
                continue
            line = document.lines.get((index,), 0)
            if chain.escalation in chains or chain.escalation in (DEFAULT, SAME):
                said = f"there is an escalation {chain.escalation!r} already"
                faults.append(Fault(str(path), line, f"[{index}].escalation", said))
            chains[chain.escalation] = chain
    if faults:
        raise InvalidConfigError(faults)
    return chains
