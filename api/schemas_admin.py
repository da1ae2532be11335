"""The shapes of what administrators look at: sitewatch itself, rules, revisions of the estate."""

import datetime as dt

from pydantic import Field

from api.schemas import Labelled, LatestItem, Shape


class StageState(Shape):
    """One stage of the service."""

    name: str
    state: str
    """`ok`, or why it does not work."""


class Figure(Shape):
    """One of the service's own metrics at this moment (docs/metrics.md)."""

    name: str
    labels: dict[str, str]
    value: float


class ChannelState(Shape):
    """How a channel did with the newest notifications."""

    channel: str
    waiting: int
    """Neither sent nor given up."""
    given_up: int
    """Of the newest notifications, those it refused for good."""
    sent_at: dt.datetime | None
    """When it last took one; null where it took none of the newest."""
    last_error: str | None
    """Of the newest notification that was not taken; null where none is."""
    failed_at: dt.datetime | None
    """When that was made."""


class DatabaseState(Shape):
    """The database of accounts, alarms and evidence."""

    dialect: str
    schema_revision: str | None
    """Of its tables; null where the database does not say."""
    answered_ms: float | None
    """How long it took to answer this question [ms]; null where it did not."""


class LinesState(Shape):
    """The lines to the devices, together."""

    lines: int
    connected: int
    devices: int
    answering: int
    silent: int
    never_tried: int


class ServiceState(Shape):
    """`GET service`: sitewatch itself. What is not known is absent or null, never good."""

    at: dt.datetime
    """The service's clock."""
    version: str
    revision: str
    status: str
    """`ok`, `degraded` or `down`."""
    is_watched: bool
    """Whether the watching half answers; else no value below is of now."""
    stages: list[StageState]
    values: list[LatestItem]
    """What the service says of itself as device `sitewatch`, each with its quality and age."""
    figures: list[Figure]
    channels: list[ChannelState]
    lines: LinesState
    dead_letters: int
    """Kept since the start of the service."""
    dead_letters_dropped: int
    """Above the limit of their source, since the start of the service."""
    database: DatabaseState


class RuleItem(Shape):
    """A row of `GET rules`: one version of a rule, as it holds where its entries say."""

    rule: str
    title: Labelled
    kinds: list[str]
    point: str
    points: list[str]
    except_points: list[str]
    devices: list[str]
    """Only for these devices or parts; for all where the list and `sites` are empty."""
    sites: list[str]
    """Only at these sites, or in buildings of these fire classes."""
    when: str
    """The condition with its thresholds."""
    alarm_class: str
    class_title: Labelled
    severity: str
    latch: bool
    on_delay_s: float
    off_delay_s: float
    enabled: bool
    source: str
    confidence: str | None
    note: str | None
    own: bool
    """Whether the estate's own files changed or made it."""
    origin: dict[str, str]
    """Setting to the file and line that gave it."""


class RevisionItem(Shape):
    """A row of `GET revisions`: one accepted state of the estate folder."""

    number: int
    hash: str
    accepted_at: dt.datetime
    accepted_by: str
    """What took it up: `start`, `estate folder`."""
    added: list[str]
    changed: list[str]
    removed: list[str]
    current: bool
    """Whether the service works with it now."""


class FileDifference(Shape):
    """How one file differs between two revisions."""

    file: str
    change: str
    """`added`, `changed` or `removed`."""
    lines: list[str] | None
    """A unified difference, secrets masked; null where the file is too large to be compared."""


class RevisionDifference(Shape):
    """`GET revisions/{number}/difference?base=`."""

    number: int
    base: int | None
    """The revision it is compared with; null where it is compared with nothing."""
    files: list[FileDifference]


class EstateFiles(Shape):
    """`POST estate/check`: YAML files laid over the folder of now.

    A file is named by its place in the folder; a name alone takes the place of the one file there
    that has it.
    """

    files: dict[str, str] = Field(min_length=1, max_length=500)


class EstateFault(Shape):
    """One thing that is wrong, as `sitewatch check` says it."""

    file: str
    line: int
    """0 where it belongs to no line."""
    field: str
    message: str


class EstateVerdict(Shape):
    """What a check of an estate found; nothing was taken up."""

    good: bool
    faults: list[EstateFault]
    cut: int
    """Faults beyond those that are listed."""
    files: int
    """Files that were looked at."""
    added: list[str]
    """Files that the folder of now does not have."""
    changed: list[str]
    removed: list[str]


class WirePoint(Shape):
    """How one point is read off the wire."""

    name: str
    address: dict[str, object]
    """Register, table and type, or topic and path, as the profile gives them."""
    mapping: dict[str, object]
    """How the raw value becomes the stored one: scale, values, missing ..."""
    unit: str
    """Stored unit."""
    verified: str
    refused: str | None
    """What the device said when it would not give it."""


class DeviceMap(Shape):
    """`GET devices/{device}/map`: how a device is read, for integrators."""

    device: str
    profile: str
    protocol: str
    line: str | None
    settings: dict[str, object]
    """The protocol's section of the profile."""
    points: list[WirePoint]
    part_points: list[WirePoint]
