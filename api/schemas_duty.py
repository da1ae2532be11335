"""Schemas of the duty list and of roll-calls; the entries themselves are those of `alerts`."""

import datetime as dt

from device_configs.estate_entries import Id
from device_configs.quantities import Label, Strict


class OnDuty(Strict):
    """Who is on duty by one schedule."""

    schedule: str
    name: Label
    people: int
    """How many are to be."""
    contacts: list[str]
    gap_at: dt.datetime | None
    """When too few begin to be on duty, within 24 h."""
    until: dt.datetime | None
    """When the crew changes next; null when it does not within 14 days."""
    next: list[str]
    """Who is on duty then."""


class DutyTurn(Strict):
    """One shift of one day."""

    schedule: str
    shift: str
    day: dt.date
    """On the wall of the schedule's zone; a night shift belongs to the day it starts on."""
    start: dt.datetime
    end: dt.datetime
    crew: list[str]
    swapped: bool
    """Whether it deviates from the rotation."""


class NewRollCall(Strict):
    """Whom to call."""

    site: Id


class RollCallItem(Strict):
    """One roll-call."""

    id: int
    site: str
    alarm: int
    asked_by: str
    asked_at: dt.datetime
    due_at: dt.datetime
    answered_by: str | None
    answered_at: dt.datetime | None
    missed: bool
    """Not answered in time."""


class RollCallPage(Strict):
    """The newest roll-calls, newest first."""

    items: list[RollCallItem]
