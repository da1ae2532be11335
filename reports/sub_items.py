"""Sub-items: what each energy code came to, so that they add up to the whole.

A meter with a code counts for it, less the meters with codes below it, which count for their own.
So every Wh stands in one place; what no meter with a code counted is 'not sub-metered'.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from device_configs.energy_codes import EnergyCodes
from device_configs.estate import Estate
from ingest.interval_tables import Series
from ingest.rollup import Amounts
from reports.meter_tree import (
    IMPORT,
    METER,
    TOTAL,
    Node,
    kind_of,
    metering_of,
    meters_above,
    nodes_in,
    series_of,
)


@dataclass(frozen=True)
class CodedMeter:
    """A meter with an energy code."""

    id: str
    code: str
    series: tuple[Series, ...]
    above: str | None
    """The nearest meter with a code above it."""


@dataclass(frozen=True)
class SubItem:
    """One code of the tree."""

    code: str
    depth: int
    counts: int | None
    """All at and below it [counts]; None where nothing is known."""
    meters: tuple[str, ...]
    """Those that count for the code itself."""


def coded_meters(estate: Estate, site: str) -> list[CodedMeter]:
    """The electricity meters of a site that have an energy code."""
    every = {
        node.id: node
        for node in nodes_in(estate, estate.id)
        if (metering := metering_of(node)) is not None and metering.energy_code is not None
    }
    inside = {node.id for node in nodes_in(estate, site)}
    found = []
    for node in every.values():
        if node.id not in inside or not _electric(node):
            continue
        above = next(
            (one for one in meters_above(estate, node) if one in every and one in inside), None
        )
        metering = metering_of(node)
        code = metering.energy_code if metering is not None else None
        if code is not None:
            found.append(CodedMeter(node.id, code, series_of(node, IMPORT), above))
    return found


def _electric(node: Node) -> bool:
    return kind_of(node) == METER or bool(series_of(node, TOTAL))


def own_counts(
    meters: Sequence[CodedMeter], amounts: Mapping[Series, Amounts]
) -> Mapping[str, int]:
    """What each meter counted less those right below it; a meter without data is absent.

    What stands below a meter without data counts for itself all the same.
    """
    known = {
        meter.id: sum(amounts[one].amount for one in meter.series if one in amounts)
        for meter in meters
        if any(one in amounts and amounts[one].known_ms for one in meter.series)
    }
    own = dict(known)
    above = {meter.id: meter.above for meter in meters}
    for name, counts in known.items():
        step = above[name]
        while step is not None and step not in known:
            step = above[step]
        if step is not None:
            own[step] -= counts
    return own


def sub_items(
    codes: EnergyCodes, meters: Sequence[CodedMeter], own: Mapping[str, int]
) -> list[SubItem]:
    """The tree of codes in order, each with all at and below it; only codes that are used."""
    at: dict[str, list[str]] = defaultdict(list)
    for meter in meters:
        at[meter.code].append(meter.id)
    used = {one for code in at for one in (code, *codes.above(code))}
    found = []
    for code in sorted(used):
        below = [one for one in at if one == code or code in codes.above(one)]
        known = [own[meter] for one in below for meter in at[one] if meter in own]
        found.append(
            SubItem(
                code,
                len(codes.above(code)),
                sum(known) if known else None,
                tuple(sorted(at.get(code, ()))),
            )
        )
    return found


def top_counts(own: Mapping[str, int]) -> int | None:
    """What all meters with a code counted together, each Wh once."""
    return sum(own.values()) if own else None
