"""The shapes of the HTTP interface, version 1; the page's types are generated from them."""

import datetime as dt
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from alerts.alarm import Finding

Value = float | int | bool | str | None
Labelled = dict[str, str]
"""A text by language: `{"zh": ..., "en": ...}`."""


class Shape(BaseModel):
    """Base of all answers: frozen, nothing but what is declared."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Health(Shape):
    """`GET health`: public; 503 when down."""

    status: str
    """ok, degraded or down."""
    stages: dict[str, str]
    """Stage (collectors, journal, recorder, store, engine, outbox) to ok or a reason."""
    version: str


class Session(Shape):
    """`GET session`: who is signed in."""

    username: str
    roles: list[str]
    sites: list[str]
    """The sites the person may see; everything below them is included."""
    csrf_token: str
    language: str | None = None
    must_change_password: bool = False
    must_enrol: bool = False
    """Whether the roles ask for a second factor that is not there yet."""


class PowerShare(Shape):
    """How much of a power figure is known."""

    known: float | None
    """Sum of what is known [W], less than the whole while `unknown` is not 0."""
    sources: int
    """How many meters, inverters or piles the whole has; for `power`, how many balances."""
    unknown: int
    """How many of them have no current value."""


class SiteState(Shape):
    """What a site and everything below it comes to now."""

    alarms: dict[str, int]
    """Open alarms by severity: emergency, high, medium, info; those of tests are not in it."""
    unacked: int
    """Of these, how many nobody has acknowledged."""
    worst: str | None
    devices: int
    devices_connected: int
    power_now: float | None
    """Consumption now, by the meter tree: grid import plus PV minus export. [W]"""
    grid_now: float | None
    """Grid import, negative when exporting. [W]"""
    pv_now: float | None
    """[W]"""
    charging_now: float | None
    """[W]"""
    charging_sessions: int
    protected: int
    """Places whose fire and elevator monitoring works."""
    unprotected: int
    """Places whose monitoring is lost, in test, shielded or in fault."""
    tests: int = 0
    """Open alarms of tests and drills."""
    degraded: int = 0
    """Places that are still watched, with less than they should be."""
    classes: dict[str, int] = {}
    """Open alarms by class; those of tests are not in it."""
    shares: dict[str, PowerShare] = {}
    """`power`, `grid`, `pv`, `charging`: what is known where the figure itself is None."""


class SiteNode(Shape):
    """A node of `GET sites`; a flat list, parents before children."""

    id: str
    level: str
    """estate, community, building or place."""
    role: str | None
    parent: str | None
    name: Labelled
    area_m2: float | None = None
    occupants: int | None = None
    state: SiteState


class PointInfo(Shape):
    """What a point of a device means."""

    name: str
    label: Labelled
    unit: str
    type: str
    speed: str
    counter: bool
    values: dict[str, Labelled]
    verified: str | None = None


class PartInfo(Shape):
    """A part of a device."""

    id: str
    """`device/part`."""
    place: str
    name: Labelled | None
    type: str | None
    kind: str
    unplaced: bool = False
    """Seen on the wire, but not in the estate."""


class DeviceSummary(Shape):
    """A row of `GET devices`."""

    id: str
    name: Labelled
    kind: str
    kind_label: Labelled
    system: str
    profile: str
    vendor: str
    model: str
    verified: str
    place: str
    community: str | None
    connected: bool | None
    """None before the first attempt has ended."""
    reason: str | None
    last_seen_at: dt.datetime | None
    interval_s: float
    parts: int
    alarms: int
    rating_w: float | None = None
    """Its rated power of today. [W]"""
    floors: int | None = None
    """How many an elevator serves, where its register says so."""
    safety_points: list[str] = []
    """Points at safety speed that its profile names: it is normal only while all are known."""
    part_safety_points: list[str] = []
    """The same of each of its parts."""


class DeviceDetail(DeviceSummary):
    """`GET devices/{id}`."""

    link: str
    protocol: str
    line: str | None
    """The line it is read on, as `GET lines/{name}` has it; None while there is none."""
    refused: dict[str, str]
    """Points that the device says it does not have, each with its word: its profile, its firmware
    or a setting is wrong."""
    source: str
    note: str | None
    points: list[PointInfo]
    part_points: list[PointInfo]
    part_list: list[PartInfo]


class LatestItem(Shape):
    """One live value: of `GET latest` and of the live stream."""

    device: str
    point: str
    value: Value
    unit: str
    quality: str
    """good, suspect, missing or stale."""
    reason: str | None
    source_at: dt.datetime | None
    received_at: dt.datetime


class Latest(Shape):
    """`GET latest?site=&kind=&device=`."""

    items: list[LatestItem]


class SeriesPoint(Shape):
    """One point of a series: `data` rows are [time, value, quality]."""

    unit: str
    data: list[tuple[dt.datetime, Value, str]]


class Series(Shape):
    """`GET devices/{id}/series?points=&start=&end=&step=&aggregate=`."""

    points: dict[str, SeriesPoint]


class RescueItem(Shape):
    """The clock of the rescue of people who are trapped."""

    since: dt.datetime
    due_at: dt.datetime
    """When somebody has to be on site at the latest."""
    on_the_way_at: dt.datetime | None
    on_site_at: dt.datetime | None
    released_at: dt.datetime | None
    late: bool
    """Nobody was on site in time; it stays so."""


class VendorFaultItem(Shape):
    """What the maker of a device says of the fault code that raised an alarm."""

    code: str
    """As the maker writes it."""
    text: Labelled
    fault_class: str | None
    """entrapment, unintended_movement, door, drive, safety_chain, call or info; null where the
    maker's table does not have the code."""
    vendor_class: str | None
    """How the maker himself classes it, in his words, where his table says so."""
    table: str


class AlarmItem(Shape):
    """One alarm of `GET alarms`, of the live stream and of the webhook."""

    id: int
    rule: str
    title: Labelled
    alarm_class: str
    severity: str
    """emergency, high, medium or info."""
    device: str
    """`device` or `device/part`."""
    device_name: Labelled
    point: str
    place: str
    place_path: list[Labelled]
    """Names from the community down to the place."""
    unplaced: bool = False
    """Seen on the wire, but not in the estate: it stands at its parent's place."""
    state: str
    """Derived: active_unacked, active_acked, returned_unacked, latched_unacked, latched_acked,
    cleared."""
    active: bool
    acked: bool
    latched: bool
    quality: str
    """good, or unknown while the point has no data."""
    held: list[str]
    """shelved, inhibited, out_of_service."""
    test: bool
    occurrences: int
    value: Value
    raised_at: dt.datetime
    updated_at: dt.datetime
    acked_by: str | None = None
    acked_at: dt.datetime | None = None
    cleared_at: dt.datetime | None = None
    note: str | None = None
    group: int
    """Number of the first alarm of its incident: its own where it is the first."""
    first_in_group: bool
    """OPC UA Part 9: FirstInGroup."""
    chattering: bool
    """Raised again and again: messages about it are one, unless people may be in danger."""
    rescue: RescueItem | None = None
    """Of an entrapment; `POST alarms/{alarm}/rescue` notes its steps."""
    vendor: VendorFaultItem | None = None
    """Of a fault code."""
    shelving_state: str
    """OPC UA Part 9, ShelvingState: Unshelved, TimedShelved or OneShotShelved."""
    shelved_until: dt.datetime | None = None
    shelved_by: str | None = None
    shelved_reason: str | None = None
    max_time_shelved_s: float | None = None
    """OPC UA Part 9, MaxTimeShelved; null where it cannot be shelved. [s]"""
    suppressed_or_shelved: bool
    """OPC UA Part 9, SuppressedOrShelved: held by anything, so that nobody is told."""


class AlarmPage(Shape):
    """`GET alarms?state=open|all&site=&severity=&device=&limit=&after=`."""

    items: list[AlarmItem]
    next: str | None = None


class AlarmEvent(Shape):
    """One step in an alarm's life: `GET alarms/{id}/events`."""

    at: dt.datetime
    event: str
    """raised, acknowledged, returned, latched, reset, cleared, quality_lost, quality_back,
    shelved, inhibited, out_of_service, released, ..."""
    actor: str | None
    note: str | None
    source_at: dt.datetime | None
    value: float | int | bool | str | None = None
    """What was read, or what was found."""


class FindingRequest(Shape):
    """`POST alarms/{id}/finding`: what an alarm turned out to be."""

    finding: Finding
    note: str | None = None


class AckRequest(Shape):
    """`POST alarms/{id}/ack`, and `/reset`, where a note is required."""

    note: str | None = None


class CoverageState(StrEnum):
    """Whether a place is protected now."""

    PROTECTED = "protected"
    DEGRADED = "degraded"
    UNPROTECTED = "unprotected"


class CoverageItem(Shape):
    """A place and a system with its protection now: `GET coverage?site=`."""

    place: str
    community: str | None
    system: str
    """fire or elevator."""
    state: CoverageState
    reasons: list[str]
    """no_data, silent, in_test, drill, shielded, fault, monitoring_lost, refused, not_proven."""
    devices: list[str]
    units: int
    """Devices and parts that protect the place, working or not."""
    proven: int
    """Of these, those that were tested in time."""
    never_tested: int
    """Of these, those of which no test is known."""
    oldest_proof: dt.date | None
    """The oldest of their newest tests; null where no test is known."""
    heard_at: dt.datetime | None
    """The oldest of their newest values; null where one of them was never heard."""


class CoverageBranch(Shape):
    """One system of one branch; counts are of places, `units` of devices and parts."""

    community: str | None
    system: str
    protected: int
    degraded: int
    unprotected: int
    units: int
    proven: int
    never_tested: int
    proven_share: float | None
    """Share of the units that were tested in time, 0 to 1; null where no test is known."""
    oldest_proof: dt.date | None


class BlindPeriod(Shape):
    """A time in which sitewatch did not run and saw nothing."""

    start: dt.datetime = Field(serialization_alias="from")
    end: dt.datetime = Field(serialization_alias="to")


class Coverage(Shape):
    """`GET coverage?site=`."""

    items: list[CoverageItem]
    protected: int
    degraded: int
    unprotected: int
    branches: list[CoverageBranch]
    blind: list[BlindPeriod]
    """When sitewatch did not run, in the last 30 days, the newest first."""


class EnergyRow(Shape):
    """One period of one site, device or carrier in the energy report. All energies in [Wh]."""

    period: str
    """`2026-11-23` or `2026-11`."""
    start: dt.datetime
    end: dt.datetime
    consumption_wh: float | None
    grid_import_wh: float | None
    grid_export_wh: float | None
    pv_wh: float | None
    charging_wh: float | None
    missing_share: float
    """Share of meter time without data, 0 to 1."""
    recovered_share: float
    """Share of energy in intervals that were bridged by the counter difference, 0 to 1."""


class EnergyReport(Shape):
    """`GET reports/energy?site=&period=2026-11&step=day|month&format=json|csv`."""

    site: str
    site_name: Labelled
    period: str
    step: str
    timezone: str
    revision: str
    meters: list[str]
    """The devices the figures come from."""
    rows: list[EnergyRow]
    total: EnergyRow
    notes: list[str]
    """What a reader must know: unmetered communities, missing counters. Catalogue keys."""


class Problem(BaseModel):
    """RFC 9457 problem document; every error answer is one."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    instance: str | None = None
