"""The plant of an estate: which meter sees which flows, so that every balance closes.

In each community the grid meter sees the loads and the piles minus the PV, and the submeters share
the loads by their energy code. Power and counter of a meter are the same sum of the same sources.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from collectors.simulator.charging import Pile
from collectors.simulator.curve import Flow, Source
from collectors.simulator.habits import Household, local_irradiance, pv_power
from collectors.simulator.lift import Lift
from collectors.simulator.noise import draw, key
from collectors.simulator.weather import Weather
from device_configs.estate import Device, Estate
from device_configs.estate_entries import Community, MeterRole

_DEFAULT_AREA_M2 = 4000.0
_DEFAULT_PEOPLE = 100.0
_DEFAULT_INVERTER_W = 50_000.0
_DEFAULT_PILE_W = 7_000.0

# Energy codes 01A.. to 01D.. of the sub-item classification; piles are counted under D6 'other'.
_LOADS: Mapping[str, str] = {
    "01A": "lighting", "01B": "climate", "01C": "motors", "01D1": "computers", "01D3": "kitchen",
}  # fmt: skip
CHARGING_CODE = "01D6"


@dataclass
class Site:
    """The sources of one community."""

    household: Household
    loads: dict[str, Source]
    """Load name to source. [W]"""
    water: Source
    """[m3/h]"""
    heat: Source
    """[W]"""
    gas: Source
    """[m3/h]"""
    people: Source
    """[1/h]"""
    vehicles: Source
    """[1/h]"""
    light: Source
    """Irradiance under the community's own clouds. [W/m2]"""
    piles: dict[str, Source] = field(default_factory=dict)
    inverters: dict[str, Source] = field(default_factory=dict)

    def sources(self) -> Iterator[Source]:
        """Every source of the community."""
        yield from (self.water, self.heat, self.gas, self.people, self.vehicles, self.light)
        for group in (self.loads, self.piles, self.inverters):
            yield from group.values()


@dataclass
class Plant:
    """Everything of an estate that flows, runs or charges."""

    weather: Weather
    sites: Mapping[str, Site]
    """By community."""
    flows: Mapping[str, Flow]
    """Device to what it measures: [W] for energy, [m3/h] for water and gas, [1/h] for people."""
    vehicle_flows: Mapping[str, Flow]
    """Access gate to the vehicles that come in. [1/h]"""
    piles: Mapping[str, Pile]
    lifts: Mapping[str, Lift]
    sky: Mapping[str, Source]
    """Temperature [degC], wind [m/s] and humidity [%] outdoors."""
    community: Mapping[str, str]
    """Device to its community."""

    def warm(self, at_ms: int) -> Iterator[None]:
        """Compute all counters up to a moment, a device a step, so that others get a turn."""
        for name, site in self.sites.items():
            for flows in (self.flows, self.vehicle_flows):
                for device, flow in flows.items():
                    if self.community[device] == name:
                        flow.warm(at_ms)
                        yield
            for source in site.sources():
                source.kept = None

    def site_of(self, device: str) -> Site:
        """The site of a device."""
        return self.sites[self.community[device]]


def plant_of(estate: Estate, seed: int) -> Plant:
    """Build the plant of an estate; the same seed gives the same plant."""
    weather = Weather(seed)
    community = {device.id: _community(estate, device) for device in estate.devices.values()}
    by_community: dict[str, list[Device]] = defaultdict(list)
    for device in estate.devices.values():
        by_community[community[device.id]].append(device)
    builder = _Builder(seed, weather)
    for name, devices in by_community.items():
        site = estate.sites[name]
        builder.community(name, site.community, devices)
    sky = {
        "temperature": Source(weather.temperature),
        "wind": Source(weather.wind),
        "humidity": Source(weather.humidity),
    }
    return Plant(
        weather, builder.sites, builder.flows, builder.vehicle_flows, builder.piles,
        builder.lifts, sky, community,
    )  # fmt: skip


def _community(estate: Estate, device: Device) -> str:
    found = estate.community_of(device.place)
    return found.id if found else estate.id


def _site(name: str, community: Community | None, weather: Weather) -> Site:
    area = community.area_m2.latest if community and community.area_m2 else _DEFAULT_AREA_M2
    people = community.occupants.latest if community and community.occupants else _DEFAULT_PEOPLE
    household = Household(name, area, float(people), weather)
    shapes = {
        "lighting": household.lighting,
        "climate": household.climate,
        "motors": household.motors,
        "computers": household.computers,
        "kitchen": household.kitchen,
    }
    return Site(
        household=household,
        loads={load: Source(shape) for load, shape in shapes.items()},
        water=Source(household.water),
        heat=Source(household.heat),
        gas=Source(household.gas),
        people=Source(household.entries),
        vehicles=Source(household.vehicle_entries),
        light=Source(partial(local_irradiance, name, weather)),
    )


@dataclass
class _Builder:
    seed: int
    weather: Weather
    sites: dict[str, Site] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    vehicle_flows: dict[str, Flow] = field(default_factory=dict)
    piles: dict[str, Pile] = field(default_factory=dict)
    lifts: dict[str, Lift] = field(default_factory=dict)

    def community(self, name: str, found: Community | None, devices: Sequence[Device]) -> None:
        site = self.sites[name] = _site(name, found, self.weather)
        kinds: dict[str, list[Device]] = defaultdict(list)
        for device in devices:
            kinds[device.profile.kind.kind].append(device)
        for device in kinds["pv_inverter"]:
            self.inverter(name, site, device)
        for device in kinds["ev_charger"]:
            self.pile(site, device)
        for device in kinds["elevator"]:
            floors = 6 + int(draw(key(self.seed, device.id, "floors")) * 10)
            busy = 0.6 + 0.6 * draw(key(self.seed, device.id, "busy"))
            self.lifts[device.id] = Lift(device.id, floors, self.seed, busy)
        self.electricity(site, kinds["electricity_meter"], kinds["ev_charger"])
        for kind, source in (
            ("water_meter", site.water), ("gas_meter", site.gas), ("heat_meter", site.heat),
        ):  # fmt: skip
            self.carrier(kinds[kind], source)
        for device, share in _shares(kinds["access_gate"], self.seed):
            self.flows[device.id] = Flow([(site.people, share)])
            self.vehicle_flows[device.id] = Flow([(site.vehicles, share)])

    def inverter(self, name: str, site: Site, device: Device) -> None:
        rating = _rating(device, _DEFAULT_INVERTER_W)
        source = Source(partial(pv_power, rating, name, self.weather))
        site.inverters[device.id] = source
        self.flows[device.id] = Flow([(source, 1.0)])

    def pile(self, site: Site, device: Device) -> None:
        pile = Pile(device.id, _rating(device, _DEFAULT_PILE_W), self.seed)
        source = Source(pile.shape)
        self.piles[device.id] = pile
        site.piles[device.id] = source
        self.flows[device.id] = Flow([(source, 1.0)])

    def electricity(self, site: Site, meters: Sequence[Device], piles: Sequence[Device]) -> None:
        loads = [(source, 1.0) for source in site.loads.values()]
        cars = [(source, 1.0) for source in site.piles.values()]
        sun = [(source, -1.0) for source in site.inverters.values()]
        by_load: dict[str, list[Device]] = defaultdict(list)
        for meter in meters:
            role = meter.entry.metering.role if meter.entry.metering else None
            if role is MeterRole.GRID:
                self.flows[meter.id] = Flow([*loads, *cars, *sun])
            elif role is MeterRole.GENERATION:
                self.flows[meter.id] = Flow([(source, 1.0) for source, _ in sun])
            elif _code(meter).startswith(CHARGING_CODE):
                below = {pile.id for pile in piles if _above(pile) == meter.id} or site.piles.keys()
                self.flows[meter.id] = Flow([(site.piles[pile], 1.0) for pile in sorted(below)])
            else:
                by_load[_load_of(meter)].append(meter)
        for load, sharing in by_load.items():
            terms = [(site.loads[load], 1.0)] if load else loads
            for meter, share in _shares(sharing, self.seed):
                self.flows[meter.id] = Flow([(source, share) for source, _ in terms])

    def carrier(self, meters: Iterable[Device], source: Source) -> None:
        """Meters of water, gas or heat: the grid ones see all, the others share a half."""
        below = []
        for meter in meters:
            if meter.entry.metering and meter.entry.metering.role is MeterRole.SUBMETER:
                below.append(meter)
            else:
                self.flows[meter.id] = Flow([(source, 1.0)])
        for meter, share in _shares(below, self.seed):
            self.flows[meter.id] = Flow([(source, share * 0.5)])


def _rating(device: Device, default: float) -> float:
    return device.entry.rating_w.latest if device.entry.rating_w else default


def _code(meter: Device) -> str:
    return (meter.entry.metering.energy_code if meter.entry.metering else None) or ""


def _above(device: Device) -> str | None:
    return device.entry.metering.of if device.entry.metering else None


def _load_of(meter: Device) -> str:
    """The load a submeter's energy code names; empty for one that shares in all of them."""
    code = _code(meter)
    return next((load for prefix, load in _LOADS.items() if code.startswith(prefix)), "")


def _shares(devices: Iterable[Device], seed: int) -> list[tuple[Device, float]]:
    """Devices that split a flow among them; the shares add up to one."""
    parts = [
        (device, (0.5 + draw(key(seed, device.id, "share"))) * _size(device)) for device in devices
    ]
    whole = sum(part for _, part in parts)
    return [(device, part / whole) for device, part in parts]


def _size(device: Device) -> float:
    """A single-phase meter stands where little is used."""
    small = "voltage_l1" in device.profile.points and "voltage_l2" not in device.profile.points
    return 0.01 if small else 1.0
