"""Routes: who is told of which alarm, read from `routes/*.yaml` of the estate folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from alerts.alarm import Alarm, Severity, Transition
from alerts.rules import load_classes
from alerts.targets import Notify, Several, Target
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
)


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
        return tuple(target for one in self.notify for target in one.targets())


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
