"""What a person writes in an estate folder: the models of `estate.yaml` and of devices."""

import datetime as dt
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from device_configs.dated import DatedCount, DatedNumber, DatedText
from device_configs.durations import Seconds
from device_configs.elevator_register import ElevatorRegister
from device_configs.quantities import Label, Strict

ID_PATTERN = r"^[a-z0-9][a-z0-9-]{0,62}$"
Id = Annotated[str, Field(pattern=ID_PATTERN)]


class Level(StrEnum):
    """How deep in the tree a site stands."""

    ESTATE = "estate"
    COMMUNITY = "community"
    BUILDING = "building"
    PLACE = "place"


class Role(StrEnum):
    """What a community is in the 1+17+7."""

    CENTRE = "centre"
    COMPOUND = "compound"
    DISTRICT = "district"


class FireClass(StrEnum):
    """What a building asks of its fire water (GB 50974-2014, clauses 5.2.1 and 5.2.2)."""

    ABOVE_100_M = "above_100_m"
    """A public building higher than 100 m."""
    HIGH_RISE_1 = "high_rise_1"
    """A high-rise public building of class 1, up to 100 m."""
    OTHER_PUBLIC = "other_public"
    """A high-rise public building of class 2, or one of several storeys."""


class Place(Strict):
    """A room, corridor, shaft or zone of a building."""

    id: Id
    name: Label


class Building(Strict):
    """A building of a community."""

    id: Id
    name: Label
    floors: int | None = Field(default=None, ge=1)
    fire_class: FireClass | None = None
    area_m2: DatedNumber | None = None
    green_stars: DatedCount | None = None
    """Of GB/T 50378; 0 says that it has none."""
    outside_boundary: str | None = None
    """Why its own meters are not in the statistics: dormitory, let space."""
    places: Sequence[Place] = ()


class Inventory(Strict):
    """What a community owns, as the three rates and the statutory sheet need it."""

    institutions: DatedCount | None = None
    institutions_with_nev: DatedCount | None = None
    """Those that have at least one new energy vehicle."""
    vehicles: DatedCount | None = None
    new_energy_vehicles: DatedCount | None = None
    vehicles_bought: DatedCount | None = None
    """New and renewed, in the year of the version's first day."""
    new_energy_vehicles_bought: DatedCount | None = None
    parking_bays: DatedCount | None = None
    charging_bays: DatedCount | None = None
    """Parking bays with a charging pile; those that sitewatch reads where it is not given."""
    roof_area_m2: DatedNumber | None = None
    usable_roof_area_m2: DatedNumber | None = None
    pv_area_m2: DatedNumber | None = None
    pv_rating_w: DatedNumber | None = None
    retrofit_due_area_m2: DatedNumber | None = None
    retrofitted_area_m2: DatedNumber | None = None
    administrative_centres: DatedCount | None = None
    epc_centres: DatedCount | None = None
    """Those under an energy performance contract."""
    water_fittings: DatedCount | None = None
    water_saving_fittings: DatedCount | None = None


class Community(Strict):
    """A compound, a district or the centre."""

    id: Id
    role: Role
    name: Label
    parent: Id | None = None
    area_m2: DatedNumber | None = None
    occupants: DatedCount | None = None
    inventory: Inventory = Inventory()
    buildings: Sequence[Building] = ()
    places: Sequence[Place] = ()


class MeterRole(StrEnum):
    """The place of a meter in the meter tree of its carrier."""

    GRID = "grid"
    GENERATION = "generation"
    SUBMETER = "submeter"


class Metering(Strict):
    """Where a meter stands in the meter tree."""

    role: MeterRole
    of: Id | None = None
    """For a submeter: the device it is below, else its site's grid meters."""
    energy_code: str | None = Field(default=None, pattern=r"^[0-9A-Z]{5}$")
    outside_boundary: str | None = None
    """Why it is not in the statistics (dormitory, let space): it is taken off what is above it."""


class VirtualMeterEntry(Strict):
    """A meter that is a formula of others."""

    id: Id
    kind: str = "electricity_meter"
    place: Id
    name: Label | None = None
    formula: DatedText
    """Meters with `+`, `-`, `*` and brackets: `grid - (a + 0.5 * b)`."""
    metering: Metering | None = None
    note: str | None = None


class EstateFile(Strict):
    """`estate.yaml`."""

    estate: Id
    name: Label | None = None
    timezone: str = "Asia/Shanghai"
    communities: Sequence[Community] = Field(min_length=1)
    virtual_meters: Sequence[VirtualMeterEntry] = ()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"there is no time zone {zone!r}") from error
        return zone


class PartEntry(Strict):
    """A part of a device, as the estate describes it."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")]
    place: Id | None = None
    name: Label | None = None
    type: str | None = None
    address: str | None = None
    """The part's address on the wire as the maker writes it, kept raw."""
    zone: Annotated[str, Field(min_length=1, max_length=63)] | None = None
    """The detection zone of the panel that it belongs to, as the panel names it."""


class MeterChangeEntry(Strict):
    """A meter was taken out and another put in its place."""

    at: dt.datetime
    """When; in the estate's time zone where it has none of its own."""
    part: str | None = None
    """The part, where the meter is one of a device's parts."""
    readings: Mapping[str, tuple[float, float]] = Field(min_length=1)
    """Counter to what the old meter showed last and the new one first. [kWh, kvarh, m3]"""
    note: str | None = None


class DeviceEntry(Strict):
    """One device in a file of `devices/`."""

    id: Id
    profile: str
    place: Id
    link: Mapping[str, Mapping[str, object]] = Field(min_length=1, max_length=1)
    name: Label | None = None
    interval: Seconds = 10.0
    """How often a polled device is read, or the longest silence of one that reports. [s]"""
    safety_interval: Seconds | None = None
    """How often safety points are read; as the others when absent. [s]"""
    slow_interval: Seconds | None = None
    """How often slow points such as counters are read; once a minute when absent. [s]"""
    via: Id | None = None
    """The gateway or panel that it reports through: while that is down, its silence is not news."""
    variant: str | None = None
    """Which variant of its profile it is, where the device does not tell."""
    accept_unverified: bool = False
    rating_w: DatedNumber | None = None
    ct_ratio: DatedNumber | None = None
    pt_ratio: DatedNumber | None = None
    metering: Metering | None = None
    meter_changes: Sequence[MeterChangeEntry] = ()
    parts: Sequence[PartEntry] = ()
    elevator: ElevatorRegister | None = None
    tested: dt.date | None = None
    """The last test of its function, its parts included, for example at the handover."""
    note: str | None = None
