"""The shapes of the day that runs."""

import datetime as dt

from api.schemas import EnergyRow, Labelled, Shape


class CarbonFactor(Shape):
    """The version of an emission factor that a figure was made with."""

    id: str
    label: Labelled
    value: float
    """[kgCO2 per `per`]"""
    per: str
    version: str
    """Its year of data or its first day."""
    source: str


class Today(Shape):
    """`GET today?site=`: what a site drew and made since midnight."""

    site: str
    as_of: dt.datetime
    energy: EnergyRow
    carbon_kg: float | None
    """Scope 2 of the electricity bought [kgCO2]; None where it is unknown or has no factor."""
    factor: CarbonFactor | None
    notes: list[str]
    """Catalogue keys of what a reader must know."""


class FlowItem(Shape):
    """One band of the energy-flow diagram, and with it one node of the meter tree."""

    source: str
    """A site, a meter, `grid`, `supply` or `pv`."""
    target: str
    """A site, a meter, `export`, or `rest:` with the node it is of."""
    kind: str
    """grid, supply or pv (what the source is); export, meter or rest (what the target is)."""
    name: Labelled | None
    """Of the site or meter at the end that `kind` does not name; None for a rest or export."""
    device: str | None
    """The device, where the target is one."""
    wh: float | None
    """[Wh]; None where nothing is known."""
    missing_share: float
    """Share of the time until `end` for which it is not known, 0 to 1."""


class EnergyFlow(Shape):
    """`GET energy-flow?site=&period=`: where electricity came from and where it went."""

    site: str
    period: str
    start: dt.datetime
    end: dt.datetime
    """Until when it is counted."""
    flows: list[FlowItem]
    notes: list[str]
