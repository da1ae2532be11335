"""The tree of sites with its state, and which places are protected now."""

import datetime as dt
from collections import Counter

import anyio.to_thread
from fastapi import APIRouter

from alerts.coverage import Protection
from alerts.coverage_shares import branches
from api.auth import Asking
from api.coverage_items import to_branch, to_coverage_item
from api.device_items import both
from api.estate_index import EstateIndex
from api.house import House
from api.items import moment
from api.parts_of_app import All, IndexOfNow
from api.schemas import BlindPeriod, Coverage, SiteNode, SiteState
from device_configs.estate import Site, local_day
from device_configs.estate_entries import Level
from ingest.quality_book import DAY_MS
from ingest.quality_days import gaps_of
from ingest.quality_tables import read_runs
from records.engine import reading

router = APIRouter(tags=["sites"])
BLIND_DAYS = 30
"""How far back it is said when sitewatch did not run. [d]"""
MOST_BLIND = 100
"""Most such times in one answer, the newest."""


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
    """Which places are protected now, and which are not, and why; and when nobody watched."""
    sites = caller.within(index.estate, site)
    found = [item for item in (await parts.states.now()).coverage if item.place in sites]
    count = Counter(item.state for item in found)
    blind = await anyio.to_thread.run_sync(_blind, parts.house)
    return Coverage(
        items=[to_coverage_item(item) for item in found],
        protected=count[Protection.PROTECTED],
        degraded=count[Protection.DEGRADED],
        unprotected=count[Protection.UNPROTECTED],
        branches=[to_branch(branch) for branch in branches(found)],
        blind=blind,
    )


def _blind(house: House) -> list[BlindPeriod]:
    since = house.now_ms() - BLIND_DAYS * DAY_MS
    with reading(house.engine) as connection:
        gaps = gaps_of(read_runs(connection, since))
    return [
        BlindPeriod(start=moment(gap.start), end=moment(gap.end))
        for gap in sorted(gaps, reverse=True)
        if gap.end > since
    ][:MOST_BLIND]
