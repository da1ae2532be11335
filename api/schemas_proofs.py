"""The shapes of proofs, of an elevator's register, and of a rescue."""

import datetime as dt

from pydantic import Field

from alerts.rescue import RescueStep
from api.schemas import Labelled, Shape


class RescueRequest(Shape):
    """`POST alarms/{alarm}/rescue`."""

    step: RescueStep
    note: str | None = Field(default=None, max_length=2000)


class ProofRequest(Shape):
    """`POST devices/{device}/proofs`: something was done to a device."""

    kind: str
    """functional_test, maintenance or inspection: those of the device's kind."""
    done_on: dt.date
    """The day in the estate's time zone."""
    next_due: dt.date | None = None
    """The last day for which it is good; by the kind's interval where absent."""
    with_parts: bool = False
    """Whether it was done to every part of the device, too."""
    note: str | None = Field(default=None, max_length=2000)


class ProofItem(Shape):
    """One proof."""

    id: int
    device: str
    kind: str
    done_on: dt.date
    next_due: dt.date | None
    with_parts: bool
    by: str
    note: str | None
    created_at: dt.datetime
    taken_back_by: str | None
    taken_back_at: dt.datetime | None


class ProofStanding(Shape):
    """How a device stands with one kind of proof."""

    kind: str
    label: Labelled
    source: str
    every_days: int | None
    done_on: dt.date | None
    """The last time; null where it is not known."""
    due_on: dt.date | None
    """The last day for which it is good; null where it is not known."""
    overdue: bool
    """Whether that day is over."""


class Firm(Shape):
    """Who maintains an elevator."""

    name: Labelled
    phone: str


class ElevatorItem(Shape):
    """What the law knows of an elevator."""

    registration_code: str | None
    maker_code: str | None
    factory_number: str | None
    rescue_code: str | None
    firm: Firm | None
    load_kg: float | None
    floors: int | None
    stops: int | None


class DeviceProofs(Shape):
    """`GET devices/{device}/proofs`."""

    elevator: ElevatorItem | None
    standings: list[ProofStanding]
    proofs: list[ProofItem]
    """The newest first, those of its parts included."""
