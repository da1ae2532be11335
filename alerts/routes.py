"""Routes: who is told of which alarm, read from `routes/*.yaml` of the estate folder."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from alerts.alarm import Alarm, Severity, Transition
from alerts.rules import load_classes
from device_configs.estate_entries import Id
from device_configs.faults import Fault, InvalidConfigError, from_validation
from device_configs.kinds import kinds
from device_configs.quantities import Strict
from device_configs.suggest import did_you_mean
from device_configs.yaml_file import Document, read_yaml

_TOLD = (
    Transition.RAISED,
    Transition.RERAISED,
    Transition.BECAME_REAL,
    Transition.RETURNED,
    Transition.LATCHED,
    Transition.CLEARED,
    Transition.RELEASED,
)


def _as_list(data: object) -> object:
    return data if isinstance(data, list | tuple) else [data]


Several = BeforeValidator(_as_list)


class When(Strict):
    """Which alarms a route takes; what is not given, is not asked."""

    severity: Annotated[tuple[Severity, ...], Several] = ()
    alarm_class: Annotated[tuple[str, ...], Several] = Field(default=(), alias="class")
    site: Annotated[tuple[Id, ...], Several] = ()
    kind: Annotated[tuple[str, ...], Several] = ()
    test: bool | None = None

    def takes(self, alarm: Alarm) -> bool:
        """Whether an alarm fits."""
        sites = {alarm.place, *(step.id for step in alarm.path)}
        return (
            (not self.severity or alarm.severity in self.severity)
            and (not self.alarm_class or alarm.alarm_class in self.alarm_class)
            and (not self.site or not sites.isdisjoint(self.site))
            and (not self.kind or alarm.kind in self.kind)
            and (self.test is None or self.test == alarm.test)
        )


class WebhookTarget(Strict):
    """Where a webhook goes."""

    url: str = Field(pattern=r"^https?://[^\s]+$")
    secret_setting: str | None = None
    """Name of the secret in the settings that signs the message; the secret is never in a file."""


class EmailTarget(Strict):
    """Who gets an e-mail."""

    to: Annotated[tuple[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")], ...], Several] = Field(
        min_length=1
    )


class Notify(Strict):
    """One channel of a route."""

    webhook: WebhookTarget | None = None
    email: EmailTarget | None = None

    @model_validator(mode="after")
    def _one(self) -> "Notify":
        if (self.webhook is None) == (self.email is None):
            raise ValueError("give exactly one channel of webhook, email")
        return self


@dataclass(frozen=True)
class Target:
    """A channel with its parameters."""

    channel: str
    parameters: Mapping[str, object]

    @property
    def name(self) -> str:
        """A short name for outbox and alarms; the same parameters give the same name."""
        text = json.dumps(self.parameters, sort_keys=True)
        return f"{self.channel}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


class Route(Strict):
    """One line of a routes file."""

    when: When = When()
    notify: tuple[Notify, ...] = Field(min_length=1)
    on: Annotated[tuple[Transition, ...], Several] = _TOLD
    """The transitions it tells of."""
    duty_desk: bool = False
    """Whether it belongs to the duty desk, which alone is told of tests and drills."""

    def targets(self) -> tuple[Target, ...]:
        """Its channels."""
        found = []
        for one in self.notify:
            for channel in ("webhook", "email"):
                parameters = getattr(one, channel)
                if parameters is not None:
                    found.append(Target(channel, parameters.model_dump(mode="json")))
        return tuple(found)


@dataclass(frozen=True)
class Routes:
    """All routes. Without any, alarms are on the page only."""

    routes: Sequence[Route] = ()

    def targets(self, alarm: Alarm, transition: Transition) -> tuple[Target, ...]:
        """Who is told of a transition of an alarm; each target once.

        A test or drill goes to the duty desk only: the page, and routes with `duty_desk`.
        """
        found: dict[str, Target] = {}
        for route in self.routes:
            if alarm.test and not route.duty_desk:
                continue
            if transition in route.on and route.when.takes(alarm):
                found |= {target.name: target for target in route.targets()}
        return tuple(found.values())


def _faults(document: Document, index: int, route: Route) -> list[Fault]:
    classes = load_classes()
    found = []
    for name, given, known in (
        ("class", route.when.alarm_class, classes),
        ("kind", route.when.kind, kinds()),
    ):
        for value in given:
            if value not in known:
                line = document.lines.get((index, "when"), 0)
                message = f"there is no {name} {value!r}{did_you_mean(value, known)}"
                found.append(Fault(str(document.file), line, f"[{index}].when.{name}", message))
    return found


def load_routes(estate_folder: Path) -> Routes:
    """Read `routes/*.yaml`; a folder without any has no routes.

    Raises:
        InvalidConfigError: with every fault of every file.
    """
    faults: list[Fault] = []
    routes: list[Route] = []
    for path in sorted((estate_folder / "routes").glob("**/*.yaml")):
        try:
            document = read_yaml(path)
        except InvalidConfigError as error:
            faults += error.faults
            continue
        data = document.data or []
        if not isinstance(data, list):
            faults.append(Fault(str(path), 1, "", "a file of routes is a list of routes"))
            continue
        for index, one in enumerate(data):
            try:
                route = Route.model_validate(one)
            except ValidationError as error:
                faults += from_validation(error, path, document.lines, (index,), model=Route)
                continue
            faults += _faults(document, index, route)
            routes.append(route)
    if faults:
        raise InvalidConfigError(faults)
    return Routes(tuple(routes))
