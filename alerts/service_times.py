"""Agreed times of work orders, by class and severity of the alarm, from `service_times.yaml`."""

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, model_validator

from alerts.alarm import Severity
from alerts.rules import load_classes
from alerts.targets import Several
from alerts.work_orders import Agreed
from device_configs.durations import Seconds
from device_configs.quantities import Strict
from device_configs.yaml_file import read_yaml

_FILE = Path(__file__).with_name("service_times.yaml")


class Within(Strict):
    """Within which time each step has to be taken, from when the order's clock starts."""

    accept: Seconds | None = None
    arrive: Seconds | None = None
    finish: Seconds | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Within":
        given = [one for one in (self.accept, self.arrive, self.finish) if one is not None]
        if not given:
            raise ValueError("give at least one of accept, arrive, finish")
        if given != sorted(given):
            raise ValueError("accept, arrive and finish come in this order")
        return self

    def agreed(self, start_ms: int) -> Agreed:
        """The moments, where the clock starts at `start_ms` [ms, UTC]."""
        return Agreed(*(
            None if one is None else start_ms + round(one * 1000)
            for one in (self.accept, self.arrive, self.finish)
        ))  # fmt: skip


class ServiceTime(Within):
    """One entry of `service_times.yaml`: what is not given, is not asked."""

    alarm_class: Annotated[tuple[str, ...], Several] = Field(default=(), alias="class")
    severity: Annotated[tuple[Severity, ...], Several] = ()
    source: str


@cache
def service_times() -> tuple[ServiceTime, ...]:
    """Every entry, in order."""
    return TypeAdapter(tuple[ServiceTime, ...]).validate_python(read_yaml(_FILE).data)


def within_of(alarm_class: str, severity: Severity) -> ServiceTime:
    """The times of an alarm; there is an entry for every severity."""
    return next(
        one
        for one in service_times()
        if (not one.alarm_class or alarm_class in one.alarm_class)
        and (not one.severity or severity in one.severity)
    )


def starts_with_alarm(alarm_class: str) -> bool:
    """Whether the clock starts when the alarm is raised, and not when the order is made.

    For life safety: who is trapped has waited since then.
    """
    known = load_classes().get(alarm_class)
    return known is not None and known.life_safety
