"""A site's energy cost divided among its sub-meters or buildings, to the last fen.

In each stretch and tariff period the cost is shared in proportion to what each sub-meter drew; what
no sub-meter drew is the rest. PV that serves a part of the load lowers everybody's price alike.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from device_configs.estate import Estate
from device_configs.estate_entries import Level
from device_configs.tariff_hours import TariffPeriod
from ingest.rollup import Amounts
from reports.bill import Bill, Bills
from reports.cost import Cell, Stretch
from reports.cost_units import Unit
from reports.fen import divided

REST = ""
"""The part that no sub-meter drew."""


@dataclass(frozen=True)
class PartCost:
    """What one part of a unit drew, and its share of the energy cost."""

    unit: str
    part: str
    """Device, building or site; `REST` for the rest."""
    amounts: Amounts
    fen: int | None


def part_costs(
    estate: Estate, made: Bills, bill: Bill, *, by_building: bool, places: frozenset[str] | None
) -> tuple[PartCost, ...]:
    """Divide the energy cost of one bill; the parts add up to it."""
    unit = bill.unit
    parts = {
        device: part
        for device in unit.submeters
        if (part := _part(estate, device, by_building=by_building, places=places)) is not None
    }
    sums: dict[str, Amounts] = defaultdict(Amounts)
    fen: dict[str, int] = defaultdict(int)
    unknown = False
    cells: dict[int, dict[TariffPeriod, Cell]] = defaultdict(dict)
    for cell in bill.cells:
        cells[id(cell.use.stretch)][cell.use.period] = cell
    for stretch in made.cuts[unit.site]:
        drawn = _by_part(made, unit, stretch, parts)
        for period, cell in cells[id(stretch)].items():
            each = {part: periods.get(period, Amounts()) for part, periods in drawn.items()}
            for part, amounts in each.items():
                sums[part] += amounts
            if cell.total is None:
                unknown |= cell.use.amounts.known_ms > 0
                continue
            for part, share in divided(cell.total, _shares(each)).items():
                fen[part] += share
    names = [*dict.fromkeys(parts.values()), REST]
    return tuple(
        PartCost(unit.site, name, sums[name], None if unknown else fen[name]) for name in names
    )


def _part(
    estate: Estate, device: str, *, by_building: bool, places: frozenset[str] | None
) -> str | None:
    virtual = estate.virtual_meters.get(device)
    place = virtual.place if virtual is not None else estate.place_of(device)
    if place is None or (places is not None and place not in places):
        return None
    if not by_building:
        return device
    buildings = [node.id for node in estate.path(place) if node.level is Level.BUILDING]
    return buildings[-1] if buildings else None


def _by_part(
    made: Bills, unit: Unit, stretch: Stretch, parts: Mapping[str, str]
) -> Mapping[str, Mapping[TariffPeriod, Amounts]]:
    """What each part drew in each period, and the rest."""
    found: dict[str, dict[TariffPeriod, Amounts]] = {}
    for device, part in parts.items():
        periods = found.setdefault(part, {})
        for period, amounts in made.drawn.of(stretch, unit.submeters[device]).items():
            periods[period] = periods.get(period, Amounts()) + amounts
    drawn = made.drawn
    sides: list[tuple[int, Mapping[TariffPeriod, Amounts]]] = [(1, drawn.of(stretch, unit.imports))]
    if unit.billed:
        # Sub-meters that stand for a grid meter do not see what PV gives to others.
        sides.append((1, drawn.of(stretch, unit.sources)))
        sides.append((-1, drawn.of(stretch, unit.exports)))
    sides += [(-1, each) for each in found.values()]
    rest: dict[TariffPeriod, Amounts] = {}
    for period in set(stretch.slots):
        counts = sum(sign * side.get(period, Amounts()).amount for sign, side in sides)
        rest[period] = Amounts(max(0, counts))
    found[REST] = rest
    return found


def _shares(each: Mapping[str, Amounts]) -> Mapping[str, Fraction]:
    # The rest comes last, so that it takes nothing of a cost that nobody can be given a share of.
    shares = {part: Fraction(max(0, amounts.amount)) for part, amounts in each.items()}
    rest = shares.pop(REST, Fraction(0))
    return shares | {REST: rest} if any(shares.values()) or rest else {REST: Fraction(1)}
