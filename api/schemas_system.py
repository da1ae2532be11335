"""The shapes of what the service says of itself and of its libraries."""

import datetime as dt

from api.schemas import Labelled, PointInfo, Shape


class Version(Shape):
    """`GET version`."""

    version: str
    revision: str
    """Of the estate folder."""


class KindInfo(Shape):
    """A row of `GET kinds`; point names with `{n}` or `{name}` are patterns."""

    kind: str
    label: Labelled
    system: str
    points: list[PointInfo]


class ProfileSummary(Shape):
    """A row of `GET profiles`."""

    id: str
    kind: str
    vendor: str
    model: str
    protocol: str
    source: str
    verified: str
    points: int
    points_verified: dict[str, int]
    """How many points are proven how well: capture, two_sources, document, driver, weak."""
    parts: int
    devices: int
    """Devices of the estate that use it, among those the caller may see."""
    note: str | None


class Heartbeat(Shape):
    """Event `heartbeat` of the live stream."""

    at: dt.datetime
