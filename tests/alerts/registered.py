"""Elevators with a register, and days, for the tests of deadlines and proofs."""

import datetime as dt
from dataclasses import replace

from device_configs.elevator_register import ElevatorRegister
from device_configs.estate import Device
from tests.alerts.desk import START
from tests.alerts.estates import device

TODAY = dt.datetime.fromtimestamp(START / 1000, dt.timezone(dt.timedelta(hours=8))).date()
"""The day on which the tests of alerts begin, in Asia/Shanghai."""


def day(number: int) -> dt.date:
    """So many days from today."""
    return TODAY + dt.timedelta(days=number)


def lift(name: str = "lift-1", tested: dt.date | None = None, **register: object) -> Device:
    """An elevator with what the estate says of it."""
    plain = device(name, "elevator", protocol="mqtt", interval_s=60)
    given = ElevatorRegister.model_validate(register)
    entry = plain.entry.model_copy(update={"elevator": given, "tested": tested})
    return replace(plain, entry=entry)


def with_test(plain: Device, on: dt.date) -> Device:
    """A device whose function was tested on a day."""
    return replace(plain, entry=plain.entry.model_copy(update={"tested": on}))
