"""Which work orders make themselves, from `maintenance/*.yaml` of the estate folder.

An entry with `on` makes an order of an alarm, one with `plan` of a calendar.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from alerts.alarm import Alarm
from alerts.order_calendar import Every, spread
from alerts.routes import When
from alerts.rules import load_classes
from alerts.service_times import Within
from alerts.targets import Several
from device_configs.estate import Device, Estate
from device_configs.estate_entries import Id
from device_configs.faults import Fault, InvalidConfigError, from_validation
from device_configs.kinds import kinds
from device_configs.quantities import Label, Strict
from device_configs.suggest import did_you_mean
from device_configs.yaml_file import Document, read_yaml

OVERDUE = "work_order_overdue"
"""The rule whose alarm says that an order is overdue; it never makes an order of its own."""
MAX_ITEMS = 100
"""Most items of a checklist."""


def _label(data: object) -> object:
    return {"zh": data, "en": data} if isinstance(data, str) else data


Item = Annotated[Label, BeforeValidator(_label)]
"""A text in both languages, or one that stands for both."""


class _On(When):
    """Which alarms make an order."""

    rule: Annotated[tuple[str, ...], Several] = ()

    @model_validator(mode="after")
    def _real(self) -> "_On":
        if self.test or self.time is not None:
            raise ValueError("tests make no orders, and alarms make them at any hour")
        return self


class AlarmEntry(Strict):
    """An order for each alarm that fits."""

    on: _On
    team: Id | None = None
    title: Item | None = None
    """The alarm's own where none is given."""
    checklist: tuple[Item, ...] = Field(default=(), max_length=MAX_ITEMS)
    within: Within | None = None
    """The agreed times; those of `service_times.yaml` where none are given."""

    def takes(self, alarm: Alarm) -> bool:
        """Whether an alarm makes an order by this entry."""
        rules = self.on.rule
        return (
            alarm.rule != OVERDUE
            and not alarm.test
            and self.on.takes(alarm)
            and (not rules or alarm.rule in rules)
        )


class PlanEntry(Strict):
    """An order for each device whenever it is due."""

    plan: Id
    title: Item
    kinds: Annotated[tuple[str, ...], Several] = ()
    devices: Annotated[tuple[str, ...], Several] = ()
    """Devices, or parts of them (`panel-1/p017`)."""
    sites: Annotated[tuple[Id, ...], Several] = ()
    """Only devices of these sites and below."""
    every: str
    """`15d`, `2w`, `6mo`, `1y`."""
    first: str | None = Field(default=None, alias="from")
    """The first due day, 2026-12-01; without it each device has days of its own."""
    lead: str | None = None
    """How long before it is due the order is made: `3d`."""
    team: Id | None = None
    checklist: tuple[Item, ...] = Field(default=(), max_length=MAX_ITEMS)

    @field_validator("first")
    @classmethod
    def _day(cls, given: str | None) -> str | None:
        if given is not None:
            dt.date.fromisoformat(given)
        return given

    @model_validator(mode="after")
    def _sound(self) -> "PlanEntry":
        if not self.kinds and not self.devices:
            raise ValueError("name kinds or devices")
        lead = 0 if self.lead is None else Every.read(self.lead).days
        if self.lead is not None and lead == 0:
            raise ValueError(f"lead: {self.lead!r} is no number of days such as 3d")
        if lead >= (self.interval.days or 28 * self.interval.months):
            raise ValueError("lead: is shorter than the interval")
        return self

    @property
    def interval(self) -> Every:
        """The interval, read."""
        return Every.read(self.every)

    @property
    def lead_days(self) -> int:
        """How many days before it is due the order is made."""
        return 0 if self.lead is None else Every.read(self.lead).days

    def due_days(self, device: str, start: dt.date, end: dt.date) -> Iterator[dt.date]:
        """The days from `start` to `end`, both included, on which a device is due."""
        every = self.interval
        if self.first is not None:
            first = dt.date.fromisoformat(self.first)
            return every.days_between(first, start, end, before_first=False)
        return every.days_between(
            spread(self.plan, device, every), start, end, before_first=True
        )  # fmt: skip

    def subjects(self, estate: Estate) -> Iterator[str]:
        """The devices it is for, in the order of the estate."""
        sites = frozenset[str]().union(*(estate.below(site) for site in self.sites))
        for device in estate.devices.values():
            yield from (
                name
                for name in self._named(device)
                if not sites or (estate.place_of(name) or "") in sites
            )

    def _named(self, device: Device) -> Iterator[str]:
        if device.profile.kind.kind in self.kinds or device.id in self.devices:
            yield device.id
        for part in device.parts:
            if f"{device.id}/{part}" in self.devices:
                yield f"{device.id}/{part}"


@dataclass(frozen=True)
class WorkPlans:
    """Every entry. Without any, orders are made by hand only."""

    alarms: Sequence[AlarmEntry] = ()
    plans: Sequence[PlanEntry] = ()

    def entry_for(self, alarm: Alarm) -> AlarmEntry | None:
        """The first entry that takes an alarm; one alarm makes one order."""
        return next((one for one in self.alarms if one.takes(alarm)), None)


def load_work_plans(estate_folder: Path) -> WorkPlans:
    """Read `maintenance/*.yaml`; a folder without any has no entries.

    Raises:
        InvalidConfigError: with every fault of every file.
    """
    faults: list[Fault] = []
    alarms: list[AlarmEntry] = []
    plans: list[PlanEntry] = []
    for path in sorted((estate_folder / "maintenance").glob("**/*.yaml")):
        try:
            document = read_yaml(path)
        except InvalidConfigError as error:
            faults += error.faults
            continue
        data = document.data or []
        if not isinstance(data, list):
            faults.append(Fault(str(path), 1, "", "a file of maintenance is a list of entries"))
            continue
        for index, one in enumerate(data):
            model = PlanEntry if isinstance(one, dict) and "plan" in one else AlarmEntry
            try:
                entry = model.model_validate(one)
            except ValidationError as error:
                faults += from_validation(error, path, document.lines, (index,), model=model)
                continue
            faults += _faults(document, index, entry, {plan.plan for plan in plans})
            if isinstance(entry, PlanEntry):
                plans.append(entry)
            else:
                alarms.append(entry)
    if faults:
        raise InvalidConfigError(faults)
    return WorkPlans(tuple(alarms), tuple(plans))


def _faults(
    document: Document, index: int, entry: AlarmEntry | PlanEntry, plans: set[str]
) -> list[Fault]:
    named: tuple[tuple[str, str, Sequence[str], Sequence[str]], ...]
    if isinstance(entry, PlanEntry):
        named = (("kind", "kinds", entry.kinds, tuple(kinds())),)
    else:
        named = (
            ("class", "on.class", entry.on.alarm_class, tuple(load_classes())),
            ("kind", "on.kind", entry.on.kind, tuple(kinds())),
        )
    found = []
    for name, key, given, known in named:
        for value in given:
            if value not in known:
                line = document.lines.get((index, key.split(".")[0]), 0)
                message = f"there is no {name} {value!r}{did_you_mean(value, known)}"
                found.append(Fault(str(document.file), line, f"[{index}].{key}", message))
    if isinstance(entry, PlanEntry) and entry.plan in plans:
        line = document.lines.get((index, "plan"), 0)
        message = f"there is a plan {entry.plan!r} already"
        found.append(Fault(str(document.file), line, f"[{index}].plan", message))
    return found
