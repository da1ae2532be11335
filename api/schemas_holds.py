"""The shapes of shelving, maintenance windows and drills."""

import datetime as dt

from pydantic import Field

from alerts.holds import LONGEST_REASON
from api.schemas import Shape

_MAX_NAMES = 1000


class ShelveRequest(Shape):
    """`POST alarms/{id}/shelve`: put it aside; without a duration as long as its class allows."""

    reason: str = Field(min_length=1, max_length=LONGEST_REASON)
    duration_s: int | None = Field(default=None, ge=1, le=30 * 86400)
    """[s]"""
    once: bool = False
    """Only until it has returned to normal (OPC UA: OneShotShelved)."""


class WindowRequest(Shape):
    """`POST maintenance`: what is out of service; everything that is given must fit an alarm."""

    owner: str = Field(min_length=1, max_length=100)
    """Who answers for the work."""
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)
    site: str | None = None
    """A site; everything below is included."""
    devices: list[str] = Field(default=[], max_length=_MAX_NAMES)
    """Devices with all their parts, or single parts."""
    rules: list[str] = Field(default=[], max_length=_MAX_NAMES)
    classes: list[str] = Field(default=[], max_length=_MAX_NAMES)
    """Life safety is out of service only where its class is named and a second person confirms."""
    starts_at: dt.datetime | None = None
    """Now, when absent."""
    ends_at: dt.datetime


class WindowItem(Shape):
    """One maintenance window."""

    id: int
    owner: str
    reason: str
    site: str | None
    devices: list[str]
    rules: list[str]
    classes: list[str]
    starts_at: dt.datetime
    ends_at: dt.datetime
    created_by: str
    created_at: dt.datetime
    confirmed_by: str | None
    confirmed_at: dt.datetime | None
    ended_by: str | None
    needs_second_person: bool
    """It names a class of life safety, and nobody else has confirmed it yet."""
    running: bool


class WindowPage(Shape):
    """`GET maintenance`, newest first."""

    items: list[WindowItem]
    next: str | None = None


class DrillRequest(Shape):
    """`POST drills`: announce one; it marks alarms of a class at what it names, for 2 h at most."""

    owner: str = Field(min_length=1, max_length=100)
    """Who answers for it."""
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)
    alarm_class: str
    """What is exercised; every other class stays real."""
    site: str | None = None
    """A site; everything below is included."""
    devices: list[str] = Field(default=[], max_length=_MAX_NAMES)
    """Devices with all their parts, or single parts."""
    starts_at: dt.datetime | None = None
    """Now, when absent."""
    ends_at: dt.datetime


class DrillItem(Shape):
    """One announced drill."""

    id: int
    owner: str
    reason: str
    alarm_class: str
    site: str | None
    devices: list[str]
    starts_at: dt.datetime
    ends_at: dt.datetime
    created_by: str
    created_at: dt.datetime
    ended_by: str | None
    running: bool


class DrillPage(Shape):
    """`GET drills`, newest first."""

    items: list[DrillItem]
    next: str | None = None
