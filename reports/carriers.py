"""What a site takes in of each carrier: the counters to add, and those outside the boundary.

Electricity follows the meter tree (`reports.meter_tree`). Water, gas and heat have trees of their
own: the grid meters of a community count, and where it has none, its meters that are below no other
of their kind. The statistics' boundary leaves out dormitories and let space: a meter or a building
that the estate calls `outside_boundary` is taken off the meter above it, or left out where none is.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from device_configs.carriers import METERED, Carrier
from device_configs.estate import Estate
from device_configs.estate_entries import MeterRole
from ingest.interval_tables import Series
from reports.meter_tree import (
    IMPORT,
    MeterTree,
    Node,
    above_of,
    kind_of,
    meter_tree,
    metering_of,
    meters_above,
    nodes_in,
    series_of,
)

COUNTER = {
    Carrier.ELECTRICITY: IMPORT,
    Carrier.WATER: ("volume_total",),
    Carrier.GAS: ("volume_total",),
    Carrier.HEAT: ("heat_energy_total",),
}
"""Carrier to the counters of what is drawn, best first."""
QUANTITY = {
    Carrier.ELECTRICITY: "active_energy",
    Carrier.WATER: "volume",
    Carrier.GAS: "volume",
    Carrier.HEAT: "heat_energy",
}
"""Carrier to the quantity that its counts are of (`ingest.counters.COUNTS_PER_UNIT`)."""


@dataclass(frozen=True)
class Intake:
    """How what a site takes in of one carrier is counted: `counted` less `outside`."""

    carrier: Carrier
    counted: tuple[Series, ...]
    outside: tuple[Series, ...] = ()
    """Below those counted, and outside the statistics' boundary."""
    notes: tuple[str, ...] = ()

    @property
    def series(self) -> tuple[Series, ...]:
        """Every counter of it."""
        return (*self.counted, *self.outside)


def intake(estate: Estate, site: str, carrier: Carrier) -> Intake:
    """Find the counters of one carrier of a site and of everything below it.

    Raises:
        UnknownSiteError: the estate has no such site.
    """
    meters = [one for one in nodes_in(estate, site) if METERED.get(kind_of(one)) is carrier]
    outside = [one for one in meters if is_outside(estate, one)]
    if carrier is Carrier.ELECTRICITY:
        tree = meter_tree(estate, site)
        counted, notes = _drawn(tree), tree.notes
    else:
        counted = _series(_topmost(estate, meters), carrier)
        notes = ()
    left_out = {one.id for one in outside}
    kept = tuple(one for one in counted if one.device.partition("/")[0] not in left_out)
    below = [
        meter
        for meter in outside
        if not set(_above(estate, meter)) & left_out
        and set(_above(estate, meter)) & {one.device.partition("/")[0] for one in kept}
    ]
    return Intake(carrier, kept, _series(below, carrier), notes)


def is_outside(estate: Estate, meter: Node) -> bool:
    """Whether a meter is outside the boundary, by itself or by its building."""
    metering = metering_of(meter)
    if metering is not None and metering.outside_boundary is not None:
        return True
    building = estate.sites[meter.place].building
    return building is not None and building.outside_boundary is not None


def is_metered(estate: Estate, site: str, carrier: Carrier) -> bool:
    """Whether what a site uses of a carrier is counted by a meter there or of its community.

    What a person enters of such a site is its bill, not a further amount.
    """
    if carrier not in COUNTER:
        return False
    community = estate.community_of(site)
    sites = {site, estate.id if community is None else community.id}
    return any(intake(estate, one, carrier).series for one in sites)


def _drawn(tree: MeterTree) -> tuple[Series, ...]:
    """What the balances of a site draw; sub-meters where there is no grid meter."""
    return tuple(dict.fromkeys(one for balance in tree.balances for one in balance.imports))


def _topmost(estate: Estate, meters: Sequence[Node]) -> list[Node]:
    """The grid meters of each community; where it has none, those below no other of the kind."""
    units: dict[str, list[Node]] = defaultdict(list)
    for meter in meters:
        community = estate.community_of(meter.place)
        units[estate.id if community is None else community.id].append(meter)
    found: list[Node] = []
    for every in units.values():
        grid = [
            meter
            for meter in every
            if (metering := metering_of(meter)) is not None and metering.role is MeterRole.GRID
        ]
        ids = {meter.id for meter in every}
        found += grid or [meter for meter in every if above_of(meter) not in ids]
    return found


def _above(estate: Estate, meter: Node) -> list[str]:
    """The meters above one, nearest first; a sub-meter that names none is below the grid meters."""
    seen = list(meters_above(estate, meter))
    metering = metering_of(meter)
    if not seen and metering is not None and metering.role is MeterRole.SUBMETER:
        community = estate.community_of(meter.place)
        unit = estate.id if community is None else community.id
        seen = [
            one.id
            for one in nodes_in(estate, unit)
            if kind_of(one) == kind_of(meter)
            and (other := metering_of(one)) is not None
            and other.role is MeterRole.GRID
            and not is_outside(estate, one)
        ]
    return seen


def _series(meters: Sequence[Node], carrier: Carrier) -> tuple[Series, ...]:
    return tuple(one for meter in meters for one in series_of(meter, COUNTER[carrier]))
