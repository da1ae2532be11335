"""The estate: communities, buildings, places and devices, read from a folder kept in git."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ValidationError,
)

from device_configs.elevator_register import register_faults
from device_configs.estate_entries import Building, Community, DeviceEntry, EstateFile, Level
from device_configs.fault_codes import FaultTable, library_tables, load_fault_tables
from device_configs.faults import Fault, InvalidConfigError, Path_, dotted, from_validation, line_of
from device_configs.formula import InvalidFormulaError
from device_configs.kinds import Speed
from device_configs.point_mapping import Verified
from device_configs.profile import Profile, ProtocolSchema, load_profiles
from device_configs.quantities import Label
from device_configs.suggest import did_you_mean
from device_configs.virtual_meters import VirtualMeter, unknown_operands, virtual_meter
from device_configs.yaml_file import Document, read_yaml

SLOW_INTERVAL_S = 60.0
"""How often slow points are read where the estate does not say. [s]"""


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
    zone: str | None = None


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

    def interval_of(self, speed: Speed) -> float:
        """How often a point of this speed is read, or reported at the latest, in seconds."""
        if speed is Speed.SAFETY and self.entry.safety_interval is not None:
            return self.entry.safety_interval
        if speed is Speed.SLOW:
            return self.entry.slow_interval or max(self.interval_s, SLOW_INTERVAL_S)
        return self.interval_s


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
    virtual_meters: Mapping[str, VirtualMeter] = field(default_factory=dict)
    fault_tables: Mapping[str, FaultTable] = field(default_factory=library_tables)
    """Tables of fault codes by name; those of the folder over the library's."""

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
        self.where: dict[str, tuple[Document, int]] = {}

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
        virtual = self.virtual_meters(estate_file, sites, devices)
        self.check_meters(devices, virtual)
        self.check_lines(devices)
        self.check_gateways(devices)
        self.check_elevators(devices)
        tables = self.fault_tables(devices)
        if self.faults or estate_file is None:
            raise InvalidConfigError(self.faults)
        name = next(iter(sites.values())).name
        return Estate(
            estate_file.estate, name, ZoneInfo(estate_file.timezone), sites, devices, profiles,
            virtual, tables,
        )  # fmt: skip

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
            self.faults += from_validation(error, path, document.lines, model=EstateFile)
            return None, {}
        sites: dict[str, Site] = {}
        for site in _sites(file):
            if site.id in sites:
                last = _paths(document.data, "id", site.id)[-1]
                self.fault(document, last, f"the id {site.id!r} is used twice")
            sites[site.id] = site
        for site in sites.values():
            if site.parent is not None and site.parent not in sites:
                hint = did_you_mean(site.parent, sites.keys() - {site.id})
                path_of = _paths(document.data, "parent", site.parent)[0]
                self.fault(document, path_of, f"there is no site {site.parent!r}{hint}")
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
        self.check_names(document, index, data, profiles, sites)
        try:
            entry = DeviceEntry.model_validate(data)
        except ValidationError as error:
            file, lines = document.file, document.lines
            self.faults += from_validation(error, file, lines, (index,), model=DeviceEntry)
            return None
        self.where[entry.id] = (document, index)
        profile = profiles.get(entry.profile)
        if profile is None:
            return None
        if profile.verified is Verified.WEAK and not entry.accept_unverified:
            message = f"profile {profile.id!r} is weakly sourced; set accept_unverified: true"
            self.fault(document, (index, "profile"), message)
        if entry.variant is not None:
            if entry.variant not in profile.variants:
                known = ", ".join(profile.variants) or "it has none"
                hint = did_you_mean(entry.variant, profile.variants)
                message = f"profile {profile.id!r} has no variant {entry.variant!r}: {known}{hint}"
                self.fault(document, (index, "variant"), message)
                return None
            profile = profile.as_variant(entry.variant)
        return self.linked(document, index, entry, profile)

    def check_names(
        self,
        document: Document,
        index: int,
        data: object,
        profiles: Mapping[str, Profile],
        sites: Mapping[str, Site],
    ) -> None:
        """Find what an entry names that is not there, even where the entry is wrong otherwise."""
        if not isinstance(data, dict):
            return
        name = data.get("profile")
        if isinstance(name, str) and name not in profiles:
            hint = did_you_mean(name, profiles)
            self.fault(document, (index, "profile"), f"no profile {name!r}{hint}")
        for path in _paths(data, "place"):
            place = _at(data, path)
            if isinstance(place, str) and sites and place not in sites:
                hint = did_you_mean(place, sites)
                self.fault(document, (index, *path), f"there is no site {place!r}{hint}")

    def linked(
        self, document: Document, index: int, entry: DeviceEntry, profile: Profile
    ) -> Device | None:
        (link_name, parameters), *_ = entry.link.items()
        links = self.schemas[profile.protocol].links
        model = links.get(link_name)
        if model is None:
            known = ", ".join(links)
            hint = did_you_mean(link_name, links)
            message = (
                f"profile {profile.id!r} speaks {profile.protocol}; its links are: {known}{hint}"
            )
            self.fault(document, (index, "link", link_name), message)
            return None
        try:
            link = model.model_validate(parameters)
        except ValidationError as error:
            prefix = (index, "link", link_name)
            file, lines = document.file, document.lines
            self.faults += from_validation(error, file, lines, prefix, model=model)
            return None
        name = entry.name or Label(zh=entry.id, en=entry.id)
        parts = dict(_parts(entry, profile))
        return Device(
            entry.id, profile, entry.place, name, entry.interval, link_name, link, entry, parts
        )

    def virtual_meters(
        self,
        file: EstateFile | None,
        sites: Mapping[str, Site],
        devices: Mapping[str, Device],
    ) -> dict[str, VirtualMeter]:
        found: dict[str, VirtualMeter] = {}
        profiles = {device.id: device.profile for device in devices.values()}
        for entry in file.virtual_meters if file is not None else ():
            try:
                meter = virtual_meter(entry)
            except InvalidFormulaError as error:
                self.estate_fault(f"{entry.id}: {error}")
                continue
            for message in unknown_operands(meter, profiles):
                self.estate_fault(f"{meter.id}: {message}")
            if meter.id in devices or meter.id in sites or meter.id in found:
                self.estate_fault(f"the id {meter.id!r} is used twice")
            if meter.place not in sites:
                self.estate_fault(f"{meter.id}: there is no site {meter.place!r}")
            found[meter.id] = meter
        return found

    def estate_fault(self, message: str) -> None:
        self.faults.append(Fault(str(self.folder / "estate.yaml"), 0, "virtual_meters", message))

    def check_meters(
        self, devices: Mapping[str, Device], virtual: Mapping[str, VirtualMeter]
    ) -> None:
        for device in devices.values():
            for message in _unknown_counters(device):
                document, index = self.where[device.id]
                self.fault(document, (index, "meter_changes"), message)
            above = device.entry.metering.of if device.entry.metering else None
            if above is not None and above not in devices and above not in virtual:
                document, index = self.where[device.id]
                hint = did_you_mean(above, (devices.keys() | virtual.keys()) - {device.id})
                message = f"there is no device {above!r}{hint}"
                self.fault(document, (index, "metering", "of"), message)

    def check_lines(self, devices: Mapping[str, Device]) -> None:
        """Find devices that share a line and cannot both be right."""
        for conflicts in dict.fromkeys(schema.conflicts for schema in self.schemas.values()):
            mine = [
                device
                for device in devices.values()
                if self.schemas[device.profile.protocol].conflicts is conflicts
            ]
            for device_id, message in conflicts(mine):
                document, index = self.where[device_id]
                self.fault(document, (index, "link"), f"{device_id}: {message}")

    def check_gateways(self, devices: Mapping[str, Device]) -> None:
        """Find devices that report through nothing, or through themselves."""
        for device in devices.values():
            via = device.entry.via
            if via is None:
                continue
            document, index = self.where[device.id]
            if via not in devices:
                message = f"there is no device {via!r}{did_you_mean(via, devices)}"
                self.fault(document, (index, "via"), message)
            elif device.id in _way(device.id, devices):
                self.fault(document, (index, "via"), f"{device.id} reports through itself")

    def fault_tables(self, devices: Mapping[str, Device]) -> Mapping[str, FaultTable]:
        """The tables of fault codes; a profile that names one that is not there is a fault."""
        try:
            tables = load_fault_tables([self.folder / "fault_codes"])
        except InvalidConfigError as error:
            self.faults += error.faults
            return library_tables()
        for profile in {one.profile.id: one.profile for one in devices.values()}.values():
            for point, name in profile.fault_codes.items():
                if name not in tables:
                    message = f"there is no table {name!r}{did_you_mean(name, tables)}"
                    self.faults.append(Fault(str(profile.file), 0, f"fault_codes.{point}", message))
        return tables

    def check_elevators(self, devices: Mapping[str, Device]) -> None:
        """Find registers of what is no elevator, and codes that are given twice."""
        given = ((one, one.entry.elevator) for one in devices.values())
        registered = ((one, register) for one, register in given if register is not None)
        for device, key, message in register_faults(registered):
            document, index = self.where[device]
            path: Path_ = (index, "elevator", key) if key else (index, "elevator")
            self.fault(document, path, message)


def _way(device: str, devices: Mapping[str, Device]) -> frozenset[str]:
    """What a device reports through, directly and beyond."""
    found: set[str] = set()
    step = devices[device].entry.via
    while step is not None and step in devices and step not in found:
        found.add(step)
        step = devices[step].entry.via
    return frozenset(found)


def _unknown_counters(device: Device) -> Iterator[str]:
    """Counters of meter changes that the device does not have."""
    parts = device.profile.parts
    for change in device.entry.meter_changes:
        kind = parts.kind if change.part and parts is not None else device.profile.kind
        for point in change.readings:
            spec = kind.point(point)
            if spec is None or not spec.counter:
                yield f"a {kind.kind} has no counter {point!r}"


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
                given.zone,
            ),
        )


def _paths(data: object, key: str, value: object = None) -> list[Path_]:
    """The paths to a key in plain data, wherever it stands; with this value, where one is given."""
    if isinstance(data, dict):
        found: list[Path_] = [
            (key,) for name, held in data.items() if name == key and value in (None, held)
        ]
        return found + [
            (str(name), *rest) for name, held in data.items() for rest in _paths(held, key, value)
        ]
    if isinstance(data, list):
        return [(at, *rest) for at, held in enumerate(data) for rest in _paths(held, key, value)]
    return []


def _at(data: object, path: Path_) -> object:
    for step in path:
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int):
            data = data[step]
    return data


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
