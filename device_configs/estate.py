"""The estate: communities, buildings, places and devices, read from a folder kept in git."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    WithJsonSchema,
    field_validator,
)

from device_configs.dated import DatedCount, DatedNumber
from device_configs.faults import Fault, InvalidConfigError, Path_, dotted, from_validation, line_of
from device_configs.profile import Profile, ProtocolSchema, Verified, load_profiles
from device_configs.quantities import Label, Strict
from device_configs.yaml_file import Document, read_yaml

ID_PATTERN = r"^[a-z0-9][a-z0-9-]{0,62}$"
Id = Annotated[str, Field(pattern=ID_PATTERN)]


def _duration(data: object) -> object:
    """Read `5s`, `2min`, `1h` or a number of seconds."""
    if isinstance(data, str) and (match := re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|min|h|d)", data)):
        seconds = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400}[match.group(2)]
        return float(match.group(1)) * seconds
    return data


_WRITTEN_DURATION = {
    "anyOf": [
        {"type": "number", "exclusiveMinimum": 0},
        {"type": "string", "pattern": r"^\d+(\.\d+)?(ms|s|min|h|d)$"},
    ]
}
Seconds = Annotated[
    float, BeforeValidator(_duration), Field(gt=0), WithJsonSchema(_WRITTEN_DURATION)
]
"""A duration in a file: `5s`, `2min`, `1h`, or seconds as a number. [s]"""


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


class Place(Strict):
    """A room, corridor, shaft or zone of a building."""

    id: Id
    name: Label


class Building(Strict):
    """A building of a community."""

    id: Id
    name: Label
    floors: int | None = Field(default=None, ge=1)
    area_m2: DatedNumber | None = None
    places: Sequence[Place] = ()


class Inventory(Strict):
    """What a community owns, as the three rates and the statutory sheet need it."""

    vehicles: DatedCount | None = None
    new_energy_vehicles: DatedCount | None = None
    parking_bays: DatedCount | None = None
    roof_area_m2: DatedNumber | None = None
    pv_area_m2: DatedNumber | None = None
    pv_rating_w: DatedNumber | None = None


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


class EstateFile(Strict):
    """`estate.yaml`."""

    estate: Id
    name: Label | None = None
    timezone: str = "Asia/Shanghai"
    communities: Sequence[Community] = Field(min_length=1)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"there is no time zone {zone!r}") from error
        return zone


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


class PartEntry(Strict):
    """A part of a device, as the estate describes it."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")]
    place: Id | None = None
    name: Label | None = None
    type: str | None = None
    address: str | None = None
    """The part's address on the wire as the maker writes it, kept raw."""


class DeviceEntry(Strict):
    """One device in a file of `devices/`."""

    id: Id
    profile: str
    place: Id
    link: Mapping[str, Mapping[str, object]] = Field(min_length=1, max_length=1)
    name: Label | None = None
    interval: Seconds = 10.0
    """How often a polled device is read, or the longest silence of one that reports. [s]"""
    accept_unverified: bool = False
    rating_w: DatedNumber | None = None
    ct_ratio: DatedNumber | None = None
    pt_ratio: DatedNumber | None = None
    metering: Metering | None = None
    parts: Sequence[PartEntry] = ()
    note: str | None = None


@dataclass(frozen=True)
class Site:
    """A node of the tree: the estate, a community, a building or a place."""

    id: str
    level: Level
    name: Label
    parent: str | None
    community: Community | None = None
    building: Building | None = None


@dataclass(frozen=True)
class Part:
    """A part of a device; its full id is `parent/part`."""

    id: str
    device: str
    place: str
    name: Label | None = None
    type: str | None = None
    address: str | None = None


@dataclass(frozen=True)
class Device:
    """A device with its profile and its link, checked."""

    id: str
    profile: Profile
    place: str
    name: Label
    interval_s: float
    link_name: str
    link: BaseModel
    entry: DeviceEntry
    parts: Mapping[str, Part] = field(default_factory=dict)
    """Part id (without the parent) to part; those of the profile and those of the estate."""


@dataclass(frozen=True)
class Estate:
    """The whole estate, immutable; one revision of the folder."""

    id: str
    name: Label
    timezone: ZoneInfo
    sites: Mapping[str, Site]
    """Every node by id, parents before children, the estate itself first."""
    devices: Mapping[str, Device]
    profiles: Mapping[str, Profile]

    def below(self, site: str) -> frozenset[str]:
        """The ids of a site and of everything below it; empty for an unknown site."""
        if site not in self.sites:
            return frozenset()
        found = {site}
        for node in self.sites.values():
            if node.parent in found:
                found.add(node.id)
        return frozenset(found)

    def devices_in(self, site: str) -> tuple[Device, ...]:
        """The devices of a site and of everything below it."""
        inside = self.below(site)
        return tuple(device for device in self.devices.values() if device.place in inside)

    def path(self, site: str) -> tuple[Site, ...]:
        """The sites from the estate down to this one."""
        nodes: list[Site] = []
        step: str | None = site
        while step is not None:
            node = self.sites[step]
            nodes.append(node)
            step = node.parent
        return tuple(reversed(nodes))

    def community_of(self, site: str) -> Site | None:
        """The nearest community above a site or the site itself; None for the estate itself."""
        for node in reversed(self.path(site)):
            if node.level is Level.COMMUNITY:
                return node
        return None

    def place_of(self, device: str) -> str | None:
        """The place of a device or part `device/part`; an unknown part stands at its parent's."""
        parent, _, part = device.partition("/")
        found = self.devices.get(parent)
        if found is None:
            return None
        return found.parts[part].place if part in found.parts else found.place


def _sites(file: EstateFile) -> Iterator[Site]:
    yield Site(file.estate, Level.ESTATE, file.name or Label(zh=file.estate, en=file.estate), None)
    pending = list(file.communities)
    placed = {file.estate}
    while pending:
        ready = [c for c in pending if (c.parent or file.estate) in placed] or pending
        for community in ready:
            parent = community.parent or file.estate
            yield Site(community.id, Level.COMMUNITY, community.name, parent, community)
            placed.add(community.id)
            for building in community.buildings:
                yield Site(
                    building.id, Level.BUILDING, building.name, community.id, community, building
                )
                for place in building.places:
                    yield Site(place.id, Level.PLACE, place.name, building.id, community, building)
            for place in community.places:
                yield Site(place.id, Level.PLACE, place.name, community.id, community)
        pending = [c for c in pending if c.id not in placed]


class _Loader:
    """Loads one estate folder and collects every fault in it."""

    def __init__(self, folder: Path, protocols: Iterable[ProtocolSchema]) -> None:
        self.folder = folder
        self.schemas = {schema.protocol: schema for schema in protocols}
        self.faults: list[Fault] = []

    def fault(self, document: Document, path: Path_, message: str) -> None:
        line = line_of(document.lines, path)
        self.faults.append(Fault(str(document.file), line, dotted(path), message))

    def load(self) -> Estate:
        profiles = self.profiles()
        estate_file, sites = self.estate_file()
        devices: dict[str, Device] = {}
        for document, index, data in self.device_data():
            device = self.device(document, index, data, profiles, sites)
            if device is None:
                continue
            if device.id in devices or device.id in sites:
                self.fault(document, (index, "id"), f"the id {device.id!r} is used twice")
            devices[device.id] = device
        self.check_meters(devices)
        if self.faults or estate_file is None:
            raise InvalidConfigError(self.faults)
        name = next(iter(sites.values())).name
        return Estate(
            estate_file.estate, name, ZoneInfo(estate_file.timezone), sites, devices, profiles
        )

    def profiles(self) -> dict[str, Profile]:
        try:
            return load_profiles(self.schemas.values(), self.folder / "profiles")
        except InvalidConfigError as error:
            self.faults += error.faults
            return load_profiles(self.schemas.values())

    def estate_file(self) -> tuple[EstateFile | None, dict[str, Site]]:
        path = self.folder / "estate.yaml"
        try:
            document = read_yaml(path)
        except InvalidConfigError as error:
            self.faults += error.faults
            return None, {}
        try:
            file = EstateFile.model_validate(document.data)
        except ValidationError as error:
            self.faults += from_validation(error, path, document.lines)
            return None, {}
        sites: dict[str, Site] = {}
        for site in _sites(file):
            if site.id in sites:
                self.fault(document, (), f"the id {site.id!r} is used twice")
            sites[site.id] = site
        for site in sites.values():
            if site.parent is not None and site.parent not in sites:
                self.fault(document, (), f"{site.id}: there is no parent {site.parent!r}")
        return file, sites

    def device_data(self) -> Iterator[tuple[Document, int, object]]:
        for path in sorted((self.folder / "devices").glob("**/*.yaml")):
            try:
                document = read_yaml(path)
            except InvalidConfigError as error:
                self.faults += error.faults
                continue
            if document.data is None:
                continue
            if not isinstance(document.data, list):
                self.fault(document, (), "a file of devices is a list of devices")
                continue
            for index, data in enumerate(document.data):
                yield document, index, data

    def device(
        self,
        document: Document,
        index: int,
        data: object,
        profiles: Mapping[str, Profile],
        sites: Mapping[str, Site],
    ) -> Device | None:
        try:
            entry = DeviceEntry.model_validate(data)
        except ValidationError as error:
            self.faults += from_validation(error, document.file, document.lines, (index,))
            return None
        profile = profiles.get(entry.profile)
        if profile is None:
            hint = _suggest(entry.profile, profiles)
            self.fault(document, (index, "profile"), f"no profile {entry.profile!r}{hint}")
        if sites and entry.place not in sites:
            hint = _suggest(entry.place, sites)
            self.fault(document, (index, "place"), f"there is no site {entry.place!r}{hint}")
        for number, part in enumerate(entry.parts):
            if part.place and sites and part.place not in sites:
                path = (index, "parts", number, "place")
                self.fault(document, path, f"there is no site {part.place!r}")
        if profile is None:
            return None
        if profile.verified is Verified.WEAK and not entry.accept_unverified:
            message = f"profile {profile.id!r} is weakly sourced; set accept_unverified: true"
            self.fault(document, (index, "profile"), message)
        return self.linked(document, index, entry, profile)

    def linked(
        self, document: Document, index: int, entry: DeviceEntry, profile: Profile
    ) -> Device | None:
        (link_name, parameters), *_ = entry.link.items()
        links = self.schemas[profile.protocol].links
        model = links.get(link_name)
        if model is None:
            known = ", ".join(links)
            message = f"profile {profile.id!r} speaks {profile.protocol}; its links are: {known}"
            self.fault(document, (index, "link", link_name), message)
            return None
        try:
            link = model.model_validate(parameters)
        except ValidationError as error:
            prefix = (index, "link", link_name)
            self.faults += from_validation(error, document.file, document.lines, prefix)
            return None
        name = entry.name or Label(zh=entry.id, en=entry.id)
        parts = dict(_parts(entry, profile))
        return Device(
            entry.id, profile, entry.place, name, entry.interval, link_name, link, entry, parts
        )

    def check_meters(self, devices: Mapping[str, Device]) -> None:
        for device in devices.values():
            above = device.entry.metering.of if device.entry.metering else None
            if above is not None and above not in devices:
                message = f"{device.id}: metering.of names no device {above!r}"
                self.faults.append(Fault(str(self.folder / "devices"), 0, "metering.of", message))


def _parts(entry: DeviceEntry, profile: Profile) -> Iterator[tuple[str, Part]]:
    for part_id in profile.parts.ids() if profile.parts else ():
        yield part_id, Part(part_id, entry.id, entry.place)
    for given in entry.parts:
        yield (
            given.id,
            Part(
                given.id,
                entry.id,
                given.place or entry.place,
                given.name,
                given.type,
                given.address,
            ),
        )


def _suggest(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def load_estate(folder: Path, protocols: Iterable[ProtocolSchema]) -> Estate:
    """Load and check an estate folder.

    Raises:
        InvalidConfigError: with every fault of every file.
    """
    if not folder.is_dir():
        raise InvalidConfigError([Fault(str(folder), 0, "", "there is no such folder")])
    return _Loader(folder, protocols).load()


def local_day(estate: Estate, moment: dt.datetime) -> dt.date:
    """The calendar day of a moment in the estate's time zone."""
    return moment.astimezone(estate.timezone).date()
