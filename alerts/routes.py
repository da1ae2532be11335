"""Routes: who is told of which alarm, read from `routes/*.yaml` of the estate folder."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError

from alerts.alarm import Alarm, Severity, Transition
from alerts.contacts import REACHING, Addressee, Directory, Told
from alerts.duty import wall
from alerts.escalation import DEFAULT, Chain, To, default_chain, load_chains, same_people
from alerts.hours import Hours
from alerts.rules import load_classes
from alerts.steps_told import telling
from alerts.targets import Notify, Several, Target
from device_configs.estate_entries import Id
from device_configs.faults import Fault, InvalidConfigError, from_validation
from device_configs.kinds import kinds
from device_configs.quantities import Strict
from device_configs.suggest import did_you_mean
from device_configs.yaml_file import Document, read_yaml


class When(Strict):
    """Which alarms a route takes; what is not given, is not asked."""

    severity: Annotated[tuple[Severity, ...], Several] = ()
    alarm_class: Annotated[tuple[str, ...], Several] = Field(default=(), alias="class")
    site: Annotated[tuple[Id, ...], Several] = ()
    kind: Annotated[tuple[str, ...], Several] = ()
    test: bool | None = None
    time: Hours | None = None

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
    notify: tuple[To, ...] = Field(min_length=1)
    on: Annotated[tuple[Transition, ...] | None, Several] = None
    """The steps it tells of; where none are given, those of each channel (`steps_told`)."""
    duty_desk: bool = False
    """Whether it belongs to the duty desk, which alone is told of tests and drills."""
    escalate: Id | None = None
    """The chain of steps while nobody acknowledges; `default` is that of the alarm's class."""

    def chain(self, alarm: Alarm, chains: Mapping[str, Chain]) -> Chain | None:
        """Its chain for an alarm."""
        if self.escalate == DEFAULT:
            return default_chain(alarm.alarm_class)
        return chains.get(self.escalate or "")


def sites_of(alarm: Alarm) -> frozenset[str]:
    """The place of an alarm and all sites above it."""
    return frozenset({alarm.place, *(step.id for step in alarm.path)})


def told_by(
    notify: Iterator[Addressee | Notify] | Sequence[Addressee | Notify],
    alarm: Alarm,
    directory: Directory,
    now_ms: int,
    usable: Collection[str] = REACHING,
) -> tuple[Told, ...]:
    """The targets that entries of `notify` mean for an alarm at a moment, each once."""
    found: dict[str, Told] = {}
    emergency = alarm.severity is Severity.EMERGENCY and not alarm.test
    for one in notify:
        if isinstance(one, Addressee):
            several = directory.told(
                one, sites_of(alarm), now_ms, usable=usable, emergency=emergency
            )
        else:
            several = tuple(Told(target) for target in one.targets())
        for told in several:
            found.setdefault(told.target.name, told)
    return tuple(found.values())


@dataclass(frozen=True)
class Routes:
    """All routes. Without any, alarms are on the page only."""

    routes: Sequence[Route] = ()
    chains: Mapping[str, Chain] = field(default_factory=dict)
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    """On whose wall the hours of a route are."""
    usable: Collection[str] = REACHING
    """The channels to a person of which the settings have an account."""

    def targets(self, alarm: Alarm, transition: Transition) -> tuple[Target, ...]:
        """Who is told of a transition of an alarm by address; each target once."""
        now = alarm.updated_at
        return tuple(told.target for told in self.told(alarm, transition, Directory(), now))

    def told(
        self, alarm: Alarm, transition: Transition, directory: Directory, now_ms: int
    ) -> tuple[Told, ...]:
        """Who is told of a transition of an alarm; each target once.

        A test or drill goes to the duty desk only: the page, and routes with `duty_desk`.
        """
        found: dict[str, Told] = {}
        for route in self._taking(alarm, directory, now_ms):
            for one in told_by(route.notify, alarm, directory, now_ms, self.usable):
                target = telling(one.target, transition, route.on)
                if target is not None:
                    found.setdefault(target.name, replace(one, target=target))
        return tuple(found.values())

    def escalating(self, alarm: Alarm, directory: Directory, now_ms: int) -> tuple[Chain, ...]:
        """The chains that begin when an alarm is raised; each once.

        An emergency for which no route gives one is repeated to those whom its routes tell.
        """
        found: dict[str, Chain] = {}
        taking = tuple(self._taking(alarm, directory, now_ms))
        for route in taking:
            chain = route.chain(alarm, self.chains)
            if chain is not None:
                found[chain.escalation] = chain
        if not found and alarm.severity is Severity.EMERGENCY and not alarm.test:
            again = [
                one
                for route in taking
                if route.on is None or Transition.RAISED in route.on
                for one in route.notify
            ]
            return (same_people(again),) if again else ()
        return tuple(found.values())

    def addressees(self) -> Iterator[Addressee]:
        """Everyone that routes and chains name; the default chains where a route has them."""
        default = [
            chain
            for name in load_classes()
            if any(route.escalate == DEFAULT for route in self.routes)
            and (chain := default_chain(name)) is not None
        ]
        steps = [step for chain in (*self.chains.values(), *default) for step in chain.steps]
        notify = [route.notify for route in self.routes] + [step.notify for step in steps]
        for entries in notify:
            yield from (one for one in entries if isinstance(one, Addressee))

    def _taking(self, alarm: Alarm, directory: Directory, now_ms: int) -> Iterator[Route]:
        local = wall(self.timezone, now_ms)
        for route in self.routes:
            if alarm.test and not route.duty_desk:
                continue
            time = route.when.time
            if time is not None and not time.holds(local, directory.calendar):
                continue
            if route.when.takes(alarm):
                yield route


def _faults(
    document: Document, index: int, route: Route, chains: Mapping[str, Chain]
) -> list[Fault]:
    escalate = (route.escalate,) if route.escalate else ()
    found = []
    for name, key, given, known in (
        ("class", "when.class", route.when.alarm_class, load_classes()),
        ("kind", "when.kind", route.when.kind, kinds()),
        ("escalation", "escalate", escalate, {DEFAULT, *chains}),
    ):
        for value in given:
            if value not in known:
                line = document.lines.get((index, key.split(".")[0]), 0)
                message = f"there is no {name} {value!r}{did_you_mean(value, known)}"
                found.append(Fault(str(document.file), line, f"[{index}].{key}", message))
    return found


def load_routes(estate_folder: Path) -> Routes:
    """Read `routes/*.yaml` and `escalations/*.yaml`; a folder without any has no routes.

    Raises:
        InvalidConfigError: with every fault of every file.
    """
    faults: list[Fault] = []
    routes: list[Route] = []
    chains: Mapping[str, Chain] = {}
    try:
        chains = load_chains(estate_folder)
    except InvalidConfigError as error:
        faults += error.faults
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
            faults += _faults(document, index, route, chains)
            routes.append(route)
    if faults:
        raise InvalidConfigError(faults)
    return Routes(tuple(routes), chains)
