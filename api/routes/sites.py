"""The tree of sites with its state, and which places are protected now."""

import datetime as dt
from collections import Counter

from fastapi import APIRouter

from api.auth import Asking
from api.device_items import both
from api.estate_index import EstateIndex
from api.items import moment
from api.parts_of_app import All, IndexOfNow
from api.schemas import Coverage, CoverageItem, CoverageState, SiteNode, SiteState
from device_configs.estate import Site, local_day
from device_configs.estate_entries import Level

router = APIRouter(tags=["sites"])


@router.get("/sites")
async def get_sites(
    caller: Asking, parts: All, index: IndexOfNow, site: str | None = None
) -> list[SiteNode]:
    """The sites the caller may see, parents before children, with the state of now."""
    visible = caller.within(index.estate, site)
    states = (await parts.states.now()).states
    day = local_day(index.estate, moment(parts.house.now_ms()))
    return [
        _node(node, index, states[node.id], visible, day)
        for node in index.estate.sites.values()
        if node.id in visible and node.id in states
    ]


def _node(
    node: Site, index: EstateIndex, state: SiteState, visible: frozenset[str], day: dt.date
) -> SiteNode:
    community = node.community if node.level is Level.COMMUNITY else None
    area = node.building.area_m2 if node.building and node.level is Level.BUILDING else None
    if community:
        area = community.area_m2
    occupants = community.occupants if community else None
    return SiteNode(
        id=node.id,
        level=node.level.value,
        role=community.role.value if community else None,
        parent=node.parent if node.parent in visible else None,
        name=both(node.name),
        area_m2=area.on(day) if area else None,
        occupants=occupants.on(day) if occupants else None,
        state=state,
    )


@router.get("/coverage")
async def get_coverage(
    caller: Asking, parts: All, index: IndexOfNow, site: str | None = None
) -> Coverage:
    """Which places are protected now, and which are not, and why."""
    sites = caller.within(index.estate, site)
    found = [item for item in (await parts.states.now()).coverage if item.place in sites]
    items = [
        CoverageItem(
            place=item.place,
            community=item.community,
            system=item.system,
            state=CoverageState(item.state.value),
            reasons=list(item.reasons),
            devices=list(item.devices),
        )
        for item in found
    ]
    count = Counter(item.state for item in items)
    return Coverage(
        items=items,
        protected=count[CoverageState.PROTECTED],
        degraded=count[CoverageState.DEGRADED],
        unprotected=count[CoverageState.UNPROTECTED],
    )
