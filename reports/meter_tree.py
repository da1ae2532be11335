"""The meter tree: which counters make the figures of a site, so that nothing is counted twice.

The unit of balance is the community: its grid meters say what it draws, and sub-meters below them
add nothing. A community without a grid meter stands below that of its parent, where that has one;
else its topmost sub-meters are its consumption. A meter's place is the site that it serves.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from device_configs.estate import Device, Estate
from device_configs.estate_entries import Level, Metering, MeterRole
from device_configs.virtual_meters import VirtualMeter
from ingest.counter_terms import integrated_points
from ingest.interval_tables import Series
from reports.errors import UnknownSiteError

IMPORT = ("active_energy_import", "active_energy_total")
"""What a meter counts of the energy drawn, best first; a total only where there is no import."""
EXPORT = ("active_energy_export",)
TOTAL = ("active_energy_total",)
METER, INVERTER, CHARGER = "electricity_meter", "pv_inverter", "ev_charger"

Node = Device | VirtualMeter
"""What can stand in the meter tree."""

NO_METER = "no_meter"
SUBMETERS = "consumption_from_submeters"
UNMETERED = "unmetered_communities"
ROLE_ASSUMED = "meter_role_assumed"
ROLES_MISSING = "meter_roles_missing"
NO_EXPORT = "export_not_metered"


@dataclass(frozen=True)
class Balance:
    """One balance: consumption is imports plus sources minus exports."""

    site: str
    imports: tuple[Series, ...] = ()
    sources: tuple[Series, ...] = ()
    """PV behind these meters."""
    exports: tuple[Series, ...] = ()

    @property
    def series(self) -> tuple[Series, ...]:
        """All counters of the balance."""
        return (*self.imports, *self.sources, *self.exports)


@dataclass(frozen=True)
class MeterTree:
    """The counters behind the figures of one site."""

    site: str
    balances: tuple[Balance, ...]
    grid_import: tuple[Series, ...]
    grid_export: tuple[Series, ...]
    pv: tuple[Series, ...]
    charging: tuple[Series, ...]
    notes: tuple[str, ...]
    """Catalogue keys of `text.yaml`."""

    @property
    def series(self) -> tuple[Series, ...]:
        """Every counter once, in order."""
        every = [one for balance in self.balances for one in balance.series]
        return tuple(dict.fromkeys([*every, *self.pv, *self.charging]))

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices (or parts) that the figures come from."""
        return tuple(sorted({one.device for one in self.series}))


def meter_tree(estate: Estate, site: str) -> MeterTree:
    """Find the counters of a site and of everything below it.

    Raises:
        UnknownSiteError: the estate has no such site.
    """
    if site not in estate.sites:
        raise UnknownSiteError(f"the estate {estate.id!r} has no site {site!r}")
    notes: set[str] = set()
    roles = roles_of(estate, notes, site)
    units = _units(estate, site, roles)
    balances, grid, pv = [], [], []
    for unit, devices in units.items():
        sources = _sources(devices, roles)
        pv += [one for _, series in sources for one in series]
        meters = meters_of(devices, roles, MeterRole.GRID)
        if meters:
            grid += meters
            behind = [one for _, series in sources for one in series]
        else:
            meters = _topmost(devices, roles)
            below = {device.id for device in meters}
            behind = [
                one
                for device, series in sources
                if not below.isdisjoint(meters_above(estate, device))
                for one in series
            ]
            notes |= {SUBMETERS} if meters else set()
        balances.append(_balance(unit, meters, behind, notes))
    balances = [balance for balance in balances if balance.imports]
    notes |= _unmetered(estate, site, units, balances)
    chargers = [device for device in estate.devices_in(site) if device.profile.kind.kind == CHARGER]
    return MeterTree(
        site,
        tuple(balances),
        _all(grid, IMPORT),
        _all(grid, EXPORT),
        tuple(pv),
        _all(chargers, TOTAL),
        tuple(sorted(notes)),
    )


def roles_of(estate: Estate, notes: set[str], site: str) -> Mapping[str, MeterRole]:
    """The role of every meter; a community's only meter needs none to be its grid meter."""
    given = {
        node.id: metering.role
        for node in nodes_in(estate, estate.id)
        if (metering := metering_of(node)) is not None
    }
    without: dict[str, list[Device]] = defaultdict(list)
    for device in estate.devices.values():
        if device.profile.kind.kind == METER:
            without[_community(estate, device.place)].append(device)
    inside = {device.id for device in estate.devices_in(site)}
    for meters in without.values():
        silent = [meter for meter in meters if meter.id not in given]
        if len(meters) == 1 and silent:
            given[meters[0].id] = MeterRole.GRID
            notes |= {ROLE_ASSUMED} if meters[0].id in inside else set()
        elif any(meter.id in inside for meter in silent):
            notes.add(ROLES_MISSING)
    return given


def _community(estate: Estate, place: str) -> str:
    found = estate.community_of(place)
    return found.id if found is not None else estate.id


def _units(
    estate: Estate, site: str, roles: Mapping[str, MeterRole]
) -> Mapping[str, Sequence[Node]]:
    """The devices of a site by the community (or estate) whose balance they are in."""
    inside = estate.below(site)
    devices = nodes_in(estate, site)
    metered = {
        _community(estate, device.place) for device in meters_of(devices, roles, MeterRole.GRID)
    }
    units: dict[str, list[Node]] = defaultdict(list)
    for device in devices:
        own = _community(estate, device.place)
        above = [node.id for node in reversed(estate.path(own)) if node.id in inside | {own}]
        units[next((node for node in above if node in metered), own)].append(device)
    return units


def meters_of(
    devices: Iterable[Node], roles: Mapping[str, MeterRole], role: MeterRole
) -> list[Node]:
    """The electricity meters of a role; meters of water, gas and heat have trees of their own."""
    return [
        device for device in devices if kind_of(device) == METER and roles.get(device.id) is role
    ]


def _sources(
    devices: Iterable[Node], roles: Mapping[str, MeterRole]
) -> list[tuple[Node, tuple[Series, ...]]]:
    """What counts PV: generation meters, and the inverters that stand behind none of them."""
    inverters = [device for device in devices if kind_of(device) == INVERTER]
    meters = meters_of(devices, roles, MeterRole.GENERATION)
    meter_ids = {meter.id for meter in meters}
    named = {above_of(inverter) for inverter in inverters} & meter_ids
    # A generation meter that no inverter names is taken to measure all that name no meter.
    covers_rest = bool(meter_ids - named)
    counted = [
        inverter
        for inverter in inverters
        if above_of(inverter) not in meter_ids and not (covers_rest and above_of(inverter) is None)
    ]
    return [(meter, series_of(meter, IMPORT)) for meter in meters] + [
        (inverter, series_of(inverter, TOTAL)) for inverter in counted
    ]


def _topmost(devices: Iterable[Node], roles: Mapping[str, MeterRole]) -> list[Node]:
    """The sub-meters that are below no other of these."""
    meters = meters_of(devices, roles, MeterRole.SUBMETER)
    ids = {meter.id for meter in meters}
    return [meter for meter in meters if above_of(meter) not in ids]


def _balance(
    unit: str, meters: Sequence[Node], behind: Sequence[Series], notes: set[str]
) -> Balance:
    exports = _all(meters, EXPORT)
    if behind and len(exports) < len(meters):
        notes.add(NO_EXPORT)
    return Balance(unit, _all(meters, IMPORT), tuple(behind), exports)


def _unmetered(
    estate: Estate, site: str, units: Mapping[str, Sequence[Node]], balances: Sequence[Balance]
) -> set[str]:
    if not balances:
        return {NO_METER}
    metered = {balance.site for balance in balances}
    if estate.id in metered:
        return set()
    inside = estate.below(site)
    for node in estate.sites.values():
        if node.level is Level.COMMUNITY and node.id in inside:
            parents = {above.id for above in estate.path(node.id)}
            # A community that only holds others is metered where they are.
            holds = any(other.parent == node.id for other in estate.sites.values()
                        if other.level is Level.COMMUNITY)  # fmt: skip
            if metered.isdisjoint(parents) and (not holds or node.id in units):
                return {UNMETERED}
    return set()


def meters_above(estate: Estate, device: Node) -> Iterable[str]:
    """The meters a device is below, nearest first; stops where a chain bites its tail."""
    seen: list[str] = []
    step = above_of(device)
    while step is not None and step not in seen:
        seen.append(step)
        found = estate.devices.get(step) or estate.virtual_meters.get(step)
        step = above_of(found) if found is not None else None
    return seen


def node_of(estate: Estate, device: str) -> Node:
    """The device or virtual meter of an id; of a part its device."""
    root = device.partition("/")[0]
    return estate.devices.get(root) or estate.virtual_meters[root]


def metering_of(node: Node) -> Metering | None:
    """Where a meter stands, as the estate says."""
    return node.metering if isinstance(node, VirtualMeter) else node.entry.metering


def above_of(node: Node) -> str | None:
    """The meter that a device is below, as the estate says."""
    metering = metering_of(node)
    return metering.of if metering is not None else None


def kind_of(node: Node) -> str:
    """The kind of a device or virtual meter."""
    return node.kind if isinstance(node, VirtualMeter) else node.profile.kind.kind


def nodes_in(estate: Estate, site: str) -> list[Node]:
    """The devices and virtual meters of a site and of everything below it."""
    inside = estate.below(site)
    virtual = [meter for meter in estate.virtual_meters.values() if meter.place in inside]
    return [*estate.devices_in(site), *virtual]


def _all(devices: Iterable[Node], points: Sequence[str]) -> tuple[Series, ...]:
    return tuple(one for device in devices for one in series_of(device, points))


def series_of(device: Node, points: Sequence[str]) -> tuple[Series, ...]:
    """The counters of a device by the first point of the list it has; of its parts else.

    Where neither has one, it is what power is made into.
    """
    if isinstance(device, VirtualMeter):
        return (Series(device.id, device.point),) if device.point in points else ()
    profile = device.profile
    for point in points:
        if point in profile.points or (not profile.points and profile.kind.has(point)):
            return (Series(device.id, point),)
    for point in points:
        if profile.parts is not None and point in profile.parts.points:
            return tuple(Series(f"{device.id}/{part}", point) for part in device.parts)
    own, parts = (integrated_points(device, of_parts=each) for each in (False, True))
    for point in points:
        if point in own:
            return (Series(device.id, point),)
        if point in parts:
            return tuple(Series(f"{device.id}/{part}", point) for part in device.parts)
    return ()
