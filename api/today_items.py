"""The day that runs in the interface's shape."""

from functools import lru_cache
from pathlib import Path

from api.device_items import both
from api.items import moment
from api.schemas import EnergyRow
from api.schemas_today import CarbonFactor, EnergyFlow, FlowItem, Today
from device_configs.estate import Estate
from device_configs.factors import Factors, Taken, load_factors
from reports import energy_flow, today


@lru_cache(maxsize=4)
def factors_of(folder: Path | None, revision: str) -> Factors:
    """The factors of an estate, read once a revision.

    Raises:
        InvalidConfigError: with every fault of every file.
    """
    del revision  # a changed folder has another
    return load_factors(folder)


def to_today(found: today.Today, now_ms: int) -> Today:
    """The figures as an answer."""
    return Today(
        site=found.energy.site,
        as_of=moment(now_ms),
        energy=EnergyRow(**vars(found.energy.total)),
        carbon_kg=found.carbon_kg,
        factor=None if found.taken is None else _factor(found.taken),
        notes=list(found.energy.notes),
    )


def _factor(taken: Taken) -> CarbonFactor:
    return CarbonFactor(
        id=taken.id,
        label=both(taken.factor.label),
        value=float(taken.version.value),
        per=taken.factor.per,
        version=taken.version.name,
        source=taken.version.source,
    )


def to_flow(found: energy_flow.EnergyFlow, estate: Estate) -> EnergyFlow:
    """The flows as an answer, with the names of their ends."""
    return EnergyFlow(
        site=found.site,
        period=found.period,
        start=moment(found.span.start),
        end=moment(found.span.end),
        flows=[_flow(one, estate) for one in found.flows],
        notes=list(found.notes),
    )


def _flow(one: energy_flow.Flow, estate: Estate) -> FlowItem:
    named = estate.devices.get(one.target) or estate.virtual_meters.get(one.target)
    site = estate.sites.get(one.target)
    name = named.name if named is not None else None if site is None else site.name
    return FlowItem(
        source=one.source,
        target=one.target,
        kind=one.kind.value,
        name=None if name is None else both(name),
        device=one.target if one.target in estate.devices else None,
        wh=one.wh,
        missing_share=one.missing_share,
    )
